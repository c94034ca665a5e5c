package compact_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

// What go-jose signs, for each algorithm it knows, verifies; and nothing else does.
func TestVerify(t *testing.T) {
	private := map[string]crypto.Signer{}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private[name] = key
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		private[name] = rsaKey
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private["EdDSA"] = edKey
	for name, key := range private {
		t.Run(name, func(t *testing.T) {
			algorithm := jose.SignatureAlgorithm(name)
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
			if err != nil {
				t.Fatal(err)
			}
			signed := func(payload string) string {
				jws, err := signer.Sign([]byte(payload))
				if err != nil {
					t.Fatal(err)
				}
				raw, err := jws.CompactSerialize()
				if err != nil {
					t.Fatal(err)
				}
				return raw
			}
			verify := func(raw string) error {
				jws, err := compact.Parse(raw, 2000, compact.Asymmetric)
				if err != nil {
					t.Fatal(err)
				}
				var claims struct {
					Name string `json:"name"`
				}
				if err := jws.Verify(key.Public(), &claims); err != nil {
					return err
				}
				if claims.Name != "alice" {
					t.Errorf("claims are %+v", claims)
				}
				return nil
			}
			good := signed(`{"name":"alice"}`)
			if err := verify(good); err != nil {
				t.Error(err)
			}
			parts, other := strings.Split(good, "."), strings.Split(signed(`{"name":"mallory"}`), ".")
			signature, err := base64.RawURLEncoding.DecodeString(parts[2])
			if err != nil {
				t.Fatal(err)
			}
			for what, raw := range map[string]string{
				"other claims":        parts[0] + "." + other[1] + "." + parts[2],
				"another signature":   parts[0] + "." + parts[1] + "." + other[2],
				"a shorter signature": parts[0] + "." + parts[1] + "." + part(string(signature[1:])),
				"a longer signature":  parts[0] + "." + parts[1] + "." + part(string(signature)+"\x00"),
				"one behind zeros":    parts[0] + "." + parts[1] + "." + part("\x00\x00"+string(signature)),
			} {
				if err := verify(raw); err == nil {
					t.Errorf("%s verifies", what)
				}
			}
		})
	}
}
