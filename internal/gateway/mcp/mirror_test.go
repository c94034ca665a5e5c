package mcp

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

func TestWhatAToolWantsInHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		schema string
		want   []Mirror
	}{
		"an argument":               {`{"properties":{"region":{"type":"string","x-mcp-header":"Region"},"q":{"type":"string"}}}`, []Mirror{{"Mcp-Param-Region", []string{"region"}}}},
		"an argument in another":    {`{"properties":{"to":{"properties":{"bank":{"x-mcp-header":"to-bank"}}}}}`, []Mirror{{"Mcp-Param-To-Bank", []string{"to", "bank"}}}},
		"none":                      {`{"properties":{"region":{"type":"string"}}}`, nil},
		"no schema":                 {`null`, nil},
		"below anything else":       {`{"items":{"properties":{"a":{"x-mcp-header":"A"}}},"anyOf":[{"properties":{"a":{"x-mcp-header":"A"}}}]}`, nil},
		"as the name of a property": {`{"properties":{"x-mcp-header":{"type":"string"}}}`, nil},
		"an empty name":             {`{"properties":{"a":{"x-mcp-header":""},"b":{"x-mcp-header":"B"}}}`, nil},
		"a name that is no token":   {`{"properties":{"a":{"x-mcp-header":"a b"}}}`, nil},
		"a name with a line end":    {`{"properties":{"a":{"x-mcp-header":"a\r\nb"}}}`, nil},
		"a name that is a number":   {`{"properties":{"a":{"x-mcp-header":1}}}`, nil},
		"one name twice":            {`{"properties":{"a":{"x-mcp-header":"A"},"b":{"x-mcp-header":"a"}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Mirror
			_, bad := filter(asked("tools/list"), []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":`+c.schema+`}]}}`), func(i Item) bool {
				got = i.Mirrors
				return true
			})
			if bad != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, %v", got, bad)
			}
		})
	}
}

func TestCheckMirrors(t *testing.T) {
	mirrors := []Mirror{{"Mcp-Param-Region", []string{"region"}}, {"Mcp-Param-Bank", []string{"to", "bank"}}}
	const both = `{"region":"us-west1","to":{"bank":"x"}}`
	for name, c := range map[string]struct {
		version, arguments, region, bank string // "-" for no header
		ok                               bool
	}{
		"as it should be":             {Version20260728, both, "us-west1", "x", true},
		"another value":               {Version20260728, both, "us-east1", "x", false},
		"another value further down":  {Version20260728, both, "us-west1", "y", false},
		"in Base64":                   {Version20260728, both, "=?base64?dXMtd2VzdDE=?=", "x", true},
		"another in Base64":           {Version20260728, both, "=?base64?dXM=?=", "x", false},
		"broken Base64":               {Version20260728, both, "=?base64?*?=", "x", false},
		"beyond ASCII":                {Version20260728, `{"region":"\u4e16"}`, "=?base64?5LiW?=", "-", true},
		"without the header":          {Version20260728, both, "-", "x", false},
		"without the argument":        {Version20260728, `{}`, "-", "-", true},
		"a header and no argument":    {Version20260728, `{}`, "us-west1", "-", false},
		"null is no argument":         {Version20260728, `{"region":null}`, "-", "-", true},
		"a header for null":           {Version20260728, `{"region":null}`, "null", "-", false},
		"no arguments at all":         {Version20260728, ``, "-", "-", true},
		"a whole number":              {Version20260728, `{"region":42}`, "42", "-", true},
		"a whole number, otherwise":   {Version20260728, `{"region":42}`, "42.0", "-", true},
		"another number":              {Version20260728, `{"region":42}`, "43", "-", false},
		"a number in hexadecimal":     {Version20260728, `{"region":42}`, "0x2a", "-", false},
		"large numbers that are near": {Version20260728, `{"region":9007199254740993}`, "9007199254740992", "-", false},
		"true":                        {Version20260728, `{"region":true}`, "true", "-", true},
		"true, shouted":               {Version20260728, `{"region":true}`, "TRUE", "-", false},
		"a list cannot be repeated":   {Version20260728, `{"region":["a"]}`, "a", "-", false},
		"an argument in another case": {Version20260728, `{"Region":"a"}`, "a", "-", false},
		"older revisions need none":   {Version20251125, both, "-", "-", true},
		"nor may they lie":            {Version20251125, both, "us-east1", "-", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Mcp-Param-Other": {"whatever"}}
			if c.region != "-" {
				h.Set("Mcp-Param-Region", c.region)
			}
			if c.bank != "-" {
				h.Set("Mcp-Param-Bank", c.bank)
			}
			bad := CheckMirrors(h, &call.Call{Version: c.version, Arguments: []byte(c.arguments), RequestID: []byte("1")}, mirrors)
			if (bad == nil) != c.ok {
				t.Fatalf("got %v", bad)
			}
			if bad != nil && (bad.Code != CodeHeaderMismatch || bad.Status != http.StatusBadRequest || !json.Valid(bad.Body())) {
				t.Errorf("got %+v", bad)
			}
		})
	}
	h := http.Header{"Mcp-Param-Region": {"us-west1", "us-west1"}}
	if CheckMirrors(h, &call.Call{Version: Version20260728, Arguments: []byte(both)}, mirrors[:1]) == nil {
		t.Error("a header that is twice there is accepted")
	}
}

// FuzzMirrors gives a tool's schema, a header and arguments: what is found sound says the same in both places, to encoding/json too.
func FuzzMirrors(f *testing.F) {
	f.Add(`{"properties":{"a":{"x-mcp-header":"A"}}}`, `{"a":"x"}`, "x")
	f.Add(`{"properties":{"a":{"x-mcp-header":"A"},"b":{"properties":{"c":{"x-mcp-header":"B"}}}}}`, `{"a":42,"b":{"c":true}}`, "42.0")
	f.Add(`{"properties":{"a":{"x-mcp-header":"A"}}}`, `{"a":"\u4e16"}`, "=?base64?5LiW?=")
	f.Fuzz(func(t *testing.T, schema, arguments, header string) {
		var found []Mirror
		_, bad := filter(asked("tools/list"), []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":`+schema+`}]}}`), func(i Item) bool {
			found = i.Mirrors
			return true
		})
		x, refused := (&Parser{}).Parse(post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":` + arguments + `}}`))
		if bad != nil || refused != nil || len(found) != 1 {
			return
		}
		h := http.Header{found[0].Header: {header}}
		if CheckMirrors(h, x.Calls[0], found) != nil {
			return
		}
		var v any
		if err := json.Unmarshal(x.Calls[0].Arguments, &v); err != nil {
			t.Fatal(err)
		}
		for _, name := range found[0].Path {
			v = v.(map[string]any)[name]
		}
		said, ok := DecodeHeader(strings.Trim(header, " \t"))
		var number float64
		switch v := v.(type) {
		case string:
			ok = ok && said == v
		case bool:
			ok = ok && said == strconv.FormatBool(v)
		case float64:
			ok = ok && json.Unmarshal([]byte(said), &number) == nil && number == v
		default:
			ok = false
		}
		if !ok {
			t.Fatalf("%q is taken for %v", header, v)
		}
	})
}
