package active

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// Clouds have sandboxes on nodes that are kept for them. The pod that is compared has to come there too. On these nodes no pod answers, which is
// not said of the sandbox.
func TestASandboxThatSomeNodesAloneHave(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	plane := controlplane.Start(t, controlplane.Options{ControllerManager: true, Scheduler: true})
	plane.FakeNode(t, "ordinary")
	plane.FakeNode(t, "sandboxed")
	c, err := connect(plane.Config(), Options{Patience: patient}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	const kept = `{"metadata":{"labels":{"sandbox":"yes"}},"spec":{"taints":[{"key":"sandbox","effect":"NoSchedule"}]}}`
	if _, err := c.kube.CoreV1().Nodes().Patch(t.Context(), "sandboxed", types.StrategicMergePatchType, []byte(kept), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	class := &nodev1.RuntimeClass{
		ObjectMeta: metav1.ObjectMeta{Name: "gvisor"}, Handler: "runsc",
		Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"sandbox": "yes"}, Tolerations: []corev1.Toleration{{Key: "sandbox", Operator: corev1.TolerationOpExists}}},
	}
	if _, err := c.kube.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.try(t.Context(), "workload_sandboxing", func(a *arena) (kars.Finding, error) {
		finding, err := workloadSandboxing(a)
		if finding.Status != "" || err == nil || errors.As(err, new(*late)) || !strings.Contains(err.Error(), "RuntimeClass gvisor: nobody could look: pod outside-0 does not answer") {
			t.Errorf("%+v, %v", finding, err)
		}
		pods, err := a.kube.CoreV1().Pods(a.namespace).List(a.ctx, metav1.ListOptions{})
		if err != nil || len(pods.Items) != 2 {
			t.Fatalf("%d pods, %v", len(pods.Items), err)
		}
		for _, pod := range pods.Items {
			if pod.Spec.NodeName != "sandboxed" {
				t.Errorf("pod %s is on node %q", pod.Name, pod.Spec.NodeName)
			}
		}
		return kars.Finding{}, nil
	})
	if err != nil {
		t.Error(err)
	}
	nothingIsLeft(t, plane.Config())
}
