package permit_test

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// around is a gateway on Google Cloud whose only questionable part is the permission.
func around(mode spec.GatewayMode, a spec.Allow) spec.Gateway {
	entry := func(collection, name string) *spec.GoogleTarget {
		return &spec.GoogleTarget{RegistryResource: "projects/acme-agents/locations/us-central1/" + collection + "/" + name}
	}
	operations := map[string]spec.Operation{
		"listUsers": {Method: "GET", Path: "/users"}, "getUser": {Method: "GET", Path: "/users/{id}"}, "getMe": {Method: "GET", Path: "/users/me"},
		"addUser": {Method: "POST", Path: "/users"}, "dropUser": {Method: "DELETE", Path: "/users/{id}"},
	}
	numbered := map[string]spec.Operation{"getUser": {Method: "GET", Path: "/users/{id}", Parameters: map[string]string{"id": "integer"}}, "listUsers": operations["listUsers"]}
	return spec.Gateway{
		Name: "egress", TrustDomain: domain, Mode: mode,
		Targets: map[string]spec.Target{
			"bank":    {Protocol: "mcp", URL: "https://bank.example.org/mcp", Google: entry("mcpServers", "bank")},
			"coarse":  {Protocol: "mcp", URL: "https://coarse.example.org/mcp", Google: &spec.GoogleTarget{RegistryResource: entry("mcpServers", "coarse").RegistryResource, Coarse: true}},
			"agent":   {Protocol: "a2a", URL: "https://agent.example.org/a2a", Google: entry("agents", "agent")},
			"whole":   {Protocol: "a2a", URL: "https://whole.example.org/a2a", Google: &spec.GoogleTarget{RegistryResource: entry("agents", "whole").RegistryResource, Coarse: true}},
			"users":   {Protocol: "rest", URL: "https://users.example.org/v1", Operations: operations, Google: &spec.GoogleTarget{Unregistered: true}},
			"typed":   {Protocol: "rest", URL: "https://typed.example.org/v1", Operations: numbered, Google: &spec.GoogleTarget{Unregistered: true}},
			"loose":   {Protocol: "rest", URL: "https://loose.example.org/v1", Operations: numbered, Google: &spec.GoogleTarget{Unregistered: true, Coarse: true}},
			"open":    {Protocol: "rest", URL: "https://open.example.org/v1", Unmatched: "decide", Google: &spec.GoogleTarget{Unregistered: true}},
			"root":    {Protocol: "rest", URL: "https://root.example.org", Unmatched: "decide", Google: &spec.GoogleTarget{Unregistered: true}},
			"entry":   {Protocol: "rest", URL: "https://entry.example.org", Unmatched: "decide", Google: entry("endpoints", "entry")},
			"shop":    {Protocol: "grpc", URL: "https://shop.example.org", Services: []string{"shop.v1.Orders", "shop.v1.Stock"}, Google: &spec.GoogleTarget{Unregistered: true}},
			"shops":   {Protocol: "grpc", URL: "https://shops.example.org", Services: []string{"shop.v1.Orders", "shop.v1.Stock"}, Google: entry("endpoints", "shops")},
			"orders":  {Protocol: "rest", URL: "https://orders.example.org/v1", OpenAPI: "{}", Google: &spec.GoogleTarget{Unregistered: true}},
			"entries": {Protocol: "rest", URL: "https://entries.example.org", Operations: operations, Google: entry("endpoints", "entries")},
		},
		Allow:  map[string]spec.Allow{"test": a},
		Google: &spec.GoogleGateway{Project: spec.GoogleProject{ID: "acme-agents", Number: "42", Location: "us-central1"}},
	}
}

// requests are all that there are, to every target.
func requests(t testing.TB, g spec.Gateway) []request {
	all := slices.Concat(
		mcpRequests("bank"), mcpRequests("coarse"), a2aRequests("agent"), a2aRequests("whole"), grpcRequests(g, "shop"), grpcRequests(g, "shops"),
		restRequests(t, g, "users", "users.example.org"), restRequests(t, g, "open", "open.example.org"), restRequests(t, g, "root", "root.example.org"),
		restRequests(t, g, "typed", "typed.example.org"), restRequests(t, g, "loose", "loose.example.org"),
	)
	for _, target := range []string{"entry", "entries"} {
		for _, r := range restRequests(t, g, target, target+".example.org") {
			r.seen.entry = "projects/acme-agents/locations/us-central1/endpoints/" + target
			all = append(all, r)
		}
	}
	return all
}

