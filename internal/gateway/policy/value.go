package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
)

// errUnreadable is a value that a policy reads and that Cedar cannot hold as the policy uses it. It never quotes the value.
var errUnreadable = errors.New("cannot be decided on")

func unreadable(path, why string) error {
	return fmt.Errorf("%s %w: %s", path, errUnreadable, why)
}

// object converts those members of a JSON object that some shape names, so that what no policy reads costs nothing and refuses nothing.
func object(text []byte, wants []*shape, path string) (types.Record, error) {
	if len(wants) == 0 || len(bytes.TrimSpace(text)) == 0 {
		return types.Record{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return types.Record{}, unreadable(path, "it is not a JSON object")
	}
	record := types.RecordMap{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return types.Record{}, unreadable(path, "it is not valid JSON")
		}
		name, _ := t.(string)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return types.Record{}, unreadable(path, "it is not valid JSON")
		}
		below, wanted := named(wants, name)
		if !wanted {
			continue
		}
		if _, twice := record[types.String(name)]; twice {
			return types.Record{}, unreadable(path+"."+name, "it is there twice")
		}
		var v any
		number := json.NewDecoder(bytes.NewReader(raw))
		number.UseNumber()
		if err := number.Decode(&v); err != nil {
			return types.Record{}, unreadable(path+"."+name, "it is not valid JSON")
		}
		if v == nil {
			continue
		}
		if record[types.String(name)], err = convert(v, below, path+"."+name); err != nil {
			return types.Record{}, err
		}
	}
	return types.NewRecord(record), nil
}

// members converts those members of a decoded object that some shape names. A null member is absent.
func members(from map[string]any, wants []*shape, path string) (types.Record, error) {
	record := types.RecordMap{}
	for name, v := range from {
		below, wanted := named(wants, name)
		if !wanted || v == nil {
			continue
		}
		converted, err := convert(v, below, path+"."+name)
		if err != nil {
			return types.Record{}, err
		}
		record[types.String(name)] = converted
	}
	return types.NewRecord(record), nil
}

// named gives the shapes of a member, and whether anything reads it.
func named(wants []*shape, name string) (below []*shape, wanted bool) {
	for _, s := range wants {
		if s.whole {
			wanted = true
		}
		if m, ok := s.members[name]; ok {
			below, wanted = append(below, m), true
		}
	}
	if wanted && len(below) == 0 {
		below = []*shape{{whole: true}}
	}
	return below, wanted
}

// convert gives the Cedar value of a decoded JSON value, as the policies that read it use it.
func convert(v any, wants []*shape, path string) (types.Value, error) {
	want, err := agreed(wants, path)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return text(v, want, path)
	case bool:
		return types.Boolean(v), expect(want, boolKind, path)
	case json.Number:
		return number(v.String(), want, path)
	case float64:
		return number(fmt.Sprint(v), want, path)
	case int64:
		return number(fmt.Sprint(v), want, path)
	case int:
		return number(fmt.Sprint(v), want, path)
	case []any:
		return list(v, wants, want, path)
	case []string:
		elements := make([]any, len(v))
		for i, e := range v {
			elements[i] = e
		}
		return list(elements, wants, want, path)
	case map[string]any:
		if err := expect(want, recordKind, path); err != nil {
			return nil, err
		}
		return members(v, wants, path)
	case nil:
		return nil, unreadable(path, "null has no type")
	}
	return nil, unreadable(path, fmt.Sprintf("it is a %T", v))
}

// agreed gives the one kind that all policies at hand use a value as.
func agreed(wants []*shape, path string) (kind, error) {
	want := unknownKind
	for _, s := range wants {
		switch {
		case s.kind == unknownKind || s.kind == want:
		case want == unknownKind:
			want = s.kind
		default:
			return want, unreadable(path, fmt.Sprintf("one policy uses it as %s and another as %s", want, s.kind))
		}
	}
	return want, nil
}

func expect(want, got kind, path string) error {
	if want != unknownKind && want != got {
		return unreadable(path, fmt.Sprintf("a policy uses it as %s and it is %s", want, got))
	}
	return nil
}

// text converts a string, which also writes addresses and times.
func text(s string, want kind, path string) (types.Value, error) {
	var v types.Value
	var err error
	switch want {
	case ipKind:
		v, err = types.ParseIPAddr(s)
	case datetimeKind:
		v, err = types.ParseDatetime(s)
	case durationKind:
		v, err = types.ParseDuration(s)
	default:
		return types.String(s), expect(want, stringKind, path)
	}
	if err != nil {
		return nil, unreadable(path, fmt.Sprintf("a policy uses it as %s and it is none", want))
	}
	return v, nil
}

func list(elements []any, wants []*shape, want kind, path string) (types.Value, error) {
	if err := expect(want, setKind, path); err != nil {
		return nil, err
	}
	var below []*shape
	for _, s := range wants {
		if s.element != nil {
			below = append(below, s.element)
		}
	}
	if len(below) == 0 {
		below = []*shape{{whole: true}}
	}
	set := make([]types.Value, 0, len(elements))
	for _, e := range elements {
		v, err := convert(e, below, path+"[]")
		if err != nil {
			return nil, err
		}
		set = append(set, v)
	}
	return types.NewSet(set...), nil
}

// digits bounds the text of a number that is worth reading: longer ones have more digits than a Long or a decimal.
const digits = 64

// number converts a JSON number by its value: 5, 5.0 and 50e-1 are the same.
func number(s string, want kind, path string) (types.Value, error) {
	tooBig := unreadable(path, "the number does not fit 64 bits with at most four digits after the point")
	if len(s) > digits || hugeExponent(s) {
		return nil, tooBig
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, unreadable(path, "it is not a number")
	}
	if r.IsInt() && want != decimalKind {
		if !r.Num().IsInt64() {
			return nil, tooBig
		}
		return types.Long(r.Num().Int64()), expect(want, longKind, path)
	}
	scaled := r.Mul(r, big.NewRat(10000, 1))
	if !scaled.IsInt() || !scaled.Num().IsInt64() {
		return nil, tooBig
	}
	if err := expect(want, decimalKind, path); err != nil {
		return nil, err
	}
	d, err := types.NewDecimal(scaled.Num().Int64(), -4)
	if err != nil {
		return nil, tooBig
	}
	return d, nil
}

// hugeExponent says that the exponent has more than two digits, which could make a short text a number of a billion digits.
func hugeExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 2
}
