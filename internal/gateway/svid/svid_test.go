package svid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
)

var start = time.Unix(1_760_000_000, 0)

// authority is a certificate authority that signs whatever it is asked to.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: start.Add(-time.Hour), NotAfter: start.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = sign(t, template, template, a.key, a.key)
	return a
}

// leaf gives a good SVID's certificate, changed.
func (a *authority) leaf(t *testing.T, id string, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: start.Add(-time.Minute), NotAfter: start.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs: []*url.URL{uri(t, id)}, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	return sign(t, template, a.cert, newKey(t), a.key)
}

func uri(t *testing.T, id string) *url.URL {
	t.Helper()
	u, err := url.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func bundle(domain string, a *authority) *x509bundle.Bundle {
	return x509bundle.FromX509Authorities(spiffeid.RequireTrustDomainFromString(domain), []*x509.Certificate{a.cert})
}

func peer(chain ...*x509.Certificate) *tls.ConnectionState {
	return &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: chain}
}

const workload = "spiffe://a.example/ns/x/agent/y"

func TestPeer(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	bundles := x509bundle.NewSet(bundle("a.example", a), bundle("b.example", b))
	tests := []struct {
		name string
		leaf func() *x509.Certificate
		ok   bool
	}{
		{"an SVID of its own domain's authority", func() *x509.Certificate { return a.leaf(t, workload, nil) }, true},
		{"one of a federated domain", func() *x509.Certificate { return b.leaf(t, "spiffe://b.example/w", nil) }, true},
		{"one that does not say what it is for", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.ExtKeyUsage = nil })
		}, true},
		{"one signed by another domain's authority", func() *x509.Certificate { return b.leaf(t, workload, nil) }, false},
		{"one of a domain that is not known", func() *x509.Certificate { return a.leaf(t, "spiffe://c.example/w", nil) }, false},
		{"one signed by nobody that is known", func() *x509.Certificate { return newAuthority(t).leaf(t, workload, nil) }, false},
		{"two URIs", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.URIs = append(c.URIs, uri(t, "spiffe://a.example/other")) })
		}, false},
		{"a SPIFFE ID and another URI", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.URIs = append(c.URIs, uri(t, "https://a.example/")) })
		}, false},
		{"no URI", func() *x509.Certificate { return a.leaf(t, workload, func(c *x509.Certificate) { c.URIs = nil }) }, false},
		{"a URI that is no SPIFFE ID", func() *x509.Certificate { return a.leaf(t, "https://a.example/w", nil) }, false},
		{"the ID of the domain itself", func() *x509.Certificate { return a.leaf(t, "spiffe://a.example", nil) }, false},
		{"an authority's certificate", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.IsCA = true })
		}, false},
		{"one that may sign certificates", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign })
		}, false},
		{"one for servers alone", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
		}, false},
		{"an expired one", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.NotAfter = start.Add(-time.Second) })
		}, false},
		{"one that does not hold yet", func() *x509.Certificate {
			return a.leaf(t, workload, func(c *x509.Certificate) { c.NotBefore = start.Add(time.Minute) })
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := svid.NewVerifier(bundles, func() time.Time { return start })
			leaf := test.leaf()
			for range 2 { // the second time from what is remembered
				got, err := v.Peer(peer(leaf))
				if (err == nil) != test.ok {
					t.Fatalf("got %+v, %v; want it taken: %v", got, err, test.ok)
				}
				if err != nil {
					if errors.Is(err, svid.ErrNone) {
						t.Error("a bad certificate is taken for none")
					}
					continue
				}
				sum := sha256.Sum256(leaf.Raw)
				if got.ID.String() != leaf.URIs[0].String() || got.Thumbprint != base64.RawURLEncoding.EncodeToString(sum[:]) || !got.NotAfter.Equal(leaf.NotAfter) {
					t.Errorf("got %+v for %s", got, leaf.URIs[0])
				}
			}
		})
	}
}

func TestPeerWithoutCertificate(t *testing.T) {
	v := svid.NewVerifier(x509bundle.NewSet(), time.Now)
	for name, state := range map[string]*tls.ConnectionState{"plain HTTP": nil, "TLS without a client certificate": peer()} {
		if _, err := v.Peer(state); !errors.Is(err, svid.ErrNone) {
			t.Errorf("%s: got %v, want %v", name, err, svid.ErrNone)
		}
	}
}

func TestPeerOfHandshakeThatIsNotComplete(t *testing.T) {
	a := newAuthority(t)
	v := svid.NewVerifier(bundle("a.example", a), func() time.Time { return start })
	state := peer(a.leaf(t, workload, nil))
	state.HandshakeComplete = false
	if _, err := v.Peer(state); err == nil || errors.Is(err, svid.ErrNone) {
		t.Errorf("got %v, want it refused", err)
	}
}

func TestWhatWasVerifiedIsVerifiedAgain(t *testing.T) {
	a := newAuthority(t)
	clock := start
	set := x509bundle.NewSet(bundle("a.example", a))
	v := svid.NewVerifier(set, func() time.Time { return clock })
	state := peer(a.leaf(t, workload, nil))
	check := func(what string, want bool) {
		t.Helper()
		if _, err := v.Peer(state); (err == nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("at first", true)
	set.Remove(spiffeid.RequireTrustDomainFromString("a.example"))
	clock = clock.Add(time.Second)
	check("a second after its domain was given up", false)
	set.Add(bundle("a.example", a))
	check("once the domain is back", true)
	clock = start.Add(time.Hour - 500*time.Millisecond)
	check("in its last second", true)
	clock = start.Add(time.Hour + time.Millisecond)
	check("after its end, though verified within the second", false)
}
