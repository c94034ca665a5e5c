package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	namespace      = "agents"
	namespaceLabel = "workload-type"
	namespaceValue = "ai-agent"
	approvalLabel  = "agentward.dev/approved"
	approved       = "billing-approved"
	unapproved     = "billing-unapproved"
	policy         = "approved-agents"
)

// refusalError is the API server's answer when an admission policy refuses an object.
type refusalError struct{ message string }

func (e *refusalError) Error() string { return e.message }

// makeNamespace makes the namespace, or labels the one that is there.
func (s *show) makeNamespace(ctx context.Context) error {
	wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{namespaceLabel: namespaceValue}}}
	_, err := s.api.CoreV1().Namespaces().Create(ctx, wanted, metav1.CreateOptions{FieldManager: "quickstart"})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make the namespace: %w", err)
	}
	return nil
}

// create creates an agent's pod, which differs between the two in its name and the approval label alone. It returns a
// *refusalError where a policy refuses it.
func (s *show) create(ctx context.Context, name string, dryRun []string) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"agentward.dev/agent": "billing"}},
		Spec: corev1.PodSpec{
			ServiceAccountName:           "billing",
			AutomountServiceAccountToken: new(false),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   new(true),
				RunAsUser:      new(int64(10001)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name:  "agent",
				Image: "registry.k8s.io/pause:3.10",
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false),
					ReadOnlyRootFilesystem:   new(true),
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
	if name == approved {
		pod.Labels[approvalLabel] = "true"
	}
	_, err := s.api.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: dryRun})
	var status *apierrors.StatusError
	if errors.As(err, &status) && strings.Contains(status.ErrStatus.Message, "ValidatingAdmissionPolicy") {
		return &refusalError{status.ErrStatus.Message}
	}
	if err != nil {
		return fmt.Errorf("create the pod %q: %w", name, err)
	}
	return nil
}

// remove takes away what an earlier run of the quickstart left.
func (s *show) remove(ctx context.Context, pod string) error {
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	if err := s.api.CoreV1().Pods(namespace).Delete(ctx, pod, now); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove the pod %q: %w", pod, err)
	}
	return nil
}

// policyName finds the example's policy in the cluster: the provider names the object, not we.
func (s *show) policyName(ctx context.Context) (string, error) {
	policies, err := s.api.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("list the policies: %w", err)
	}
	for _, found := range policies.Items {
		if strings.Contains(found.Name, policy) {
			return found.Name, nil
		}
	}
	return "", fmt.Errorf("no ValidatingAdmissionPolicy is called %q", policy)
}
