package active

import (
	"fmt"
	"slices"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

func TestTheRightsOfEachProbeAreKnown(t *testing.T) {
	for id := range probes {
		if _, known := rights[id]; !known {
			t.Errorf("the rights that %s takes are not published", id)
		}
	}
	for id := range rights {
		if probes[id] == nil {
			t.Errorf("rights are published for %s, which is no probe", id)
		}
	}
	for _, kind := range clusterKinds {
		swept := slices.ContainsFunc(Rules(), func(r passive.Rule) bool {
			return r.APIGroups[0] == kind.Group && slices.Contains(r.Resources, kind.Resource) && slices.Contains(r.Verbs, "list") && slices.Contains(r.Verbs, "delete")
		})
		if !swept {
			t.Errorf("what a killed run leaves of %s could not be removed", kind.Resource)
		}
	}
}

// With the published role alone a run tries out everything as far as a cluster without nodes goes, is refused nothing, and does nothing
// that the role does not name.
func aRunWithThePublishedRole(t *testing.T) {
	c := controlplane.Shared(t)
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.Kueue), crd.Dir(t, crd.AgentSandbox), crd.Dir(t, crd.SPIRE), crd.Dir(t, crd.GatewayAPI)); err != nil {
		t.Fatal(err)
	}
	const user = "active-prober"
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}}
	allowed := map[string]bool{}
	for _, r := range Rules() {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, Verbs: r.Verbs})
		for _, resource := range r.Resources {
			for _, verb := range r.Verbs {
				allowed[fmt.Sprintf("%s %s %s", verb, r.APIGroups[0], resource)] = true
			}
		}
	}
	if _, err := client.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	if _, err := client.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.User(user))
	if err != nil {
		t.Fatal(err)
	}
	gateways, kinds := gatewayAPI(t)
	gatewayClass(t, gateways, kinds, "rights")
	publish(t, c.Config(), "gpu.example.com")
	mark, err := c.Mark()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("all probes", func(t *testing.T) {
		for id := range probes {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				report, err := Run(t.Context(), config, detected(id), Options{Patience: 20 * time.Second, GatewayPatience: time.Second}, nil)
				if err != nil || report.Interrupted {
					t.Errorf("interrupted %v: %v", report.Interrupted, err)
				}
			})
		}
	})
	made, err := c.Requests(t.Context(), mark, func(r controlplane.Request) bool { return r.User == user && r.Resource != "" })
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	for _, r := range made {
		resource := r.Resource
		if r.Subresource != "" {
			resource += "/" + r.Subresource
		}
		if r.Code == 403 || !allowed[fmt.Sprintf("%s %s %s", r.Verb, r.Group, resource)] {
			t.Errorf("%s is not in the role", r)
		}
		if r.Verb == "create" && r.Resource == "namespaces" && r.Code == 201 {
			created++
		}
	}
	if created < len(probes) {
		t.Errorf("%d namespaces were made for %d probes", created, len(probes))
	}
}
