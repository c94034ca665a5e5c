package authn_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

const (
	oidc      = "https://login.example"
	agents    = "https://tokens.example"
	plannerID = "spiffe://dev.example/ns/default/agent/planner/instance/1"
)

// bench is a resource behind TLS on loopback that answers with the principal it sees.
type bench struct {
	authority *devauthority.Authority
	origin    string // of the resource
	resource  string // its URI, below which requests are made
	issuerKey *ecdsa.PrivateKey
	svidKey   *ecdsa.PrivateKey
	suspended func(principal.Principal) bool
	dids      map[string]bool
	guard     *authn.Authenticator
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newBench(t *testing.T, change func(*bench, *authn.Options)) *bench {
	t.Helper()
	authority, err := devauthority.Open(t.TempDir(), "dev.example", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{
		authority: authority, issuerKey: newKey(t), svidKey: newKey(t), dids: map[string]bool{},
		suspended: func(principal.Principal) bool { return false },
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	config := tlsconfig.TLSServerConfig(b.source(t, "gateway"))
	config.ClientAuth = tls.RequestClientCert
	server.Listener = tls.NewListener(server.Listener, config)
	server.Start()
	t.Cleanup(server.Close)
	b.origin = "https://" + server.Listener.Addr().String()
	b.resource = b.origin + "/mcp"

	memory, err := store.NewMemory(1000, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dpop.NewVerifier(dpop.Options{Store: memory, Now: time.Now, Algorithms: []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA}})
	if err != nil {
		t.Fatal(err)
	}
	keys := jwks(t, b.issuerKey)
	tokens, err := token.NewVerifier([]token.Trust{
		{Issuer: agents, Keys: keys, TrustDomains: []string{"dev.example"}, Bound: true, Exchanges: true},
		{Issuer: oidc, Keys: keys, Types: []string{"JWT", "at+jwt"}},
	}, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	domain := authority.TrustDomain()
	o := authn.Options{
		Origin: b.origin, Enough: combinations(t, "mtls", "jwt", "jwt-svid", "did"), Now: time.Now, Clients: svid.NewVerifier(authority.Bundle(), time.Now), Tokens: tokens, Proofs: proofs,
		JWTSVIDs:  jwtbundle.NewSet(jwtbundle.FromJWTAuthorities(domain, map[string]crypto.PublicKey{"s": b.svidKey.Public()})),
		DIDs:      func(did string) bool { return b.dids[did] },
		Suspended: func(p principal.Principal) bool { return b.suspended(p) },
	}
	if change != nil {
		change(b, &o)
	}
	if b.guard, err = authn.New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

func combinations(t *testing.T, texts ...string) []principal.Combination {
	t.Helper()
	all := make([]principal.Combination, len(texts))
	for i, text := range texts {
		c, err := principal.ParseCombination(text)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = c
	}
	return all
}

func jwks(t *testing.T, key *ecdsa.PrivateKey) token.Keys {
	t.Helper()
	document, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := token.ParseJWKS(document)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	p, err := b.guard.Authenticate(r, b.resource)
	var challenge *authn.Challenge
	switch {
	case errors.As(err, &challenge):
		challenge.Write(w)
		return
	case err != nil:
		http.Error(w, "not the error that is promised", http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(p)
}

func (b *bench) source(t *testing.T, name string) *devauthority.Source {
	t.Helper()
	id, err := b.authority.Agent("default", name, "1")
	if err != nil {
		t.Fatal(err)
	}
	source, err := b.authority.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// plain gives a client without a certificate, and mutual one with an SVID.
func (b *bench) plain(t *testing.T) *http.Client {
	t.Helper()
	return closing(t, tlsconfig.TLSClientConfig(b.authority.Bundle(), tlsconfig.AuthorizeAny()))
}

func (b *bench) mutual(t *testing.T, source *devauthority.Source) *http.Client {
	t.Helper()
	return closing(t, tlsconfig.MTLSClientConfig(source, b.authority.Bundle(), tlsconfig.AuthorizeAny()))
}

func closing(t *testing.T, config *tls.Config) *http.Client {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// sign gives a JWT.
func sign(t *testing.T, key *ecdsa.PrivateKey, id, typ string, claims map[string]any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
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

// token gives an access token for the resource by the agents' issuer, with other claims.
func (b *bench) token(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": agents, "sub": plannerID, "aud": b.resource, "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(claims, change)
	return sign(t, b.issuerKey, "k", "at+jwt", claims)
}

func bound(confirmation map[string]any) map[string]any { return map[string]any{"cnf": confirmation} }

// prover signs proofs.
func prover(t *testing.T, key crypto.Signer) *dpop.Signer {
	t.Helper()
	s, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// headers gives what presents a credential, with a proof where there is a signer.
func (b *bench) headers(t *testing.T, scheme, credential string, by *dpop.Signer) http.Header {
	t.Helper()
	h := http.Header{"Authorization": {scheme + " " + credential}}
	if by != nil {
		proof, err := by.Proof(http.MethodPost, b.resource, credential, "")
		if err != nil {
			t.Fatal(err)
		}
		h.Set(dpop.Header, proof)
	}
	return h
}

// answer is what a request got.
type answer struct {
	status    int
	header    http.Header
	body      string
	principal principal.Principal
}

func (b *bench) ask(t *testing.T, c *http.Client, h http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.resource+"?query", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range h {
		if name == "Host" {
			request.Host = values[0]
			continue
		}
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(body)}
	if a.status == http.StatusOK {
		if err := json.Unmarshal(body, &a.principal); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// jwtSVID gives a JWT-SVID for the resource, with other claims.
func (b *bench) jwtSVID(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{"sub": plannerID, "aud": []string{b.resource}, "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(claims, change)
	return sign(t, b.svidKey, "s", "JWT", claims)
}
