package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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
	if _, err := s.API.CoreV1().Pods(s.tools).Create(s.step(), control, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		s.Errorf("the pod that nothing is wrong with: %v", err)
	}
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
	s.eventually("the Deployment of a shadow server is refused its pod", func() (string, bool) {
		d, err := s.API.AppsV1().Deployments(s.tools).Get(s.step(), shadow.Name, metav1.GetOptions{})
		if err != nil {
			s.Fatal(err)
		}
		failed := slices.IndexFunc(d.Status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Type == appsv1.DeploymentReplicaFailure })
		return fmt.Sprint(d.Status.Conditions), failed >= 0 && strings.Contains(d.Status.Conditions[failed].Message, "approval-label") && d.Status.Replicas == 0
	})
}

// swaps tries to make another program of an approved server that runs.
func (s *stage) swaps(name string) {
	s.Helper()
	pods, err := s.Pods(s.step(), s.tools, &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}})
	if err != nil || len(pods) != 1 {
		s.Fatalf("the pods of %s: %d, %v", name, len(pods), err)
	}
	for image, rule := range map[string]string{"registry.example.org/bank:1": "allowed-registries", s.Images.Kitchen: "mcp-servers"} {
		patch := fmt.Sprintf(`{"spec":{"containers":[{"name":"server","image":%q}]}}`, image)
		_, err := s.API.CoreV1().Pods(s.tools).Patch(s.step(), pods[0].Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		if err == nil || !strings.Contains(err.Error(), rule) {
			s.Errorf("an approved server gets the image %s: %v", image, err)
		}
	}
	patch := `{"metadata":{"labels":{"team":"payments"}}}`
	if _, err := s.API.CoreV1().Pods(s.tools).Patch(s.step(), pods[0].Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		s.Errorf("an approved server gets another label: %v", err)
	}
}

// refused waits until a pod is refused for a rule: engines take a policy in a moment after it is there.
func (s *stage) refused(what string, pod *corev1.Pod, rule string) {
	s.Helper()
	s.eventually(what+" is refused", func() (string, bool) {
		_, err := s.API.CoreV1().Pods(s.tools).Create(s.step(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return fmt.Sprint(err), err != nil && strings.Contains(err.Error(), rule+":")
	})
}
