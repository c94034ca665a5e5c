package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

const (
	issuer   = "https://issuer.example"
	resource = "https://gateway.example/mcp"
	agentID  = "spiffe://a.example/ns/x/agent/y"
)

var at = time.Unix(1_760_000_000, 0)

func now() time.Time { return at }

// signer is an issuer that a test plays.
type signer struct {
	key       crypto.Signer
	algorithm jose.SignatureAlgorithm
	id, typ   string
}

func newSigner(t testing.TB, id string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key: key, algorithm: jose.ES256, id: id, typ: "at+jwt"}
}

func (s *signer) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return s.signRaw(t, payload)
}

func (s *signer) signRaw(t testing.TB, payload []byte) string {
	t.Helper()
	o := &jose.SignerOptions{}
	if s.typ != "" {
		o = o.WithType(jose.ContentType(s.typ))
	}
	if s.id != "" {
		o = o.WithHeader("kid", s.id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: s.key}, o)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// document is the JWK Set of signers.
func document(t testing.TB, signers ...*signer) []byte {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, s := range signers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: s.key.Public(), KeyID: s.id, Use: "sig"})
	}
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func static(t testing.TB, signers ...*signer) token.Keys {
	t.Helper()
	keys, err := token.ParseJWKS(document(t, signers...))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// claims are those of a good token, changed.
func claims(change map[string]any) map[string]any {
	c := map[string]any{
		"iss": issuer, "sub": agentID, "aud": resource, "exp": at.Add(time.Minute).Unix(), "iat": at.Unix(), "jti": "1", "client_id": agentID,
		"cnf": map[string]any{"jkt": "key", "x5t#S256": "certificate"}, "scope": "a b", "team": "red",
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == absent })
	return c
}

// absent takes a claim away.
var absent = any("\x00")

func verifier(t testing.TB, trusts ...token.Trust) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(trusts, 0, now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func contains(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}
