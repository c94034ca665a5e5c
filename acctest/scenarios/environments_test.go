package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// The environments of examples/, as they are: the same pod without approval is let in with a warning in dev, and refused in staging and in
// production. They follow one another, since they have the names of their namespaces in common.
func TestEnvironmentsDifferInStrictness(t *testing.T) {
	for _, c := range []struct {
		environment string
		letsIn      bool   // what nobody approved
		says        string // about it
	}{
		{"dev", true, "approval-label:"},
		{"staging", false, "approval-label:"},
		// Images are looked at first, and nobody has signed one here.
		{"prod", false, "denied the request: Policy agent-system.agents.agents"},
	} {
		t.Run(c.environment, func(t *testing.T) {
			s := enterAt(t, "payments", "tools", "agent-system")
			s.environment(c.environment)

			client, warned := s.warned()
			create := func(pod *corev1.Pod) (*corev1.Pod, error) {
				return client.CoreV1().Pods(s.agents).Create(s.step(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			}
			approved := s.restricted(s.agents, "billing")
			approved.Spec.Containers[0].Image = "registry.example.org/agents/billing:1"
			approved.Spec.Containers[0].Resources.Limits = corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("64Mi"),
			}
			unapproved := approved.DeepCopy()
			delete(unapproved.Labels, approval)
			s.eventually("what becomes of a pod that nobody approved", func() (string, bool) {
				warned.forget()
				_, err := create(unapproved)
				told := fmt.Sprint(err, " ", warned.text())
				return told, (err == nil) == c.letsIn && strings.Contains(told, c.says)
			})
			if c.environment == "prod" {
				return // an approved one would need a signature
			}
			s.eventually("an approved pod is let in with a sidecar", func() (string, bool) {
				warned.forget()
				made, err := create(approved)
				return fmt.Sprint(err, " ", warned.text()),
					err == nil && warned.text() == "" && len(made.Spec.InitContainers) == 1 && made.Spec.InitContainers[0].Name == oss.SidecarContainer
			})
		})
	}
}

// environment governs the stage by one of the environments, in a copy of the folders that it is made of.
func (s *stage) environment(name string) {
	s.Helper()
	root, err := tool.Root()
	if err != nil {
		s.Fatal(err)
	}
	checkout, environments := s.TempDir(), filepath.Join("examples", "environments")
	for _, folder := range []string{"modules", environments} {
		if err := os.CopyFS(filepath.Join(checkout, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			s.Fatal(err)
		}
	}
	s.terraform = terraform.At(s, filepath.Join(checkout, environments, name))
	s.terraform.Environment = []string{"KUBE_CONFIG_PATH=" + s.Kubeconfig}
	s.destroys()
	s.applied()
	s.unchanged()
}

// warnings are what the API server has said of requests that it took.
type warnings struct {
	mu   sync.Mutex
	said []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

func (w *warnings) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.said, "\n")
}

func (w *warnings) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = nil
}

// warned gives a client whose warnings are kept.
func (s *stage) warned() (kubernetes.Interface, *warnings) {
	s.Helper()
	config, kept := rest.CopyConfig(s.Config), &warnings{}
	config.WarningHandler = kept
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		s.Fatal(err)
	}
	return client, kept
}
