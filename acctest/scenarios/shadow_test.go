package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// A shadow MCP server: nobody approved it, its image is from somewhere else, it wants more of the node than it should. Both engines refuse
// it, and one that was there before the policy shows in Kyverno's reports. What refuses an image without a signature is tried out where there
// is a registry with signatures, in acctest/verdicts.
func TestShadowServers(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"kyverno", "native"} {
		t.Run(engine, func(t *testing.T) {
			s := enter(t, "shadow-"+engine)
			s.run(s.Server(s.Bank(s.tools, "older")))
			s.govern(s.onlyApprovedServers(engine))
			s.refused("until the policy is in force", s.serverPod("probe", func(p *corev1.Pod) { p.Labels = nil }), "approval-label")

			approved := s.Bank(s.tools, "bank")
			approved.Labels = map[string]string{"agentward.dev/approved": "true", "agentward.dev/mcp-server": "true"}
			s.run(s.Server(approved))

			s.shadows()
			s.swaps(approved.Name)
			if engine == "kyverno" { // of its own policies; of the API server's nobody in this cluster reports
				s.reported()
			}
		})
	}
}

// onlyApprovedServers is a policy of the stage's namespace for tools.
func (s *stage) onlyApprovedServers(engine string) string {
	registry, _, _ := strings.Cut(s.Images.Bank, "/")
	return fmt.Sprintf(`
resource "agent_admission_policy" "servers" {
  name    = %q
  engine  = %q
  actions = ["deny"]

  namespace_selector = {
    match_labels = { "kubernetes.io/metadata.name" = %q }
  }
  rules = {
    approval_label     = { key = "agentward.dev/approved", values = ["true"] }
    allowed_registries = [%q]
    mcp_servers        = { label_key = "agentward.dev/mcp-server", allowed_images = [%q] }
    security_context   = { no_privileged = true, no_host_path = true, no_host_namespaces = true }
  }
}
`, s.tools, engine, s.tools, registry, s.Images.Bank)
}

// serverPod is an MCP server that the policy lets in, changed.
func (s *stage) serverPod(name string, change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.tools, Labels: map[string]string{"agentward.dev/approved": "true", "agentward.dev/mcp-server": "true"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "server", Image: s.Images.Bank}}},
	}
	change(pod)
	return pod
}

// shadows tries to bring servers in that should not be there. The control differs from each of them in one thing alone.
func (s *stage) shadows() {
	s.Helper()
	control := s.serverPod("control", func(*corev1.Pod) {})
	cluster.Eventually(s, "the pod that nothing is wrong with is let in", func(ctx context.Context) error {
		_, err := s.API.CoreV1().Pods(s.tools).Create(ctx, control, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	})
	privileged := true
	for name, c := range map[string]struct {
		change func(*corev1.Pod)
		rule   string
	}{
		"without approval":              {func(p *corev1.Pod) { delete(p.Labels, "agentward.dev/approved") }, "approval-label"},
		"with an approval of its own":   {func(p *corev1.Pod) { p.Labels["agentward.dev/approved"] = "yes" }, "approval-label"},
		"with an image from elsewhere":  {func(p *corev1.Pod) { p.Spec.Containers[0].Image = "registry.example.org/bank:1" }, "allowed-registries"},
		"with a name that begins alike": {func(p *corev1.Pod) { p.Spec.Containers[0].Image = "agentward.test.example.org/bank:1" }, "allowed-registries"},
		"with another image from here":  {func(p *corev1.Pod) { p.Spec.Containers[0].Image = s.Images.Kitchen }, "mcp-servers"},
		"with an init container as such": {func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{{Name: "init", Image: s.Images.Kitchen}}
		}, "mcp-servers"},
		"privileged": {func(p *corev1.Pod) {
			p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &privileged}
		}, "no-privileged"},
		"with the node's files": {func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "node", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
		}, "no-host-path"},
		"on the node's network": {func(p *corev1.Pod) { p.Spec.HostNetwork = true }, "no-host-namespaces"},
	} {
		s.refused("a server "+name, s.serverPod("shadow", c.change), c.rule)
	}

	// Whoever has a Deployment made gets the Deployment, and no pod of it.
	shadow := s.Bank(s.tools, "shadow")
	objects, err := s.Server(shadow)
	if err != nil {
		s.Fatal(err)
	}
	s.apply(objects...)
	cluster.Eventually(s, "the Deployment of a shadow server is refused its pod", func(ctx context.Context) error {
		d, err := s.API.AppsV1().Deployments(s.tools).Get(ctx, shadow.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		failed := slices.IndexFunc(d.Status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Type == appsv1.DeploymentReplicaFailure })
		if failed < 0 || !strings.Contains(d.Status.Conditions[failed].Message, "approval-label") || d.Status.Replicas != 0 {
			return fmt.Errorf("it has %d pods, and says %v", d.Status.Replicas, d.Status.Conditions)
		}
		return nil
	})
}

// swaps tries to make another program of an approved server that runs, and gives it another label, without any of that coming about.
func (s *stage) swaps(name string) {
	s.Helper()
	pods, err := s.Pods(s.step(), s.tools, &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}})
	if err != nil || len(pods) != 1 {
		s.Fatalf("the pods of %s: %d, %v", name, len(pods), err)
	}
	patched := func(ctx context.Context, patch string) error {
		_, err := s.API.CoreV1().Pods(s.tools).Patch(ctx, pods[0].Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	for image, rule := range map[string]string{"registry.example.org/bank:1": "allowed-registries", s.Images.Kitchen: "mcp-servers"} {
		cluster.Eventually(s, "an approved server is refused the image "+image, func(ctx context.Context) error {
			return refusedFor(rule, patched(ctx, fmt.Sprintf(`{"spec":{"containers":[{"name":"server","image":%q}]}}`, image)))
		})
	}
	cluster.Eventually(s, "an approved server gets another label", func(ctx context.Context) error {
		return patched(ctx, `{"metadata":{"labels":{"team":"payments"}}}`)
	})
}

// refused waits until a pod is refused for a rule: engines take a policy in a moment after it is there.
func (s *stage) refused(what string, pod *corev1.Pod, rule string) {
	s.Helper()
	cluster.Eventually(s, what+" is refused", func(ctx context.Context) error {
		_, err := s.API.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return refusedFor(rule, err)
	})
}

// refusedFor says what is wrong with the answer to what should be refused for a rule.
func refusedFor(rule string, answer error) error {
	if answer == nil {
		return errors.New("it is let in")
	}
	if !strings.Contains(answer.Error(), rule+":") {
		return fmt.Errorf("it is refused for something else: %w", answer)
	}
	return nil
}
