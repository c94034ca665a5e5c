package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// issuer is an authorization server and the resource that names it, which the official suite's clients are not shown: they misbehave.
type issuer struct {
	*httptest.Server
	resource, server map[string]any
	asked            []url.Values // of the token endpoint
	answer           map[string]any
	gone             bool // what the resource says of itself
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document := map[string]any{"/.well-known/oauth-protected-resource/mcp": i.resource, "/.well-known/oauth-authorization-server": i.server}[r.URL.Path]
	if r.URL.Path == "/token" && r.ParseForm() == nil {
		i.asked = append(i.asked, r.PostForm)
		document = i.answer
	}
	if document == nil || i.gone && r.URL.Path == resourcePath+"/mcp" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}

// tokens gives a client and its server, changed as a test wants them.
func tokens(t *testing.T, change func(*issuer, *Options)) (*issuer, *Tokens) {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.resource = map[string]any{"resource": i.URL + "/mcp", "authorization_servers": []string{i.URL}}
	i.server = map[string]any{
		"issuer": i.URL, "token_endpoint": i.URL + "/token", "authorization_endpoint": i.URL + "/authorize?kind=agent",
		"code_challenge_methods_supported": []string{"S256"}, "dpop_signing_alg_values_supported": []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	}
	i.answer = map[string]any{"access_token": "secret", "token_type": "DPoP", "expires_in": 300}
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Resource: i.URL + "/mcp", HTTP: i.Client(), Now: time.Now}
	if o.Proofs, err = dpop.NewSigner(key, time.Now); err != nil {
		t.Fatal(err)
	}
	change(i, &o)
	tokens, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return i, tokens
}

// got refuses a request without a token, and gives the token that is then got.
func got(t *testing.T, tokens *Tokens, challenge string) (*token.Access, error) {
	t.Helper()
	if before, err := tokens.Token(t.Context()); before != nil || err != nil {
		t.Fatalf("before it was asked for a token there is %v, %v", before, err)
	}
	again, err := tokens.Refused(t.Context(), nil, http.StatusUnauthorized, http.Header{"Www-Authenticate": {challenge}})
	if err != nil || !again {
		return nil, err
	}
	return tokens.Token(t.Context())
}

func TestWhereTokensComeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*issuer, *Options)
		challenge string
		wrong     string // part of the error, "" for none
	}{
		"as it should be":                     {},
		"the resource is a path above":        {change: func(i *issuer, _ *Options) { i.resource["resource"] = i.URL }},
		"metadata where the challenge says":   {challenge: `DPoP resource_metadata="URL/.well-known/oauth-protected-resource/mcp"`},
		"metadata on another host":            {challenge: `DPoP resource_metadata="https://elsewhere.example/mcp"`, wrong: "said to be elsewhere"},
		"metadata on a host that looks alike": {challenge: `DPoP resource_metadata="URL.evil.example/mcp"`, wrong: "said to be elsewhere"},
		"metadata of another resource":        {change: func(i *issuer, _ *Options) { i.resource["resource"] = "https://bank.example" }, wrong: "describes"},
		"metadata of a path that begins alike": {
			change: func(i *issuer, _ *Options) { i.resource["resource"] = i.URL + "/m" }, wrong: "describes",
		},
		"no authorization server":           {change: func(i *issuer, _ *Options) { i.resource["authorization_servers"] = []string{} }, wrong: "names no authorization server"},
		"no metadata":                       {change: func(i *issuer, _ *Options) { i.gone = true }, wrong: "404"},
		"metadata that do not end":          {change: func(i *issuer, _ *Options) { i.resource["x"] = strings.Repeat("x", maxDocument) }, wrong: "more than 65536 bytes"},
		"a server that is not fetched from": {change: func(i *issuer, _ *Options) { i.resource["authorization_servers"] = []string{"http://as.example"} }, wrong: "neither https nor http on loopback"},
		"a server of another name":          {change: func(i *issuer, _ *Options) { i.server["issuer"] = i.URL + "/" }, wrong: "is the metadata of"},
		"a token endpoint in the clear":     {change: func(i *issuer, _ *Options) { i.server["token_endpoint"] = "http://as.example/token" }, wrong: "token_endpoint"},
		"a server that binds nothing":       {change: func(i *issuer, _ *Options) { delete(i.server, "dpop_signing_alg_values_supported") }, wrong: "whoever gets hold of one"},
		"a token that is not bound":         {change: func(i *issuer, _ *Options) { i.answer["token_type"] = "Bearer" }, wrong: "not a DPoP token"},
		"unbound tokens are allowed": {change: func(i *issuer, o *Options) {
			delete(i.server, "dpop_signing_alg_values_supported")
			i.answer["token_type"], o.Bearer = "Bearer", true
		}},
		"a token that is not bound, from a server that could": {
			change: func(i *issuer, o *Options) { i.answer["token_type"], o.Bearer = "Bearer", true }, wrong: "not a DPoP token",
		},
		"an assertion that cannot be read": {
			change: func(_ *issuer, o *Options) { o.Assertion = func() (string, error) { return "", errors.New("no file") } }, wrong: "assertion: no file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*issuer, *Options) {}
			}
			i, tokens := tokens(t, change)
			access, err := got(t, tokens, strings.ReplaceAll(c.challenge, "URL", i.URL))
			switch {
			case c.wrong == "" && (err != nil || access == nil || access.Token != "secret"):
				t.Errorf("%+v, %v", access, err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("%v does not say %q", err, c.wrong)
			case c.wrong != "" && len(i.asked) > 0 && i.answer["token_type"] == "DPoP":
				t.Errorf("the token endpoint was asked: %v", i.asked)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestClientsAuthenticateAsTheServerAsks(t *testing.T) {
	secret := func() (string, error) { return "s3cr/t", nil }
	for name, c := range map[string]struct {
		methods  []string
		inForm   bool
		assigned func() (string, error)
	}{
		"in a header where it says nothing": {nil, false, secret},
		"in a header":                       {[]string{"client_secret_post", "client_secret_basic"}, false, secret},
		"in the form":                       {[]string{"client_secret_post"}, true, secret},
		"with its name alone":               {[]string{"none"}, false, nil},
	} {
		i, tokens := tokens(t, func(i *issuer, o *Options) {
			i.server["token_endpoint_auth_methods_supported"], o.ClientID, o.Secret = c.methods, "me", c.assigned
		})
		if _, err := got(t, tokens, "DPoP"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		form := i.asked[0]
		if in := form.Get("client_secret") != ""; in != c.inForm || (c.assigned == nil || in) != form.Has("client_id") {
			t.Errorf("%s: %v", name, form)
		}
	}
}

func TestScopesAreAskedForOnce(t *testing.T) {
	i, tokens := tokens(t, func(*issuer, *Options) {})
	access, err := got(t, tokens, `DPoP scope="read"`)
	if err != nil {
		t.Fatal(err)
	}
	insufficient := http.Header{"Www-Authenticate": {`DPoP error="insufficient_scope", scope="read write"`}}
	for step, again := range []bool{true, false} {
		got, err := tokens.Refused(t.Context(), access, http.StatusForbidden, insufficient)
		if err != nil || got != again {
			t.Errorf("step %d: %t %v", step, got, err)
		}
		if access, err = tokens.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(i.asked) != 2 || i.asked[0].Get("scope") != "read" || i.asked[1].Get("scope") != "read write" {
		t.Errorf("asked for %v", i.asked)
	}
}

func TestLogin(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string // to the callback, one after another; STATE and ISSUER stand for the right ones
		server  func(map[string]any)
		wrong   string
	}{
		"a code":                                {answers: []string{"state=STATE&code=c&iss=ISSUER"}},
		"a guess before the answer":             {answers: []string{"state=guess&code=evil&iss=ISSUER", "code=evil", "state=STATE&code=c&iss=ISSUER"}},
		"another answer after it":               {answers: []string{"state=STATE&code=c&iss=ISSUER", "state=STATE&code=evil&iss=ISSUER"}},
		"a refusal":                             {answers: []string{"state=STATE&error=access_denied&iss=ISSUER"}, wrong: "access_denied"},
		"an answer of another server":           {answers: []string{"state=STATE&code=c&iss=https://evil.example"}, wrong: "the answer is from"},
		"an answer that does not say whose":     {answers: []string{"state=STATE&code=c"}, wrong: "the answer is from"},
		"a server that never names itself":      {answers: []string{"state=STATE&code=c"}, server: func(s map[string]any) { delete(s, "authorization_response_iss_parameter_supported") }},
		"no code":                               {answers: []string{"state=STATE&iss=ISSUER"}, wrong: "no code"},
		"a server that does not check the code": {server: func(s map[string]any) { s["code_challenge_methods_supported"] = []string{"plain"} }, wrong: "PKCE"},
		"a login page in the clear":             {server: func(s map[string]any) { s["authorization_endpoint"] = "http://as.example" }, wrong: "authorization_endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			var led url.Values
			i, tokens := tokens(t, func(i *issuer, o *Options) {
				if c.server != nil {
					c.server(i.server)
				}
				i.answer["refresh_token"] = "again"
				o.ClientID = "me"
				o.Login = func(at string) {
					u, err := url.Parse(at)
					if err != nil {
						t.Error(err)
						return
					}
					led = u.Query()
					right := strings.NewReplacer("STATE", led.Get("state"), "ISSUER", url.QueryEscape(i.URL))
					for _, answer := range c.answers {
						response, err := http.Get(led.Get("redirect_uri") + "?" + right.Replace(answer)) //nolint:noctx // of a browser
						if err != nil {
							t.Error(err)
							return
						}
						response.Body.Close()
						if guess := !strings.Contains(answer, "STATE"); (response.StatusCode == http.StatusNotFound) != guess {
							t.Errorf("%s is answered with %d", answer, response.StatusCode)
						}
					}
				}
			})
			access, err := got(t, tokens, "DPoP scope=read")
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) || len(i.asked) > 0 {
					t.Errorf("%v does not say %q; asked %v", err, c.wrong, i.asked)
				}
				return
			}
			if err != nil || access.Refresh != "again" {
				t.Fatalf("%+v, %v", access, err)
			}
			form := i.asked[0]
			if form.Get("grant_type") != "authorization_code" || form.Get("code") != "c" || form.Get("redirect_uri") != led.Get("redirect_uri") || form.Get("resource") != i.URL+"/mcp" {
				t.Errorf("%v", form)
			}
			for _, want := range []string{"kind=[agent]", "scope=[read]", "response_type=[code]", "code_challenge_method=[S256]"} {
				name, value, _ := strings.Cut(want, "=")
				if fmt.Sprint(led[name]) != value {
					t.Errorf("the person is led with %s %v", name, led[name])
				}
			}
			if led.Get("dpop_jkt") != tokens.o.Proofs.Thumbprint() {
				t.Error("the code is not bound to the key")
			}
		})
	}
}

func TestARefreshTokenSavesTheLogin(t *testing.T) {
	now := time.Now()
	led := 0
	i, tokens := tokens(t, func(i *issuer, o *Options) {
		i.answer["refresh_token"] = "again"
		o.ClientID, o.Now = "me", func() time.Time { return now }
		o.Login = func(at string) {
			led++
			u, _ := url.Parse(at)
			response, err := http.Get(u.Query().Get("redirect_uri") + "?code=c&state=" + u.Query().Get("state") + "&iss=" + url.QueryEscape(i.URL)) //nolint:noctx // of a browser
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
		}
	})
	if _, err := got(t, tokens, "DPoP"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if _, err := tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	grants := []string{i.asked[0].Get("grant_type"), i.asked[1].Get("grant_type")}
	if led != 1 || !slices.Equal(grants, []string{"authorization_code", "refresh_token"}) || i.asked[1].Get("refresh_token") != "again" {
		t.Errorf("led %d times, asked %v", led, i.asked)
	}
}