// allows are permissions of every shape, most of which Google can decide, and some not.
func allows() []spec.Allow {
	all := shapes([]string{billing})
	for _, who := range [][]string{{audits, billing}, {"ns:payments"}, {"ns:support", billing}, {"*"}} {
		for _, a := range []spec.Allow{
			{Target: "bank", Tools: []string{"pay"}, Resources: []string{"*"}},
			{Target: "bank", Tools: []string{"*"}, ReadOnly: true},
			{Target: "whole", Skills: []string{"*"}, PushHosts: []string{"*"}},
			{Target: "users", Operations: []string{"getUser"}},
			{Target: "entry", Operations: []string{"*"}},
			{Target: "shop", Methods: []string{"*"}},
		} {
			a.Agents = who
			all = append(all, a)
		}
	}
	return append(all, neverPortable()...)
}

// shapes are the ways of permitting something of each target.
func shapes(who []string) []spec.Allow {
	var all []spec.Allow
	for _, target := range []string{"bank", "coarse"} {
		for _, tools := range [][]string{nil, {"pay"}, {"refund", "pay", `so"me \ *`}, {"*"}} {
			for _, prompts := range [][]string{nil, {"hello"}, {"*"}} {
				for _, resources := range [][]string{nil, {"file:///a"}, {"*"}} {
					all = append(all, spec.Allow{Agents: who, Target: target, Tools: tools, Prompts: prompts, Resources: resources})
				}
			}
			if tools != nil {
				all = append(all, spec.Allow{Agents: who, Target: target, Tools: tools, ReadOnly: true})
			}
		}
	}
	for _, target := range []string{"users", "typed", "loose", "open", "root", "entry", "entries", "orders"} {
		for _, operations := range [][]string{{"*"}, {"listUsers"}, {"getUser"}, {"getUser", "getMe"}, {"GET /users", "dropUser"}, {"DELETE /users/{id}"}, {"GET /other"}} {
			all = append(all, spec.Allow{Agents: who, Target: target, Operations: operations})
		}
	}
	for _, target := range []string{"shop", "shops"} {
		for _, methods := range [][]string{{"*"}, {"shop.v1.Orders/Place"}, {"shop.v1.Stock/Count", "shop.v1.Orders/Place"}} {
			all = append(all, spec.Allow{Agents: who, Target: target, Methods: methods})
		}
	}
	for _, target := range []string{"agent", "whole"} {
		for _, skills := range [][]string{{"*"}, {"report"}} {
			for _, push := range [][]string{nil, {"*"}, {"x.example"}} {
				all = append(all, spec.Allow{Agents: who, Target: target, Skills: skills, PushHosts: push})
			}
		}
		all = append(all, spec.Allow{Agents: who, Target: target, Skills: []string{"*"}, PushHosts: []string{"*"}, PartKinds: []string{"text"}})
	}
	return slices.DeleteFunc(all, func(a spec.Allow) bool { // one that permits nothing
		return !slices.ContainsFunc(a.Things(), func(things spec.Things) bool { return len(things.Names) > 0 })
	})
}

// neverPortable are permissions with conditions that Google has nothing for.
func neverPortable() []spec.Allow {
	return []spec.Allow{
		{Agents: []string{billing}, Target: "bank", Tools: []string{"pay"}, Arguments: map[string]spec.ArgumentCondition{"amount": {Max: new(int64(5))}}},
		{Agents: []string{billing}, Users: []string{"https://idp.example.org#alice"}, Target: "bank", Tools: []string{"pay"}},
		{Users: []string{"https://idp.example.org#alice"}, Target: "bank", Tools: []string{"pay"}},
		{Agents: []string{billing}, Target: "bank", Tools: []string{"pay"}, Authentication: []string{"dpop"}},
		{Agents: []string{billing}, Target: "whole", Skills: []string{"*"}, PushHosts: []string{"*"}, URLHosts: []string{"x.example"}},
		{Agents: []string{billing}, Target: "whole", Skills: []string{"*"}, PushHosts: []string{"*"}, MediaTypes: []string{"text/plain"}},
	}
}

