package scenarios_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// edits change an object of a kind as somebody with kubectl edit would, in a field that Terraform owns.
var edits = map[string]func(live map[string]any) error{
	"ServiceAccount": set(true, "automountServiceAccountToken"),
	"Role":           set([]any{map[string]any{"apiGroups": []any{""}, "resources": []any{"secrets"}, "verbs": []any{"get", "list"}}}, "rules"),
	"RoleBinding":    set([]any{map[string]any{"kind": "ServiceAccount", "name": "default", "namespace": "default"}}, "subjects"),
	"ConfigMap":      setData("{}"),
	"Secret":         setData(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 32)))),
	"Deployment": func(live map[string]any) error {
		return edited(live, func(c map[string]any) { c["image"] = "registry.invalid/somebody:1" }, "spec", "template", "spec", "containers")
	},
	"Service": func(live map[string]any) error {
		return edited(live, func(port map[string]any) { port["targetPort"] = int64(1) }, "spec", "ports")
	},
	"PodDisruptionBudget":              set(int64(0), "spec", "maxUnavailable"),
	"HorizontalPodAutoscaler":          set(int64(7), "spec", "maxReplicas"),
	"NetworkPolicy":                    set(map[string]any{"matchLabels": map[string]any{"nobody": "has"}}, "spec", "podSelector"),
	"ServiceMonitor":                   set([]any{map[string]any{"port": "other"}}, "spec", "endpoints"),
	"ClusterSPIFFEID":                  set("spiffe://"+trustDomain+"/somebody", "spec", "spiffeIDTemplate"),
	"ValidatingAdmissionPolicy":        set("Ignore", "spec", "failurePolicy"),
	"ValidatingAdmissionPolicyBinding": set([]any{"Audit"}, "spec", "validationActions"),
	"MutatingAdmissionPolicy":          set("Ignore", "spec", "failurePolicy"),
	"MutatingAdmissionPolicyBinding":   set("nobody", "spec", "policyName"),
	"ValidatingPolicy":                 set("Ignore", "spec", "failurePolicy"),
	"ImageValidatingPolicy":            set("Ignore", "spec", "failurePolicy"),
	"MutatingPolicy":                   set("Ignore", "spec", "failurePolicy"),
}

func set(value any, path ...string) func(map[string]any) error {
	return func(live map[string]any) error {
		return unstructured.SetNestedField(live, value, path...)
	}
}

// edited changes the first element of a list.
func edited(live map[string]any, change func(map[string]any), path ...string) error {
	list, _, err := unstructured.NestedSlice(live, path...)
	if err != nil {
		return err
	}
	change(list[0].(map[string]any)) //nolint:forcetypeassert // the API server's schema says so
	return unstructured.SetNestedSlice(live, list, path...)
}

// setData changes an entry of an object's data, of those that are there.
func setData(value string) func(map[string]any) error {
	return func(live map[string]any) error {
		data, _, err := unstructured.NestedStringMap(live, "data")
		if err != nil {
			return err
		}
		data[slices.Sorted(maps.Keys(data))[0]] = value
		return unstructured.SetNestedStringMap(live, data, "data")
	}
}

// editFor gives the edit for an object; for a part of a shared one it changes what the part has there: an entry of the data, or, where it
// has none, the labels.
func editFor(key stack.Key) func(map[string]any) error {
	if key.Part == "" {
		return edits[key.Kind]
	}
	return func(live map[string]any) error {
		if _, has, err := unstructured.NestedString(live, "data", key.Part); has || err != nil {
			return errors.Join(err, unstructured.SetNestedField(live, "nobody", "data", key.Part))
		}
		unstructured.RemoveNestedField(live, "metadata", "labels")
		return nil
	}
}

// Somebody changes every kind of object that we render, and deletes one of each: the plan shows those and no others, and an apply heals.
func TestDriftIsShownAndHealed(t *testing.T) {
	t.Parallel()
	s := enter(t, "drift")
	s.serviceMonitors()
	s.run(s.Server(s.Bank(s.tools, "bank")))
	s.govern(s.everyKind())
	s.serving()

	keys := s.inventory()
	kinds := map[string]bool{}
	var some, others []string
	for i, key := range keys {
		kinds[s.key(key).Kind] = true
		if i%2 == 0 {
			some = append(some, key)
		} else {
			others = append(others, key)
		}
	}
	if got, want := slices.Sorted(maps.Keys(kinds)), slices.Sorted(maps.Keys(edits)); !slices.Equal(got, want) {
		t.Fatalf("the objects are of the kinds %v, and the edits are for %v", got, want)
	}

	deployment := "apps/v1/Deployment/" + s.gateway + "/" + gatewayName
	s.edit(deployment, set(int64(2), "spec", "replicas"))
	s.healed("the Deployment scaled", []string{deployment})

	for _, part := range [][]string{some, others} {
		for _, key := range part {
			s.edit(key, editFor(s.key(key)))
		}
		s.healed("objects edited", part)
	}
	s.healed("one of each kind deleted", s.deleteOneOfEach(keys))
	s.serving()
}

