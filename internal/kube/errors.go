package kube

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// OpError is a failed operation on one object.
type OpError struct {
	Verb string // plan, apply, read, delete
	Key  stack.Key
	Err  error
}

func (e *OpError) Error() string { return fmt.Sprintf("%s %s: %v", e.Verb, e.Key.Describe(), e.Err) }

func (e *OpError) Unwrap() error { return e.Err }

// Is says that a refusal of the API server's is stack.ErrForbidden.
func (e *OpError) Is(target error) bool {
	return target == stack.ErrForbidden && apierrors.IsForbidden(e.Err)
}

// Hint says what to do, or "" where the error says it all.
func (e *OpError) Hint() string {
	noKind := errors.Is(e.Err, errNoKind) || errors.Is(e.Err, errNoType)
	switch {
	case noKind && e.Key.Group == "constraints.gatekeeper.sh":
		return fmt.Sprintf("Gatekeeper makes this kind from the ConstraintTemplate %q (30 s were given for it to appear): see that Gatekeeper runs, "+
			"and what the template's status says, then apply again.", strings.ToLower(e.Key.Kind))
	case noKind && e.Key.Group == "admissionregistration.k8s.io" && strings.HasPrefix(e.Key.Kind, "Mutating"):
		return "API servers have this kind from Kubernetes 1.36 on: upgrade the cluster, or use engine = \"kyverno\" for the sidecar."
	case noKind:
		return fmt.Sprintf("Install the CustomResourceDefinition of %s %s (30 s were given for it to appear).", e.Key.APIVersion(), e.Key.Kind)
	case apierrors.IsUnauthorized(e.Err):
		return "The credentials are expired or not accepted: renew them, or use exec in the provider's kubernetes block so that each run gets fresh ones."
	case isRBACForbidden(e.Err):
		return "Grant the credentials of the provider this verb on this resource (get, create, patch and delete are needed)."
	case isUnreachable(e.Err):
		return "See that the API server is up and that the provider's kubernetes block points at it; what was applied so far is in state, and the next apply finishes."
	case apierrors.IsNotFound(e.Err) && e.Key.Namespace != "":
		return fmt.Sprintf("Create the namespace %q first.", e.Key.Namespace)
	}
	return ""
}

func wrap(verb string, key stack.Key, err error) error {
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		return conflict
	}
	return &OpError{Verb: verb, Key: key, Err: err}
}

// planError turns what is no fault of the plan into an unknown.
func (c *Client) planError(key stack.Key, err error) error {
	unreachable := isUnreachable(err)
	switch {
	case unreachable,
		errors.Is(err, errNoKind), errors.Is(err, errNoType),
		apierrors.IsNotFound(err): // the namespace: server-side apply creates what is missing itself
		return &stack.UnknownError{Key: key, Unreachable: unreachable, Err: err}
	}
	return wrap("plan", key, err)
}

// isUnreachable says that no API server answered: the connection failed or broke, or something before the server said so.
func isUnreachable(err error) bool {
	if err == nil {
		return false
	}
	var badCertificate *tls.CertificateVerificationError
	if errors.As(err, &badCertificate) {
		return false
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return apierrors.IsServiceUnavailable(err) || apierrors.IsTimeout(err)
	}
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout() || errors.As(err, new(*net.OpError)) || errors.As(err, new(*net.DNSError)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// isRBACForbidden says that the server answered 403 for an object that it names, as authorization does. Admission answers
// without naming one, though a plugin may; mayNotPatch then tells them apart.
func isRBACForbidden(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsForbidden(err) && errors.As(err, &status) && status.Status().Details != nil && status.Status().Details.Kind != ""
}

// mayNotPatch asks the server whether these credentials may patch the object. Where it does not say, the refusal stands as it
// was read.
func (c *Client) mayNotPatch(ctx context.Context, key stack.Key) bool {
	k, err := c.kindOf(ctx, key)
	if err != nil {
		return true
	}
	review := &authorizationv1.SelfSubjectAccessReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"},
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: key.Group, Version: key.Version, Resource: k.resource, Namespace: key.Namespace, Name: key.Name, Verb: "patch",
		}},
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(review)
	if err != nil {
		return true
	}
	answer, err := c.dynamic.Resource(authorizationv1.SchemeGroupVersion.WithResource("selfsubjectaccessreviews")).
		Create(ctx, &unstructured.Unstructured{Object: content}, metav1.CreateOptions{})
	if err != nil {
		return true
	}
	allowed, _, _ := unstructured.NestedBool(answer.Object, "status", "allowed")
	return !allowed
}
