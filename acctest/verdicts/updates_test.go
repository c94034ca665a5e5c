package verdicts

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/retry"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// update is a change of a pod that was there before the policy.
type update struct {
	name        string
	namespace   string // "" for agents
	before      func(*corev1.Pod)
	change      func(*corev1.Pod)
	subresource string
	refused     string // the rule that refuses it; "": it is let through
}

func updates() []update {
	unapproved := func(p *corev1.Pod) { delete(p.Labels, approvedLabel) }
	badImage := func(p *corev1.Pod) { setImages(p, "ghcr.io/example/agent:1") }
	barest := func(p *corev1.Pod) {
		p.Labels, p.Annotations, p.Finalizers = nil, nil, []string{"example.org/hold"}
		p.Spec = corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "agent", Image: "nginx", Command: []string{"sh"}}}}
	}
	worker := func(image string) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Spec.Containers[0].Image = image }
	}
	debug := func(image string) func(*corev1.Pod) {
		c := goodContainer("debug")
		c.Image, c.VolumeMounts = image, nil
		return func(p *corev1.Pod) { p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, ephemeral(c)) }
	}
	resize := func(cpu string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			for _, list := range []corev1.ResourceList{p.Spec.Containers[0].Resources.Limits, p.Spec.Containers[0].Resources.Requests} {
				list[corev1.ResourceCPU] = resource.MustParse(cpu)
			}
		}
	}
	const allowed = "registry.example.org/agents/worker:1.3"
	return []update{
		{name: "a pod that breaks the rules gets a finalizer removed", before: barest, change: func(p *corev1.Pod) { p.Finalizers = nil }},
		{name: "an unapproved pod gets another label", before: unapproved, change: label("example.org/stage", "test")},
		{name: "an unapproved pod is approved", before: unapproved, change: label(approvedLabel, "yes")},
		{name: "an unapproved pod gets a value that approves nothing", before: unapproved, change: label(approvedLabel, "no"), refused: "approval-label"},
		{name: "an approved pod loses its approval", change: unapproved, refused: "approval-label"},
		{name: "an approved pod changes to another approval", change: label(approvedLabel, "2026")},

		{name: "an image changes to an allowed one", change: worker(allowed)},
		{name: "an image changes to one from elsewhere", change: worker("ghcr.io/example/agent:2"), refused: "allowed-registries"},
		{name: "a pod with images from elsewhere gets an annotation", before: badImage, change: func(p *corev1.Pod) { p.Annotations["example.org/a"] = "b" }},
		{name: "a pod with images from elsewhere changes one to an allowed one", before: badImage, change: worker(allowed)},
		{name: "a pod with images from elsewhere changes one to another from elsewhere", before: badImage, change: worker("ghcr.io/example/agent:2"), refused: "allowed-registries"},
		{name: "an init image changes to one from elsewhere", change: func(p *corev1.Pod) { p.Spec.InitContainers[0].Image = "nginx" }, refused: "allowed-registries"},
		{
			name: "a container that may escalate its privileges changes its image", before: func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
			change: worker(allowed), refused: "no-privilege-escalation",
		},
		{
			name: "a container beside one that may escalate its privileges changes its image", before: func(p *corev1.Pod) { p.Spec.Containers[1].SecurityContext.AllowPrivilegeEscalation = nil },
			change: worker(allowed),
		},

		{name: "an agent becomes an MCP server with images that none may have", change: label(mcpLabel, "true"), refused: "mcp-servers"},
		{name: "an MCP server with images that none may have gets another label", before: label(mcpLabel, "true"), change: label("example.org/stage", "test")},
		{name: "an MCP server changes to an image that none may have", before: mcpServer("registry.example.org/mcp/files:1"), change: worker(allowed), refused: "mcp-servers"},
		{name: "an MCP server changes to an allowed image", before: label(mcpLabel, "true"), change: worker("registry.example.org/mcp/files:2")},

		{name: "a pod with the SPIFFE volume loses the annotation", before: func(p *corev1.Pod) { p.Annotations[spiffeKey] = "x" }, change: func(p *corev1.Pod) { delete(p.Annotations, spiffeKey) }},
		{name: "a pod without the SPIFFE volume loses the annotation", before: spiffeAnnotation("x"), change: func(p *corev1.Pod) { delete(p.Annotations, spiffeKey) }, refused: "spiffe-identity"},
		{name: "a pod without SPIFFE identity gets a label", before: withoutSPIFFE, change: label("example.org/stage", "test")},

		{name: "a good container joins a good pod", change: debug(allowed), subresource: "ephemeralcontainers"},
		{name: "a good container joins a pod that breaks the rules", before: func(p *corev1.Pod) { badImage(p); p.Spec.HostNetwork = true }, change: debug(allowed), subresource: "ephemeralcontainers"},
		{name: "a container from elsewhere joins a good pod", change: debug("busybox"), subresource: "ephemeralcontainers", refused: "allowed-registries"},
		{name: "a container from elsewhere joins one from elsewhere", before: badImage, change: debug("ghcr.io/example/agent:1"), subresource: "ephemeralcontainers", refused: "allowed-registries"},

		{name: "a container grows within bounds", before: resizable, change: resize("2"), subresource: "resize"},
		{name: "a container grows out of bounds", before: resizable, change: resize("2100m"), subresource: "resize", refused: "resource-limits"},

		{name: "a pod that a custom rule forbids stays as it is", before: func(p *corev1.Pod) { p.Spec.Containers[0].Command = []string{"sh"} }, change: func(p *corev1.Pod) { p.Finalizers = []string{"example.org/hold"} }},
		{name: "a pod that a custom rule forbids gets a label", before: func(p *corev1.Pod) { p.Spec.Containers[0].Command = []string{"sh"} }, change: label("example.org/stage", "test"), refused: "no-shell"},

		// "legacy" has an exception with an end, "sandbox" one without.
		{name: "batch-7", namespace: "legacy", change: worker("ghcr.io/example/agent:2"), refused: "allowed-registries"},
		{name: "a pod under an exception without end", namespace: "sandbox", change: worker("ghcr.io/example/agent:2")},
	}
}