// healed checks that the plan shows the objects and no others, and that an apply heals them.
func (s *stage) healed(what string, drifted []string) {
	s.Helper()
	planned := s.planned()
	for _, key := range drifted {
		if !slices.Contains(planned, key) {
			s.Errorf("%s: the plan does not show %s", what, key)
		}
	}
	for _, key := range planned {
		if !slices.Contains(drifted, key) {
			s.Errorf("%s: the plan shows %s, which nobody touched", what, key)
		}
	}
	s.applied()
	s.unchanged()
}

// edit changes an object under another field manager. A controller may write its status at the same time.
func (s *stage) edit(key string, change func(map[string]any) error) {
	s.Helper()
	cluster.Eventually(s, "an edit of "+key, func(ctx context.Context) error {
		object, err := s.Get(ctx, s.object(key))
		if err != nil {
			return err
		}
		if err := change(object.Object); err != nil {
			s.Fatalf("change %s: %v", key, err)
		}
		err = s.Update(ctx, object, "kubectl-edit")
		if err != nil && !apierrors.IsConflict(err) {
			s.Fatal(err)
		}
		return err
	})
}

// deleteOneOfEach deletes the first object of each kind, and gives the keys of what is gone: several where it is shared.
func (s *stage) deleteOneOfEach(keys []string) []string {
	s.Helper()
	chosen := map[string]string{}
	var gone []string
	for _, key := range keys {
		object, _, _ := strings.Cut(key, "#")
		kind := s.key(key).Kind
		if _, is := chosen[kind]; !is {
			chosen[kind] = object
			if err := s.Platform.Delete(s.step(), s.object(key)); err != nil {
				s.Fatal(err)
			}
		}
		if chosen[kind] == object {
			gone = append(gone, key)
		}
	}
	return gone
}

func (s *stage) key(text string) stack.Key {
	s.Helper()
	key, err := stack.ParseKey(text)
	if err != nil {
		s.Fatal(err)
	}
	return key
}

// object is the object of a key, by its name alone.
func (s *stage) object(text string) *unstructured.Unstructured {
	s.Helper()
	key := s.key(text)
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(key.APIVersion())
	object.SetKind(key.Kind)
	object.SetNamespace(key.Namespace)
	object.SetName(key.Name)
	return object
}

// serviceMonitors brings in the kind, without an operator that acts on it.
func (s *stage) serviceMonitors() {
	s.Helper()
	file := filepath.Join(crd.Dir(s.T, crd.Prometheus), "monitoring.coreos.com_servicemonitors.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	objects, err := cluster.Read(text)
	if err != nil {
		s.Fatal(err)
	}
	if err := controlplane.InstallCRDs(s.step(), s.Config, file); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := s.Platform.Delete(s.step(), objects...); err != nil {
			s.Errorf("remove the kind again: %v", err)
		}
	})
}

// everyKind is a configuration that renders every kind of object that the stack has for gateways, identities and admission policies.
func (s *stage) everyKind() string {
	s.Helper()
	admission := func(engine, more string) string {
		return fmt.Sprintf(`
resource "agent_admission_policy" %q {
  name               = "%s-%s"
  engine             = %q
  namespace_selector = { match_labels = { "kubernetes.io/metadata.name" = %q } }
  rules = {
    approval_label = { key = "agentward.dev/approved", values = ["true"] }
    %s
  }
  sidecar = {
    image             = %q
    gateway           = %q
    gateway_spiffe_id = %q
    targets           = ["/bank"]
    token_endpoint    = %q
  }
}
`, engine, s.agents, engine, engine, s.agents, more, s.Images.Gateway, s.origin(), s.gatewayID(), s.tokenEndpoint())
	}
	target := `
  token_service   = {}
  store           = ` + s.store() + `
  service_monitor = {}
  targets = {
    bank = {
      protocol    = "mcp"
      url         = "http://bank.` + s.tools + `.svc:3000/mcp"
      credentials = [{ kind = "static", value = { value_wo = "a password", value_wo_version = 1 } }]
      workload    = { namespace = "` + s.tools + `", selector = { match_labels = { app = "bank" } } }
    }
  }
  network = { agents = [{ namespace = "` + s.agents + `" }] }`
	return s.identity("billing", `
  gateways            = [agent_gateway.gateway.id]
  suspended_instances = ["11111111-2222-3333-4444-555555555555"]
`) + admission("native", "") + admission("kyverno", fmt.Sprintf("signed_images = { images = [\"registry.example.org/*\"], public_key = %q }", publicKey(s.T))) +
		s.openedAs(gatewayName, s.Images.Gateway, "replicas = 1", target) +
		s.openedAs("scaled", s.Images.Gateway, "autoscaling = { min = 1, max = 2 }\n resources = { requests = { cpu = \"10m\" } }", target)
}

// publicKey is that of a signer whose images nobody runs here.
func publicKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
