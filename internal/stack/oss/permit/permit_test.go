package permit_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss/permit"
)

const (
	billing = "spiffe://example.org/ns/payments/agent/billing"
	audits  = "spiffe://example.org/ns/payments/agent/audits"
	triage  = "spiffe://example.org/ns/support/agent/triage"
)

// engine loads the policies of an Allow as the gateway does, strictly.
func engine(t testing.TB, protocol string, a spec.Allow) *policy.Engine {
	t.Helper()
	text := permit.Policies("test", a, "example.org", protocol)
	e, err := policy.New(policy.Source{Name: "allow.test.cedar", Text: []byte(text)})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return e
}

// asked is a call with who makes it.
type asked struct {
	by string // SPIFFE ID; "" for a user
	decide.Request
}

func (a asked) allowed(e *policy.Engine) bool {
	r := a.Request
	if a.by != "" {
		made := principal.FromSPIFFEID(a.by)
		made.User, made.UserIssuer, made.Methods = r.Principal.User, r.Principal.UserIssuer, r.Principal.Methods
		r.Principal = made
	}
	r.Time = time.Unix(0, 0)
	return e.Decide(context.Background(), &r).Allowed
}

// of is a call of a target, which the options change.
func of(by string, c call.Call, options ...func(*decide.Request)) asked {
	if c.Target == "" {
		c.Target = "bank"
	}
	a := asked{by: by, Request: decide.Request{Call: &c}}
	for _, o := range options {
		o(&a.Request)
	}
	return a
}

func tool(name, arguments string) call.Call {
	return call.Call{Protocol: call.MCP, Method: "tools/call", Resource: call.Resource{Kind: call.Tool, Name: name}, Arguments: []byte(arguments)}
}

func method(protocol call.Protocol, method string, kind call.Kind, name string) call.Call {
	return call.Call{Protocol: protocol, Method: method, Resource: call.Resource{Kind: kind, Name: name}}
}

func message(skill string, m call.Message) call.Call {
	c := method(call.A2A, "SendMessage", call.Skill, skill)
	if skill == "" {
		c.Resource.Kind = call.Method
	}
	c.Message = &m
	return c
}

func elsewhere(c call.Call) call.Call { c.Target = "other"; return c }

func annotated(c call.Call, a call.Annotations) call.Call { c.Annotations = &a; return c }

func operation(method, path, operation, arguments string) call.Call {
	return call.Call{Protocol: call.REST, Method: method, Operation: operation, Resource: call.Resource{Kind: call.Path, Name: path}, Arguments: []byte(arguments)}
}

func rpc(name, arguments string) call.Call {
	return call.Call{Protocol: call.GRPC, Method: name[strings.LastIndex(name, "/")+1:], Resource: call.Resource{Kind: call.RPC, Name: name}, Arguments: []byte(arguments)}
}

func proven(methods ...string) func(*decide.Request) {
	return func(r *decide.Request) { r.Principal.Methods = methods }
}

func actingFor(issuer, user string) func(*decide.Request) {
	return func(r *decide.Request) { r.Principal.UserIssuer, r.Principal.User = issuer, user }
}

func user(issuer, subject string) func(*decide.Request) {
	return func(r *decide.Request) { r.Principal = principal.Principal{Issuer: issuer, Subject: subject} }
}

func listing(r *decide.Request) { r.Listing = true }

// verdicts are calls that an Allow permits, and others that it does not.
type verdicts struct {
	protocol string
	allow    spec.Allow
	yes, no  map[string]asked
}

func TestPermissions(t *testing.T) {
	for _, group := range []map[string]verdicts{whoVerdicts(), mcpVerdicts(), argumentVerdicts(), a2aVerdicts(), apiVerdicts()} {
		for name, v := range group {
			t.Run(name, func(t *testing.T) {
				v.allow.Target = "bank"
				e := engine(t, v.protocol, v.allow)
				for what, a := range v.yes {
					if !a.allowed(e) {
						t.Errorf("denied: %s", what)
					}
				}
				for what, a := range v.no {
					if a.allowed(e) {
						t.Errorf("permitted: %s", what)
					}
				}
			})
		}
	}
}

