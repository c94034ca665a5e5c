// Package conformance_test tries the active probes out on a cluster with nodes: what works is verified, and what only looks as if it did is
// not.
package conformance_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	reader "github.com/agentward/terraform-provider-agent/internal/kars/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

func TestMain(m *testing.M) { terraform.Main(m) }

type stage struct {
	*platform.Platform
	*testing.T
	config *rest.Config
}

func enter(t *testing.T) *stage {
	t.Helper()
	kubeconfig := os.Getenv(platform.Variable)
	if kubeconfig == "" {
		t.Skip("needs a cluster with the platform in it: run `make testacc`")
	}
	p, err := platform.Attach(t.Context(), kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{p, t, config}
}

// look gives a passive report of some requirements of 1.37, or of what is proposed.
func (s *stage) look(ids ...string) kars.Report {
	s.Helper()
	client, err := reader.New(s.config)
	if err != nil {
		s.Fatal(err)
	}
	all := kars.Report{}
	for _, version := range []string{"1.35", "1.37"} {
		list, err := kars.ForVersion(version)
		if err != nil {
			s.Fatal(err)
		}
		report, err := passive.Run(s.Context(), client, list, time.Now(), nil)
		if err != nil {
			s.Fatal(err)
		}
		for _, r := range append(report.Results, report.Proposed...) {
			_, there := all.Result(r.ID)
			for _, id := range ids {
				if r.ID == id && !there {
					all.Results = append(all.Results, r)
				}
			}
		}
	}
	return all
}

// try tries them out with the rights that are published for that, and gives the result of the first.
func (s *stage) try(report kars.Report, options active.Options) kars.Result {
	s.Helper()
	options.Image = s.Images.Probe
	report, err := active.Run(s.Context(), s.prober(), report, options, nil)
	if err != nil {
		s.Fatal(err)
	}
	return report.Results[0]
}

func (s *stage) want(r kars.Result, status kars.Status, reason string) {
	s.Helper()
	if r.Status != status || !strings.Contains(r.Reason, reason) {
		s.Errorf("%s is %s: %s\n want %s: %s\n evidence: %s\n not read: %s", r.ID, r.Status, r.Reason, status, reason, strings.Join(r.Evidence, "\n  "), strings.Join(r.Unread, "\n  "))
	}
}

// soon wants the report to say so, once the API server serves what was brought or removed.
func (s *stage) soon(id string, status kars.Status, reason string) kars.Report {
	s.Helper()
	for start := time.Now(); ; time.Sleep(time.Second) {
		report := s.look(id)
		if r := report.Results[0]; r.Status == status && strings.Contains(r.Reason, reason) || time.Since(start) > 30*time.Second {
			s.want(r, status, reason)
			return report
		}
	}
}

// bring applies objects, and removes them with the test or before.
func (s *stage) bring(text string) (remove func()) {
	s.Helper()
	objects, err := cluster.Read([]byte(text))
	if err != nil {
		s.Fatal(err)
	}
	if err := s.Apply(s.Context(), objects...); err != nil {
		s.Fatal(err)
	}
	remove = func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := s.Delete(ctx, objects...); err != nil {
			s.Error(err)
		}
	}
	s.Cleanup(remove)
	ctx, cancel := context.WithTimeout(s.Context(), 4*time.Minute)
	defer cancel()
	if err := s.Ready(ctx, objects...); err != nil {
		s.Fatal(err)
	}
	return remove
}

// What a cluster of the present version does without anything installed for it, and what SPIRE does.
func TestWhatWorksIsVerified(t *testing.T) {
	for _, id := range []string{"dra_support", "in_place_pod_resize", "long_running_stability", "agent_identity"} {
		t.Run(id, func(t *testing.T) {
			s := enter(t)
			s.want(s.try(s.look(id), active.Options{}), kars.Verified, "")
			s.nothingIsLeft(id)
		})
	}
}