// resizable has requests as high as its limits, as pods of the guaranteed class must keep them.
func resizable(p *corev1.Pod) {
	eachContainer(p, func(c *corev1.Container) { c.Resources.Requests = c.Resources.Limits.DeepCopy() })
}

// withUpdates is the policy that the updates are checked against.
func withUpdates() spec.AdmissionPolicy {
	p := policies()[4]
	if len(p.Exceptions) == 0 {
		panic("the policy with exceptions has moved")
	}
	return p
}

// before makes every pod exist, without the policy, and gives it and what it is to become.
func before(t *testing.T, c *cluster) map[string][2]*unstructured.Unstructured {
	t.Helper()
	pods := map[string][2]*unstructured.Unstructured{}
	for i, u := range updates() {
		if u.namespace == "" {
			u.namespace = agents
		}
		name := fmt.Sprintf("u%d-%s", i, slug(u.name))
		if u.namespace == "legacy" {
			name = u.name
		}
		old := c.create(t, podCase{podName: name, namespace: u.namespace, pod: u.before})
		t.Cleanup(func() { c.release(t, old) })
		var typed corev1.Pod
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(old.Object, &typed); err != nil {
			t.Fatal(err)
		}
		u.change(&typed)
		object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&typed)
		if err != nil {
			t.Fatal(err)
		}
		pods[u.name] = [2]*unstructured.Unstructured{old, {Object: object}}
	}
	return pods
}

