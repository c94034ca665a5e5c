package spire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

func authority(t *testing.T) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func TestDigestIsOfWhatABundleTrusts(t *testing.T) {
	td := spiffeid.RequireTrustDomainFromString("partner.example.net")
	first, key := authority(t)
	second, _ := authority(t)
	base := spiffebundle.FromX509Authorities(td, []*x509.Certificate{first, second})
	of := func(b *spiffebundle.Bundle) string {
		t.Helper()
		text, err := digest(b)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	same := spiffebundle.FromX509Authorities(td, []*x509.Certificate{second, first})
	same.SetSequenceNumber(7)
	if of(same) != of(base) {
		t.Error("order or sequence number change the digest")
	}
	fewer := spiffebundle.FromX509Authorities(td, []*x509.Certificate{first})
	withJWT := base.Clone()
	if err := withJWT.AddJWTAuthority("k1", key.Public()); err != nil {
		t.Fatal(err)
	}
	otherKID := base.Clone()
	if err := otherKID.AddJWTAuthority("k2", key.Public()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{of(base): "base"}
	for name, bundle := range map[string]*spiffebundle.Bundle{"fewer X.509 authorities": fewer, "a JWT authority": withJWT, "another key id": otherKID} {
		if other, taken := seen[of(bundle)]; taken {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[of(bundle)] = name
	}

	if !covers(base, fewer) || covers(fewer, base) || !covers(base, base) {
		t.Error("covers is wrong about X.509 authorities")
	}
	wire, err := bundleToWire(withJWT)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := bundleFromWire(wire); err != nil || of(back) != of(withJWT) {
		t.Errorf("a bundle comes back from the wire as another: %v", err)
	}
}

func FuzzDecodeRelationship(f *testing.F) {
	f.Add(`{"trust_domain":"partner.example.net","bundle_endpoint_url":"https://x","bundle_endpoint_profile":"https_web"}`)
	f.Add(`{"trust_domain":"partner.example.net","bundle_endpoint_url":"https://x","bundle_endpoint_profile":"https_spiffe","endpoint_spiffe_id":"spiffe://partner.example.net/x"}`)
	f.Add(`{"trust_domain":"x","trust_domain_bundle":"{\"keys\":[]}"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var body map[string]any
		if json.Unmarshal([]byte(text), &body) != nil {
			return
		}
		r, bundle, err := decodeRelationship(body)
		if err != nil {
			return
		}
		wire, err := r.toWire(bundle)
		if err != nil {
			t.Fatal(err)
		}
		back, err := relationshipFromWire(wire)
		r.TrustDomainBundle = ""
		if err != nil || back.relationship != r || (back.Bundle == nil) != (bundle == nil) {
			t.Errorf("%+v came back as %+v, %v", r, back.relationship, err)
		}
	})
}
