// Package token issues and verifies access tokens (RFC 9068): JWTs for one audience (RFC 8707), bound to a key (RFC 9449) or to a
// certificate (RFC 8705), with the agent that acts for a user named in them (RFC 8693).
package token

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// Type is the typ of an access token (RFC 9068 §2.1).
const Type = "at+jwt"

// Token is an access token that was verified.
type Token struct {
	Issuer, Subject, ClientID, Scope string
	// User is how the subject is named where it is a person: by the claim that the issuer's trust says, else Subject.
	User string
	// UserIssuer is who gave User that name: the token's issuer, or whom it says it believed.
	UserIssuer string
	// Lacks are the scopes that its issuer's tokens need here and this one has not, separated by spaces; "" where it has them all.
	Lacks    string
	Audience []string
	Expiry   time.Time
	// Actors are who acts for the subject: the subs of act, the one who acts now first (RFC 8693 §4.1). Empty where nobody does.
	Actors []string
	// Confirmation is what the token is bound to.
	Confirmation Confirmation
	// Claims are all claims that the token carries beside those above, as JSON values.
	Claims map[string]any
}

// Confirmation is what holds a token to its owner (RFC 7800). Its zero value is a bearer token's.
type Confirmation struct {
	// Key is the JWK thumbprint of the key that signs DPoP proofs (RFC 9449 §6.1).
	Key string `json:"jkt,omitempty"`
	// Certificate is the SHA-256 thumbprint of the client certificate (RFC 8705 §3.1).
	Certificate string `json:"x5t#S256,omitempty"`
}

// Audience is the aud claim: a string or an array of strings (RFC 7519 §4.1.3).
type Audience []string

// UnmarshalJSON reads either form.
func (a *Audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = Audience{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("aud is neither a string nor strings: %w", err)
	}
	*a = many
	return nil
}

// actor is the act claim (RFC 8693 §4.1).
type actor struct {
	Subject string `json:"sub"`
	Act     *actor `json:"act,omitempty"`
}

// maxActors is how many actors in a row a token may name.
const maxActors = 8

// actors gives the chain, the one who acts now first.
func (a *actor) actors() ([]string, error) {
	var chain []string
	for ; a != nil; a = a.Act {
		if a.Subject == "" {
			return nil, errors.New("act names nobody")
		}
		if len(chain) == maxActors {
			return nil, fmt.Errorf("act names more than %d", maxActors)
		}
		chain = append(chain, a.Subject)
	}
	return chain, nil
}

// acting gives the act claim of a chain of actors, nil for none.
func acting(chain []string) *actor {
	var a *actor
	for _, subject := range slices.Backward(chain) {
		a = &actor{Subject: subject, Act: a}
	}
	return a
}

// claims are those that a token is judged by.
type claims struct {
	Issuer       string                     `json:"iss"`
	Subject      string                     `json:"sub"`
	Audience     Audience                   `json:"aud"`
	Expiry       *compact.Date              `json:"exp"`
	NotBefore    *compact.Date              `json:"nbf"`
	ClientID     string                     `json:"client_id"`
	Scope        string                     `json:"scope"`
	Act          *actor                     `json:"act"`
	Confirmation map[string]json.RawMessage `json:"cnf"`
}

// confirmation reads cnf. A method that is not known is an error: the token is bound to something that nobody checked.
func (c *claims) confirmation() (Confirmation, error) {
	var got Confirmation
	if c.Confirmation == nil {
		return got, nil
	}
	for _, method := range slices.Sorted(maps.Keys(c.Confirmation)) {
		var to *string
		switch method {
		case "jkt":
			to = &got.Key
		case "x5t#S256":
			to = &got.Certificate
		default:
			return got, fmt.Errorf("cnf has a method that is not known: %.40q", method)
		}
		if err := json.Unmarshal(c.Confirmation[method], to); err != nil || *to == "" {
			return got, fmt.Errorf("cnf: %s is not a thumbprint", method)
		}
	}
	if got == (Confirmation{}) {
		return got, errors.New("cnf is empty")
	}
	return got, nil
}

// judged are the claims that Token has fields for, or that say nothing beyond the token itself.
var judged = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "act", "cnf"}
