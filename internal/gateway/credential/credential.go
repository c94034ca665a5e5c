// Package credential shows targets the gateway's own credentials. Those of callers never reach a target; a caller chooses neither which
// credential is used nor where it goes.
package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Source gives a credential for calls on behalf of a principal. It is safe for concurrent use. Its errors hold no secret.
type Source interface {
	// Header is the name of the header that the credential is sent in.
	Header() string
	// Value gives the header's value.
	Value(ctx context.Context, p principal.Principal) (string, error)
	// Refused is told that the target did not take a value. It says whether Value may now give another.
	Refused(p principal.Principal, value string) bool
}

// ErrUnavailable says that there is no credential to be had now, so that the call cannot be made.
var ErrUnavailable = errors.New("the gateway has no credential for the target")

// Transport adds credentials to requests. A target that answers 401 is asked once more where a fresh credential is to be had and the body
// can be sent again.
type Transport struct {
	Base    http.RoundTripper
	Sources []Source
}

// RoundTrip implements http.RoundTripper. An error of a source is ErrUnavailable with why.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	p, _ := principal.FromContext(r.Context())
	out, values, err := t.with(r, p)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must; it was not read
		}
		return nil, err
	}
	response, err := t.Base.RoundTrip(out)
	if err != nil || response.StatusCode != http.StatusUnauthorized || !replayable(r) {
		return response, err
	}
	fresh := false
	for i, s := range t.Sources {
		fresh = s.Refused(p, values[i]) || fresh
	}
	if !fresh {
		return response, nil
	}
	again, _, err := t.with(r, p)
	if err != nil {
		return response, nil //nolint:nilerr // the first answer says what is wrong
	}
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return response, nil //nolint:nilerr // as above
		}
	}
	_ = response.Body.Close()
	return t.Base.RoundTrip(again)
}

// replayable says whether a request can be sent a second time.
func replayable(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}

// with gives the request with its credentials, and their values in the order of the sources.
func (t *Transport) with(r *http.Request, p principal.Principal) (*http.Request, []string, error) {
	out := new(http.Request)
	*out = *r
	out.Header = r.Header.Clone()
	values := make([]string, len(t.Sources))
	for i, s := range t.Sources {
		value, err := s.Value(r.Context(), p)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		values[i] = value
		out.Header.Set(s.Header(), value)
	}
	return out, values, nil
}

// CloseIdleConnections closes those of the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.Base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// printable says whether a secret can stand in a header: visible ASCII (RFC 9110 §5.5, without the bytes past it).
func printable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
