// Package upstream reaches targets: whom it takes for one, what it shows of the gateway, and where a name may lead.
package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/reread"
)

// TLS is what a target's server is verified by, and what it is shown. Everything is asked for at each handshake, so that what changes holds
// for new connections and drops none.
type TLS struct {
	// Roots verify the server's certificate; nil are those of the system. They are not looked at with IDs.
	Roots *reread.File[*x509.CertPool]
	// ServerName is what the certificate must name, and the server is asked for (SNI); "" is the host of the URL. IDs are the SPIFFE IDs of which the
	// server must have one, verified by the bundle of its own trust domain; its name is then not looked at.
	ServerName string
	IDs        []spiffeid.ID
	// Bundles gives those of the trust domains that the gateway trusts. It is required with IDs.
	Bundles func() x509bundle.Source
	// Certificate is what the gateway shows; nil shows nothing.
	Certificate func() (*tls.Certificate, error)
	// Minimum version, TLS 1.2 where 0.
	Minimum uint16
	Now     func() time.Time
}

// Config gives the configuration of one handshake with a host, offering HTTP/2 and HTTP/1.1.
func (t *TLS) Config(host string) (*tls.Config, error) {
	made := &tls.Config{
		ServerName: host, Time: t.Now, NextProtos: []string{"h2", "http/1.1"},
		MinVersion: max(t.Minimum, tls.VersionTLS12),
	}
	if t.ServerName != "" {
		made.ServerName = t.ServerName
	}
	if t.Roots != nil {
		roots, err := t.Roots.Get()
		if err != nil {
			return nil, fmt.Errorf("authorities of the target: %w", err)
		}
		made.RootCAs = roots
	}
	if len(t.IDs) > 0 {
		if t.Bundles == nil {
			return nil, errors.New("upstream: bundles are required to verify SPIFFE IDs")
		}
		tlsconfig.HookTLSClientConfig(made, t.Bundles(), tlsconfig.AuthorizeOneOf(t.IDs...)) // which takes out any certificate
	}
	if t.Certificate != nil {
		made.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.Certificate() }
	}
	return made, nil
}

// Pool makes roots of certificates in PEM.
func Pool(texts [][]byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, text := range texts {
		if !pool.AppendCertsFromPEM(text) {
			return nil, errors.New("no certificate in PEM is in it")
		}
	}
	return pool, nil
}

// Pair makes a certificate of the texts of its chain and its key in PEM.
func Pair(texts [][]byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(texts[0], texts[1])
	return &pair, err
}
