package mcp

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestRefusals(t *testing.T) {
	p := Parser{}
	one, bad := p.Parse(post(`{"jsonrpc":"2.0","id":"\u0061","method":"tools/call","params":{"name":"rm"}}`))
	if bad != nil {
		t.Fatal(bad)
	}
	many, bad := p.Parse(post(`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"rm"}}]`))
	if bad != nil {
		t.Fatal(bad)
	}
	quiet, bad := p.Parse(post(`[{"jsonrpc":"2.0","method":"x"}]`))
	if bad != nil {
		t.Fatal(bad)
	}
	for name, c := range map[string]struct {
		exchange *Exchange
		refusal  *Error
		want     string
	}{
		"of a call": {
			one, Denied(one.Calls[0], "no policy permits it", nil),
			`{"jsonrpc":"2.0","id":"\u0061","error":{"code":403,"message":"denied: no policy permits it"}}`,
		},
		"of a call by policies": {
			one, Denied(one.Calls[0], "forbidden", []string{"no-rm"}),
			`{"jsonrpc":"2.0","id":"\u0061","error":{"code":403,"message":"denied: forbidden","data":{"policies":["no-rm"]}}}`,
		},
		"of one call of a batch": {
			many, Denied(many.Calls[2], "forbidden", nil),
			`[{"jsonrpc":"2.0","id":1,"error":{"code":403,"message":"not tried: another message of the batch was denied"}},` +
				`{"jsonrpc":"2.0","id":2,"error":{"code":403,"message":"denied: forbidden"}}]`,
		},
		"of a notification in a batch": {
			quiet, Denied(quiet.Calls[0], "forbidden", nil),
			`{"jsonrpc":"2.0","error":{"code":403,"message":"denied: forbidden"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := c.exchange.Refuse(c.refusal)
			if status != http.StatusForbidden || string(body) != c.want {
				t.Errorf("%d %s\nwant %s", status, body, c.want)
			}
			if !json.Valid(body) {
				t.Error("not JSON")
			}
		})
	}
}

func TestStatusOfErrors(t *testing.T) {
	for code, want := range map[int]int{
		CodeParse: 400, CodeInvalidRequest: 400, CodeInvalidParams: 400, CodeMethodNotFound: 404, CodeInternal: 500, CodeHeaderMismatch: 400,
		CodeMissingCapability: 400, CodeUnsupportedVersion: 400, CodeDenied: 403,
	} {
		if got := NewError(code, nil, "x").Status; got != want {
			t.Errorf("code %d has status %d, want %d", code, got, want)
		}
	}
}
