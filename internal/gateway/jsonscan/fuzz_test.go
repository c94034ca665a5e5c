package jsonscan

import (
	stdjson "encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// message is what two foreign readers make of the members that rpc names.
type message struct {
	JSONRPC stdjson.RawMessage `json:"jsonrpc"`
	ID      stdjson.RawMessage `json:"id"`
	Method  stdjson.RawMessage `json:"method"`
	Params  stdjson.RawMessage `json:"params"`
}

// FuzzScan compares the scanner with encoding/json, which is lenient and folds case, and with the strict reader of
// go-json-experiment: what is accepted here they accept as well, and they find the same members with the same values.
func FuzzScan(f *testing.F) {
	for _, doc := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[1,2.5e3,"\ud83d\ude00"]}}}`,
		`{"method":"a","METHOD":"b"}`, `{"method\u0000":1}`, `{"a":1,"\u0061":2}`, `{"param\u017f":1}`, `[1e400]`, `["\ud800"]`,
		"\ufeff{}", `{"a":[{"b":{}}]} `, "[\"\xff\"]", `{"a":-0.0e-1}x`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		values := make([]Value, rpc.Len())
		v, err := rpc.Scan(doc, Limits{}, values)
		if err != nil {
			return
		}
		if !stdjson.Valid(doc) {
			t.Fatalf("encoding/json refuses %q", doc)
		}
		if value := jsontext.Value(slices.Clone(doc)); !value.IsValid() {
			t.Fatalf("go-json-experiment refuses %q", doc)
		}
		if v.Kind() != Object {
			return
		}
		var folding, strict message
		if err := stdjson.Unmarshal(doc, &folding); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(doc, &strict); err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct{ folding, strict stdjson.RawMessage }{
			{folding.JSONRPC, strict.JSONRPC}, {folding.ID, strict.ID}, {folding.Method, strict.Method}, {folding.Params, strict.Params},
		} {
			got := string(values[i].Raw)
			if got != string(want.folding) || got != string(want.strict) {
				t.Fatalf("member %d of %q is %q here, %q in encoding/json, %q in go-json-experiment", i, doc, got, want.folding, want.strict)
			}
			text, ok := values[i].Text()
			if !ok {
				continue
			}
			var theirs string
			if err := json.Unmarshal(want.strict, &theirs); err != nil || theirs != text {
				t.Fatalf("%s is %q here and %q there (%v)", got, text, theirs, err)
			}
		}
		checkWalk(t, v)
	})
}

// checkWalk compares what Elements and Members yield with encoding/json.
func checkWalk(t *testing.T, v Value) {
	switch v.Kind() {
	case Object:
		want := map[string]stdjson.RawMessage{}
		if err := stdjson.Unmarshal(v.Raw, &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]stdjson.RawMessage{}
		for key, value := range v.Members() {
			name, _ := key.Text()
			got[name] = value.Raw
			checkWalk(t, value)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("members of %s: %v, want %v", v.Raw, got, want)
		}
	case Array:
		want := []stdjson.RawMessage{}
		if err := stdjson.Unmarshal(v.Raw, &want); err != nil {
			t.Fatal(err)
		}
		got := []stdjson.RawMessage{}
		for e := range v.Elements() {
			got = append(got, e.Raw)
			checkWalk(t, e)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("elements of %s: %v, want %v", v.Raw, got, want)
		}
	}
}
