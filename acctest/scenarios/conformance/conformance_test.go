// Package conformance_test tries the active probes out on a cluster with nodes: what works is verified, and what only looks as if it did is
// not.
//
// A test is parallel where it mostly waits, and no requirement that another parallel one looks at can tell that it is there. Those that measure
// (autoscalers), that reconfigure the node (accelerators, sandboxes) or that look at what anybody left behind have the cluster to themselves.
// So has Kueue, which is an operator like that of another test.
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
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	reader "github.com/agentward/terraform-provider-agent/internal/kars/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

func TestMain(m *testing.M) {
	controlplane.AtOnce(5) // all that are parallel: they wait for the cluster
	terraform.Main(m)
}

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

// look gives a passive report of a requirement of 1.35, of 1.37, or of what is proposed.
func (s *stage) look(id string) (report kars.Report) {
	s.Helper()
	cluster.Eventually(s, "a look at the cluster", func(ctx context.Context) (err error) {
		report, err = s.tryLook(ctx, id)
		return err
	})
	return report
}

func (s *stage) tryLook(ctx context.Context, id string) (kars.Report, error) {
	client, err := reader.New(s.config)
	if err != nil {
		return kars.Report{}, err
	}
	for _, version := range []string{"1.35", "1.37"} {
		list, err := kars.ForVersion(version)
		if err != nil {
			return kars.Report{}, err
		}
		report, err := passive.Run(ctx, client, list, time.Now(), nil)
		if err != nil {
			return kars.Report{}, err
		}
		for _, r := range append(report.Results, report.Proposed...) {
			if r.ID == id {
				return kars.Report{Results: []kars.Result{r}}, nil
			}
		}
	}
	return kars.Report{}, fmt.Errorf("there is no requirement %s", id)
}

// patience is that of probes that come to something unless nobody says otherwise: it is for nodes that are busy, and takes no time by itself.
const patience = 6 * time.Minute

// brevity is the patience of probes that come to nothing, because the test has nobody there who could do anything, and in which no pod has to
// start for that to be seen. A third of it is time for many looks, and the whole for the few objects that are looked at.
const brevity = time.Minute

// try tries the requirement out with the rights that are published for that.
func (s *stage) try(report kars.Report, options active.Options) kars.Result {
	s.Helper()
	options.Image = s.Images.Probe
	if options.Patience == 0 {
		options.Patience = patience
	}
	report, err := active.Run(s.Context(), s.prober(), report, options, nil)
	if err != nil {
		s.Fatal(err)
	}
	return report.Results[0]
}

func (s *stage) want(r kars.Result, status kars.Status, reason string) {
	s.Helper()
	if err := otherThan(r, status, reason); err != nil {
		s.Error(err)
	}
}

// otherThan says how a result differs from what is wanted.
func otherThan(r kars.Result, status kars.Status, reason string) error {
	if r.Status == status && strings.Contains(r.Reason, reason) {
		return nil
	}
	return fmt.Errorf("%s is %s: %s\n want %s: %s\n evidence: %s\n not read: %s",
		r.ID, r.Status, r.Reason, status, reason, strings.Join(r.Evidence, "\n  "), strings.Join(r.Unread, "\n  "))
}

// soon waits until a look says so: the API server serves what was brought, and no longer what was removed, a moment later.
func (s *stage) soon(id string, status kars.Status, reason string) (report kars.Report) {
	s.Helper()
	cluster.Eventually(s, "the report", func(ctx context.Context) (err error) {
		if report, err = s.tryLook(ctx, id); err == nil {
			err = otherThan(report.Results[0], status, reason)
		}
		return err
	})
	return report
}

// bring applies objects, and removes them with the test or before.
func (s *stage) bring(text string) (remove func()) {
	s.Helper()
	objects, err := cluster.Read([]byte(text))
	if err != nil {
		s.Fatal(err)
	}
	remove = func() {
		if err := s.Delete(s.step(), objects...); err != nil {
			s.Error(err)
		}
	}
	s.Cleanup(remove)
	if err := s.Apply(s.step(), objects...); err != nil {
		s.Fatal(err)
	}
	if err := s.Ready(s.step(), objects...); err != nil {
		s.Fatal(err)
	}
	return remove
}

// stepTimeout bounds one thing that is done to the cluster.
const stepTimeout = 5 * time.Minute

// step gives a context for one thing that is done to the cluster, also when the test cleans up.
func (s *stage) step() context.Context {
	ctx, cancel := context.WithTimeoutCause(cluster.During(s), stepTimeout, fmt.Errorf("it takes more than %s", stepTimeout))
	s.Cleanup(cancel)
	return ctx
}

// eventuallyTries tries out what looks as if it were there until that comes to a result.
func (s *stage) eventuallyTries(id string, options active.Options, status kars.Status, reason string) {
	s.Helper()
	cluster.Eventually(s, "the probe", func(context.Context) error {
		return otherThan(s.try(s.soon(id, kars.Detected, ""), options), status, reason)
	})
}

// What a cluster of the present version does without anything installed for it, and what SPIRE does.
func TestWhatWorksIsVerified(t *testing.T) {
	for _, id := range []string{"dra_support", "in_place_pod_resize", "long_running_stability", "agent_identity"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel() // each looks at a namespace of its own
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
	cluster.Eventually(s, "nothing is left of the probe", func(ctx context.Context) error {
		left, err := s.API.CoreV1().Namespaces().List(ctx, marked)
		if err == nil && len(left.Items) > 0 {
			err = fmt.Errorf("%d namespaces, of which the first has %v", len(left.Items), left.Items[0].Status.Conditions)
		}
		return err
	})
}

func TestAnIdentityThatNobodyIssuesIsNone(t *testing.T) {
	t.Parallel()
	s := enter(t)
	report := s.look("agent_identity")
	s.want(report.Results[0], kars.Detected, "SPIRE runs")
	s.want(s.try(report, active.Options{SPIREClass: "of-nobody"}), kars.NotDetected, "is given no identity")
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
			// The API server takes a policy up a moment after it is there, and the one before goes as late.
			s.eventuallyTries("policy_enforcement", active.Options{AgentNamespace: labels}, test.want, test.reason)
		})
	}
}

// A run that was killed cleans up nothing; the next one does, once nobody can use it any more.
func TestWhatAKilledRunLeftBehindIsRemoved(t *testing.T) {
	s := enter(t)
	leave := func(expires time.Time) (name string) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			GenerateName: "agentward-kars-", Labels: map[string]string{"agentward.dev/kars-probe": "test"}, Annotations: map[string]string{"agentward.dev/expires": expires.Format(time.RFC3339)},
		}}
		made, err := s.API.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.API.CoreV1().Namespaces().Delete(s.step(), made.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				t.Error(err)
			}
		})
		return made.Name
	}
	leftBehind, inUse := leave(time.Now().Add(-time.Minute)), leave(time.Now().Add(time.Hour))
	id := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spire.spiffe.io/v1alpha1", "kind": "ClusterSPIFFEID",
		"metadata": map[string]any{
			"name": leftBehind, "labels": map[string]any{"agentward.dev/kars-probe": "test"},
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
	for name, want := range map[string]bool{leftBehind: false, inUse: true} {
		namespace, err := s.API.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
		if there := err == nil && namespace.DeletionTimestamp == nil; there != want {
			t.Errorf("%s is there: %v, want %v (%v)", name, there, want, err)
		}
	}
	if left, err := s.Get(t.Context(), id); !apierrors.IsNotFound(err) {
		t.Errorf("the ClusterSPIFFEID is still there: %v %v", left, err)
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
