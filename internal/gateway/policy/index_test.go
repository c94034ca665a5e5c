package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// What the index leaves out has no say: with it and without it every decision is the same.
func TestIndexChangesNoDecision(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	allowed := 0
	for range 60 {
		var text strings.Builder
		for n := range 1 + random.IntN(12) {
			fmt.Fprintf(&text, "@mode(%q) %s(%s, %s, %s)%s; // %d\n",
				pick("enforce", "enforce", "audit"), pick("permit", "permit", "forbid"),
				pick("principal", "principal is Agent", "principal is User", `principal == Agent::"spiffe://a.org/ns/n/agent/x"`, `principal in Namespace::"a.org/n"`,
					`principal in TrustDomain::"a.org"`, `principal is Agent in TrustDomain::"a.org"`, `principal == User::"i#u"`),
				pick("action", `action == Action::"callTool"`, `action in Action::"discover"`, `action in [Action::"callTool", Action::"listTools", Action::"discover"]`),
				pick("resource", "resource", `resource in Target::"t"`, `resource in Target::"u"`),
				pick("", "", " when {context.mtls}", ` when {context.arguments has a && context.arguments.a + 1 > 3}`), n)
		}
		e := engine(t, text.String())
		for range 40 {
			p := principal.FromSPIFFEID(pick("spiffe://a.org/ns/n/agent/x", "spiffe://a.org/ns/n/agent/x/instance/1", "spiffe://a.org/ns/m/agent/x", "spiffe://b.org/ns/n/agent/x", "spiffe://a.org/other"))
			if pick("agent", "user") == "user" {
				p = principal.Principal{Subject: pick("u", "v"), Issuer: "i"}
			}
			r := &decide.Request{Principal: p, MTLS: random.IntN(2) == 0, Listing: random.IntN(4) == 0, Call: &call.Call{
				Protocol: call.MCP, Method: "tools/call", Target: pick("t", "u"), Resource: call.Resource{Kind: call.Tool, Name: pick("p", "q")},
				Arguments: []byte(pick(`{}`, `{"a":2}`, `{"a":9}`, `{"a":9223372036854775807}`)),
			}}
			if pick("call", "list") == "list" {
				r.Call.Method, r.Call.Resource = pick("tools/list", "initialize"), call.Resource{Kind: call.Method}
			}
			q, err := ask(r)
			if err != nil {
				t.Fatal(err)
			}
			with, without := e.Decide(t.Context(), r), q.among(e.policies)
			if !same(with, without) {
				t.Fatalf("with the index %+v\nwithout it %+v\nfor %+v of %+v by\n%s", with, without, r.Call, r.Principal, text.String())
			}
			if with.Allowed {
				allowed++
			}
		}
	}
	if allowed < 100 {
		t.Errorf("only %d of the calls were allowed: the policies of the test show little", allowed)
	}
}

func same(a, b decide.Decision) bool {
	return a.Allowed == b.Allowed && a.Reason == b.Reason && fmt.Sprint(a.Err) == fmt.Sprint(b.Err) &&
		slices.Equal(a.Policies, b.Policies) && slices.Equal(a.Audited, b.Audited)
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{50, 5000} {
		b.Run(fmt.Sprintf("%d policies", n), func(b *testing.B) {
			var text strings.Builder
			for i := range n - 2 {
				fmt.Fprintf(&text, "permit(principal == Agent::\"spiffe://example.org/ns/payments/agent/a%d\", action == Action::\"callTool\", resource == Tool::\"bank/t%d\");\n", i/10, i)
			}
			text.WriteString(`forbid(principal, action, resource) when {!context.mtls};
				permit(principal == Agent::"spiffe://example.org/ns/payments/agent/billing", action == Action::"callTool", resource == Tool::"bank/pay")
				when {context.arguments has amount && context.arguments.amount < 100};`)
			e := engine(b, text.String())
			r := payment(`{"amount":42,"note":"rent"}`)
			b.ReportAllocs()
			for b.Loop() {
				if d := e.Decide(b.Context(), r); !d.Allowed {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}
