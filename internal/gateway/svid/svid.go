// Package svid says which workload is at the other end of a TLS connection, by its X.509-SVID.
package svid

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// ErrNone says that a connection carries no client certificate.
var ErrNone = errors.New("no client certificate")

// recheck is how long a verified chain is taken as verified. A trust domain that is given up, or an authority that leaves its bundle,
// counts no later than that.
const recheck = time.Second

// maxVerified is how many verified chains are remembered; more are verified each time.
const maxVerified = 4096

// SVID is a verified X.509-SVID.
type SVID struct {
	ID spiffeid.ID
	// Thumbprint is the certificate's SHA-256 in base64url: x5t#S256 (RFC 8705 §3.1).
	Thumbprint string
	// NotAfter is when the first certificate of the chain expires, the authority included.
	NotAfter time.Time
}

// Verifier verifies X.509-SVIDs with the bundle of their own trust domain and no other. It is safe for concurrent use.
type Verifier struct {
	bundles x509bundle.Source
	now     func() time.Time

	mu       sync.Mutex
	verified map[[sha256.Size]byte]entry
}

type entry struct {
	svid SVID
	at   time.Time
}

// NewVerifier gives a verifier. bundles hold one bundle per trust domain: those whose workloads may call.
func NewVerifier(bundles x509bundle.Source, now func() time.Time) *Verifier {
	return &Verifier{bundles: bundles, now: now, verified: map[[sha256.Size]byte]entry{}}
}

// Peer gives the SVID of a connection's peer, ErrNone where it has none. The chain is verified here and not trusted to the handshake, since
// connections and resumed sessions outlive certificates and bundles.
func (v *Verifier) Peer(state *tls.ConnectionState) (*SVID, error) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil, ErrNone
	}
	if !state.HandshakeComplete {
		return nil, errors.New("svid: handshake is not complete")
	}
	return v.Verify(state.PeerCertificates)
}

// Verify verifies a chain, leaf first. It says nothing about who holds the key.
func (v *Verifier) Verify(chain []*x509.Certificate) (*SVID, error) {
	if len(chain) == 0 {
		return nil, ErrNone
	}
	h := sha256.New()
	for _, c := range chain {
		h.Write(c.Raw)
	}
	key := [sha256.Size]byte(h.Sum(nil))
	now := v.now()
	if found, ok := v.lookup(key, now); ok {
		return &found, nil
	}
	svid, err := v.verify(chain, now)
	if err != nil {
		return nil, err
	}
	v.remember(key, entry{svid: *svid, at: now})
	return svid, nil
}

func (v *Verifier) verify(chain []*x509.Certificate, now time.Time) (*SVID, error) {
	leaf := chain[0]
	id, chains, err := x509svid.Verify(chain, v.bundles, x509svid.WithTime(now))
	if err != nil {
		return nil, fmt.Errorf("svid: %w", err)
	}
	if id.Path() == "" {
		return nil, errors.New("svid: the ID names a trust domain, not a workload")
	}
	if !clientUsage(leaf) {
		return nil, errors.New("svid: certificate is not for clients")
	}
	sum := sha256.Sum256(leaf.Raw)
	return &SVID{ID: id, Thumbprint: base64.RawURLEncoding.EncodeToString(sum[:]), NotAfter: expiry(chains)}, nil
}

// clientUsage says whether a certificate may authenticate a client: it does not restrict its use, or names this one (X509-SVID §4.4).
func clientUsage(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny
	})
}

// expiry gives when the longest-lived chain stops to be valid.
func expiry(chains [][]*x509.Certificate) time.Time {
	var latest time.Time
	for _, chain := range chains {
		first := chain[0].NotAfter
		for _, c := range chain[1:] {
			if c.NotAfter.Before(first) {
				first = c.NotAfter
			}
		}
		if first.After(latest) {
			latest = first
		}
	}
	return latest
}

func (v *Verifier) lookup(key [sha256.Size]byte, now time.Time) (SVID, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, ok := v.verified[key]
	if !ok {
		return SVID{}, false
	}
	if age := now.Sub(found.at); age < 0 || age >= recheck || now.After(found.svid.NotAfter) {
		delete(v.verified, key)
		return SVID{}, false
	}
	return found.svid, true
}

func (v *Verifier) remember(key [sha256.Size]byte, e entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.verified) >= maxVerified {
		for k, old := range v.verified {
			if e.at.Sub(old.at) >= recheck {
				delete(v.verified, k)
			}
		}
	}
	if len(v.verified) < maxVerified {
		v.verified[key] = e
	}
}
