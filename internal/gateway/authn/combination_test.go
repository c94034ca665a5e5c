package authn_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
)

// brought is everything that a caller can come with, each good in itself.
func (b *bench) brought(t *testing.T) map[string]func() (*http.Client, http.Header) {
	t.Helper()
	source, key := b.source(t, "planner"), prover(t, newKey(t))
	did, didKey := newDID(t)
	b.dids[did] = true
	plain, mutual := b.plain(t), b.mutual(t, source)
	jkt, cert := key.Thumbprint(), x5t(t, source)
	keyBound, certBound := b.token(t, bound(map[string]any{"jkt": jkt})), b.token(t, bound(map[string]any{"x5t#S256": cert}))
	both := b.token(t, bound(map[string]any{"jkt": jkt, "x5t#S256": cert}))
	person := b.token(t, map[string]any{"iss": oidc, "sub": "alice"})
	with := func(c *http.Client, h func() http.Header) func() (*http.Client, http.Header) {
		return func() (*http.Client, http.Header) { return c, h() }
	}
	nothing := func() http.Header { return nil }
	return map[string]func() (*http.Client, http.Header){
		"nothing":          with(plain, nothing),
		"mtls":             with(mutual, nothing),
		"dpop":             with(plain, func() http.Header { return b.headers(t, "DPoP", keyBound, key) }),
		"dpop mtls":        with(mutual, func() http.Header { return b.headers(t, "DPoP", keyBound, key) }),
		"cert-bound":       with(mutual, func() http.Header { return b.headers(t, "Bearer", certBound, nil) }),
		"dpop cert-bound":  with(mutual, func() http.Header { return b.headers(t, "DPoP", both, key) }),
		"jwt":              with(plain, func() http.Header { return b.headers(t, "Bearer", person, nil) }),
		"jwt mtls":         with(mutual, func() http.Header { return b.headers(t, "Bearer", person, nil) }),
		"jwt-svid":         with(plain, func() http.Header { return b.headers(t, "Bearer", b.jwtSVID(t, nil), nil) }),
		"jwt-svid mtls":    with(mutual, func() http.Header { return b.headers(t, "Bearer", b.jwtSVID(t, nil), nil) }),
		"did":              with(plain, func() http.Header { return b.headers(t, "DID", did, didKey) }),
		"did mtls":         with(mutual, func() http.Header { return b.headers(t, "DID", did, didKey) }),
		"dpop, no proof":   with(mutual, func() http.Header { return b.headers(t, "DPoP", keyBound, nil) }),
		"cert-bound, none": with(plain, func() http.Header { return b.headers(t, "Bearer", certBound, nil) }),
	}
}

// Each row is what a listener asks for and everything of the above that is then let in: not a credential more.
func TestWhatIsEnough(t *testing.T) {
	for asked, enough := range map[string][]string{
		"mtls":       {"mtls"},
		"dpop":       {"dpop", "dpop mtls"}, // a certificate is not looked at, so nothing bound to one is held
		"mtls+dpop":  {"dpop mtls", "dpop cert-bound"},
		"cert-bound": {"cert-bound", "dpop cert-bound"},
		"jwt":        {"dpop", "dpop mtls", "jwt", "jwt mtls"},
		"mtls+jwt":   {"dpop mtls", "cert-bound", "dpop cert-bound", "jwt mtls"},
		"jwt-svid":   {"jwt-svid", "jwt-svid mtls"},
		"mtls+jwt-svid": {
			"jwt-svid mtls",
		},
		"did":                  {"did", "did mtls"},
		"mtls+did":             {"did mtls"},
		"dpop+cert-bound":      {"dpop cert-bound"},
		"mtls dpop":            {"mtls", "dpop", "dpop mtls", "cert-bound", "dpop cert-bound", "jwt mtls"},
		"mtls+dpop jwt":        {"dpop", "dpop mtls", "cert-bound", "dpop cert-bound", "jwt", "jwt mtls"},
		"mtls+dpop jwt-svid":   {"dpop mtls", "dpop cert-bound", "jwt-svid", "jwt-svid mtls"},
		"did mtls+dpop":        {"did", "did mtls", "dpop mtls", "dpop cert-bound"},
		"jwt-svid jwt":         {"jwt-svid", "jwt-svid mtls", "dpop", "dpop mtls", "jwt", "jwt mtls"},
		"mtls jwt-svid":        {"mtls", "jwt-svid", "jwt-svid mtls"},
		"cert-bound mtls+did":  {"cert-bound", "dpop cert-bound", "did mtls"},
		"mtls+dpop+cert-bound": {"dpop cert-bound"},
	} {
		t.Run(asked, func(t *testing.T) {
			b := newBench(t, func(_ *bench, o *authn.Options) { o.Enough = combinations(t, strings.Fields(asked)...) })
			for name, bring := range b.brought(t) {
				c, h := bring()
				got := b.ask(t, c, h)
				if (got.status == http.StatusOK) != slices.Contains(enough, name) {
					t.Errorf("%q gives %d %s", name, got.status, got.body)
				}
				if got.status != http.StatusOK && got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
					t.Errorf("%q is refused with %d", name, got.status)
				}
			}
		})
	}
}