func whoVerdicts() map[string]verdicts {
	pay := tool("pay", `{}`)
	return map[string]verdicts{
		"one agent, all its instances": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Tools: []string{"pay"}},
			map[string]asked{
				"the agent":            of(billing, pay),
				"an instance of it":    of(billing+"/instance/7", pay),
				"another one":          of(billing+"/instance/8", pay),
				"its session":          of(billing, method(call.MCP, "initialize", call.Method, "")),
				"its list":             of(billing, method(call.MCP, "tools/list", call.Method, "")),
				"the tool in the list": of(billing, pay, listing),
			},
			map[string]asked{
				"another agent":                   of(audits, pay),
				"an agent of another namespace":   of("spiffe://example.org/ns/other/agent/billing", pay),
				"an agent of another domain":      of("spiffe://other.org/ns/payments/agent/billing", pay),
				"an agent whose name begins so":   of(billing+"2", pay),
				"a path below, of no instance":    of(billing+"/x", pay),
				"another's session":               of(audits, method(call.MCP, "initialize", call.Method, "")),
				"another's list":                  of(audits, method(call.MCP, "tools/list", call.Method, "")),
				"a user of the agent's name":      of("", pay, user("https://idp.example.org", billing)),
				"nobody":                          of("", pay),
				"another tool in the list":        of(billing, tool("sell", `{}`), listing),
				"the session of another target":   of(billing, elsewhere(method(call.MCP, "initialize", call.Method, ""))),
				"the same tool of another target": of(billing, elsewhere(pay)),
			},
		},
		"several agents": {
			"mcp",
			spec.Allow{Agents: []string{billing, audits}, Tools: []string{"pay"}},
			map[string]asked{"one": of(billing, pay), "the other's instance": of(audits+"/instance/1", pay)},
			map[string]asked{"a third": of(triage, pay)},
		},
		"a namespace": {
			"mcp",
			spec.Allow{Agents: []string{"ns:payments"}, Tools: []string{"pay"}},
			map[string]asked{"an agent of it": of(billing, pay), "another of it": of(audits+"/instance/1", pay)},
			map[string]asked{
				"an agent of another":              of(triage, pay),
				"the namespace of another domain":  of("spiffe://other.org/ns/payments/agent/billing", pay),
				"a namespace whose name begins so": of("spiffe://example.org/ns/payments2/agent/billing", pay),
				"a workload that is no agent":      of("spiffe://example.org/ns/payments/sa/billing", pay),
			},
		},
		"namespaces and an agent": {
			"mcp",
			spec.Allow{Agents: []string{triage, "ns:payments", "ns:sales"}, Tools: []string{"pay"}},
			map[string]asked{"the agent": of(triage, pay), "an agent of the namespace": of(billing, pay), "of the other": of("spiffe://example.org/ns/sales/agent/x", pay)},
			map[string]asked{"another of the agent's namespace": of("spiffe://example.org/ns/support/agent/other", pay)},
		},
		"the trust domain": {
			"mcp",
			spec.Allow{Agents: []string{"*"}, Tools: []string{"pay"}},
			map[string]asked{"an agent": of(triage, pay), "a workload": of("spiffe://example.org/ns/payments/sa/billing", pay)},
			map[string]asked{"an agent of another": of("spiffe://other.org/ns/payments/agent/billing", pay), "a user": of("", pay, user("https://idp.example.org", "alice"))},
		},
		"users": {
			"mcp",
			spec.Allow{Users: []string{"https://idp.example.org#alice", "https://idp.example.org#bob#2", "did:key:z6Mk"}, Tools: []string{"pay"}},
			map[string]asked{
				"a user": of("", pay, user("https://idp.example.org", "alice")), "one with a # in it": of("", pay, user("https://idp.example.org", "bob#2")),
				"a DID": of("", pay, user("", "did:key:z6Mk")),
			},
			map[string]asked{
				"the name at another issuer": of("", pay, user("https://other.example", "alice")), "another user": of("", pay, user("https://idp.example.org", "bob")),
				"an agent that acts for one": of(billing, pay, actingFor("https://idp.example.org", "alice")),
			},
		},
		"an agent for users": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Users: []string{"https://idp.example.org#alice", "https://idp.example.org#bob"}, Tools: []string{"pay"}},
			map[string]asked{"for one": of(billing, pay, actingFor("https://idp.example.org", "alice")), "for the other": of(billing, pay, actingFor("https://idp.example.org", "bob"))},
			map[string]asked{
				"for nobody": of(billing, pay), "for a third": of(billing, pay, actingFor("https://idp.example.org", "carol")),
				"for the name of another issuer": of(billing, pay, actingFor("https://other.example", "alice")),
				"the user without the agent":     of("", pay, user("https://idp.example.org", "alice")),
				"another agent for one":          of(audits, pay, actingFor("https://idp.example.org", "alice")),
			},
		},
		"with proofs": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Tools: []string{"pay"}, Authentication: []string{"mtls", "dpop"}},
			map[string]asked{"both": of(billing, pay, proven("dpop", "mtls")), "more": of(billing, pay, proven("cert-bound", "dpop", "mtls"))},
			map[string]asked{"one": of(billing, pay, proven("mtls")), "none": of(billing, pay)},
		},
	}
}

