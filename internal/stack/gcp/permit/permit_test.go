package permit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/permit"
)

func TestRulesReadLikeGooglesOwn(t *testing.T) {
	const server = "destination.agent_registry.mcp_server"
	names := func(collection, id string) string {
		return fmt.Sprintf(`["projects/acme-agents/locations/us-central1/%[1]s/%[2]s", "/projects/acme-agents/locations/us-central1/%[1]s/%[2]s", `+
			`"projects/42/locations/us-central1/%[1]s/%[2]s", "/projects/42/locations/us-central1/%[1]s/%[2]s"]`, collection, id)
	}
	for name, c := range map[string]struct {
		allow spec.Allow
		want  string
	}{
		"a tool": {
			spec.Allow{Target: "bank", Tools: []string{"refund", "pay"}},
			`((destination.is_registered == true) && (` + server + `.name in ` + names("mcpServers", "bank") + `)) && ((` + server +
				`.method in ["", "initialize", "ping", "notifications", "logging", "logging/setLevel", "notifications/initialized"]) || (` +
				server + `.method == "tools/list") || ((` + server + `.method in ["tools", "tools/call"]) && (` + server + `.tool.name in ["", "pay", "refund"])))`,
		},
		"an entry of its own making": {
			spec.Allow{Target: "made", Skills: []string{"*"}, PushHosts: []string{"*"}},
			`(destination.is_registered == true) && (destination.agent_registry.agent.name in ` +
				names("agents", "{//agentregistry.googleapis.com/projects/acme-agents/locations/us-central1/services/egress-made:registryResource/id}") + `)`,
		},
		"an operation": {
			spec.Allow{Target: "users", Operations: []string{"listUsers"}},
			`((destination.is_registered == false) && (destination.unregistered.host in ["users.example.org", "users.example.org:443"])) && ((destination.unregistered.method in ["GET", "get"]) && ` +
				`((destination.unregistered.path == "/v1/users") || (destination.unregistered.path.startsWith("/v1/users?"))))`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.allow.Agents = []string{"ns:payments", billing}
			g := around(spec.AgentToAnywhere, c.allow)
			g.Targets["made"] = spec.Target{Protocol: "a2a", URL: "https://made.example.org", Google: &spec.GoogleTarget{Coarse: true}}
			if problems := g.ValidateGoogle(); len(problems) > 0 {
				t.Fatal(problems)
			}
			rules, err := permit.AccessRules(g)
			if err != nil || len(rules) != 1 {
				t.Fatalf("%v, %v", rules, err)
			}
			if rules[0].Condition != c.want {
				t.Errorf("condition is\n%s\nwant\n%s", rules[0].Condition, c.want)
			}
			const pool = "iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/" + domain
			if want := []string{"principalSet://" + pool + "/namespace/payments", "principal://" + pool + "/subject/ns/payments/sa/billing"}; !slices.Equal(rules[0].Principals, want) {
				t.Errorf("principals are %q, want %q", rules[0].Principals, want)
			}
		})
	}
}

// A list that is longer than Google takes in one policy is several policies, each of which is valid by itself.
func TestLongListsAreSeveralPolicies(t *testing.T) {
	numbered := func(n int, text string) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(text, i)
		}
		return all
	}
	g := around(spec.ClientToAgent, spec.Allow{
		Agents: numbered(120, "spiffe://"+domain+"/ns/payments/sa/a%d"), Target: "coarse", Tools: numbered(25, "tool-%d"), Prompts: numbered(11, "prompt-%d"), Resources: numbered(7, "file:///%d"),
	})
	operations := map[string]spec.Operation{}
	for i := range 14 {
		operations[fmt.Sprint("o", i)] = spec.Operation{Method: "GET", Path: fmt.Sprint("/", i)}
	}
	g.Targets["many"] = spec.Target{Protocol: "rest", URL: "https://many.example.org", Operations: operations}
	g.Allow["many"] = spec.Allow{Agents: []string{billing}, Target: "many", Operations: []string{"*"}}
	if problems := g.ValidateGoogle(); len(problems) > 0 {
		t.Fatal(problems)
	}
	policies, err := permit.AuthzPolicies(g)
	if err != nil {
		t.Fatal(err)
	}
	g.Google.AuthzPolicies = map[string]spec.GoogleAuthzPolicy{}
	for _, p := range policies {
		name := strings.Join(p.Words, "-")
		if _, twice := g.Google.AuthzPolicies[name]; twice {
			t.Errorf("two policies are %q", p.Words)
		}
		g.Google.AuthzPolicies[name] = p.Policy
	}
	if problems := g.ValidateGoogle(); len(problems) > 0 {
		t.Error(problems)
	}
	if want := 3*(3+2+3) + 3; len(policies) != want {
		t.Errorf("%d policies, want %d", len(policies), want)
	}
}

// Whatever a tool is called, its name stays a name: nobody else may use it, and nothing else may be used.
func FuzzNamesStayNames(f *testing.F) {
	for _, text := range []string{"pay", `x" || true || "`, `*`, `a\`, "\x00\n", "ün\u202e", `"]) || (true`, "{//a/b:c}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, name string) {
		g := around(spec.AgentToAnywhere, spec.Allow{Agents: []string{billing}, Target: "bank", Tools: []string{name}, Prompts: []string{name}, Resources: []string{name}})
		if name == spec.Everything || len(g.ValidateGoogle()) > 0 {
			t.Skip()
		}
		p := newAccessPolicy(t, g)
		call := func(by, method, thing, server string) bool {
			return p.allows(sight{}, seen{by: by, entry: "projects/acme-agents/locations/us-central1/mcpServers/" + server, mcp: method, thing: thing})
		}
		if !call(billing, "tools/call", name, "bank") || !call(billing, "prompts/get", name, "bank") || !call(billing, "resources/read", name, "bank") {
			t.Errorf("%q may not be used", name)
		}
		if call(billing, "tools/call", name+"x", "bank") || call(audits, "tools/call", name, "bank") || call(billing, "tools/call", name, "other") || call(billing, "x/y", "", "bank") {
			t.Errorf("%q lets more through", name)
		}
	})
}
