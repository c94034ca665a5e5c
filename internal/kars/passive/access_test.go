package passive_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// as gives the credentials of a user who may do this, and nothing that is not everybody's.
func (s *scene) as(t *testing.T, name string, rules []passive.Rule) *rest.Config {
	t.Helper()
	client, err := kubernetes.NewForConfig(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, r := range rules {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, Verbs: r.Verbs})
	}
	if _, err := client.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: name}},
	}
	if _, err := client.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.User(name))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// furnished is a cluster with something of every kind that is read.
func furnished(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, crd.Dir(t, crd.GatewayAPI), crd.Dir(t, crd.Inference), crd.Dir(t, crd.Kueue), crd.Dir(t, crd.AgentSandbox), crd.Dir(t, crd.Kyverno), crd.Dir(t, crd.Gatekeeper))
	s.plant(t, kind("karpenter.sh", "v1", "nodepools", "NodePool")+kind("karpenter.sh", "v1", "nodeclaims", "NodeClaim")+kind("kyverno.io", "v1", "clusterpolicies", "ClusterPolicy")+
		node("gpu-1", `nvidia.com/gpu: "8"`, "", "")+
		workload("Deployment", "kueue-system", "kueue-controller-manager", "kueue", true)+
		workload("Deployment", "agent-sandbox-system", "agent-sandbox-controller", "agent-sandbox-controller", true)+`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: sandboxes}
webhooks:
  - name: sandboxes.example.org
    clientConfig: {service: {namespace: agent-sandbox-system, name: webhook}}
    rules: [{apiGroups: [agents.x-k8s.io], apiVersions: ["*"], resources: [sandboxes], operations: [CREATE]}]
    sideEffects: None
    admissionReviewVersions: [v1]
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: monitoring}
spec: {ports: [{port: 9090}]}
`)
	return s
}

func TestTheClusterRoleIsExactlyWhatIsRead(t *testing.T) {
	t.Parallel()
	s := furnished(t)
	api := reader(t, s.as(t, "looker", passive.Rules()))
	mark, err := s.Mark()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range kars.Versions() {
		list, err := kars.ForVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		report, err := passive.Run(t.Context(), api, list, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(report.Results, report.Proposed...) {
			if len(r.Unread) > 0 {
				t.Errorf("%s: %s: %v", version, r.ID, r.Unread)
			}
		}
	}
	made, err := s.Requests(t.Context(), mark, func(r controlplane.Request) bool { return r.User == "looker" && r.Resource != "" })
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, r := range made {
		resource := r.Resource
		if r.Subresource != "" {
			resource += "/" + r.Subresource
		}
		done[fmt.Sprintf("%s %s %s", r.Verb, r.Group, resource)] = true
	}
	for _, rule := range passive.Rules() {
		for _, resource := range rule.Resources {
			right := fmt.Sprintf("%s %s %s", rule.Verbs[0], rule.APIGroups[0], resource)
			if !done[right] {
				t.Errorf("the right to %s is given and not used", right)
			}
			delete(done, right)
		}
	}
	if len(done) > 0 {
		t.Errorf("%v was done, and no right to it is given", done)
	}
}

func TestWhatMayNotBeReadIsSaidAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	s := furnished(t)
	list, err := kars.ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("somebody who may read nothing", func(t *testing.T) {
		report, err := passive.Run(t.Context(), reader(t, s.as(t, "nobody", nil)), list, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Results {
			if r.Status != kars.Unknown || len(r.Unread) == 0 || r.Undetermined() || !strings.Contains(r.Unread[0], "the credentials may not") {
				t.Errorf("%s is %s: %s %v", r.ID, r.Status, r.Reason, r.Unread)
			}
		}
	})
	t.Run("somebody who may not read nodes", func(t *testing.T) {
		var rules []passive.Rule
		for _, r := range passive.Rules() {
			r.Resources = slices.DeleteFunc(slices.Clone(r.Resources), func(name string) bool { return name == "nodes" })
			if len(r.Resources) > 0 {
				rules = append(rules, r)
			}
		}
		report, err := passive.Run(t.Context(), reader(t, s.as(t, "half", rules)), list, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		gang, _ := report.Result("gang_scheduling")
		if gang.Status != kars.Detected || len(gang.Unread) > 0 {
			t.Errorf("gang_scheduling is %s: %v", gang.Status, gang.Unread)
		}
		metrics, _ := report.Result("accelerator_metrics")
		if metrics.Status != kars.Unknown || !slices.Equal(metrics.Unread, []string{"list nodes: the credentials may not"}) {
			t.Errorf("accelerator_metrics is %s: %v", metrics.Status, metrics.Unread)
		}
	})
}

// A cluster that goes away in the middle leaves what was found before, and says of the rest that nobody looked.
func TestAClusterThatGoesAwayInTheMiddle(t *testing.T) {
	s := newScene(t, crd.Dir(t, crd.GatewayAPI))
	list, err := kars.ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	report, err := passive.Run(t.Context(), reader(t, s.Config()), list, now, func(kars.Result) {
		if seen++; seen == 5 {
			if err := s.StopAPIServer(); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Interrupted {
		t.Error("the report does not say that the cluster went away")
	}
	if first := report.Results[3]; first.ID != "ai_inference" || first.Status != kars.NotDetected {
		t.Errorf("%s, before it went, is %s", first.ID, first.Status)
	}
	gang, _ := report.Result("gang_scheduling")
	if gang.Status != kars.Unknown || gang.Undetermined() || !strings.Contains(strings.Join(gang.Unread, " "), "does not answer any more") {
		t.Errorf("gang_scheduling, after it went, is %s: %s %v", gang.Status, gang.Reason, gang.Unread)
	}
}

func TestAClusterThatNeverAnswers(t *testing.T) {
	list, err := kars.ForVersion("1.37")
	if err != nil {
		t.Fatal(err)
	}
	_, err = passive.Run(t.Context(), reader(t, &rest.Config{Host: "https://127.0.0.1:1"}), list, now, nil)
	if err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("the error is %v", err)
	}
	s := newScene(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := passive.Run(ctx, reader(t, s.Config()), list, now, nil); err == nil {
		t.Error("a run whose time is up reports something")
	}
}
