package verdicts

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

const sidecarImage = "registry.example.org/agents/agent-gateway:1.0.0"

// withSidecar is the baseline, which denies what breaks any rule, and the sidecar of approved pods.
func withSidecar() spec.AdmissionPolicy {
	p := baseline()
	p.Name = "with-sidecar"
	p.Rules.SPIFFEIdentity.Annotation = ""
	p.Rules.MCPServers = nil
	p.Sidecar = &spec.Sidecar{
		Image: sidecarImage, Gateway: "https://edge.gateways.svc:8443", GatewayID: "spiffe://agents.example.org/ns/gateways/gateway/edge",
		Targets: []string{"/bank", "/crm"}, TokenEndpoint: "https://edge.gateways.svc:8443/oauth/token", Port: 7070,
		WorkloadAPI: spec.WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "spire-agent.sock"},
		Resources:   spec.Resources{Limits: map[string]string{"cpu": "100m", "memory": "64Mi"}},
	}
	return p
}

// The API server's own engine and Kyverno give every pod the same sidecar, and the rules of the same policy, all that there are, let it
// pass; so does the restricted Pod Security Standard.
func TestSidecarIsTheSameFromBothEngines(t *testing.T) {
	cases, c, p := sidecarCases(t), newCluster(t), withSidecar()
	c.restrict(t)
	byKyverno := mutatedByKyverno(t, p, cases)
	// What an API server makes of a pod without the policy: defaults, and nothing else.
	defaulted := func(pod *unstructured.Unstructured) *unstructured.Unstructured {
		t.Helper()
		made, err := c.dryRun(pod)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	expected, kyverno := map[string]*unstructured.Unstructured{}, map[string]*unstructured.Unstructured{}
	for _, test := range cases {
		if test.refused == "" {
			expected[test.name], kyverno[test.name] = defaulted(test.expected(t)), defaulted(byKyverno[slug(test.name)])
		}
	}
	c.mutate(t, p)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			native, err := c.dryRun(test.written(t))
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %v, want a refusal that says %s", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "the API server's engine", native, expected[test.name])
			same(t, "Kyverno", kyverno[test.name], expected[test.name])
		})
	}
}

func same(t *testing.T, who string, got, want *unstructured.Unstructured) {
	t.Helper()
	if !reflect.DeepEqual(got.Object["spec"], want.Object["spec"]) || !reflect.DeepEqual(got.GetLabels(), want.GetLabels()) {
		a, _ := yaml.Marshal(got.Object["spec"])
		b, _ := yaml.Marshal(want.Object["spec"])
		t.Errorf("%s gives\n%s\nwant\n%s", who, a, b)
	}
}

