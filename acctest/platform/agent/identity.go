package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// identity is an X.509-SVID, and what verifies those of its trust domain.
type identity interface {
	x509svid.Source
	x509bundle.Source
}

// carried is an identity that was carried off: it is used for as long as somebody takes it.
type carried struct {
	*x509bundle.Bundle
	svid *x509svid.SVID
}

// GetX509SVID implements x509svid.Source.
func (c carried) GetX509SVID() (*x509svid.SVID, error) { return c.svid, nil }

// who gives the identity to act with, and what ends its use.
func who(ctx context.Context, from *probe.Identity) (identity, func(), error) {
	if from == nil {
		api, err := own(ctx)
		if err != nil {
			return nil, nil, err
		}
		return api, func() { _ = api.Close() }, nil // nothing is written to it
	}
	id, err := spiffeid.FromString(from.ID)
	if err != nil {
		return nil, nil, err
	}
	bundle, err := x509bundle.Parse(id.TrustDomain(), []byte(from.Bundle))
	if err != nil {
		return nil, nil, err
	}
	svid, err := x509svid.Parse([]byte(from.Certificates), []byte(from.Key))
	if err != nil {
		return nil, nil, err
	}
	return carried{bundle, svid}, func() {}, nil
}

func takeIdentity(ctx context.Context, _ struct{}) (*probe.Identity, error) {
	api, err := own(ctx)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	svid, err := api.GetX509SVID()
	if err != nil {
		return nil, err
	}
	certificates, key, err := svid.Marshal()
	if err != nil {
		return nil, err
	}
	bundle, err := api.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
	if err != nil {
		return nil, err
	}
	text, err := bundle.Marshal()
	if err != nil {
		return nil, err
	}
	return &probe.Identity{
		ID: svid.ID.String(), Certificates: string(certificates), Key: string(key), Bundle: string(text), Expires: svid.Certificates[0].NotAfter,
	}, nil
}

// transport connects as an identity to the server of a SPIFFE ID. Without a certificate to show where anonymous; to any server where
// there is no ID.
func transport(me identity, server string, anonymous bool) (*http.Transport, error) {
	config := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a test asks for it
	if server != "" {
		id, err := spiffeid.FromString(server)
		if err != nil {
			return nil, fmt.Errorf("the gateway's SPIFFE ID: %w", err)
		}
		config = tlsconfig.TLSClientConfig(me, tlsconfig.AuthorizeID(id))
	}
	if !anonymous {
		config.GetClientCertificate = tlsconfig.GetClientCertificate(me)
	}
	return &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}, nil
}

func takeToken(ctx context.Context, r probe.TokenRequest) (*probe.Access, error) {
	me, end, err := who(ctx, r.Identity)
	if err != nil {
		return nil, err
	}
	defer end()
	connections, err := transport(me, r.Gateway, false)
	if err != nil {
		return nil, err
	}
	defer connections.CloseIdleConnections()
	key, err := dpop.NewKey()
	if err != nil {
		return nil, err
	}
	proofs, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	client := token.Client{HTTP: &http.Client{Transport: connections, Timeout: callTimeout}, Endpoint: r.Endpoint, Proofs: proofs, Now: time.Now}
	access, err := client.Agent(ctx, r.Resource)
	if err != nil {
		return &probe.Access{Error: err.Error()}, nil //nolint:nilerr // it is the answer
	}
	return &probe.Access{
		Token: access.Token, Scheme: access.Scheme, Expires: access.Expiry, Key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}, nil
}

// signer gives the signer of proofs by a key in PEM.
func signer(text string) (*dpop.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key of the token is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key of the token signs nothing")
	}
	return dpop.NewSigner(private, time.Now)
}
