package platform

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// network has NetworkPolicies enforced where the network of the nodes does not: that of a node image which is made here is a bridge.
// kindnet, which the released ones bring, enforces them itself.
func (s *setup) network(ctx context.Context) error {
	_, err := s.API.AppsV1().DaemonSets("kube-system").Get(ctx, "kindnet", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	return s.bring(ctx, "network-policies.yaml")
}
