package permit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// neighbour is a second target and what somebody else may use of it.
type neighbour struct {
	name   string
	target spec.Target
	allow  spec.Allow
}

// neighbours are targets of every kind beside an MCP server at https://left.example.org/left: on hosts of their own, on its host, below
// it and above it, and under its entry in Agent Registry.
func neighbours() []neighbour {
	var all []neighbour
	operations := map[string]spec.Operation{"list": {Method: "GET", Path: "/users"}}
	for _, url := range []string{"https://right.example.org/right", "https://left.example.org/right", "https://left.example.org/left/right", "https://left.example.org", "https://LEFT.example.org:443/x"} {
		add := func(t spec.Target, a spec.Allow, known ...spec.GoogleTarget) {
			for _, google := range known {
				t.URL, t.Google = url, &google
				a.Agents, a.Target = []string{audits}, "right"
				all = append(all, neighbour{fmt.Sprintf("%s at %s, %s, coarse %t", t.Protocol, url, google.RegistryResource, google.Coarse), t, a})
			}
		}
		add(spec.Target{Protocol: "mcp"}, spec.Allow{Tools: []string{"refund"}}, entered("mcpServers/right", false), entered("mcpServers/left", false), entered("mcpServers/right", true))
		add(spec.Target{Protocol: "a2a"}, spec.Allow{Skills: []string{"*"}, PushHosts: []string{"*"}}, entered("agents/right", true))
		add(spec.Target{Protocol: "rest", Operations: operations}, spec.Allow{Operations: []string{"list"}}, spec.GoogleTarget{Unregistered: true})
		add(spec.Target{Protocol: "rest", Unmatched: "decide"}, spec.Allow{Operations: []string{"*"}}, entered("endpoints/right", false), spec.GoogleTarget{Unregistered: true})
	}
	return all
}

func entered(as string, coarse bool) spec.GoogleTarget {
	return spec.GoogleTarget{RegistryResource: "projects/acme-agents/locations/us-central1/" + as, Coarse: coarse}
}

// beside is a gateway with an MCP server and a neighbour of it.
func beside(mode spec.GatewayMode, left spec.GoogleTarget, n neighbour) spec.Gateway {
	g := around(mode, spec.Allow{Agents: []string{billing}, Target: "left", Tools: []string{"pay"}, Prompts: []string{"*"}, Resources: []string{"*"}})
	g.Targets = map[string]spec.Target{"left": {Protocol: "mcp", URL: "https://left.example.org/left", Google: &left}, "right": n.target}
	g.Allow["right"] = n.allow
	return g
}

// asSeen are the ways in which Google may see a request to a target: as one for each entry of Agent Registry that has its host, and, where
// none has, as one for the host alone.
func asSeen(g spec.Gateway, r request) []request {
	authority, base, _ := g.Targets[r.target].Address()
	r.seen.host, r.seen.path = authority, base+strings.TrimPrefix(r.seen.path, base)
	var ways []request
	for _, t := range g.Targets {
		if host, _, _ := t.Address(); host == authority && !t.Google.Unregistered {
			r.seen.entry = t.Google.RegistryResource
			ways = append(ways, r)
		}
	}
	if len(ways) == 0 {
		r.seen.entry = ""
		ways = append(ways, r)
	}
	return ways
}

// A permission for one target is none for its neighbours, whatever Google takes a request for, unless gcp.coarse accepts that.
func TestPermissionsKeepToTheirTargets(t *testing.T) {
	for _, mode := range []spec.GatewayMode{spec.AgentToAnywhere, spec.ClientToAgent} {
		t.Run(string(mode), func(t *testing.T) {
			valid, refused := 0, 0
			for _, n := range neighbours() {
				for _, coarse := range []bool{false, true} {
					g := beside(mode, entered("mcpServers/left", coarse), n)
					if len(g.ValidateGoogle()) > 0 {
						refused++
						continue
					}
					valid++
					t.Run(fmt.Sprintf("%s beside coarse %t", n.name, coarse), func(t *testing.T) { keepsToItself(t, g) })
				}
			}
			if valid < 10 || refused < 10 {
				t.Errorf("%d gateways are valid and %d refused: the sweep has shrunk", valid, refused)
			}
		})
	}
}

func keepsToItself(t *testing.T, g spec.Gateway) {
	all := mcpRequests("left")
	for i := range all {
		all[i].seen.path = "/left"
	}
	switch g.Targets["right"].Protocol {
	case "mcp":
		all = append(all, mcpRequests("right")...)
	case "a2a":
		all = append(all, a2aRequests("right")...)
	case "rest":
		all = append(all, restRequests(t, g, "right", "")...)
	}
	open := newOpenSource(t, g)
	var google func(sight, seen) bool
	if g.GoogleMeans() == spec.ByAccessPolicy {
		google = newAccessPolicy(t, g).allows
	} else {
		policies := newAuthzPolicies(t, g)
		google = func(_ sight, s seen) bool { return policies.allows(s) }
	}
	agreed := 0
	for _, r := range all {
		for _, way := range asSeen(g, r) {
			for _, by := range everybody() {
				way.seen.by = by
				allowed := r.call != nil && open.allows(by, *r.call)
				for _, view := range sights()[:4] {
					switch {
					case !google(view, way.seen):
					case allowed:
						agreed++
					case !acceptedBeside(g, r):
						t.Fatalf("Google lets %s do %q, seen as %+v, and the open-source gateway does not", by, r.name, way.seen)
					}
				}
			}
		}
	}
	if agreed == 0 {
		t.Error("nothing is allowed by both")
	}
}

// acceptedBeside says whether a permission that reaches a request may be one of a target with gcp.coarse, or one for all of a host.
func acceptedBeside(g spec.Gateway, r request) bool {
	host, _, _ := g.Targets[r.target].Address()
	return slices.ContainsFunc([]string{"left", "right"}, func(name string) bool {
		t := g.Targets[name]
		on, _, _ := t.Address()
		return on == host && (t.Google.Coarse || slices.Contains(g.Allow[name].Operations, spec.Everything) && !t.Closed())
	})
}