// nothingIsLeft waits until the namespaces of a probe are gone.
func (s *stage) nothingIsLeft(id string) {
	s.Helper()
	marked := metav1.ListOptions{LabelSelector: "agentward.dev/kars-probe=" + id}
	for start := time.Now(); ; time.Sleep(time.Second) {
		left, err := s.API.CoreV1().Namespaces().List(s.Context(), marked)
		if err != nil {
			s.Fatal(err)
		}
		if len(left.Items) == 0 {
			return
		}
		if time.Since(start) > 2*time.Minute {
			s.Fatalf("%d namespaces of the probe are left", len(left.Items))
		}
	}
}

func TestAnIdentityThatNobodyIssuesIsNone(t *testing.T) {
	s := enter(t)
	report := s.look("agent_identity")
	s.want(report.Results[0], kars.Detected, "SPIRE runs")
	s.want(s.try(report, active.Options{SPIREClass: "of-nobody", Patience: 5 * time.Minute}), kars.NotDetected, "is given no identity")
}

func TestAPolicyIsTriedWithAnAgentThatNobodyApproved(t *testing.T) {
	s := enter(t)
	labels := map[string]string{"governed-by": "conformance"}
	policy := func(namespaces, expression string) string {
		return fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: kars-conformance}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: %q}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: kars-conformance}