// A pod that has the sidecar keeps it: images are all that an update of a pod can change in a container.
func TestSidecarsImageStaysWhatItIs(t *testing.T) {
	c, p := newCluster(t), withSidecar()
	c.mutate(t, p)
	pod := c.create(t, podCase{podName: "keeps-its-sidecar", namespace: agents})
	for _, test := range []struct {
		name    string
		change  func(*corev1.Pod)
		refused bool
	}{
		{"another image of an allowed registry", func(p *corev1.Pod) { p.Spec.InitContainers[0].Image = "registry.example.org/agents/worker:1.2" }, true},
		{"another tag", func(p *corev1.Pod) { p.Spec.InitContainers[0].Image = sidecarImage + "0" }, true},
		{"the same image, pinned", func(p *corev1.Pod) { p.Spec.InitContainers[0].Image = sidecarImage + "@" + digestA }, false},
		{"another image of the agent", func(p *corev1.Pod) { p.Spec.Containers[0].Image = "registry.example.org/agents/worker:1.3" }, false},
		{"another label", label("example.org/stage", "test"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			typed := &corev1.Pod{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(pod.Object, typed); err != nil {
				t.Fatal(err)
			}
			test.change(typed)
			_, err := c.typed.CoreV1().Pods(agents).Update(t.Context(), typed, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
			if refused := err != nil && strings.Contains(err.Error(), "sidecar: the pod must have the sidecar"); refused != test.refused || err != nil && !refused {
				t.Errorf("got %v, want a refusal: %v", err, test.refused)
			}
		})
	}
}

// dryRun creates a pod and does not keep it.
func (c *cluster) dryRun(pod *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
	return c.dynamic.Resource(podResource).Namespace(pod.GetNamespace()).Create(context.Background(), pod, options)
}

// restrict puts the namespace of agents under the restricted Pod Security Standard until the test ends.
func (c *cluster) restrict(t *testing.T) {
	t.Helper()
	set := func(value string) {
		ns, err := c.typed.CoreV1().Namespaces().Get(context.Background(), agents, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ns.Labels["pod-security.kubernetes.io/enforce"] = value
		if _, err := c.typed.CoreV1().Namespaces().Update(context.Background(), ns, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	set("restricted")
	t.Cleanup(func() { set("privileged") })
}

// mutate makes a policy with a sidecar be in force until the test ends: what adds it, and what asks for it.
func (c *cluster) mutate(t *testing.T, p spec.AdmissionPolicy) {
	t.Helper()
	approved := sidecarCase{name: "canary"}.written(t)
	unapproved := sidecarCase{name: "canary", pod: func(p *corev1.Pod) { delete(p.Labels, approvedLabel) }}.written(t)
	t.Cleanup(func() {
		c.eventually(t, "the policy to be gone", func(context.Context) (bool, error) { return c.initContainers(unapproved) == 1, nil })
	})
	c.install(t, p)
	t.Cleanup(func() { c.uninstall(t, p) })
	// What asks for the sidecar may be in force before what adds it.
	c.eventually(t, "the policy to be in force", func(context.Context) (bool, error) {
		return c.initContainers(approved) == 2 && c.initContainers(unapproved) == 0, nil
	})
}

// initContainers says how many a pod would have, 0 where it is refused.
func (c *cluster) initContainers(pod *unstructured.Unstructured) int {
	made, err := c.dryRun(pod)
	if err != nil {
		return 0
	}
	containers, _, _ := unstructured.NestedSlice(made.Object, "spec", "initContainers")
	return len(containers)
}

// mutatedByKyverno runs the project's own program and gives each pod as it leaves it, by name.
func mutatedByKyverno(t *testing.T, p spec.AdmissionPolicy, cases []sidecarCase) map[string]*unstructured.Unstructured {
	t.Helper()
	p.Engine = spec.EngineKyverno
	dir := t.TempDir()
	policy, resources, values, out := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "pods.yaml"), filepath.Join(dir, "values.yaml"), filepath.Join(dir, "out.yaml")
	var pods []any
	mutated := map[string]*unstructured.Unstructured{}
	for _, c := range cases {
		pod := c.written(t)
		pods, mutated[pod.GetName()] = append(pods, pod.Object), pod
	}
	writeYAML(t, policy, rendered(t, p)[0])
	writeYAML(t, resources, pods...)
	writeYAML(t, values, kyvernoValues(map[string]any{}))
	said, code := run(t, tool.Require(t, tool.Kyverno), "apply", policy, "--resource", resources, "--values-file", values, "--output", out, "--remove-color")
	text, err := os.ReadFile(out)
	if err != nil || code > 1 {
		t.Fatalf("kyverno exits with %d: %v\n%.2000s", code, err, said)
	}
	for _, document := range strings.Split(string(text), "\n---\n") {
		pod := &unstructured.Unstructured{}
		converted, err := yaml.YAMLToJSON([]byte(document))
		if err == nil && string(converted) != "null" {
			err = json.Unmarshal(converted, &pod.Object)
		}
		if err != nil {
			t.Fatalf("read what kyverno made: %v\n%.2000s", err, document)
		}
		if pod.GetName() != "" {
			mutated[pod.GetName()] = pod
		}
	}
	return mutated
}
