package permit_test

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// around is a gateway whose only questionable part is the permission.
func around(protocol string, a spec.Allow) spec.Gateway {
	return spec.Gateway{
		Name: "tools", Namespace: "gateways", TrustDomain: "example.org", Mode: spec.ClientToAgent,
		Listeners:  map[string]spec.Listener{"agents": {Port: 8443}},
		Targets:    map[string]spec.Target{"bank": {Protocol: protocol, Unmatched: "decide", Services: []string{"shop.v1.Orders"}}},
		Allow:      map[string]spec.Allow{"test": a},
		AuditLog:   spec.AuditLog{Stdout: true},
		Deployment: spec.Deployment{Image: "x:1", Replicas: 1, WorkloadAPI: spec.WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "s"}},
	}
}

// Whatever is written, it is refused, or it becomes policies that the gateway loads and that permit the agent the thing of that name and
// nothing else: no string ends where it should not.
func FuzzNamesStayNames(f *testing.F) {
	for _, text := range []string{"pay", `x" || true || "`, `*`, `a\`, "\x00\n", "GET /a", "ün\u202e", `"); permit (principal, action, resource); //`, "shop.v1.Orders/Place"} {
		f.Add(text, "transfer.amount", text)
		f.Add("pay", text, "x*")
	}
	f.Fuzz(func(t *testing.T, name, argument, like string) {
		for protocol, things := range map[string]func(*spec.Allow){
			"mcp": func(a *spec.Allow) { a.Tools = []string{name} },
			"a2a": func(a *spec.Allow) {
				a.Skills, a.MediaTypes, a.PushHosts = []string{name, "pay"}, []string{like}, []string{like, "x"}
			},
			"rest": func(a *spec.Allow) { a.Operations = []string{name, "getUser", "GET /x"} },
			"grpc": func(a *spec.Allow) { a.Methods = []string{name} },
		} {
			a := spec.Allow{
				Agents: []string{billing}, Target: "bank",
				Arguments: map[string]spec.ArgumentCondition{argument: {Like: like}, "n": {Equals: like}, "o": {OneOf: []any{like, "y"}, Optional: true}},
			}
			things(&a)
			if problems := around(protocol, a).Validate(); len(problems) > 0 {
				continue
			}
			e := engine(t, protocol, a)
			for what, asked := range map[string]asked{
				"another agent":      of(audits, tool(name, `{}`)),
				"another thing":      of(billing, tool(name+"x", `{}`)),
				"without arguments":  of(billing, tool(name, `{}`)),
				"another target":     of(billing, elsewhere(method(call.MCP, "initialize", call.Method, ""))),
				"what is no method":  of(billing, method(call.MCP, "x/y", call.Method, "")),
				"another skill":      of(billing, message(name+"x", call.Message{})),
				"another's path":     of(audits, operation("GET", "/x", "", `{}`)),
				"another path":       of(billing, operation("GET", "/y", "", `{}`)),
				"another rpc":        of(billing, rpc("shop.v1.Orders/Cancelled"+strings.ReplaceAll(name, "/", ""), `{}`)),
				"another's messages": of(triage, message(name, call.Message{})),
			} {
				if name != spec.Everything && asked.allowed(e) {
					t.Errorf("%s permits %s: %q, %q, %q", protocol, what, name, argument, like)
				}
			}
		}
	})
}

// Without conditions the thing itself is permitted, whatever its name.
func FuzzWhatIsNamedIsPermitted(f *testing.F) {
	for _, text := range []string{"pay", `x" || true || "`, `*`, `a\`, "\x00\n", "ün\u202e", "\ufeff", "\u2028"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a := spec.Allow{Agents: []string{billing}, Target: "bank", Tools: []string{name}, Prompts: []string{name, "other"}}
		if problems := around("mcp", a).Validate(); len(problems) > 0 {
			t.Skip()
		}
		e := engine(t, "mcp", a)
		for _, c := range []call.Call{tool(name, `{}`), method(call.MCP, "prompts/get", call.Prompt, name)} {
			if !of(billing, c).allowed(e) {
				t.Errorf("%s %q is denied", c.Method, name)
			}
		}
	})
}
