package conformance_test

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// prober gives the credentials of somebody who has the rights that are published for active probes, and no others.
func (s *stage) prober() *rest.Config {
	s.Helper()
	const name = "kars-conformance-prober"
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, r := range active.Rules() {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, Verbs: r.Verbs})
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: name}},
	}
	roles, bindings := s.API.RbacV1().ClusterRoles(), s.API.RbacV1().ClusterRoleBindings()
	_, err := roles.Create(s.Context(), role, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) { // of an earlier try of this test
		_, err = roles.Update(s.Context(), role, metav1.UpdateOptions{})
	}
	if err != nil {
		s.Fatal(err)
	}
	if _, err := bindings.Create(s.Context(), binding, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		for _, err := range []error{
			bindings.Delete(context.Background(), name, metav1.DeleteOptions{}), roles.Delete(context.Background(), name, metav1.DeleteOptions{}),
		} {
			if err != nil && !apierrors.IsNotFound(err) {
				s.Error(err)
			}
		}
	})
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: []string{"system:authenticated"}}
	return config
}
