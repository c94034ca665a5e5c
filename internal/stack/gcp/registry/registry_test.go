package registry

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func gateway(targets map[string]spec.Target) spec.Gateway {
	return spec.Gateway{Name: "egress", Targets: targets, Google: &spec.GoogleGateway{Project: spec.GoogleProject{ID: "acme-agents", Number: "123", Location: "us-central1"}}}
}

func TestEntriesHaveAllNamesThatGoogleMayWrite(t *testing.T) {
	g := gateway(map[string]spec.Target{
		"bank":   {Protocol: "mcp"},
		"own":    {Protocol: "a2a", Google: &spec.GoogleTarget{RegistryResource: "projects/123/locations/global/agents/a-1"}},
		"shared": {Protocol: "rest", Google: &spec.GoogleTarget{RegistryResource: "projects/shared/locations/global/endpoints/e-1"}},
	})
	const bank = "locations/us-central1/mcpServers/{//agentregistry.googleapis.com/projects/acme-agents/locations/us-central1/services/egress-bank:registryResource/id}"
	for target, want := range map[string][]string{
		"bank":   {"projects/acme-agents/" + bank, "/projects/acme-agents/" + bank, "projects/123/" + bank, "/projects/123/" + bank},
		"own":    {"projects/acme-agents/locations/global/agents/a-1", "/projects/acme-agents/locations/global/agents/a-1", "projects/123/locations/global/agents/a-1", "/projects/123/locations/global/agents/a-1"},
		"shared": {"projects/shared/locations/global/endpoints/e-1", "/projects/shared/locations/global/endpoints/e-1"},
	} {
		if got := Names(g, target); !slices.Equal(got, want) {
			t.Errorf("names of %s are %q, want %q", target, got, want)
		}
	}
	if got, want := URN(g, "bank"), "urn:mcp:projects-123:projects:123:locations:us-central1:agentregistry:services:egress-bank"; got != want {
		t.Errorf("URN is %s, want %s", got, want)
	}
}

func TestAnEntryElsewhereHasTheRegionInItsName(t *testing.T) {
	g := gateway(map[string]spec.Target{
		"bank":  {Protocol: "mcp", Google: &spec.GoogleTarget{Service: spec.GoogleRegistryService{Location: "global"}}},
		"named": {Protocol: "mcp", Google: &spec.GoogleTarget{Service: spec.GoogleRegistryService{Location: "global", ID: "mine"}}},
	})
	for target, want := range map[string]string{
		"bank": "projects/acme-agents/locations/global/services/egress-us-central1-bank", "named": "projects/acme-agents/locations/global/services/mine",
	} {
		if got := Key(g, target).Name; got != want {
			t.Errorf("the entry of %s is %s, want %s", target, got, want)
		}
	}
}

// Whatever words there are, they become an id that Google takes, and words that need a hash become one of their own.
func FuzzID(f *testing.F) {
	f.Add("egress", "bank")
	f.Add("egress", "under_score.dot")
	f.Add("", "")
	f.Add(strings.Repeat("g", 63), "ü/2")
	id := regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	f.Fuzz(func(t *testing.T, first, second string) {
		got := ID(first, second)
		if !id.MatchString(got) {
			t.Errorf("%q and %q become %q", first, second, got)
		}
		if joined := first + "-" + second; got != joined && got == ID(first, second+"_") {
			t.Errorf("%q and %q become %q, as others do", first, second, got)
		}
	})
}