// release takes the finalizers off a pod, so that it can go.
func (c *cluster) release(t *testing.T, pod *unstructured.Unstructured) {
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		// Not the test's context: it is done when cleanups run.
		_, err := c.typed.CoreV1().Pods(pod.GetNamespace()).Patch(context.Background(), pod.GetName(), "application/merge-patch+json",
			[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAPIServerHoldsUpdatesToWhatTheyChange(t *testing.T) {
	c := newCluster(t)
	pods := before(t, c)
	c.enforce(t, withUpdates(), table(t))
	for _, u := range updates() {
		t.Run(u.name, func(t *testing.T) {
			old, changed := pods[u.name][0], pods[u.name][1]
			var sub []string
			if u.subresource != "" {
				sub = append(sub, u.subresource)
			}
			// The controller manager may have touched the pod meanwhile.
			changed.SetResourceVersion("")
			_, err := c.dynamic.Resource(podResource).Namespace(old.GetNamespace()).Update(t.Context(), changed, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}, sub...)
			said, err := refusal(err)
			if err != nil {
				t.Fatal(err)
			}
			if wrong := misjudged(u, said); wrong != "" {
				t.Error(wrong)
			}
		})
	}
	t.Run("a pod that breaks the rules is deleted", func(t *testing.T) {
		old := pods[updates()[0].name][0]
		err := c.dynamic.Resource(podResource).Namespace(agents).Delete(t.Context(), old.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a pod that breaks the rules reports its status", func(t *testing.T) {
		pod := c.pod(t, pods[updates()[0].name][0].GetName())
		pod.Status.Phase = corev1.PodRunning
		if _, err := c.typed.CoreV1().Pods(agents).UpdateStatus(t.Context(), pod, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Error(err)
		}
	})
}

func misjudged(u update, said outcome) string {
	switch {
	case u.refused == "" && len(said) > 0:
		return fmt.Sprintf("refused, should be let through: %s", said)
	case u.refused != "" && len(said) == 0:
		return fmt.Sprintf("let through, should be refused for %s", u.refused)
	case u.refused != "" && !mentions(said, u.refused):
		return fmt.Sprintf("refused for %s, should be for %s", said, u.refused)
	}
	return ""
}

// Gatekeeper's program reviews the same updates as the requests that its webhook would get.
func TestGatekeeperHoldsUpdatesToWhatTheyChange(t *testing.T) {
	pods := before(t, newCluster(t))
	dir := t.TempDir()
	policy := withUpdates()
	policy.Engine = spec.EngineGatekeeper
	bodies := rendered(t, policy)
	writeYAML(t, filepath.Join(dir, "template.yaml"), bodies[0])
	writeYAML(t, filepath.Join(dir, "constraint.yaml"), bodies[1])
	var inventory []any
	for _, ns := range namespaces() {
		file := "ns-" + ns.Name + ".yaml"
		writeYAML(t, filepath.Join(dir, file), ns)
		inventory = append(inventory, file)
	}
	var cases []any
	for i, u := range updates() {
		file := fmt.Sprintf("review-%d.yaml", i)
		old, changed := pods[u.name][0], pods[u.name][1]
		writeYAML(t, filepath.Join(dir, file), map[string]any{
			"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
			"request": map[string]any{
				"uid": "0", "kind": map[string]any{"group": "", "version": "v1", "kind": "Pod"},
				"resource":    map[string]any{"group": "", "version": "v1", "resource": "pods"},
				"subResource": u.subresource, "name": old.GetName(), "namespace": old.GetNamespace(), "operation": "UPDATE",
				"userInfo": map[string]any{"username": "someone"}, "object": changed.Object, "oldObject": old.Object,
			},
		})
		assertion := map[string]any{"violations": "no"}
		if u.refused != "" {
			assertion = map[string]any{"violations": "yes", "message": regexp.QuoteMeta(u.refused + ": ")}
		}
		cases = append(cases, map[string]any{"name": u.name, "object": file, "inventory": inventory, "assertions": []any{assertion}})
	}
	// A control: an assertion that does not hold makes the program fail.
	cases = append(cases, map[string]any{"name": "control", "object": "review-0.yaml", "inventory": inventory, "assertions": []any{map[string]any{"violations": "yes"}}})
	writeYAML(t, filepath.Join(dir, "suite.yaml"), map[string]any{
		"apiVersion": "test.gatekeeper.sh/v1alpha1", "kind": "Suite", "metadata": map[string]any{"name": "updates"},
		"tests": []any{map[string]any{"name": "updates", "template": "template.yaml", "constraint": "constraint.yaml", "cases": cases}},
	})
	out, _ := run(t, tool.Require(t, tool.Gator), "verify", filepath.Join(dir, "suite.yaml"), "-v")
	for _, u := range updates() {
		if !strings.Contains(out, "--- PASS: "+u.name+"\t") {
			t.Errorf("%s: gator does not pass it", u.name)
		}
	}
	if !strings.Contains(out, "--- FAIL: control\t") {
		t.Errorf("gator passes the control")
	}
	if t.Failed() {
		t.Log(out)
	}
}

// Kyverno's program cannot be given two states of a pod: it takes an update for one that changes nothing. That is the case in
// which a rule must not lock anybody out.
func TestKyvernoLetsThroughUpdatesThatChangeNothing(t *testing.T) {
	var rows []row
	for i, r := range table(t) {
		if i%4 == 0 { // the program takes its time, and every rule is broken often enough
			rows = append(rows, r)
		}
	}
	got := kyvernoWith(t, withUpdates(), rows, map[string]any{"request.operation": "UPDATE"})
	if len(got) == 0 {
		t.Fatal("kyverno reports on no pod")
	}
	for _, r := range rows {
		if said := got[r.key()]; len(said) > 0 {
			t.Errorf("%s (%s): refused: %s", r.name, r.key(), said)
		}
	}
}
