package a2a

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

var (
	listShape   = jsonscan.MustShape("/tasks", "/totalSize")
	resultShape = jsonscan.MustShape("/result", "/error", "/result/tasks", "/result/totalSize")
	taskShape   = jsonscan.MustShape("/id")
)

// Tasks removes from an answer to ListTasks in JSON the tasks that keep refuses, and takes them off the total. Every other byte stays, the
// token of the next page among them. An answer or a task that cannot be read is an error.
func (p *Parser) Tasks(x *Exchange, body []byte, keep func(id string) bool) ([]byte, error) {
	shape, from := listShape, 0
	if x.Binding == JSONRPC {
		shape, from = resultShape, 2
	}
	at := make([]jsonscan.Value, shape.Len())
	v, err := shape.Scan(body, p.Limits, at)
	switch {
	case err != nil:
		return nil, err
	case v.Kind() != jsonscan.Object:
		return nil, errors.New("it is no JSON object")
	}
	list, total := at[from], at[from+1]
	switch list.Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return body, nil
	case jsonscan.Array:
	default:
		return nil, errors.New("tasks: is no array")
	}
	kept, cut := [][]byte{}, 0
	for e := range list.Elements() {
		var task [1]jsonscan.Value
		if _, err := taskShape.Scan(e.Raw, p.Limits, task[:]); err != nil {
			return nil, fmt.Errorf("tasks: %w", err)
		}
		id, ok := task[0].Text()
		if !ok || id == "" {
			return nil, errors.New("tasks: one without an id")
		}
		if keep(id) {
			kept = append(kept, e.Raw)
		} else {
			cut++
		}
	}
	if cut == 0 {
		return body, nil
	}
	swaps := []swap{{list, slices.Concat([]byte("["), bytes.Join(kept, []byte(",")), []byte("]"))}}
	if n, err := strconv.Atoi(string(total.Raw)); err == nil {
		swaps = append(swaps, swap{total, strconv.AppendInt(nil, int64(max(n-cut, len(kept))), 10)})
	}
	return swapped(body, swaps), nil
}

// swap is a value of a document and what comes in its place.
type swap struct {
	value jsonscan.Value
	by    []byte
}

func swapped(body []byte, swaps []swap) []byte {
	slices.SortFunc(swaps, func(a, b swap) int { return a.value.Offset - b.value.Offset })
	var out []byte
	at := 0
	for _, s := range swaps {
		out = append(append(out, body[at:s.value.Offset]...), s.by...)
		at = s.value.Offset + len(s.value.Raw)
	}
	return append(out, body[at:]...)
}

// ExtendedCard puts what shown gives in place of the card in an answer in JSON. An answer of JSON-RPC that is an error stays as it is.
func (p *Parser) ExtendedCard(x *Exchange, body []byte, shown func(card []byte) ([]byte, error)) ([]byte, error) {
	if x.Binding != JSONRPC {
		return shown(body)
	}
	at := make([]jsonscan.Value, resultShape.Len())
	if _, err := resultShape.Scan(body, p.Limits, at); err != nil {
		return nil, err
	}
	switch result, failure := at[0], at[1]; {
	case result.Kind() == jsonscan.Absent && failure.Kind() == jsonscan.Object:
		return body, nil
	case result.Kind() != jsonscan.Object || failure.Kind() != jsonscan.Absent:
		return nil, errors.New("it holds no card")
	}
	card, err := shown(at[0].Raw)
	if err != nil {
		return nil, err
	}
	return swapped(body, []swap{{at[0], card}}), nil
}
