package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const (
	// stepTimeout bounds one thing that is done to the cluster.
	stepTimeout = 5 * time.Minute
	// trustDomain is the platform's.
	trustDomain = platform.TrustDomain
)

// stage is where one scenario plays: three namespaces of its own, and a folder that Terraform governs them from.
type stage struct {
	*platform.Platform
	*testing.T
	agents, tools, gateway string // namespaces
	terraform              *terraform.Folder
}

// enter gives a stage that goes with the test. name is the scenario's, short enough for a label.
func enter(t *testing.T, name string) *stage {
	t.Helper()
	return enterAt(t, name+"-agents", name+"-tools", name+"-gateway")
}

// enterAt is enter for a scenario whose namespaces have names already.
func enterAt(t *testing.T, agents, tools, gateway string) *stage {
	t.Helper()
	kubeconfig := os.Getenv(platform.Variable)
	if kubeconfig == "" {
		t.Skip("needs a cluster with the platform in it: run `make testacc`")
	}
	p, err := platform.Attach(t.Context(), kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Platform: p, T: t, agents: agents, tools: tools, gateway: gateway}
	s.namespace(s.agents, map[string]string{"workload-type": "ai-agent"})
	s.namespace(s.tools, nil)
	s.namespace(s.gateway, nil)
	s.terraform = terraform.At(t, t.TempDir())
	return s
}

// step gives a context for one thing that is done to the cluster, also when the test cleans up.
func (s *stage) step() context.Context {
	ctx, cancel := context.WithTimeoutCause(cluster.During(s), stepTimeout, fmt.Errorf("it takes more than %s", stepTimeout))
	s.Cleanup(cancel)
	return ctx
}

// namespace makes a namespace anew: an earlier run on the same cluster may have left one.
func (s *stage) namespace(name string, labels map[string]string) {
	s.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	object.SetName(name)
	object.SetLabels(labels)
	if err := s.Platform.Delete(s.step(), object); err != nil {
		s.Fatal(err)
	}
	s.apply(object)
	s.Cleanup(func() {
		if err := s.API.CoreV1().Namespaces().Delete(s.step(), name, metav1.DeleteOptions{}); err != nil {
			s.Errorf("remove the namespace: %v", err)
		}
	})
}

// apply writes objects, and run waits until what they run is ready.
func (s *stage) apply(objects ...*unstructured.Unstructured) {
	s.Helper()
	if err := s.Platform.Apply(s.step(), objects...); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) run(objects []*unstructured.Unstructured, err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	s.apply(objects...)
	if err := s.Ready(s.step(), objects...); err != nil {
		s.Fatal(err)
	}
}

// govern has Terraform apply a configuration, and destroy it at the end of the test. A second plan must be empty.
func (s *stage) govern(configuration string) {
	s.Helper()
	s.applies(configuration)
	s.unchanged()
}

// applies is govern for a test that cannot wait for the second plan.
func (s *stage) applies(configuration string) {
	s.Helper()
	if first := s.write(configuration); first {
		s.destroys()
	}
	s.applied()
}

// applied has Terraform apply the configuration that is there.
func (s *stage) applied() {
	s.Helper()
	if out, complaints, err := s.terraform.Run(s.Context(), "get", "-no-color"); err != nil {
		s.Fatalf("terraform get: %v\n%s%s", err, out, complaints)
	}
	if out, complaints, err := s.terraform.Run(s.Context(), "apply", "-auto-approve", "-no-color"); err != nil {
		s.Fatalf("terraform apply: %v\n%s%s", err, out, complaints)
	}
}

// unchanged has Terraform plan, and there must be nothing to do.
func (s *stage) unchanged() {
	s.Helper()
	if out, complaints, err := s.terraform.Run(s.Context(), "plan", "-detailed-exitcode", "-no-color"); err != nil {
		s.Fatalf("a plan after the apply is not empty: %v\n%s%s", err, out, complaints)
	}
}

// destroys has Terraform destroy everything at the end of the test.
func (s *stage) destroys() {
	s.Cleanup(func() {
		if out, complaints, err := s.terraform.Run(cluster.During(s), "destroy", "-auto-approve", "-no-color"); err != nil {
			s.Errorf("terraform destroy: %v\n%s%s", err, out, complaints)
		}
	})
}

// write puts the configuration into Terraform's folder, and says whether there was none before.
func (s *stage) write(configuration string) bool {
	s.Helper()
	file := filepath.Join(s.terraform.Path, "main.tf")
	_, err := os.Stat(file)
	text := fmt.Sprintf(`
terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}
provider "agent" {
  trust_domain = %q
  kubernetes   = { config_path = %q }
}
%s`, trustDomain, s.Kubeconfig, configuration)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return err != nil
}
