package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

var b64 = base64.RawURLEncoding

// What the control's request is about.
const (
	method = "POST"
	url    = "https://gateway.example.org/mcp"
	access = "header.payload.signature"
)

var at = time.Unix(1_760_000_000, 0)

func now() time.Time { return at }

// forge is a proof in the making: what a test changes is what is wrong with it. It is signed by code that shares nothing with the verifier.
type forge struct {
	key    *ecdsa.PrivateKey
	header map[string]any
	claims map[string]any
	// rawHeader and rawClaims stand in for the maps where they are not "".
	rawHeader, rawClaims string
	// sign replaces the signature.
	sign func(input []byte) []byte
	// request is what the proof is presented with.
	request dpop.Request
	// finish changes the finished proof.
	finish func(proof string) []string
}

func jwk(key *ecdsa.PublicKey) map[string]any {
	size := (key.Curve.Params().BitSize + 7) / 8
	point, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	return map[string]any{"kty": "EC", "crv": key.Curve.Params().Name, "x": b64.EncodeToString(point[1 : 1+size]), "y": b64.EncodeToString(point[1+size:])}
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// thumbprint computes RFC 7638 by hand.
func thumbprint(key *ecdsa.PublicKey) string {
	j := jwk(key)
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":"EC","x":%q,"y":%q}`, j["crv"], j["x"], j["y"]))
	return b64.EncodeToString(sum[:])
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return b64.EncodeToString(sum[:])
}

// newForge gives a proof with nothing wrong.
func newForge(t testing.TB) *forge {
	key := ecKey(t, elliptic.P256())
	return &forge{
		key:     key,
		header:  map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(&key.PublicKey)},
		claims:  map[string]any{"jti": rand.Text(), "htm": method, "htu": url, "iat": at.Unix(), "ath": hash(access)},
		request: dpop.Request{Method: method, URL: url, Token: access, Thumbprint: thumbprint(&key.PublicKey)},
	}
}

func es256(key *ecdsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func hs256(key []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// rsaProof makes the proof one of an RSA key.
func (f *forge) rsaProof(t testing.TB, bits int) {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	e := big.NewInt(int64(key.E)).Bytes()
	f.header["alg"] = "RS256"
	f.header["jwk"] = map[string]any{"kty": "RSA", "n": b64.EncodeToString(key.N.Bytes()), "e": b64.EncodeToString(e)}
	sum := sha256.Sum256(fmt.Appendf(nil, `{"e":%q,"kty":"RSA","n":%q}`, b64.EncodeToString(e), b64.EncodeToString(key.N.Bytes())))
	f.request.Thumbprint = b64.EncodeToString(sum[:])
	f.sign = func(input []byte) []byte {
		sum := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
}

// ed25519Proof makes the proof one of an Ed25519 key.
func (f *forge) ed25519Proof(t testing.TB) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f.header["alg"] = "EdDSA"
	f.header["jwk"] = map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64.EncodeToString(public)}
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"Ed25519","kty":"OKP","x":%q}`, b64.EncodeToString(public)))
	f.request.Thumbprint = b64.EncodeToString(sum[:])
	f.sign = func(input []byte) []byte { return ed25519.Sign(private, input) }
}

func encode(t testing.TB, raw string, members map[string]any) string {
	t.Helper()
	if raw != "" {
		return b64.EncodeToString([]byte(raw))
	}
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return b64.EncodeToString(b)
}

// present finishes the proof and gives the request that carries it.
func (f *forge) present(t testing.TB) dpop.Request {
	t.Helper()
	input := encode(t, f.rawHeader, f.header) + "." + encode(t, f.rawClaims, f.claims)
	sign := f.sign
	if sign == nil {
		sign = es256(f.key)
	}
	proof := input + "." + b64.EncodeToString(sign([]byte(input)))
	f.request.Proofs = []string{proof}
	if f.finish != nil {
		f.request.Proofs = f.finish(proof)
	}
	return f.request
}

// with gives JSON of members with one written out by hand behind them.
func with(t testing.TB, members map[string]any, member string) string {
	t.Helper()
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:len(b)-1]) + "," + member + "}"
}

func without(members map[string]any, name string) map[string]any {
	rest := maps.Clone(members)
	delete(rest, name)
	return rest
}

func verifier(t testing.TB, change func(*dpop.Options)) *dpop.Verifier {
	t.Helper()
	memory, err := store.NewMemory(1000, now)
	if err != nil {
		t.Fatal(err)
	}
	o := dpop.Options{Store: memory, Now: now}
	if change != nil {
		change(&o)
	}
	v, err := dpop.NewVerifier(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
