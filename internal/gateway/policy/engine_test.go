package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

const billing = "spiffe://example.org/ns/payments/agent/billing/instance/7f3c"

// payment is a call of the tool pay by the billing agent, with everything that policies may look at.
func payment(arguments string) *decide.Request {
	p := principal.FromSPIFFEID(billing)
	p.Methods = []string{"dpop", "mtls"}
	p.Issuer, p.Subject, p.User = "https://idp.example.org", billing, "alice"
	p.Claims = map[string]any{"scope": "read write", "level": float64(3)}
	return &decide.Request{
		Principal: p,
		Call: &call.Call{
			Protocol: call.MCP, Version: "2025-11-25", Direction: call.ToTarget, Method: "tools/call", Target: "bank",
			Resource: call.Resource{Kind: call.Tool, Name: "pay"}, Arguments: []byte(arguments),
		},
		Time: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), SourceIP: "10.1.2.3", MTLS: true,
	}
}

func engine(t testing.TB, text string) *Engine {
	t.Helper()
	e, err := New(Source{Name: "test.cedar", Text: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDecide(t *testing.T) {
	const pay = `permit(principal, action == Action::"callTool", resource) when `
	for name, c := range map[string]struct {
		policies, arguments string
		change              func(*decide.Request)
		allowed             bool
		by                  string // ids, joined by commas
		reason              string // part of it
		undecided           bool
	}{
		"nothing is allowed without a policy": {reason: "no policy permits callTool pay on bank"},
		"an agent is all of its instances": {
			policies: `permit(principal == Agent::"spiffe://example.org/ns/payments/agent/billing", action, resource);`, allowed: true, by: "policy0",
		},
		"an agent is in its namespace": {policies: `permit(principal in Namespace::"example.org/payments", action, resource);`, allowed: true, by: "policy0"},
		"an agent is in its trust domain": {
			policies: `permit(principal in TrustDomain::"example.org", action, resource);`, allowed: true, by: "policy0",
		},
		"another trust domain is another":  {policies: `permit(principal in TrustDomain::"example.com", action, resource);`},
		"one instance can be named":        {policies: `forbid(principal is Agent, action, resource) when {principal has instance && principal.instance == "7f3c"};`, by: "policy0", reason: "forbidden by policy0"},
		"a tool is in its target":          {policies: `permit(principal, action, resource in Target::"bank");`, allowed: true, by: "policy0"},
		"a tool of another target is not":  {policies: `permit(principal, action, resource in Target::"shop");`},
		"a tool is named with its target":  {policies: `permit(principal, action, resource == Tool::"bank/pay");`, allowed: true, by: "policy0"},
		"forbid wins, and only it is told": {policies: `@id("a") permit(principal, action, resource); @id("z") forbid(principal, action, resource); @id("b") forbid(principal, action, resource);`, by: "b,z"},
		"all that permit are told, sorted": {policies: `@id("z") permit(principal, action, resource); @id("b") permit(principal, action, resource);`, allowed: true, by: "b,z"},
		"a policy gives its own reason":    {policies: `@reason("payments are frozen") forbid(principal, action, resource);`, by: "policy0", reason: "payments are frozen"},

		"an argument is a number": {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":99}`, allowed: true, by: "policy0"},
		"an argument is too large": {
			policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":100}`,
		},
		"an absent argument is absent":         {policies: pay + `{!(context.arguments has amount)};`, arguments: `{}`, allowed: true, by: "policy0"},
		"no arguments at all are absent":       {policies: pay + `{!(context.arguments has amount)};`, allowed: true, by: "policy0"},
		"null is absent":                       {policies: pay + `{!(context.arguments has amount)};`, arguments: `{"amount":null}`, allowed: true, by: "policy0"},
		"a string where a number is used":      {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":"1"}`, undecided: true, reason: "argument.amount"},
		"a fraction where a Long is used":      {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":1.5}`, undecided: true},
		"a whole number by its value":          {policies: pay + `{context.arguments has amount && context.arguments.amount == 100};`, arguments: `{"amount":1.0e2}`, allowed: true, by: "policy0"},
		"a number past 64 bits":                {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":-9223372036854775809}`, undecided: true},
		"the smallest number":                  {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":-9223372036854775808}`, allowed: true, by: "policy0"},
		"a number with an exponent to explode": {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":1e999999999}`, undecided: true},
		"what no policy reads refuses nothing": {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":1,"other":1e300,"more":[null]}`, allowed: true, by: "policy0"},
		"a decimal takes whole numbers too":    {policies: pay + `{context.arguments has price && context.arguments.price.lessThan(decimal("10.5"))};`, arguments: `{"price":10}`, allowed: true, by: "policy0"},
		"a decimal takes fractions":            {policies: pay + `{context.arguments has price && context.arguments.price.lessThan(decimal("10.5"))};`, arguments: `{"price":10.4999}`, allowed: true, by: "policy0"},
		"a decimal is not rounded":             {policies: pay + `{context.arguments has price && context.arguments.price.lessThan(decimal("10.5"))};`, arguments: `{"price":10.49999}`, undecided: true},
		"a string is an address where used so": {policies: pay + `{context.arguments has host && context.arguments.host.isInRange(ip("10.0.0.0/8"))};`, arguments: `{"host":"10.9.9.9"}`, allowed: true, by: "policy0"},
		"a string that is no address":          {policies: pay + `{context.arguments has host && context.arguments.host.isInRange(ip("10.0.0.0/8"))};`, arguments: `{"host":"localhost"}`, undecided: true},
		"an argument within an argument":       {policies: pay + `{context.arguments has to && context.arguments.to has iban && context.arguments.to.iban like "DE*"};`, arguments: `{"to":{"iban":"DE12","bic":null}}`, allowed: true, by: "policy0"},
		"an argument that is a list":           {policies: pay + `{context.arguments has tags && context.arguments.tags.contains("ok")};`, arguments: `{"tags":["ok","fine"]}`, allowed: true, by: "policy0"},
		"a list with a null in it":             {policies: pay + `{context.arguments has tags && context.arguments.tags.contains("ok")};`, arguments: `{"tags":["ok",null]}`, undecided: true},
		"a list of another type":               {policies: pay + `{context.arguments has tags && context.arguments.tags.contains("ok")};`, arguments: `{"tags":["ok",1]}`, undecided: true},
		"one of some strings":                  {policies: pay + `{context.arguments has cur && ["EUR","CHF"].contains(context.arguments.cur)};`, arguments: `{"cur":"CHF"}`, allowed: true, by: "policy0"},
		"an argument that is twice there":      {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `{"amount":1,"amount":1000}`, undecided: true},
		"arguments that are no object":         {policies: pay + `{context.arguments has amount && context.arguments.amount < 100};`, arguments: `[1]`, undecided: true},
		"two policies that disagree on a type": {policies: pay + `{context.arguments has a && context.arguments.a < 100};` + pay + `{context.arguments has a && context.arguments.a like "x"};`, arguments: `{"a":1}`, undecided: true},
		"an overflow while deciding denies":    {policies: `@id("all") permit(principal, action, resource);` + pay + `{context.arguments has amount && context.arguments.amount + 1 < 100};`, arguments: `{"amount":9223372036854775807}`, undecided: true, by: "policy1", reason: "cannot be evaluated: policy1"},

		"a claim is typed by its use":    {policies: pay + `{context has token && context.token.claims has level && context.token.claims.level >= 3};`, allowed: true, by: "policy0"},
		"the user behind the agent":      {policies: pay + `{context has user && context.user == "alice"};`, allowed: true, by: "policy0"},
		"what was proven":                {policies: pay + `{context.mtls && context.authentication.contains("dpop")};`, allowed: true, by: "policy0"},
		"where the call comes from":      {policies: pay + `{context has source && context.source.isInRange(ip("10.0.0.0/8"))};`, allowed: true, by: "policy0"},
		"when the call is made":          {policies: pay + `{context.time.toTime() >= duration("9h") && context.time < datetime("2026-11-24")};`, allowed: true, by: "policy0"},
		"hints that the target gave":     {policies: pay + `{resource has readOnly && resource.readOnly};`, change: func(r *decide.Request) { r.Call.Annotations = &call.Annotations{ReadOnly: true} }, allowed: true, by: "policy0"},
		"hints that it did not give":     {policies: pay + `{resource has readOnly && resource.readOnly};`},
		"nobody is not decided on":       {policies: `permit(principal, action, resource);`, change: func(r *decide.Request) { r.Principal = principal.Principal{} }, undecided: true},
		"no target is not decided on":    {policies: `permit(principal, action, resource);`, change: func(r *decide.Request) { r.Call.Target = "" }, undecided: true},
		"a tool call that names no tool": {policies: `permit(principal, action, resource);`, change: func(r *decide.Request) { r.Call.Resource.Kind = call.Method }, undecided: true},
		"a kind that is not known":       {policies: `permit(principal, action, resource);`, change: func(r *decide.Request) { r.Call.Resource.Kind = "widget" }, undecided: true},
		"users of two issuers are two": {
			policies: `permit(principal == User::"https://a#bob", action, resource);`,
			change:   func(r *decide.Request) { r.Principal = principal.Principal{Subject: "bob", Issuer: "https://b"} },
		},
		"a user": {
			policies: `permit(principal == User::"https://a#bob", action, resource);`,
			change:   func(r *decide.Request) { r.Principal = principal.Principal{Subject: "bob", Issuer: "https://a"} },
			allowed:  true, by: "policy0",
		},
		"a method without an action is other": {
			policies: `permit(principal, action == Action::"other", resource) when {context.method == "x/y"};`,
			change: func(r *decide.Request) {
				r.Call.Method, r.Call.Resource = "x/y", call.Resource{Kind: call.Method, Name: "x/y"}
			},
			allowed: true, by: "policy0",
		},
		"sessions and lists are one group": {
			policies: `permit(principal, action in Action::"discover", resource);`,
			change: func(r *decide.Request) {
				r.Call.Method, r.Call.Resource = "initialize", call.Resource{Kind: call.Method, Name: "initialize"}
			},
			allowed: true, by: "policy0",
		},
		"a message of an agent": {
			policies: `permit(principal, action == Action::"sendMessage", resource == Skill::"bank/refund") when {context has message && context.message.pushHost == "" && !context.message.partKinds.contains("url")};`,
			change: func(r *decide.Request) {
				r.Call.Protocol, r.Call.Method, r.Call.Resource = call.A2A, "SendMessage", call.Resource{Kind: call.Skill, Name: "refund"}
				r.Call.Message = &call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}}
			},
			allowed: true, by: "policy0",
		},
		"a method of a gRPC service": {
			policies: `permit(principal, action == Action::"invoke", resource == RPC::"bank/bank.v1.Ledger/Get");`,
			change: func(r *decide.Request) {
				r.Call.Protocol, r.Call.Method, r.Call.Resource = call.GRPC, "Get", call.Resource{Kind: call.RPC, Name: "bank.v1.Ledger/Get"}
			},
			allowed: true, by: "policy0",
		},
		"a path": {
			policies: `permit(principal, action == Action::"request", resource == Path::"bank//accounts/{id}") when {context.method == "GET"};`,
			change: func(r *decide.Request) {
				r.Call.Protocol, r.Call.Method, r.Call.Resource = call.REST, "GET", call.Resource{Kind: call.Path, Name: "/accounts/{id}"}
			},
			allowed: true, by: "policy0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := payment(c.arguments)
			if c.change != nil {
				c.change(r)
			}
			d := engine(t, c.policies).Decide(t.Context(), r)
			if d.Allowed != c.allowed || strings.Join(d.Policies, ",") != c.by || (d.Err != nil) != c.undecided {
				t.Errorf("got %+v", d)
			}
			if all := whole(engine(t, c.policies)).Decide(t.Context(), r); !same(all, d) {
				t.Errorf("with all attributes, read or not, it is %+v", all)
			}
			if d.Reason == "" || !strings.Contains(d.Reason, c.reason) {
				t.Errorf("the reason %q does not speak of %q", d.Reason, c.reason)
			}
		})
	}
}

// whole makes an engine give its policies every attribute, whether they read it or not.
func whole(e *Engine) *Engine {
	for _, p := range e.policies {
		p.reads.principal, p.reads.resource = true, true
		p.reads.context = 1<<len(attributeNames()) - 1
	}
	return e
}

// What policies are checked against is what they are given.
func TestRequestsConformToTheSchema(t *testing.T) {
	validator := validate.New(published(), validate.WithStrict())
	user := payment("")
	user.Principal = principal.Principal{Subject: "did:key:z6Mk"}
	hinted := payment("")
	hinted.Call.Annotations = &call.Annotations{}
	message := payment("")
	message.Call.Protocol, message.Call.Method, message.Call.Message = call.A2A, "SendMessage", &call.Message{Role: "ROLE_USER"}
	message.Call.Resource.Kind = call.Skill
	for name, r := range map[string]*decide.Request{"an agent": payment(""), "a user": user, "a tool with hints": hinted, "a message": message} {
		q, err := ask(r)
		if err != nil {
			t.Fatal(err)
		}
		n := together(whole(engine(t, `permit (principal, action, resource);`)).policies)
		values, err := contextOf(r, n, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.entities.describe(n, q)
		if err := validator.Request(cedar.Request{Principal: q.principal, Action: q.action, Resource: q.resource, Context: values}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all := types.EntityMap{}
		for i := range q.entities.count {
			uid := q.entities.known[i].UID
			all[uid], _ = q.entities.Get(uid)
		}
		if err := validator.Entities(all); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryMethodIsAnActionOfTheSchema(t *testing.T) {
	for protocol, named := range methods {
		for method := range named {
			uid := action(&call.Call{Protocol: protocol, Method: method})
			if published().Actions[uid].AppliesTo == nil {
				t.Errorf("%s %s is %s, which is not asked of anything", protocol, method, uid)
			}
		}
	}
}

func TestAuditModeDecidesNothing(t *testing.T) {
	e := engine(t, `
		permit(principal, action, resource);
		@id("strict") @mode("audit") forbid(principal, action, resource);
		@id("broken") @mode("audit") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a + 1 > 0};
		@id("silent") @mode("audit") forbid(principal in TrustDomain::"example.com", action, resource);`)
	d := e.Decide(t.Context(), payment(`{"a":9223372036854775807}`))
	if !d.Allowed || strings.Join(d.Audited, ",") != "broken,strict" || strings.Join(d.Policies, ",") != "policy0" {
		t.Errorf("got %+v", d)
	}
	d = engine(t, `@mode("audit") permit(principal, action, resource);`).Decide(t.Context(), payment(""))
	if d.Allowed || strings.Join(d.Audited, ",") != "policy0" {
		t.Errorf("a permit in audit mode permits: %+v", d)
	}
}

// What is in audit mode decides nothing by being unreadable either.
func TestAnAuditedPolicyThatCannotReadTheArgumentsRefusesNothing(t *testing.T) {
	e := engine(t, `
		permit(principal, action, resource) when {context.arguments has a && context.arguments.a < 10};
		@id("text") @mode("audit") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a like "*"};
		@id("number") @mode("audit") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a > 3};
		@id("other") @mode("audit") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a > 8};`)
	d := e.Decide(t.Context(), payment(`{"a":5}`))
	if !d.Allowed || strings.Join(d.Policies, ",") != "policy0" || strings.Join(d.Audited, ",") != "number,text" {
		t.Errorf("got %+v", d)
	}
	if d := e.Decide(t.Context(), payment(`{"a":"5"}`)); d.Allowed {
		t.Errorf("got %+v", d)
	}
}

// A server that ignores letter case reads a member that resembles one that a policy names; so it is refused, wherever it is.
func TestAnArgumentThatResemblesOneThatAPolicyReads(t *testing.T) {
	e := engine(t, `permit(principal, action, resource);
		forbid(principal, action, resource) when {context.arguments has amount && context.arguments.amount > 100};
		forbid(principal, action, resource) when {context.arguments has to && context.arguments.to has bank && context.arguments.to.bank == "evil"};
		forbid(principal, action, resource) when {context.arguments has kinds && context.arguments.kinds.contains("x")};`)
	for name, c := range map[string]struct {
		arguments string
		allowed   bool
	}{
		"as the policy writes it":               {`{"amount":1,"to":{"bank":"good"}}`, true},
		"in another case":                       {`{"Amount":1000}`, false},
		"in another case beside the right one":  {`{"amount":1,"AMOUNT":1000}`, false},
		"with letters that fold onto ASCII's":   {`{"` + "\u212ainds" + `":["x"]}`, false},
		"with a long s":                         {`{"kind` + "\u017f" + `":["x"]}`, false},
		"escaped":                               {`{"\u0041mount":1000}`, false},
		"with NUL":                              {`{"amount\u0000":1000}`, false},
		"as null":                               {`{"Amount":null}`, false},
		"within another":                        {`{"to":{"Bank":"evil"}}`, false},
		"within one that resembles":             {`{"To":{"bank":"evil"}}`, false},
		"where no policy names it":              {`{"to":{"Amount":1000}}`, true},
		"a longer name is another":              {`{"Amounts":1000}`, true},
		"a name that no policy reads, in cases": {`{"note":1,"Note":2}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := e.Decide(t.Context(), payment(c.arguments))
			if d.Allowed != c.allowed || (d.Err == nil) != c.allowed {
				t.Errorf("got %+v", d)
			}
			if strings.Contains(d.Reason, "1000") || strings.Contains(d.Reason, "evil") {
				t.Errorf("the reason quotes what was passed: %s", d.Reason)
			}
		})
	}
}

func TestWhatCannotBeDecidedIsToldWithPlaces(t *testing.T) {
	for name, c := range map[string]struct{ policies, arguments, want string }{
		"a policy that overflows": {
			"permit(principal, action, resource);\n@id(\"sum\") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a + 1 > 3};",
			`{"a":9223372036854775807}`, "policy sum at test.cedar:2:1 cannot be evaluated: ",
		},
		"policies that disagree": {
			"@id(\"n\") permit(principal, action, resource) when {context.arguments has a && context.arguments.a has b && context.arguments.a.b < 3};\n" +
				"  @id(\"s\") forbid(principal, action, resource) when {context.arguments has a && context.arguments.a has b && context.arguments.a.b like \"x\"};\n" +
				"forbid(principal, action, resource) when {context.arguments has c && context.arguments.c};",
			`{"a":{"b":1}}`, "argument.a.b cannot be decided on: one policy uses it as Long and another as String: n at test.cedar:1:1, s at test.cedar:2:3",
		},
		"an element": {
			`permit(principal, action, resource) when {context.arguments has a && context.arguments.a.contains("x")};`, `{"a":["x",1]}`,
			"argument.a[] cannot be decided on: a policy uses it as String and it is Long",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := engine(t, c.policies).Decide(t.Context(), payment(c.arguments))
			if d.Allowed || d.Err == nil || !strings.HasPrefix(d.Err.Error(), c.want) || name == "policies that disagree" && d.Err.Error() != c.want {
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestAListShowsWhatSomeArgumentsAllow(t *testing.T) {
	const permit = `permit(principal, action, resource);`
	for name, c := range map[string]struct {
		policies string
		shown    bool
	}{
		"nothing":                        {"", false},
		"permitted":                      {permit, true},
		"forbidden":                      {permit + `forbid(principal, action, resource);`, false},
		"permitted with some arguments":  {`permit(principal, action, resource) when {context.arguments has a && context.arguments.a < 5};`, true},
		"forbidden with some arguments":  {permit + `forbid(principal, action, resource) when {context.arguments has a && context.arguments.a < 5};`, true},
		"permitted to another":           {`permit(principal, action, resource) when {context.mtls == false && context.arguments has a && context.arguments.a < 5};`, false},
		"forbidden whatever is passed":   {permit + `forbid(principal, action, resource) when {context.mtls || context.arguments has a};`, false},
		"permitted by audit policy only": {`@mode("audit") permit(principal, action, resource);`, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := payment("")
			r.Listing = true
			if d := engine(t, c.policies).Decide(t.Context(), r); d.Allowed != c.shown {
				t.Errorf("got %+v", d)
			}
		})
	}
}
