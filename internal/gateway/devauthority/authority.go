// Package devauthority is a development authority: it issues X.509-SVIDs for programs on one machine, so that the gateway can be tried with
// nothing else installed. What it signs holds for loopback alone, by the constraints in its own certificate. It is no replacement for SPIRE.
package devauthority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// Lifetimes of what the authority signs with and of what it signs.
const (
	// CALifetime is how long the authority's certificate holds.
	CALifetime = 365 * 24 * time.Hour
	// renewal is what must be left of it when a directory is opened, else a new one is made.
	renewal = 30 * 24 * time.Hour
	// SVIDLifetime is how long an SVID holds.
	SVIDLifetime = time.Hour
	// backdate is how long before its making a certificate starts to hold, for clocks that differ.
	backdate = time.Minute
)

// Authority issues SVIDs of one trust domain. It is safe for concurrent use.
type Authority struct {
	domain spiffeid.TrustDomain
	dir    string
	now    func() time.Time
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

// TrustDomain gives the trust domain of the authority.
func (a *Authority) TrustDomain() spiffeid.TrustDomain { return a.domain }

// Bundle gives what verifies the authority's SVIDs.
func (a *Authority) Bundle() *x509bundle.Bundle {
	return x509bundle.FromX509Authorities(a.domain, []*x509.Certificate{a.cert})
}

// Agent gives the SPIFFE ID of an agent in the authority's trust domain, and of one instance of it where that is not "".
func (a *Authority) Agent(namespace, agent, instance string) (spiffeid.ID, error) {
	segments := []string{"ns", namespace, "agent", agent}
	if instance != "" {
		segments = append(segments, "instance", instance)
	}
	return spiffeid.FromSegments(a.domain, segments...)
}

// Issue gives an SVID with a new key. Beside its ID the certificate names localhost and the loopback addresses, so that a server with it is known to
// clients that ask for those.
func (a *Authority) Issue(id spiffeid.ID) (*x509svid.SVID, error) {
	if id.TrustDomain() != a.domain || id.Path() == "" {
		return nil, fmt.Errorf("development authority: %q is no workload of %s", id, a.domain)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("development authority: key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := a.now()
	end := now.Add(SVIDLifetime)
	if a.cert.NotAfter.Before(end) {
		end = a.cert.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Agentward development"}},
		NotBefore:    now.Add(-backdate), NotAfter: end,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{id.URL()}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("development authority: sign: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	return &x509svid.SVID{ID: id, Certificates: []*x509.Certificate{cert}, PrivateKey: key}, nil
}

// newCA gives an authority's own certificate and key.
func newCA(domain spiffeid.TrustDomain, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("development authority: key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Agentward development"}, CommonName: "development authority of " + domain.Name()},
		NotBefore:    now.Add(-backdate), NotAfter: now.Add(CALifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		URIs:                        []*url.URL{domain.ID().URL()},
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"},
		PermittedURIDomains:         []string{domain.Name()},
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, fmt.Errorf("development authority: sign: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("development authority: %w", err)
	}
	return cert, key, nil
}

func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("development authority: serial: %w", err)
	}
	b[0] &= 0x7f // a serial number is positive (RFC 5280 §4.1.2.2)
	return new(big.Int).SetBytes(b), nil
}

// RequireLoopback says why an address, "host:port", is not one that a development authority may serve.
func RequireLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("development authority: it serves loopback alone, and " + address + " is not on it")
	}
	return nil
}
