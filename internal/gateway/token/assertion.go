package token

import (
	"crypto/rand"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// assertion are the claims by which the service tells another authorization server who somebody is (RFC 7523 §3).
type assertion struct {
	Issuer        string       `json:"iss"`
	Subject       string       `json:"sub"`
	Audience      string       `json:"aud"`
	IssuedAt      compact.Date `json:"iat"`
	Expiry        compact.Date `json:"exp"`
	ID            string       `json:"jti"`
	Act           *actor       `json:"act,omitempty"`
	SubjectIssuer string       `json:"subject_issuer,omitempty"`
}

// Assert makes a JWT that says to an audience, for so long, who a subject is; it is no access token of this service. named is the issuer that
// the subject is one of, "" for this service; agent is the one that acts for the subject, "" for none (RFC 8693 §4.1).
func (s *Service) Assert(audience, subject, named, agent string, life time.Duration) (string, error) {
	now := s.o.Now()
	a := assertion{
		Issuer: s.o.Issuer, Subject: subject, Audience: audience, ID: rand.Text(), SubjectIssuer: named,
		IssuedAt: compact.NewDate(now), Expiry: compact.NewDate(now.Add(life)),
	}
	if agent != "" {
		a.Act = &actor{Subject: agent}
	}
	return s.o.Ring.signBy(a, func(k *ringKey) jose.Signer { return k.assertions })
}
