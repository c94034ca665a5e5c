package examples_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

// carried is what the stack says that pods must carry.
type carried struct {
	Labels  map[string]string `json:"labels"`
	Account string            `json:"service_account"`
}

// Pods that carry what the modules say are let in, and those that pass for an agent or a server without it are not.
func TestPodsThatCarryWhatTheModulesSayAreLetIn(t *testing.T) {
	kubeconfig := kubeconfig(t)
	folder := installed(t, filepath.Join(checkout(t), "examples", "environments", "staging"))
	folder.Environment = []string{"KUBE_CONFIG_PATH=" + kubeconfig}
	t.Cleanup(func() { destroy(t, folder) })
	run(t, folder, "apply", "-auto-approve", "-no-color")
	var stack struct {
		Pods map[string]carried `json:"pods"`
	}
	if err := json.Unmarshal([]byte(run(t, folder, "output", "-json", "stack")), &stack); err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(controlplane.Shared(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	create := func(pod *corev1.Pod) (*corev1.Pod, error) {
		return client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	}
	agent := confined("payments", "registry.example.org/agents/billing:1", stack.Pods["billing"])
	server := confined("tools", "registry.example.org/tools/bank:1", stack.Pods["bank"])
	// The control: what the modules say is let in, with what is added to it.
	letIn := func() error {
		for _, test := range []struct {
			pod      *corev1.Pod
			sidecars int
		}{{agent, 1}, {server, 0}} {
			made, err := create(test.pod)
			if err != nil {
				return fmt.Errorf("%s is refused: %w", test.pod.Labels, err)
			}
			if len(made.Spec.InitContainers) != test.sidecars {
				return fmt.Errorf("%s has %d sidecars, want %d", test.pod.Labels, len(made.Spec.InitContainers), test.sidecars)
			}
		}
		return nil
	}
	// The sidecar is there before anything is refused for the want of it.
	await.NoError(t, "the pods of the modules to be let in", letIn)
	for name, pod := range map[string]*corev1.Pod{
		"an agent without approval":                 without(agent, "agentward.dev/approved"),
		"an agent from a registry of others":        running(agent, "docker.io/library/agent:1"),
		"an agent that holds a token":               changed(agent, func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = nil }),
		"an agent without limits":                   changed(agent, func(p *corev1.Pod) { p.Spec.Containers[0].Resources = corev1.ResourceRequirements{} }),
		"a shadow MCP server":                       without(server, "agentward.dev/approved"),
		"another image under the server's label":    running(server, "registry.example.org/tools/shadow:1"),
		"a privileged server":                       changed(server, privileged),
		"a server with a folder of its node":        changed(server, func(p *corev1.Pod) { p.Spec.Volumes = append(p.Spec.Volumes, hostPath()) }),
		"a server that shares its node's processes": changed(server, func(p *corev1.Pod) { p.Spec.HostPID = true }),
	} {
		t.Run(name, func(t *testing.T) {
			await.True(t, "a policy to refuse it", func() bool {
				_, err := create(pod)
				return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy")
			})
		})
	}
	if err := letIn(); err != nil {
		t.Errorf("now that all policies are in force, %v", err)
	}
}

// confined gives a pod as the stack wants it.
func confined(namespace, image string, carried carried) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod", Namespace: namespace, Labels: carried.Labels},
		Spec: corev1.PodSpec{
			ServiceAccountName:           carried.Account,
			AutomountServiceAccountToken: new(false),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(10001)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "main", Image: image,
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("128Mi"),
				}},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

func privileged(pod *corev1.Pod) {
	pod.Spec.Containers[0].SecurityContext.Privileged = new(true)
	pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil // the API server itself refuses the two together
}

func hostPath() corev1.Volume {
	return corev1.Volume{Name: "node", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}
}

func changed(pod *corev1.Pod, change func(*corev1.Pod)) *corev1.Pod {
	pod = pod.DeepCopy()
	change(pod)
	return pod
}

func without(pod *corev1.Pod, label string) *corev1.Pod {
	return changed(pod, func(p *corev1.Pod) { delete(p.Labels, label) })
}

func running(pod *corev1.Pod, image string) *corev1.Pod {
	return changed(pod, func(p *corev1.Pod) { p.Spec.Containers[0].Image = image })
}
