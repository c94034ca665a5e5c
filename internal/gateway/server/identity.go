package server

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// Workload is the path of the SPIFFE ID that the development authority gives the gateway itself.
const Workload = "/agent-gateway"

// identity is what the gateway shows, and whom it trusts.
type identity struct {
	authority *devauthority.Authority // nil without one
	bundles   bundle.Set
	endpoints map[string]*bundle.Endpoint // those of the bundles that are fetched, by what was configured
	// certificate is asked at each handshake, so that a new one is used without a connection being dropped. Nil without one.
	certificate func() (*tls.Certificate, error)
}

// domains are the trust domains whose workloads may call.
func (i *identity) domains() []string { return i.bundles.Domains() }

// identities reads what the configuration names. A bundle or certificate that cannot be used is an error.
func (s *Server) identities(c *config.Config) (*identity, error) {
	i := &identity{bundles: bundle.Set{}, endpoints: map[string]*bundle.Endpoint{}}
	if err := s.own(c, i); err != nil {
		return nil, err
	}
	for _, t := range c.Trust {
		domain, err := spiffeid.TrustDomainFromString(t.Domain)
		if err != nil {
			return nil, err
		}
		if i.bundles[domain], err = s.bundle(t, domain, i); err != nil {
			return nil, fmt.Errorf("trust domain %s: %w", t.Domain, err)
		}
	}
	return i, nil
}

// own reads the gateway's own identity. Its trust domain is trusted, unless the identity is in files: those say nothing of whom to trust.
func (s *Server) own(c *config.Config, i *identity) error {
	if c.Authority != nil {
		authority, err := devauthority.Open(c.Authority.Directory, c.Authority.TrustDomain, s.options.Now)
		if err != nil {
			return err
		}
		i.authority = authority
		i.bundles[authority.TrustDomain()] = spiffebundle.FromX509Bundle(authority.Bundle())
		id, err := spiffeid.FromPath(authority.TrustDomain(), Workload)
		if err != nil {
			return err
		}
		source, err := authority.Source(id)
		if err != nil {
			return err
		}
		i.certificate = issued(source)
	}
	switch {
	case c.Identity == nil:
	case s.workload != nil:
		svid, err := s.workload.GetX509SVID()
		if err != nil {
			return err
		}
		i.bundles[svid.ID.TrustDomain()] = s.workload
		i.certificate = s.workload.Certificate
	default:
		files := &certificateFiles{certificate: c.Identity.Certificate, key: c.Identity.Key}
		if _, err := files.get(); err != nil {
			return err
		}
		i.certificate = files.get
	}
	return nil
}

// secret gives random bytes that outlive the process where an authority keeps them.
func (i *identity) secret(name string) ([]byte, error) {
	if i.authority != nil {
		return i.authority.Secret(name)
	}
	secret := make([]byte, 32)
	_, err := rand.Read(secret)
	return secret, err
}

// issued gives the certificate of a source of the development authority.
func issued(source *devauthority.Source) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) {
		svid, err := source.GetX509SVID()
		if err != nil {
			return nil, err
		}
		certificate := &tls.Certificate{PrivateKey: svid.PrivateKey, Leaf: svid.Certificates[0]}
		for _, c := range svid.Certificates {
			certificate.Certificate = append(certificate.Certificate, c.Raw)
		}
		return certificate, nil
	}
}

// certificateFiles is a certificate that is read again when its file changes.
type certificateFiles struct {
	certificate, key string

	mu   sync.Mutex
	seen time.Time
	size int64
	last *tls.Certificate
}

// get gives the certificate. A pair of files that cannot be read while they change leaves the last good one.
func (f *certificateFiles) get() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.certificate)
	if err == nil && f.last != nil && info.ModTime().Equal(f.seen) && info.Size() == f.size {
		return f.last, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(f.certificate, f.key); err == nil {
			f.last, f.seen, f.size = &pair, info.ModTime(), info.Size()
		}
	}
	if f.last == nil {
		return nil, fmt.Errorf("identity of the gateway in %s and %s: %w", f.certificate, f.key, err)
	}
	return f.last, nil
}

// tlsConfig is what a listener does its handshakes with. Client certificates are asked for here and verified for each request, since
// connections outlive certificates and bundles.
func tlsConfig(minimum uint16, current func() *identity) *tls.Config {
	return &tls.Config{
		MinVersion: minimum, //nolint:gosec // 1.2 at least, see config
		ClientAuth: tls.RequestClientCert,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			certificate := current().certificate
			if certificate == nil {
				return nil, errors.New("the gateway has no certificate")
			}
			return certificate()
		},
	}
}
