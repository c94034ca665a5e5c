package examples_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// namespaces are those that the examples name.
var namespaces = []string{"agent-system", "gateways", "payments", "tools", "bank", "research", "support", "office"}

// Validation and rendering ask no API server. Here one takes the examples, gives them back as they were written, and lets them go.
func TestExamplesApply(t *testing.T) {
	kubeconfig := kubeconfig(t)
	dir := checkout(t)
	for _, example := range []string{
		"environments/dev", "environments/staging", "environments/prod", "protocols/mcp", "protocols/a2a", "protocols/rest", "protocols/grpc",
		"resources/agent_admission_policy", "resources/agent_gateway",
	} {
		t.Run(example, func(t *testing.T) {
			path := filepath.Join(dir, "examples", example)
			if !whole(t, path) {
				path = t.TempDir()
				write(t, filepath.Join(path, "main.tf"), configurations(t, filepath.Join(dir, "examples", example))[0]["resource.tf"])
				write(t, filepath.Join(path, "required.tf"), required)
			}
			folder := installed(t, path)
			folder.Environment = []string{"KUBE_CONFIG_PATH=" + kubeconfig}
			t.Cleanup(func() { destroy(t, folder) })
			if out := run(t, folder, "apply", "-auto-approve", "-no-color"); strings.Contains(out, failedCheck) {
				t.Error(out)
			}
			if out := run(t, folder, "plan", "-no-color", "-detailed-exitcode"); !strings.Contains(out, "No changes.") {
				t.Errorf("the second plan is not empty:\n%s", out)
			}
		})
	}
}

// What a team permits in a state of its own reaches the gateway by the platform's next apply, and what it may not permit by none.
func TestPermissionsComeFromAnotherState(t *testing.T) {
	kubeconfig := kubeconfig(t)
	dir := checkout(t)
	modules := filepath.Join(dir, "modules") + "/"
	provider := required + "provider \"agent\" {\n  trust_domain = \"agents.example.org\"\n}\n"
	write(t, filepath.Join(dir, "team", "main.tf"), provider+`
variable "target" {
  default = "bank"
}
module "billing" {
  source    = "`+modules+`agent"
  name      = "billing"
  namespace = "payments"
  allow     = { transfers = { target = var.target, tools = ["transfer"], arguments = { amount = { max = 100 } } } }
}
output "allow" {
  value = module.billing.allow
}
`)
	write(t, filepath.Join(dir, "platform", "main.tf"), provider+`
data "terraform_remote_state" "payments" {
  backend = "local"
  config  = { path = "../team/terraform.tfstate" }
}
module "platform" {
  source           = "`+modules+`agent-platform"
  namespace        = "agent-system"
  trust_domain     = "agents.example.org"
  targets          = { for name in ["bank", "wiki"] : name => { protocol = "mcp", url = "http://${name}.tools.svc:8080/mcp" } }
  agent_namespaces = { payments = { targets = ["bank"], allow = data.terraform_remote_state.payments.outputs.allow } }
}
output "policies" {
  value = module.platform.policies
}
`)
	at := func(folder string) *terraform.Folder {
		f := installed(t, filepath.Join(dir, folder))
		f.Environment = []string{"KUBE_CONFIG_PATH=" + kubeconfig}
		return f
	}
	team, platform := at("team"), at("platform")
	t.Cleanup(func() { destroy(t, team) })
	run(t, team, "apply", "-auto-approve", "-no-color")
	t.Cleanup(func() { destroy(t, platform) })
	run(t, platform, "apply", "-auto-approve", "-no-color")
	if out := run(t, platform, "output", "-json", "policies"); !strings.Contains(out, `allow.payments.billing.transfers`) {
		t.Errorf("the permission did not arrive: %s", out)
	}
	// The team's own apply succeeds: its module does not know what the platform lets its namespace use.
	run(t, team, "apply", "-auto-approve", "-no-color", "-var=target=wiki")
	out, complaints, err := platform.Run(t.Context(), "plan", "-no-color")
	if err == nil || !strings.Contains(complaints, "may not use") {
		t.Errorf("a target that the namespace may not use is granted: %v\n%s%s", err, out, complaints)
	}
	run(t, team, "apply", "-auto-approve", "-no-color") // so that the platform's plan to destroy is valid
}

// A cluster that does not conform is told so by a failing apply. It has its platform all the same, and what waits for the gate is not made.
func TestAPlatformAsksItsClusterToConform(t *testing.T) {
	kubeconfig := kubeconfig(t)
	dir := checkout(t)
	path := filepath.Join(dir, "platform")
	write(t, filepath.Join(path, "main.tf"), required+`
module "platform" {
  source           = "../modules/agent-platform"
  namespace        = "agent-system"
  trust_domain     = "agents.example.org"
  targets          = { bank = { protocol = "mcp", url = "http://bank.tools.svc:8080/mcp" } }
  agent_namespaces = { payments = {} }
  conformance      = { version = "1.37" }
}
resource "terraform_data" "agents" {
  depends_on = [module.platform.conforms]
}
`)
	folder := installed(t, path)
	folder.Environment = []string{"KUBE_CONFIG_PATH=" + kubeconfig}
	t.Cleanup(func() { destroy(t, folder) })
	out, complaints, err := folder.Run(t.Context(), "apply", "-auto-approve", "-no-color")
	if err == nil || !strings.Contains(complaints, "kars_conformance.this[0]") {
		t.Fatalf("the apply should fail for what is unmet: %v\n%s%s", err, out, complaints)
	}
	made := run(t, folder, "state", "list")
	if !strings.Contains(made, "module.platform.agent_gateway.this") || strings.Contains(made, "terraform_data.agents") {
		t.Errorf("made is:\n%s", made)
	}
}

// kubeconfig gives that of an API server which knows the kinds that the examples render, and has their namespaces.
func kubeconfig(t *testing.T) string {
	t.Helper()
	plane := controlplane.Shared(t)
	plane.OnlyOurs(t, "namespaces of these names to itself")
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.SPIRE), crd.Dir(t, crd.Kyverno)); err != nil {
		t.Fatal(err)
	}
	cluster := terraform.Use(t, plane)
	for _, name := range namespaces {
		namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
		_, err := cluster.Resource(terraform.Namespaces, "").Create(t.Context(), namespace, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	return plane.Kubeconfig()
}

func destroy(t *testing.T, folder *terraform.Folder) {
	// The test's own context has ended by now.
	if out, complaints, err := folder.Run(context.WithoutCancel(t.Context()), "destroy", "-auto-approve", "-no-color"); err != nil {
		t.Errorf("terraform destroy: %v\n%s%s", err, out, complaints)
	}
}