func TestWhoLacksSomethingIsToldWhat(t *testing.T) {
	for name, c := range map[string]struct {
		asked, brought string
		status         int
		schemes, says  string
	}{
		"nothing brought, a certificate asked for":  {"mtls", "nothing", 403, "", "needed is mtls"},
		"nothing brought, a token would do":         {"dpop", "nothing", 401, "DPoP", "needed is dpop"},
		"nothing brought, both needed":              {"mtls+dpop", "nothing", 401, "DPoP", "needed is dpop+mtls"},
		"a certificate, the token missing":          {"mtls+dpop", "mtls", 401, "DPoP", "needed is dpop+mtls"},
		"a token, the certificate missing":          {"mtls+dpop", "dpop", 403, "", "the connection does not prove enough: needed is dpop+mtls"},
		"a token that no key binds":                 {"mtls+dpop", "jwt mtls", 401, "DPoP", "invalid_token"},
		"a certificate, another way without it":     {"mtls+dpop jwt-svid", "mtls", 401, "DPoP Bearer", "needed is dpop+mtls or jwt-svid"},
		"no certificate, the way without it":        {"mtls+dpop jwt-svid", "nothing", 401, "Bearer", "needed is dpop+mtls or jwt-svid"},
		"a token where one of a DID is needed":      {"did jwt+mtls", "jwt", 401, "DID", "does not prove enough: needed is did or jwt+mtls"},
		"a scheme of another kind":                  {"did", "jwt", 401, "DID", "not one that is taken here"},
		"a certificate where only a header is read": {"jwt", "mtls", 401, "DPoP Bearer", "needed is jwt"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(_ *bench, o *authn.Options) { o.Enough = combinations(t, strings.Fields(c.asked)...) })
			client, h := b.brought(t)[c.brought]()
			got := b.ask(t, client, h)
			var schemes []string
			for _, challenge := range got.header.Values("WWW-Authenticate") {
				scheme, parameters, _ := strings.Cut(challenge, " ")
				schemes = append(schemes, scheme)
				if !strings.Contains(parameters, "resource_metadata=") {
					t.Errorf("%s has no metadata", challenge)
				}
			}
			if got.status != c.status || strings.Join(schemes, " ") != c.schemes || !strings.Contains(got.body, c.says) {
				t.Errorf("got %d %v %s", got.status, schemes, got.body)
			}
		})
	}
}

func TestWhoeverReachesALoopbackListenerIsItsAgent(t *testing.T) {
	b := newBench(t, func(_ *bench, o *authn.Options) {
		o.Enough, o.Loopback = combinations(t, "loopback"), plannerID
	})
	if got := b.ask(t, b.plain(t), nil); got.status != http.StatusOK || got.principal.SPIFFEID != plannerID || !slices.Equal(got.principal.Methods, []string{"loopback"}) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := b.ask(t, b.plain(t), b.headers(t, "Bearer", "x", nil)); got.status == http.StatusOK {
		t.Error("a credential that nobody looks at is taken")
	}
	both := newBench(t, func(_ *bench, o *authn.Options) {
		o.Enough, o.Loopback = combinations(t, "loopback+dpop"), plannerID
	})
	key := prover(t, newKey(t))
	jkt := map[string]any{"jkt": key.Thumbprint()}
	if got := both.ask(t, both.plain(t), both.headers(t, "DPoP", both.token(t, bound(jkt)), key)); got.status != http.StatusOK {
		t.Errorf("with a token of its own: %d %s", got.status, got.body)
	}
	other := both.token(t, map[string]any{"sub": "spiffe://dev.example/ns/default/agent/other", "cnf": jkt})
	if got := both.ask(t, both.plain(t), both.headers(t, "DPoP", other, key)); got.status != http.StatusUnauthorized {
		t.Errorf("with another agent's token: %d %s", got.status, got.body)
	}
	if got := both.ask(t, both.plain(t), nil); got.status != http.StatusUnauthorized {
		t.Errorf("without the token that is asked for: %d %s", got.status, got.body)
	}
}