spec:
  policyName: kars-conformance
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {governed-by: %s}}}
`, expression, namespaces)
	}
	const approved = `has(object.metadata.labels) && 'agentward.dev/approved' in object.metadata.labels`
	for _, test := range []struct {
		name, policy string
		want         kars.Status
		reason       string
	}{
		{"a policy that refuses it", policy("conformance", approved), kars.Verified, "was refused, and an approved one was let in"},
		{"a policy for others", policy("others", approved), kars.NotDetected, "was let in"},
		{"a policy that refuses everybody", policy("conformance", "false"), kars.Unknown, "a refusal shows nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &stage{s.Platform, t, s.config}
			remove := s.bring(test.policy)
			defer remove()
			report := s.look("policy_enforcement")
			s.want(report.Results[0], kars.Detected, "")
			// The API server takes a policy up a moment after it is there.
			var r kars.Result
			for start := time.Now(); time.Since(start) < 30*time.Second; time.Sleep(time.Second) {
				if r = s.try(s.look("policy_enforcement"), active.Options{AgentNamespace: labels}); r.Status == test.want {
					break
				}
			}
			s.want(r, test.want, test.reason)
		})
	}
}

// A handler that no node has: a pod in it never starts.
func TestARuntimeClassWithoutARuntimeIsNoSandbox(t *testing.T) {
	s := enter(t)
	s.bring("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kars-conformance}\nhandler: runsc\n")
	report := s.look("workload_sandboxing")
	s.want(report.Results[0], kars.NotDetected, "no node has the runtime")
	// On a node that does not say which handlers it has, a passive look would believe it.
	report.Results[0].Status = kars.Detected
	s.want(s.try(report, active.Options{Patience: 5 * time.Minute}), kars.NotDetected, "No pod runs apart")
}

// agentSandbox gives the controller as its project ships it, run by this image.
func (s *stage) agentSandbox(image string) string {
	s.Helper()
	folder := filepath.Dir(crd.Dir(s.T, crd.AgentSandbox))
	var all []string
	for _, name := range []string{"controller.yaml", "rbac.generated.yaml"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.ReplaceAll(strings.Join(all, "\n---\n"), "ko://sigs.k8s.io/agent-sandbox/cmd/agent-sandbox-controller", image)
}

// The report follows what is installed and removed, with the kinds and the controller as they are shipped, and with a controller that is
// none.
func TestTheReportFollowsAnOperator(t *testing.T) {
	s := enter(t)
	s.soon("robust_controller", kars.NotDetected, "")
	kinds, err := os.ReadFile(filepath.Join(crd.Dir(t, crd.AgentSandbox), "agents.x-k8s.io_sandboxes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	removeKinds := s.bring(string(kinds))
	s.soon("robust_controller", kars.NotDetected, "does not work")

	// The probe's own image runs and answers, and controls nothing.
	removeImpostor := s.bring(s.agentSandbox(s.Images.Probe))
	report := s.soon("robust_controller", kars.Detected, "agent-sandbox")
	s.want(s.try(report, active.Options{Patience: 5 * time.Minute}), kars.NotDetected, "Nobody makes a pod of a Sandbox")
	removeImpostor()

	removeReal := s.bring(s.agentSandbox(s.Images.AgentSandbox))
	s.want(s.try(s.look("robust_controller"), active.Options{Patience: 5 * time.Minute}), kars.Verified, "turned a Sandbox into a pod")
	removeReal()
	s.soon("robust_controller", kars.NotDetected, "does not work")
	removeKinds()
	s.soon("robust_controller", kars.NotDetected, "No operator")
}

// A run that was killed cleans up nothing; the next one does, once nobody can use it any more.
func TestWhatAKilledRunLeftBehindIsRemoved(t *testing.T) {
	s := enter(t)
	leave := func(name string, expires time.Time) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"agentward.dev/kars-probe": "test"}, Annotations: map[string]string{"agentward.dev/expires": expires.Format(time.RFC3339)},
		}}
		if _, err := s.API.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.API.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				t.Error(err)
			}
		})
	}
	leave("agentward-kars-left-behind", time.Now().Add(-time.Minute))
	leave("agentward-kars-in-use", time.Now().Add(time.Hour))
	id := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spire.spiffe.io/v1alpha1", "kind": "ClusterSPIFFEID",
		"metadata": map[string]any{
			"name": "agentward-kars-left-behind", "labels": map[string]any{"agentward.dev/kars-probe": "test"},
			"annotations": map[string]any{"agentward.dev/expires": time.Now().Add(-time.Minute).Format(time.RFC3339)},
		},
		"spec": map[string]any{"spiffeIDTemplate": "spiffe://{{ .TrustDomain }}/nobody", "podSelector": map[string]any{"matchLabels": map[string]any{"nobody": "has"}}},
	}}
	if err := s.Apply(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := active.Run(t.Context(), s.config, kars.Report{}, active.Options{}, nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"agentward-kars-left-behind": false, "agentward-kars-in-use": true} {
		namespace, err := s.API.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
		if there := err == nil && namespace.DeletionTimestamp == nil; there != want {
			t.Errorf("%s is there: %v, want %v (%v)", name, there, want, err)
		}
	}
	ids, err := s.API.CoreV1().RESTClient().Get().AbsPath("/apis/spire.spiffe.io/v1alpha1/clusterspiffeids/agentward-kars-left-behind").DoRaw(t.Context())
	if !apierrors.IsNotFound(err) {
		t.Errorf("the ClusterSPIFFEID is still there: %s %v", ids, err)
	}
}

// The resource tries out at an apply, and only looks at a plan.
func TestTheResourceKeepsWhatWasVerified(t *testing.T) {
	s := enter(t)
	folder := terraform.At(t, t.TempDir())
	configuration := fmt.Sprintf(`
terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}
provider "agent" {
  kubernetes = { config_path = %q }
}
resource "kars_conformance" "cluster" {
  provider = agent
  version  = "1.35"
  require  = ["dra_support"]
  probe    = "active"
  active   = { image = %q }
}
output "status" {
  value = "${kars_conformance.cluster.results["dra_support"].status} ${kars_conformance.cluster.proposed["in_place_pod_resize"].status}"
}
`, s.Kubeconfig, s.Images.Probe)
	if err := os.WriteFile(filepath.Join(folder.Path, "main.tf"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"apply", "-auto-approve", "-no-color"}, {"plan", "-detailed-exitcode", "-no-color"}} {
		if out, complaints, err := folder.Run(t.Context(), args...); err != nil {
			t.Fatalf("terraform %s: %v\n%s%s", args[0], err, out, complaints)
		}
	}
	out, complaints, err := folder.Run(t.Context(), "output", "-raw", "status")
	if err != nil || out != "verified verified" {
		t.Errorf("the status is %q: %v %s", out, err, complaints)
	}
}
