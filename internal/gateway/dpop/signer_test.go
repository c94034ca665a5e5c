package dpop_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

func TestSignerMakesProofsThatPass(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	n := nonces(t, secret, now)
	v := verifier(t, func(o *dpop.Options) { o.Nonces = n })
	for name, key := range map[string]crypto.Signer{
		"P-256": ecKey(t, elliptic.P256()), "P-384": ecKey(t, elliptic.P384()), "P-521": ecKey(t, elliptic.P521()), "Ed25519": edKey, "RSA": rsaKey,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := dpop.NewSigner(key, now)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // each proof is another
				proof, err := s.Proof(method, url+"?query", access, n.New())
				if err != nil {
					t.Fatal(err)
				}
				got, err := v.Verify(t.Context(), dpop.Request{Proofs: []string{proof}, Method: method, URL: url, Token: access, Thumbprint: s.Thumbprint()})
				if err != nil {
					t.Fatal(err)
				}
				if got.Thumbprint != s.Thumbprint() {
					t.Errorf("thumbprint is %s, the signer says %s", got.Thumbprint, s.Thumbprint())
				}
			}
		})
	}
}

func TestSignerRefuses(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dpop.NewSigner(weak, now); err == nil {
		t.Error("an RSA key of 1024 bits was taken")
	}
	if _, err := dpop.NewSigner(ecKey(t, elliptic.P224()), now); err == nil {
		t.Error("a key on P-224 was taken")
	}
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s, err := dpop.NewSigner(key, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Proof(method, "/mcp", access, ""); err == nil {
		t.Error("a proof for a path was made")
	}
}
