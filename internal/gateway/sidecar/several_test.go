package sidecar

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
)

// plain are the options of a target on loopback that asks for nothing.
func plain(t *testing.T, target string, services ...string) Options {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Target: u, Services: services, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

// named is a gateway that says who it is and what it was asked for.
func named(t *testing.T, name string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.RequestURI()) }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestOfSeveralTargetsThePathSaysWhich(t *testing.T) {
	one, other := named(t, "one"), named(t, "other")
	s, err := NewSeveral([]Options{plain(t, one+"/bank"), plain(t, other+"/bank/vault/", "bank.v1.Ledger"), plain(t, other+"/b%2Fc")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.CloseIdleConnections)
	for asked, want := range map[string]string{
		"/bank":              "one /bank",
		"/bank/mcp?x=1%2F":   "one /bank/mcp?x=1%2F",
		"/bank/vault":        "other /bank/vault",
		"/bank/vault/a%2Fb":  "other /bank/vault/a%2Fb",
		"/bank/vaults":       "one /bank/vaults",
		"/b%2Fc/d":           "other /b%2Fc/d",
		"/banks":             "sidecar: no target has this path; there are /b%2Fc, /bank, /bank/vault",
		"/":                  "sidecar: no target has this path; there are /b%2Fc, /bank, /bank/vault",
		"/b/c/d":             "sidecar: no target has this path; there are /b%2Fc, /bank, /bank/vault",
		"/bank.v1.Ledger/Of": "sidecar: no target has this path; there are /b%2Fc, /bank, /bank/vault",
	} {
		r := httptest.NewRequest(http.MethodGet, asked, http.NoBody)
		r.Host = "127.0.0.1:7070"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := strings.TrimSpace(w.Body.String()); got != want || (w.Code == http.StatusOK) == strings.HasPrefix(want, "sidecar") {
			t.Errorf("%s: %d %q, want %q", asked, w.Code, got, want)
		}
	}
}

func TestOfSeveralTargetsTheServiceSaysWhich(t *testing.T) {
	s, err := NewSeveral([]Options{plain(t, named(t, "one")+"/bank"), plain(t, named(t, "other")+"/ledger", "bank.v1.Ledger")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.CloseIdleConnections)
	for path, want := range map[string]string{"/bank.v1.Ledger/Of": "other /bank.v1.Ledger/Of", "/bank.v1.Accounts/Of": "", "/bank/Of": ""} {
		r := httptest.NewRequest(http.MethodPost, path, http.NoBody)
		r.Host = "127.0.0.1:7070"
		r.Header.Set("Content-Type", "application/grpc")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Body.String() != want || (want == "") != (w.Header().Get("Grpc-Status") == "12") {
			t.Errorf("%s: %q, status %q", path, w.Body, w.Header().Get("Grpc-Status"))
		}
	}
}

func TestABrowserLearnsNothingOfSeveralTargets(t *testing.T) {
	s, err := NewSeveral([]Options{plain(t, "http://127.0.0.1:1/a"), plain(t, "http://127.0.0.1:1/b")})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a", "/c"} {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Host = "rebound.example.com"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "/b") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestTargetsThatCannotBeToldApartAreRefused(t *testing.T) {
	for says, all := range map[string][]Options{
		"there is no target":           nil,
		"each needs a path":            {plain(t, "http://127.0.0.1:1/a"), plain(t, "http://127.0.0.1:2/")},
		"another target has this path": {plain(t, "http://127.0.0.1:1/a"), plain(t, "http://127.0.0.1:2/a/")},
		"is another target's":          {plain(t, "http://127.0.0.1:1/a", "x.Y"), plain(t, "http://127.0.0.1:1/b", "x.Y")},
	} {
		if _, err := NewSeveral(all); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// A client is told in its own protocol that the gateway cannot be reached.
func TestAGatewayThatIsAway(t *testing.T) {
	s, err := New(plain(t, "http://127.0.0.1:1/bank")) // where nothing listens
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ media, body, want string }{
		"a call":              {"application/json", `{"jsonrpc":"2.0","id":"a","method":"tools/list"}`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32603,"message":"sidecar: `},
		"a call with charset": {"application/json; charset=utf-8", ` {"jsonrpc":"2.0","id":7,"method":"ping"}`, `{"jsonrpc":"2.0","id":7,"error":`},
		"a batch":             {"application/json", `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":2,"method":"c"}]`, `[{"jsonrpc":"2.0","id":1,"error":`},
		"a notification":      {"application/json", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "sidecar: "},
		"an answer":           {"application/json", `{"jsonrpc":"2.0","id":1,"result":{}}`, "sidecar: "},
		"JSON of another":     {"application/json", `{"id":1,"method":"x"}`, "sidecar: "},
		"no JSON":             {"application/json", `{`, "sidecar: "},
		"text":                {"text/plain", `{"jsonrpc":"2.0","id":1,"method":"x"}`, "sidecar: "},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Host = "127.0.0.1:7070"
		r.Header.Set("Content-Type", c.media)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if isJSON := w.Header().Get("Content-Type") == "application/json"; w.Code != http.StatusBadGateway || !strings.HasPrefix(w.Body.String(), c.want) || isJSON == strings.HasPrefix(c.want, "sidecar") {
			t.Errorf("%s: %d %s %s", name, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if name == "a batch" && (strings.Count(w.Body.String(), `"error"`) != 2 || !strings.HasSuffix(w.Body.String(), "]")) {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/bank.v1.Ledger/Of", http.NoBody)
	r.Host = "127.0.0.1:7070"
	r.Header.Set("Content-Type", "application/grpc+proto")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Grpc-Status") != "14" || !strings.HasPrefix(w.Header().Get("Grpc-Message"), "sidecar: ") {
		t.Errorf("a call of gRPC: %d %v", w.Code, w.Header())
	}
}

// An agent's card names the address here, below which the agent is.
func TestTheCardOfOneOfSeveralAgentsLeadsHere(t *testing.T) {
	var gateway *httptest.Server
	gateway = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.ReplaceAll(`{"name":"a","description":"d","version":"1","protocolVersion":"0.3.0","url":"GATEWAY/planner","capabilities":{},"skills":[],"defaultInputModes":[],"defaultOutputModes":[]}`,
			"GATEWAY", gateway.URL))
	}))
	t.Cleanup(gateway.Close)
	s, err := NewSeveral([]Options{plain(t, gateway.URL+"/planner"), plain(t, gateway.URL+"/other")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.CloseIdleConnections)
	r := httptest.NewRequest(http.MethodGet, "/planner"+a2a.WellKnown, http.NoBody)
	r.Host = "127.0.0.1:7070"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"url":"http://127.0.0.1:7070/planner"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
