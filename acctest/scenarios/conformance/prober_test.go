package conformance_test

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// prober gives the credentials of somebody who has the rights that are published for active probes, and no others. It is somebody else each
// time: rights that were taken away may be seen for a moment, and then those that were given anew may not.
func (s *stage) prober() *rest.Config {
	s.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{GenerateName: "kars-conformance-prober-"}}
	for _, r := range active.Rules() {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, Verbs: r.Verbs})
	}
	roles, bindings := s.API.RbacV1().ClusterRoles(), s.API.RbacV1().ClusterRoleBindings()
	role, err := roles.Create(s.Context(), role, metav1.CreateOptions{})
	if err != nil {
		s.Fatal(err)
	}
	name := role.Name
	s.Cleanup(func() {
		if err := roles.Delete(s.step(), name, metav1.DeleteOptions{}); err != nil {
			s.Error(err)
		}
	})
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: name}},
	}
	if _, err := bindings.Create(s.Context(), binding, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := bindings.Delete(s.step(), name, metav1.DeleteOptions{}); err != nil {
			s.Error(err)
		}
	})
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: []string{"system:authenticated"}}
	s.known(config)
	return config
}

// known waits until the API server lets the prober do what its role says, which is a moment after it was told.
func (s *stage) known(prober *rest.Config) {
	s.Helper()
	client, err := kubernetes.NewForConfig(prober)
	if err != nil {
		s.Fatal(err)
	}
	cluster.Eventually(s, "the prober may list namespaces, as its role says", func(ctx context.Context) error {
		review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "namespaces"}},
		}, metav1.CreateOptions{})
		if err == nil && !review.Status.Allowed {
			err = fmt.Errorf("%+v", review.Status)
		}
		return err
	})
}
