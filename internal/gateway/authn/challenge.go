package authn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
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
	// Who is the caller, where it is known all the same: one that is suspended. The zero value otherwise.
	Who principal.Principal
}

// Error gives status, code and reason, for our own log.
func (c *Challenge) Error() string {
	s := strings.TrimSpace(fmt.Sprintf("%d %s", c.Status, c.Code)) + ": " + c.Reason
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

// lacking says what is missing of every combination that would be enough. What a header can add is asked for by a 401. Where the connection itself
// is not enough and a credential came with it already, it is a 403.
func (a *Authenticator) lacking(q *request) *Challenge {
	needed := "needed is " + a.needed()
	if q.scheme == "" {
		return a.challenge(q, "", needed, nil)
	}
	if len(a.reachable(q)) == 0 {
		return &Challenge{Status: http.StatusForbidden, Code: "access_denied", Reason: "the connection does not prove enough: " + needed}
	}
	return a.challenge(q, "invalid_token", "the token does not prove enough: "+needed, nil)
}

// needed names the combinations, for a person.
func (a *Authenticator) needed() string {
	names := make([]string, len(a.o.Enough))
	for i, c := range a.o.Enough {
		names[i] = c.String()
	}
	return strings.Join(names, " or ")
}

// reachable are the combinations that a header can complete on the request's connection.
func (a *Authenticator) reachable(q *request) []principal.Combination {
	var found []principal.Combination
	for _, c := range a.o.Enough {
		if c.Connects(q.proven) {
			found = append(found, c)
		}
	}
	return found
}

// insufficient says that a token is good but not good enough (RFC 6750 §3.1; MCP authorization, scope challenge). scope names what is needed,
// separated by spaces.
func (a *Authenticator) insufficient(q *request, scope string) *Challenge {
	c := &Challenge{Status: http.StatusForbidden, Code: "insufficient_scope", Reason: "token lacks scope", Header: http.Header{}}
	parameters := append(fault(c.Code, c.Reason), parameter("scope", scope))
	scheme := "Bearer"
	if q.scheme == "dpop" {
		scheme = "DPoP"
	}
	c.Header.Add("WWW-Authenticate", challenge(scheme, append(parameters, metadataParameter(q.resource)...)))
	return c
}

// schemes are those that would be enough on the request's connection; where it can never be enough, those that would be on another. They are in the
// order of DPoP, Bearer, DID.
func (a *Authenticator) schemes(q *request) []string {
	combinations := a.reachable(q)
	if len(combinations) == 0 {
		combinations = a.o.Enough
	}
	var found []string
	for _, scheme := range []string{"DPoP", "Bearer", "DID"} {
		if slices.ContainsFunc(combinations, func(c principal.Combination) bool { return slices.Contains(c.Schemes(), scheme) }) {
			found = append(found, scheme)
		}
	}
	return found
}

// challenge gives a 401 that offers every scheme that would be enough; the one that the request used says what was wrong with it (RFC 9449 §7.1),
// or the first, where it used another. Where the connection's certificate is all that would do, it is a 403: there is nothing to ask for in a header.
func (a *Authenticator) challenge(q *request, code, reason string, err error) *Challenge {
	c := &Challenge{Status: http.StatusUnauthorized, Code: code, Reason: reason, Err: err, Header: http.Header{}}
	schemes := a.schemes(q)
	used := max(0, slices.IndexFunc(schemes, func(s string) bool { return strings.EqualFold(s, q.scheme) }))
	for i, scheme := range schemes {
		var parameters []string
		if i == used && q.scheme != "" {
			parameters = fault(code, reason)
		}
		switch scheme {
		case "DPoP":
			parameters = append(parameters, parameter("algs", a.o.Proofs.Algorithms()))
		case "DID":
			parameters = append(parameters, parameter("algs", "EdDSA"))
		}
		if scope := a.scope(); scope != "" && scheme != "DID" {
			parameters = append(parameters, parameter("scope", scope))
		}
		c.Header.Add("WWW-Authenticate", challenge(scheme, append(parameters, metadataParameter(q.resource)...)))
	}
	if len(schemes) == 0 {
		c.Status = http.StatusForbidden
	}
	if nonce := a.Nonce(); nonce != "" {
		c.Header.Set(dpop.NonceHeader, nonce)
	}
	return c
}

// scope is what a client should ask its issuer for, "" for nothing (MCP authorization, scope selection).
func (a *Authenticator) scope() string {
	if a.o.Tokens == nil {
		return ""
	}
	return strings.Join(a.o.Tokens.Scopes(), " ")
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
