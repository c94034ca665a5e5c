package kube

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// doubted says of the error of a write that was to make an object whether it may have: it was sent and there was no answer, or one of a
// server that did not see it to its end. After such an answer a look tells, since the server shows what it has at once.
func (c *Client) doubted(ctx context.Context, key stack.Key, err error) error {
	switch {
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsServiceUnavailable(err), apierrors.IsInternalError(err):
		if _, lookErr := c.get(ctx, key); apierrors.IsNotFound(lookErr) {
			return err
		}
	case !unanswered(err):
		return err
	}
	return &stack.DoubtError{Err: err}
}

// unanswered says that a request was sent, and that no answer came or nobody waited for it.
func unanswered(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var connecting *net.OpError
	if errors.As(err, &untrusted) || errors.As(err, &connecting) && connecting.Op == "dial" {
		return false
	}
	return errors.As(err, new(*url.Error)) || errors.As(err, new(net.Error)) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
