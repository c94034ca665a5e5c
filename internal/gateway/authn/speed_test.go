package authn_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
)

// The certificate is what every request carries; it is verified once a second and looked up otherwise.
func BenchmarkAuthenticateMutualTLS(b *testing.B) {
	authority, err := devauthority.Open(b.TempDir(), "dev.example", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	id, err := authority.Agent("default", "planner", "1")
	if err != nil {
		b.Fatal(err)
	}
	var s *x509svid.SVID
	if s, err = authority.Issue(id); err != nil {
		b.Fatal(err)
	}
	guard, err := authn.New(authn.Options{
		Origin: "https://gateway.example", Clients: svid.NewVerifier(authority.Bundle(), time.Now),
		Suspended: func(principal.Principal) bool { return false },
	})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "https://gateway.example/mcp", nil)
	r.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{s.Certificates[0]}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := guard.Authenticate(r, "https://gateway.example/mcp"); err != nil {
			b.Fatal(err)
		}
	}
}
