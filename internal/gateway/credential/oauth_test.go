package credential

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/reread"
)

const secret = "s3cret/+ &=%"

// server is an authorization server that counts and says what the test wants.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []url.Values
	basic  []string
	answer func(w http.ResponseWriter, n int)
}

func authorizationServer(t *testing.T) *server {
	t.Helper()
	s := &server{answer: func(w http.ResponseWriter, n int) {
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":100}`, n)
	}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("got %s %s of %q", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.asked = append(s.asked, r.PostForm)
		id, password, _ := r.BasicAuth()
		s.basic = append(s.basic, id+" "+password)
		n := len(s.asked)
		s.mu.Unlock()
		s.answer(w, n)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *server) endpoint(c *clock, client Client) *Endpoint {
	client.Now = c.now
	return &Endpoint{URL: s.URL + "/token", HTTP: http.DefaultTransport, Client: client, Now: c.now}
}

func TestEachWayToAuthenticate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	for method, check := range map[Method]func(form url.Values, basic string) error{
		Basic: func(form url.Values, basic string) error {
			if basic != "gate%3Away "+url.QueryEscape(secret) || form.Has("client_secret") || form.Has("client_id") {
				return fmt.Errorf("basic %q", basic)
			}
			return nil
		},
		Post: func(form url.Values, _ string) error {
			if form.Get("client_id") != "gate:way" || form.Get("client_secret") != secret {
				return errors.New("post")
			}
			return nil
		},
		TLS: func(form url.Values, basic string) error {
			if form.Get("client_id") != "gate:way" || form.Has("client_secret") || basic != " " {
				return errors.New("tls")
			}
			return nil
		},
		PrivateKeyJWT: func(form url.Values, _ string) error {
			parsed, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				return err
			}
			var claims jwt.Claims
			if err := parsed.Claims(key.Public(), &claims); err != nil {
				return err
			}
			if claims.Issuer != "gate:way" || claims.ID == "" || parsed.Headers[0].KeyID != "k1" {
				return fmt.Errorf("claims %+v", claims)
			}
			return claims.ValidateWithLeeway(jwt.Expected{Subject: "gate:way", AnyAudience: jwt.Audience{"https://as.example.org"}, Time: clock.now()}, 0)
		},
	} {
		t.Run(string(method), func(t *testing.T) {
			s := authorizationServer(t)
			source := NewClientCredentials(s.endpoint(clock, Client{
				ID: "gate:way", Method: method, Secret: Fixed(secret), Key: reread.New(Key, path), KeyID: "k1", Audience: "https://as.example.org",
			}), Wanted{Scopes: []string{"read", "write"}, Resource: "https://tools.example.org", Audience: "tools"})
			got, err := source.Value(t.Context(), billing)
			if err != nil || got != "Bearer token-1" {
				t.Fatalf("got %q, %v", got, err)
			}
			form := s.asked[0]
			if form.Get("grant_type") != "client_credentials" || form.Get("scope") != "read write" || form.Get("resource") != "https://tools.example.org" || form.Get("audience") != "tools" {
				t.Errorf("the form is %v", form)
			}
			if err := check(form, s.basic[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokensAreKeptAndRenewed(t *testing.T) {
	clock, s := newClock(), authorizationServer(t)
	source := NewClientCredentials(s.endpoint(clock, Client{ID: "g", Method: TLS}), Wanted{})
	value := func(want string) {
		t.Helper()
		if got, err := source.Value(t.Context(), billing); err != nil || got != want {
			t.Errorf("got %q, %v, not %q", got, err, want)
		}
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { value("Bearer token-1") })
	}
	all.Wait()
	if s.count() != 1 {
		t.Errorf("50 callers make %d requests", s.count())
	}
	clock.pass(81 * time.Second) // past four fifths of its life
	value("Bearer token-1")
	await.True(t, "a fresh token", func() bool {
		got, err := source.Value(t.Context(), billing)
		return err == nil && got == "Bearer token-2"
	})
	if s.count() != 2 {
		t.Errorf("%d requests", s.count())
	}
	if source.Refused(billing, "Bearer token-2") {
		t.Error("a token that is fresh and refused is fetched again at once")
	}
	clock.pass(settled)
	if !source.Refused(billing, "Bearer token-2") {
		t.Error("a token that the target refuses stays")
	}
	value("Bearer token-3")
	clock.pass(96 * time.Second) // its last seconds are not used
	value("Bearer token-4")
}

func TestAnswersOfAnAuthorizationServer(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // in the error
	}{
		"an error of the protocol":           {400, `{"error":"invalid_client","error_description":"` + "s3cret" + `"}`, "invalid_client"},
		"an error that is no word":           {400, `{"error":"\u001b[31m no"}`, "status 400"},
		"a redirect":                         {302, ``, "status 302"},
		"not JSON":                           {200, `<html>`, "JSON"},
		"a token twice":                      {200, `{"access_token":"a","access_token":"b","token_type":"Bearer"}`, "JSON"},
		"no token":                           {200, `{"token_type":"Bearer"}`, "header"},
		"a token with a line end":            {200, `{"access_token":"a\r\nX: y","token_type":"Bearer"}`, "header"},
		"a token that is bound to a key":     {200, `{"access_token":"a","token_type":"DPoP"}`, "Bearer"},
		"a token that has ended":             {200, `{"access_token":"a","token_type":"Bearer","expires_in":0}`, "ended"},
		"an answer without end":              {200, `{"access_token":"` + strings.Repeat("a", maxAnswer) + `"}`, "longer than"},
		"a token that is longer than needed": {200, `{"access_token":"` + strings.Repeat("a", maxToken+1) + `","token_type":"Bearer"}`, "header"},
	} {
		t.Run(name, func(t *testing.T) {
			clock, s := newClock(), authorizationServer(t)
			s.answer = func(w http.ResponseWriter, n int) {
				w.Header().Set("Location", s.URL+"/elsewhere") // would be noticed
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}
			source := NewClientCredentials(s.endpoint(clock, Client{ID: "g", Method: Post, Secret: Fixed("s3cret")}), Wanted{})
			_, err := source.Value(t.Context(), billing)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Fatalf("got %v", err)
			}
			if _, err := source.Value(t.Context(), billing); err == nil || s.count() != 1 {
				t.Errorf("right after it: %v, %d requests", err, s.count())
			}
			s.answer = func(w http.ResponseWriter, _ int) { fmt.Fprint(w, `{"access_token":"a","token_type":"Bearer"}`) }
			clock.pass(minBackoff)
			if got, err := source.Value(t.Context(), billing); err != nil || got != "Bearer a" {
				t.Errorf("once it is well again: %q, %v", got, err)
			}
		})
	}
}

func TestExchangedTokensAreEachCallersOwn(t *testing.T) {
	clock, s := newClock(), authorizationServer(t)
	issue := func(audience, subject, named, acting string, _ time.Duration) (string, error) {
		return strings.Join([]string{audience, subject, named, acting}, "|"), nil
	}
	exchange := func(subject Subject) *Exchange {
		return NewExchange(s.endpoint(clock, Client{ID: "g", Method: TLS}), Wanted{Audience: "tools"}, subject, "as", issue)
	}
	forAlice, forBob, support := billing, billing, principal.FromSPIFFEID("spiffe://example.org/ns/pay/agent/support")
	forAlice.User, forAlice.Issuer, forAlice.Claims = "alice", "https://gateway", map[string]any{"subject_issuer": "https://idp"}
	forBob.User, forBob.Issuer = "bob", "https://idp"
	supportForAlice := support
	supportForAlice.User, supportForAlice.Issuer = "alice", "https://idp"

	users := exchange(User)
	for i, step := range []struct {
		who                    principal.Principal
		token, subject, acting string
	}{
		{forAlice, "token-1", "as|alice|https://idp|" + billing.SPIFFEID, "as|" + billing.SPIFFEID + "||"},
		{forBob, "token-2", "as|bob|https://idp|" + billing.SPIFFEID, "as|" + billing.SPIFFEID + "||"},
		{supportForAlice, "token-3", "as|alice|https://idp|" + support.SPIFFEID, "as|" + support.SPIFFEID + "||"},
	} {
		for range 2 {
			if got, err := users.Value(t.Context(), step.who); err != nil || got != "Bearer "+step.token {
				t.Errorf("got %q, %v, not %s", got, err, step.token)
			}
		}
		form := s.asked[i]
		if form.Get("subject_token") != step.subject || form.Get("actor_token") != step.acting || form.Get("grant_type") != grantExchange || form.Get("subject_token_type") != typeJWT || form.Get("audience") != "tools" {
			t.Errorf("the form is %v", form)
		}
	}
	agents := exchange(Agent)
	for _, who := range []principal.Principal{forAlice, forBob, billing} {
		if got, err := agents.Value(t.Context(), who); err != nil || got != "Bearer token-4" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if form := s.asked[3]; form.Get("subject_token") != "as|"+billing.SPIFFEID+"||" || form.Has("actor_token") {
		t.Errorf("the form is %v", form)
	}
	for name, f := range map[string]func() (string, error){
		"an agent that acts for nobody": func() (string, error) { return users.Value(t.Context(), billing) },
		"a caller that is no agent":     func() (string, error) { return agents.Value(t.Context(), principal.Principal{Subject: "alice"}) },
	} {
		if _, err := f(); !errors.Is(err, ErrNoSubject) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	clock, s := newClock(), authorizationServer(t)
	source := NewExchange(s.endpoint(clock, Client{ID: "g", Method: TLS}), Wanted{}, Agent, "as", func(string, string, string, string, time.Duration) (string, error) { return "j", nil })
	for i := range maxEntries + 10 {
		clock.pass(time.Millisecond)
		if _, err := source.Value(t.Context(), principal.FromSPIFFEID(fmt.Sprintf("spiffe://example.org/a/%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(source.cache.entries); n > maxEntries {
		t.Errorf("%d entries", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","token_type":"Bearer","expires_in":3600}`))
	f.Add(400, []byte(`{"error":"invalid_grant"}`))
	f.Add(200, []byte(`{"access_token":"a","token_type":"Bearer","expires_in":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		now := newClock().now()
		got, err := read(status, body, now)
		if err != nil {
			return
		}
		if status != http.StatusOK || !printable(got.token) || !got.expiry.After(now) || got.early.After(got.expiry) {
			t.Errorf("took %+v", got)
		}
	})
}
