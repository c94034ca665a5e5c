package gcploop

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// there is all that somebody has made, without the names that Google chose: objects of Google's, rules of the project's Binary
// Authorization policy, which itself is there always, and objects in the cluster.
func (b *bench) there(t *testing.T) []string {
	t.Helper()
	var there []string
	for _, name := range b.Names() {
		segments := strings.Split(name, "/")
		there = append(there, segments[2]+"/"+segments[len(segments)-2])
	}
	policy, _ := b.Object("//binaryauthorization.googleapis.com/projects/agents-1/policy")
	if rule, _ := policy["defaultAdmissionRule"].(map[string]any); rule != nil && rule["evaluationMode"] != "ALWAYS_ALLOW" {
		there = append(there, "the default rule")
	}
	rules, _ := policy["kubernetesNamespaceAdmissionRules"].(map[string]any)
	for namespace := range maps.Keys(rules) {
		there = append(there, "the rule of namespace "+namespace)
	}
	patterns, _ := policy["admissionWhitelistPatterns"].([]any)
	for _, pattern := range patterns {
		if p, ok := pattern.(map[string]any); ok {
			name, _ := p["namePattern"].(string)
			there = append(there, "images "+name)
		}
	}
	if b.cluster != nil {
		for _, resource := range []string{"validatingadmissionpolicies", "validatingadmissionpolicybindings"} {
			if b.cluster.Exists(t, schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: resource}, "", b.unique) {
				there = append(there, resource)
			}
		}
	}
	slices.Sort(there)
	return there
}
