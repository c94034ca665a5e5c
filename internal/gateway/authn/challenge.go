package authn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

// Challenge is a request that was refused, and what the caller is told. It never holds a credential.
type Challenge struct {
	// Status of the answer: 400, 401, 403 or 503.
	Status int
	// Code is the OAuth error code, "" where nothing was wrong but nothing was brought (RFC 6750 §3.1).
	Code string
	// Reason is for a person and may be sent.
	Reason string
	// Err is for our own log, nil where Reason says it all.
	Err error
	// Header is what goes with the answer: WWW-Authenticate, DPoP-Nonce.
	Header http.Header
}

// Error gives status, code and reason, for our own log.
func (c *Challenge) Error() string {
	s := fmt.Sprintf("%d %s: %s", c.Status, c.Code, c.Reason)
	if c.Err != nil {
		s += ": " + c.Err.Error()
	}
	return s
}

// Unwrap gives what is for our own log.
func (c *Challenge) Unwrap() error { return c.Err }

// Write answers the request.
func (c *Challenge) Write(w http.ResponseWriter) {
	for name, values := range c.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(c.Status)
	body := struct {
		Code   string `json:"error,omitempty"`
		Reason string `json:"error_description,omitempty"`
	}{c.Code, plain(c.Reason)}
	_ = json.NewEncoder(w).Encode(body) // the caller is gone
}

// InsufficientScope says that a token is good but not good enough (RFC 6750 §3.1; MCP authorization, scope challenge). scope names what is needed, separated by spaces.
func (a *Authenticator) InsufficientScope(resource, scope string) *Challenge {
	c := &Challenge{Status: http.StatusForbidden, Code: "insufficient_scope", Reason: "token lacks scope", Header: http.Header{}}
	parameters := append(fault(c.Code, c.Reason), parameter("scope", scope))
	c.Header.Add("WWW-Authenticate", challenge("Bearer", append(parameters, metadataParameter(resource)...)))
	return c
}

// challenge gives a 401 that offers every scheme that is taken; the one that the request used says what was wrong with it (RFC 9449 §7.1).
// Where the connection's certificate is all that would do, it is a 403: there is nothing to ask for in a header.
func (a *Authenticator) challenge(q *request, code, reason string, err error) *Challenge {
	c := &Challenge{Status: http.StatusUnauthorized, Code: code, Reason: reason, Err: err, Header: http.Header{}}
	offer := func(scheme string, parameters ...string) {
		var all []string
		if strings.EqualFold(scheme, q.scheme) {
			all = fault(code, reason)
		}
		all = append(append(all, parameters...), metadataParameter(q.resource)...)
		c.Header.Add("WWW-Authenticate", challenge(scheme, all))
	}
	if a.o.Tokens != nil {
		offer("DPoP", parameter("algs", a.o.Proofs.Algorithms()))
	}
	if a.o.Tokens != nil || a.o.JWTSVIDs != nil {
		offer("Bearer")
	}
	if a.o.DIDs != nil {
		offer("DID", parameter("algs", "EdDSA"))
	}
	if len(c.Header) == 0 {
		c.Status = http.StatusForbidden
	}
	if nonce := a.Nonce(); nonce != "" {
		c.Header.Set(dpop.NonceHeader, nonce)
	}
	return c
}

// unproven gives the challenge for a proof that was refused.
func (a *Authenticator) unproven(q *request, err error) *Challenge {
	var e *dpop.Error
	if !errors.As(err, &e) || e.Code == dpop.Unavailable {
		return unavailable(err)
	}
	return a.challenge(q, string(e.Code), e.Reason, e.Err)
}

func malformed(reason string) *Challenge {
	return &Challenge{Status: http.StatusBadRequest, Code: "invalid_request", Reason: reason}
}

func unavailable(err error) *Challenge {
	return &Challenge{Status: http.StatusServiceUnavailable, Code: "temporarily_unavailable", Reason: "credentials cannot be checked now", Err: err}
}

func fault(code, reason string) []string {
	if code == "" {
		return nil
	}
	return []string{parameter("error", code), parameter("error_description", reason)}
}

// metadataParameter names where the resource is described (RFC 9728 §5.1); a resource that is no URL has no such place.
func metadataParameter(resource string) []string {
	u, err := MetadataURL(resource)
	if err != nil {
		return nil
	}
	return []string{parameter("resource_metadata", u)}
}

func challenge(scheme string, parameters []string) string {
	if len(parameters) == 0 {
		return scheme
	}
	return scheme + " " + strings.Join(parameters, ", ")
}

func parameter(name, value string) string { return name + `="` + plain(value) + `"` }

// plain keeps what RFC 6750 §3 allows in a description, and so what needs no escapes.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ', r > '~', r == '\\':
			return '?'
		}
		return r
	}, s)
}
