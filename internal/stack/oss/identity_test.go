package oss

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

func TestIdentityRendersTheGoldenObjects(t *testing.T) {
	golden.Check(t, "identity", func(t *testing.T, input string) string {
		var id spec.Identity
		if err := yaml.UnmarshalStrict([]byte(input), &id); err != nil {
			t.Fatal(err)
		}
		if problems := id.Validate(); len(problems) > 0 {
			t.Fatalf("the identity is not valid: %v", problems)
		}
		objects, err := Identity(id)
		if err != nil {
			t.Fatal(err)
		}
		return golden.YAML(t, objects)
	})
}

func TestNamesOfFederatedTrustDomainsAreDistinctAndValid(t *testing.T) {
	id := spec.Identity{Namespace: "agents", Name: "billing"}
	seen := map[string]string{}
	for _, domain := range []string{
		"partner.example.org", "partner_a.example.org", "partner-a.example.org", "partner.example.org.", "partner..example.org", "partner-",
		strings.Repeat("a", 250), strings.Repeat("a", 251),
	} {
		name := federationName(id, domain)
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			t.Errorf("%s gives %q: %v", domain, name, problems)
		}
		if other, taken := seen[name]; taken {
			t.Errorf("%s and %s both give %q", domain, other, name)
		}
		seen[name] = domain
	}
}