// Whatever an allow says: it is reported as not portable, or Google lets nothing through that the open-source gateway denies, and lets
// through what it allows but for what the documentation names.
func TestGoogleAllowsNothingThatIsDenied(t *testing.T) {
	for _, mode := range []spec.GatewayMode{spec.AgentToAnywhere, spec.ClientToAgent} {
		t.Run(string(mode), func(t *testing.T) {
			portable, refused, agreed := 0, 0, 0
			all := requests(t, around(mode, spec.Allow{}))
			for _, a := range allows() {
				g := around(mode, a)
				if len(g.ValidateGoogle()) > 0 {
					if p := g.GooglePortability(); p[0].Portable() {
						t.Fatalf("%+v is portable, and not valid: %v", a, g.ValidateGoogle())
					}
					refused++
					continue
				}
				portable++
				agreed += compare(t, g, a, all)
				if t.Failed() {
					return
				}
			}
			if portable < 50 || refused < 50 || agreed < 1000 {
				t.Errorf("%d permissions are portable and %d not, and %d requests are allowed by both: the sweep has shrunk", portable, refused, agreed)
			}
		})
	}
}

// compare decides every request by everybody on both stacks, and counts what both allow.
func compare(t *testing.T, g spec.Gateway, a spec.Allow, all []request) int {
	t.Helper()
	open, agreed := newOpenSource(t, g), 0
	var google func(sight, seen) bool
	views := sights()
	if g.GoogleMeans() == spec.ByAccessPolicy {
		google = newAccessPolicy(t, g).allows
	} else {
		policies := newAuthzPolicies(t, g)
		google, views = func(_ sight, s seen) bool { return policies.allows(s) }, views[:1]
	}
	for i, r := range all {
		everybody := everybody()
		if r.target != a.Target && i%5 > 0 {
			everybody = everybody[:0] // a sample of what is for other targets is enough
		}
		for _, by := range everybody {
			r.seen.by = by
			want := r.call != nil && open.allows(by, *r.call)
			for _, view := range views[:min(len(views), r.views(a.Target))] {
				switch got := google(view, r.seen); {
				case got && !want && !accepted(g, a, r):
					t.Errorf("%+v: Google lets %s do %q, seen as %+v, and the open-source gateway does not", a, by, r.name, view)
					return agreed
				case !got && want && !narrower(a, r):
					t.Errorf("%+v: the open-source gateway lets %s do %q, and Google does not, seen as %+v", a, by, r.name, view)
					return agreed
				case got && want:
					agreed++
				}
			}
		}
	}
	return agreed
}

// accepted is what a target with gcp.coarse lets through besides, and, where all of a host or of a path on it is permitted, what the
// open-source gateway does not pass on because it could be read in two ways, as long as it is there in each of them.
func accepted(g spec.Gateway, a spec.Allow, r request) bool {
	target := g.Targets[a.Target]
	_, base, _ := target.Address()
	if r.call == nil && len(target.Operations["getUser"].Parameters) > 0 {
		return target.Google.Coarse && strings.HasPrefix(r.seen.path, base+"/users/") // a value of another type
	}
	if r.call == nil {
		at, _ := url.PathUnescape(strings.SplitN(r.seen.path, "?", 2)[0])
		return slices.Contains(a.Operations, spec.Everything) && !target.Closed() && strings.HasPrefix(path.Clean(at)+"/", base+"/")
	}
	if !g.Targets[r.call.Target].Google.Coarse {
		return false
	}
	return r.call.Protocol == call.A2A || r.call.Method == "completion/complete" && g.GoogleMeans() == spec.ByAuthzPolicy
}

// views says in how many ways a request may be seen: fewer where there is nothing of MCP, and one where it is for another target.
func (r request) views(target string) int {
	switch {
	case r.target != target || r.seen.entry == "":
		return 1
	case r.seen.mcp == "":
		return 4
	}
	return 32
}

// narrower is what the documentation says that Google refuses: completions and tasks, lists of kinds of which nothing is permitted, and
// values of variables that are written with escapes or begin with a dot.
func narrower(a spec.Allow, r request) bool {
	lists := map[string][]string{"tools/list": a.Tools, "prompts/list": a.Prompts, "resources/list": a.Resources, "resources/templates/list": a.Resources}
	names, isList := lists[r.call.Method]
	switch {
	case isList && len(names) == 0:
		return true
	case strings.HasPrefix(r.call.Method, "tasks/"), r.call.Method == "completion/complete":
		return true
	case r.call.Protocol == call.REST:
		return strings.ContainsAny(r.seen.path, "%") || strings.Contains(r.seen.path, "..")
	}
	return false
}