func mcpVerdicts() map[string]verdicts {
	task := func(m string) call.Call { return method(call.MCP, m, call.Task, "1") }
	return map[string]verdicts{
		"tools": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Tools: []string{"pay", `so"me \ *`, "ünï\u200b"}},
			map[string]asked{
				"one": of(billing, tool("pay", `{"a":1}`)), "one that is hard to write": of(billing, tool(`so"me \ *`, `{}`)), "one that does not show": of(billing, tool("ünï\u200b", `{}`)),
				"its task": of(billing, task("tasks/get")), "the end of it": of(billing, task("tasks/cancel")),
			},
			map[string]asked{
				"a pattern's match": of(billing, tool(`so"me \ x`, `{}`)), "another": of(billing, tool("pay2", `{}`)), "what looks like it": of(billing, tool("ünï", `{}`)),
				"a prompt of the name": of(billing, method(call.MCP, "prompts/get", call.Prompt, "pay")), "all tasks": of(billing, method(call.MCP, "tasks/list", call.Method, "")),
				"a resource of the name": of(billing, method(call.MCP, "resources/read", call.Document, "pay")), "what is no method": of(billing, method(call.MCP, "x/y", call.Method, "")),
				"what the target asks of the agent": of(billing, call.Call{Protocol: call.MCP, Method: "sampling/createMessage", Direction: call.ToAgent, Resource: call.Resource{Kind: call.Method}}),
			},
		},
		"all tools": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Tools: []string{"*"}},
			map[string]asked{"any": of(billing, tool("pay", `{}`)), "one of that name": of(billing, tool("*", `{}`))},
			map[string]asked{"of another target": of(billing, elsewhere(tool("pay", `{}`))), "a prompt": of(billing, method(call.MCP, "prompts/get", call.Prompt, "pay"))},
		},
		"tools that only read": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Tools: []string{"*"}, ReadOnly: true},
			map[string]asked{"one": of(billing, annotated(tool("pay", `{}`), call.Annotations{ReadOnly: true}))},
			map[string]asked{"one that writes": of(billing, annotated(tool("pay", `{}`), call.Annotations{})), "one that says nothing": of(billing, tool("pay", `{}`))},
		},
		"prompts and resources": {
			"mcp",
			spec.Allow{Agents: []string{billing}, Prompts: []string{"hello"}, Resources: []string{"file:///a", "file:///b/*"}},
			map[string]asked{
				"prompt": of(billing, method(call.MCP, "prompts/get", call.Prompt, "hello")), "resource": of(billing, method(call.MCP, "resources/read", call.Document, "file:///a")),
				"news of it": of(billing, method(call.MCP, "resources/subscribe", call.Document, "file:///a")), "the prompt's completion": of(billing, method(call.MCP, "completion/complete", call.Prompt, "hello")),
				"a stream of news": of(billing, method(call.MCP, "subscriptions/listen", call.Method, "")),
			},
			map[string]asked{
				"another prompt": of(billing, method(call.MCP, "prompts/get", call.Prompt, "hello2")), "another resource": of(billing, method(call.MCP, "resources/read", call.Document, "file:///c")),
				"what a pattern would match": of(billing, method(call.MCP, "resources/read", call.Document, "file:///b/c")), "a tool": of(billing, tool("hello", `{}`)),
				"a task": of(billing, task("tasks/get")),
			},
		},
	}
}
