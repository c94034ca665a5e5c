package token_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// provider is an issuer whose documents a test writes, by path. ISSUER stands for its URL.
type provider struct {
	*httptest.Server
	documents map[string]string
	redirects map[string]string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{documents: map[string]string{}, redirects: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to, ok := p.redirects[r.URL.Path]; ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		document, ok := p.documents[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, strings.ReplaceAll(document, "ISSUER", p.URL))
	}))
	t.Cleanup(p.Close)
	return p
}

func TestKeysAreFoundByTheIssuersMetadata(t *testing.T) {
	keys := string(document(t, newSigner(t, "1")))
	for name, c := range map[string]struct {
		below     string // the issuer's path
		documents map[string]string
		redirects map[string]string
		says      string // "" where the key is found
	}{
		"OpenID configuration": {"", map[string]string{
			"/.well-known/openid-configuration": `{"issuer":"ISSUER","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, nil, ""},
		"OpenID configuration below the issuer's path": {"/tenant", map[string]string{
			"/tenant/.well-known/openid-configuration": `{"issuer":"ISSUER/tenant","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, nil, ""},
		"metadata of RFC 8414": {"/tenant", map[string]string{
			"/.well-known/oauth-authorization-server/tenant": `{"issuer":"ISSUER/tenant","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, nil, ""},
		"another issuer's metadata": {"", map[string]string{
			"/.well-known/openid-configuration": `{"issuer":"ISSUER/other","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, nil, "metadata of issuer"},
		"a member in another case": {"", map[string]string{
			"/.well-known/openid-configuration": `{"Issuer":"ISSUER","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, nil, "metadata of issuer"},
		"keys over plain HTTP": {"", map[string]string{
			"/.well-known/openid-configuration": `{"issuer":"ISSUER","jwks_uri":"http://keys.example/keys"}`,
		}, nil, "neither https nor http on loopback"},
		"keys in a file": {"", map[string]string{
			"/.well-known/openid-configuration": `{"issuer":"ISSUER","jwks_uri":"file:///etc/keys"}`,
		}, nil, "jwks_uri"},
		"no keys named":   {"", map[string]string{"/.well-known/openid-configuration": `{"issuer":"ISSUER"}`}, nil, "jwks_uri"},
		"no metadata":     {"", nil, nil, "404"},
		"not JSON":        {"", map[string]string{"/.well-known/openid-configuration": `<html>`}, nil, "openid-configuration"},
		"a long document": {"", map[string]string{"/.well-known/openid-configuration": strings.Repeat(" ", 300<<10)}, nil, "longer than"},
		"metadata that is moved": {"", map[string]string{
			"/elsewhere": `{"issuer":"ISSUER","jwks_uri":"ISSUER/keys"}`, "/keys": keys,
		}, map[string]string{"/.well-known/openid-configuration": "/elsewhere"}, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.documents, p.redirects = c.documents, c.redirects
			r, err := token.NewRemote(token.RemoteOptions{Issuer: p.URL + c.below, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Key(t.Context(), "1")
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestRemoteWantsOnePlaceForKeys(t *testing.T) {
	for name, o := range map[string]token.RemoteOptions{
		"none":                {Now: now},
		"two":                 {URL: "https://a.example/keys", Issuer: "https://a.example", Now: now},
		"an issuer in clear":  {Issuer: "http://a.example", Now: now},
		"an issuer by a name": {Issuer: "a.example", Now: now},
	} {
		if _, err := token.NewRemote(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
