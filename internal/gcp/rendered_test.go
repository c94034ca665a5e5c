package gcp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// What is rendered, Google takes: every golden file of the rendering is applied to the fake, in its order, is then found as it was left,
// and goes again in the opposite order.
func TestWhatIsRenderedIsTaken(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "stack", "gcp", "testdata", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no golden files: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			b := renderedBench(t)
			objects := renderedObjects(t, file)
			b.others(t, objects)
			before := b.Names()
			applied := make([]stack.Live, len(objects))
			for i, o := range objects {
				applied[i] = b.mustApply(t, o, "")
			}
			b.Forget()
			for i, o := range objects {
				b.mustApply(t, o, applied[i].Projection)
			}
			if calls := b.methods(); calls != "" {
				t.Errorf("nothing changed, and it called %s", calls)
			}
			for _, o := range slices.Backward(objects) {
				if err := b.Delete(deadline(t), o.Key, ""); err != nil {
					t.Fatalf("delete of %s: %v", o.Key, err)
				}
			}
			for _, left := range b.Names() {
				if !slices.Contains(before, left) {
					t.Errorf("%s is left", left)
				}
			}
		})
	}
}

// renderedBench is a bench with the project of the golden files, and with what these take for granted.
func renderedBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Server: gcptest.Start(t, gcptest.Options{
		Projects: []gcptest.Project{{ID: "acme-agents", Number: "123"}}, Organization: "987", Polls: 2, HiddenReads: 1, LingeringReads: 1,
	})}
	b.Client = b.clientOf(t, spec.GoogleProject{ID: "acme-agents", Number: "123", Location: "us-central1"})
	for name, body := range map[string]map[string]any{
		"networkservices.googleapis.com/projects/acme-agents/locations/us-central1/agentGateways/out": {
			"googleManaged": map[string]any{"governedAccessPath": "AGENT_TO_ANYWHERE"},
		},
		"networkservices.googleapis.com/projects/acme-agents/locations/us-central1/agentGateways/in": {
			"googleManaged": map[string]any{"governedAccessPath": "CLIENT_TO_AGENT"},
		},
		"binaryauthorization.googleapis.com/projects/acme-quality/attestors/qa":                                       {},
		"networkservices.googleapis.com/projects/acme-agents/locations/us-central1/agentConnectivityTemplates/shared": {"accessPath": "AGENT_TO_ANYWHERE"},
		"agentidentity.googleapis.com/projects/acme-agents/locations/us-central1/authProviders/bank":                  {"authProviderTypeParams": map[string]any{"geAuthProvider": map[string]any{}}},
		"modelarmor.googleapis.com/projects/acme-agents/locations/us-central1/templates/in":                           {"filterConfig": map[string]any{}},
		"modelarmor.googleapis.com/projects/acme-agents/locations/us-central1/templates/out":                          {"filterConfig": map[string]any{}},
		"modelarmor.googleapis.com/projects/acme-agents/locations/us-central1/templates/stern":                        {"filterConfig": map[string]any{}},
		"agentregistry.googleapis.com/projects/acme-agents/locations/us-central1/mcpServers/agentregistry-1":          {},
	} {
		if err := b.Put("//"+name, body); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// others puts there what somebody else has made: the pool and the namespace of a managed identity that is rendered without them.
func (b *bench) others(t *testing.T, objects []stack.Object) {
	t.Helper()
	rendered := stack.Keys(objects)
	for _, o := range objects {
		for _, collection := range []string{"/namespaces/", "/managedIdentities/"} {
			above, _, below := strings.Cut(o.Key.Name, collection)
			if parent := stack.GoogleKey(o.Key.Group, above); below && !slices.Contains(rendered, parent) {
				if err := b.Put(parent.String(), map[string]any{"mode": "TRUST_DOMAIN"}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// renderedObjects are the objects of a golden file that are Google's.
func renderedObjects(t *testing.T, file string) []stack.Object {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []stack.Object
	for _, document := range strings.Split(string(content), "\n---\n")[1:] {
		name, text, _ := strings.Cut(document, "\n")
		name = strings.TrimPrefix(name, "# ")
		if !strings.HasPrefix(name, "//") { // a Kubernetes object, or nothing
			continue
		}
		key, err := stack.ParseKey(name)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, stack.Object{
			Key: key, Body: body(t, string(encoded)), Secret: key.Group == AgentIdentity, Adopt: key.Group == BinaryAuthorization,
		})
	}
	return objects
}
