package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// What a read can come to. The errors that a Reader gives wrap one of them, or are others.
var (
	ErrForbidden = errors.New("forbidden")
	ErrGone      = errors.New("the API server does not answer any more")
	ErrNotServed = errors.New("not served")
	ErrNotFound  = errors.New("not found")
	ErrAway      = errors.New("registered, and its server does not answer")
)

// classify names what an answer of client-go comes to.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case unreachable(err):
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// unreachable says that no answer came, as when the server is down, the network is, or the time is up.
func unreachable(err error) bool {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}
