package scenarios_test

import (
	"context"
	"errors"
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

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
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
			create := func(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
				warned.forget()
				return client.CoreV1().Pods(s.agents).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			}
			approved := s.restricted(s.agents, "billing")
			approved.Spec.Containers[0].Image = "registry.example.org/agents/billing:1"
			approved.Spec.Containers[0].Resources.Limits = corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("64Mi"),
			}
			unapproved := approved.DeepCopy()
			delete(unapproved.Labels, approval)
			cluster.Eventually(t, "what becomes of a pod that nobody approved", func(ctx context.Context) error {
				_, err := create(ctx, unapproved)
				if told := fmt.Sprint(err, " ", warned.text()); (err == nil) != c.letsIn || !strings.Contains(told, c.says) {
					return errors.New(told)
				}
				return nil
			})
			if c.environment == "prod" {
				return // an approved one would need a signature
			}
			cluster.Eventually(t, "an approved pod is let in with a sidecar, without a warning", func(ctx context.Context) error {
				made, err := create(ctx, approved)
				if warned.text() != "" {
					return errors.Join(err, errors.New(warned.text()))
				}
				return hasSidecar(made, err)
			})
		})
	}
}

// hasSidecar says what is wrong with what came of a pod that should be let in with a sidecar.
func hasSidecar(made *corev1.Pod, err error) error {
	if err != nil {
		return err
	}
	if given := made.Spec.InitContainers; len(given) != 1 || given[0].Name != oss.SidecarContainer {
		return fmt.Errorf("it is let in with %d init containers", len(given))
	}
	return nil
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
