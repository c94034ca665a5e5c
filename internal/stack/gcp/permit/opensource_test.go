package permit_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rest"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	oss "github.com/agentward/terraform-provider-agent/internal/stack/oss/permit"
)

// openSource decides as the open-source gateway does, by the policies that the same allow becomes there.
type openSource struct{ engine *policy.Engine }

// agentsPath is how the open-source stack names what is an account of a cluster's namespace to Google.
func onOpenSource(id string) string { return strings.Replace(id, "/sa/", "/agent/", 1) }

func newOpenSource(t testing.TB, g spec.Gateway) openSource {
	t.Helper()
	var texts []string
	for name, a := range g.Allow {
		agents := make([]string, len(a.Agents))
		for i, agent := range a.Agents {
			agents[i] = onOpenSource(agent)
		}
		a.Agents = agents
		texts = append(texts, oss.Policies(name, a, g.TrustDomain, g.Targets[a.Target].Protocol))
	}
	e, err := policy.New(policy.Source{Name: "allow.cedar", Text: []byte(strings.Join(texts, "\n"))})
	if err != nil {
		t.Fatal(err)
	}
	return openSource{e}
}

func (o openSource) allows(by string, c call.Call) bool {
	r := decide.Request{Call: &c, Principal: principal.FromSPIFFEID(onOpenSource(by)), Time: time.Unix(0, 0)}
	return o.engine.Decide(context.Background(), &r).Allowed
}

// request is one that both see: as a call, and as Google does.
type request struct {
	name, target string
	call         *call.Call // nil where the open-source gateway refuses it unread
	seen         seen
}

const (
	domain  = "acme-agents.svc.id.goog"
	billing = "spiffe://" + domain + "/ns/payments/sa/billing"
	audits  = "spiffe://" + domain + "/ns/payments/sa/audits"
	triage  = "spiffe://" + domain + "/ns/support/sa/triage"
)

func everybody() []string { return []string{billing, audits, triage} }

// mcpRequests are requests to one of two servers.
func mcpRequests(target string) []request {
	var all []request
	add := func(method string, kind call.Kind, thing string, readOnly bool) {
		c := call.Call{Protocol: call.MCP, Method: method, Target: target, Resource: call.Resource{Kind: kind, Name: thing}}
		if readOnly {
			c.Annotations = &call.Annotations{ReadOnly: true}
		}
		s := seen{
			host: target + ".example.org", path: "/mcp", method: "POST", entry: "projects/acme-agents/locations/us-central1/mcpServers/" + target,
			mcp: method, thing: thing, readOnly: readOnly,
		}
		all = append(all, request{strings.TrimSpace(target + " " + method + " " + thing), target, &c, s})
	}
	for _, method := range []string{"initialize", "ping", "logging/setLevel", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "tasks/list", "x/y"} {
		add(method, call.Method, "", false)
	}
	for _, name := range []string{"pay", "refund", "delete", `so"me \ *`, "*", "hello"} {
		add("tools/call", call.Tool, name, false)
		add("tools/call", call.Tool, name, true)
		add("prompts/get", call.Prompt, name, false)
		add("completion/complete", call.Prompt, name, false)
	}
	for _, name := range []string{"file:///a", "file:///b", "pay"} {
		for _, method := range []string{"resources/read", "resources/subscribe", "resources/unsubscribe"} {
			add(method, call.Document, name, false)
		}
		add("completion/complete", call.Document, name, false)
	}
	add("tasks/get", call.Task, "1", false)
	add("tasks/cancel", call.Task, "1", false)
	return all
}

// restRequests are requests of two hosts that are in no registry. The second has the same operations.
func restRequests(t testing.TB, g spec.Gateway, target, host string) []request {
	t.Helper()
	api := restAPI(t, g.Targets[target])
	_, base, _ := g.Targets[target].Address()
	var all []request
	for _, method := range []string{"GET", "POST", "DELETE"} {
		for _, path := range []string{
			"/", "/users", "/users/7", "/users/me", "/users/7/keys", "/users/a.b", "/users/..", "/users/%2e%2e", "/users/7%2F8", "/users/", "/users?all=1", "/users/7?x=..", "/Users", "/other", "//users",
		} {
			s := seen{host: host, path: base + path, method: method}
			r := request{name: target + " " + method + " " + path, target: target, seen: s}
			escaped, query, _ := strings.Cut(path, "?")
			if read, problem := api.Read(method, escaped, query); problem == nil {
				c := call.Call{Protocol: call.REST, Method: method, Target: target, Resource: call.Resource{Kind: call.Path, Name: read.Template}, Arguments: []byte("{}")}
				if read.Operation != nil {
					c.Operation = read.Operation.Name
				}
				r.call = &c
			}
			all = append(all, r)
		}
		outside := request{name: target + " " + method + " outside", target: target, seen: seen{host: host, path: "/v2/users", method: method}}
		if base != "" {
			all = append(all, outside)
		}
	}
	return all
}

func restAPI(t testing.TB, target spec.Target) *rest.API {
	t.Helper()
	var operations []rest.Operation
	for name, o := range target.Operations {
		template, err := rest.ParseTemplate(o.Path)
		if err != nil {
			t.Fatal(err)
		}
		made := rest.Operation{Name: name, Method: o.Method, Template: template, Path: map[string]rest.Type{}}
		for parameter, of := range o.Parameters {
			if made.Path[parameter], err = rest.ParseType(of); err != nil {
				t.Fatal(err)
			}
		}
		operations = append(operations, made)
	}
	api, _, err := rest.New(operations)
	if err != nil {
		t.Fatal(err)
	}
	api.Open = target.Unmatched == "decide"
	return api
}

func grpcRequests(g spec.Gateway, target string) []request {
	var all []request
	for _, name := range []string{"shop.v1.Orders/Place", "shop.v1.Orders/Cancel", "shop.v1.Stock/Count", "shop.v2.Orders/Place", "shop.v1.Orders/../Place"} {
		s := seen{host: target + ".example.org", path: "/" + name, method: "POST"}
		r := request{name: target + " " + name, target: target, seen: s}
		service, _, _ := strings.Cut(name, "/")
		if slices.Contains(g.Targets[target].Services, service) && strings.Count(name, "/") == 1 {
			r.call = &call.Call{
				Protocol: call.GRPC, Method: name[strings.LastIndex(name, "/")+1:], Target: target, Resource: call.Resource{Kind: call.RPC, Name: name}, Arguments: []byte("{}"),
			}
		}
		all = append(all, r)
	}
	return all
}

func a2aRequests(target string) []request {
	var all []request
	add := func(method string, kind call.Kind, name string, m *call.Message) {
		c := call.Call{Protocol: call.A2A, Method: method, Target: target, Resource: call.Resource{Kind: kind, Name: name}, Message: m}
		s := seen{host: target + ".example.org", path: "/a2a", method: "POST", entry: "projects/acme-agents/locations/us-central1/agents/" + target}
		all = append(all, request{target + " " + method + " " + name, target, &c, s})
	}
	add("SendMessage", call.Skill, "report", &call.Message{})
	add("SendMessage", call.Skill, "refund", &call.Message{PartKinds: []string{"url"}, URLHosts: []string{"x.example"}, PushHost: "x.example"})
	add("SendMessage", call.Method, "", &call.Message{})
	add("GetTask", call.Task, "1", &call.Message{})
	add("ListTasks", call.Method, "", &call.Message{})
	add("GetExtendedAgentCard", call.Method, "", &call.Message{})
	return all
}
