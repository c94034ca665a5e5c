package policy

import (
	"fmt"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	e := engine(t, `@id("small") permit(principal in Namespace::"example.org/payments", action, resource)
when {context.mtls && context.arguments has amount && context.arguments.amount < 100};
@id("strangers") @reason("known recipients only") forbid(principal, action == Action::"callTool", resource)
unless {context.arguments has to && ["alice", "bob"].contains(context.arguments.to)};
@id("elsewhere") permit(principal, action, resource in Target::"shop");
@id("text") @mode("audit") forbid(principal, action, resource) when {context.arguments has amount && context.arguments.amount like "*"};
@id("plain") permit(principal, action, resource) when {!context.mtls};`)
	for name, c := range map[string]struct {
		arguments string
		listing   bool
		allowed   bool
		want      string
	}{
		"a call": {`{"amount":5,"to":"alice"}`, false, true, `
small test.cedar:1:1 holds: when { context.mtls && context.arguments has amount && context.arguments.amount < 100 }
strangers test.cedar:3:1 does not hold: unless { context.arguments has to && ["alice", "bob"].contains(context.arguments.to) }
text test.cedar:6:1 cannot be evaluated: when { context.arguments has amount && context.arguments.amount like "*" }
plain test.cedar:7:1 does not hold: when { !context.mtls }`},
		"a list": {"", true, true, `
small test.cedar:1:1 depends on the arguments: when { context.arguments has amount && context.arguments.amount < 100 }
strangers test.cedar:3:1 depends on the arguments: unless { context.arguments has to && ["alice", "bob"].contains(context.arguments.to) }
text test.cedar:6:1 depends on the arguments: when { context.arguments has amount && context.arguments.amount like "*" }
plain test.cedar:7:1 does not hold: when { !context.mtls }`},
	} {
		t.Run(name, func(t *testing.T) {
			r := payment(c.arguments)
			r.Listing = c.listing
			d, findings := e.Explain(r)
			var got strings.Builder
			for _, f := range findings {
				fmt.Fprintf(&got, "\n%s %s %s: %s", f.Policy, f.At, f.Outcome, strings.ReplaceAll(f.Conditions, "\n", " "))
				if (f.Err != nil) != (f.Outcome == Unreadable) || f.Audited != (f.Policy == "text") || f.Forbids != (f.Policy == "text" || f.Policy == "strangers") {
					t.Errorf("got %+v", f)
				}
			}
			if got.String() != c.want || d.Allowed != c.allowed {
				t.Errorf("got %+v %s", d, got.String())
			}
			if !same(d, e.Decide(t.Context(), r)) {
				t.Errorf("the decision is another: %+v", d)
			}
		})
	}
	if d, findings := e.Explain(nil); d.Allowed || d.Err == nil || findings != nil {
		t.Errorf("got %+v %v", d, findings)
	}
}
