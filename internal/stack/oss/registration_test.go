package oss

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

// A golden file holds the identity and, after the first "---", the objects in the order in which they are applied.
func TestRegistrationRendersTheGoldenObjects(t *testing.T) {
	golden.Check(t, "registration", renderRegistration)
}

func renderRegistration(t *testing.T, input string) string {
	t.Helper()
	var id spec.Identity
	if err := yaml.UnmarshalStrict([]byte(input), &id); err != nil {
		t.Fatal(err)
	}
	if problems := append(id.ValidateInstances(), spec.ValidateFederation(id.Federation)...); len(problems) > 0 {
		t.Fatalf("the identity is not valid: %v", problems)
	}
	objects, err := Registration(id)
	if err != nil {
		t.Fatal(err)
	}
	return golden.YAML(t, objects)
}

func TestEntryIDs(t *testing.T) {
	for name, test := range map[string]struct {
		namespace, agent, hint, instance string
		want                             string
	}{
		"readable where they are short": {"agents", "billing", HintInstance, "a1", "agentward.agents.billing.instance.a1"},
		"hashed at the end where they are long": {
			strings.Repeat("n", 63), strings.Repeat("b", 63), HintInstance, strings.Repeat("x", 150),
			"agentward." + strings.Repeat("n", 63) + "." + strings.Repeat("b", 63) + ".instance." + strings.Repeat("x", 75) + ".6ecb1ebdd3508b23e5aa6abd5a997406",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := EntryID(test.namespace, test.agent, test.hint, test.instance)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if len(got) > 255 {
				t.Errorf("%d characters, the server takes 255", len(got))
			}
		})
	}
}

// Names that could be put together to the same text must not be: an entry taken for another's would give away its identity.
func TestEntryIDsOfDifferentInstancesDiffer(t *testing.T) {
	long := strings.Repeat("n", 63) + "." + strings.Repeat("b", 63)
	seen := map[string][]string{}
	for _, parts := range [][]string{
		{"agents", "billing", HintInstance, "a1"},
		{"agents", "billing", HintLogical, "a1"},
		{"agents", "billing", HintInstance, "logical.a1"},
		{"agents", "billing", HintInstance, "instance.a1"},
		{"agents", "billing-instance", HintInstance, "a1"},
		{long[:63], long[64:], HintInstance, strings.Repeat("x", 149) + "1"},
		{long[:63], long[64:], HintInstance, strings.Repeat("x", 149) + "2"},
		{long[:63], long[64:], HintInstance, strings.Repeat("x", 148)},
	} {
		id := EntryID(parts[0], parts[1], parts[2], parts[3])
		if other, taken := seen[id]; taken {
			t.Errorf("%v and %v are both %s", parts, other, id)
		}
		seen[id] = parts
	}
}

func TestRegistrationRefusesTTLsThatTheServerCannotStore(t *testing.T) {
	for name, ttl := range map[string]time.Duration{
		"negative": -time.Second, "a part of a second": 1500 * time.Millisecond, "beyond 32 bits": (1 << 31) * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			id := spec.Identity{
				Name: "billing", Namespace: "agents", TrustDomain: "agents.example.org", Registration: spec.RegistrationServer, JWTTL: ttl,
				Instances: map[string]spec.Instance{"a1": {ParentID: "spiffe://agents.example.org/node", Selectors: []string{"unix:uid:1"}}},
			}
			if _, err := Registration(id); err == nil || !strings.Contains(err.Error(), "jwt_svid_ttl") {
				t.Errorf("got %v, want an error of jwt_svid_ttl", err)
			}
		})
	}
}
