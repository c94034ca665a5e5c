package server

import (
	"net/http"
	"strings"
	"testing"
)

// A browser that uses the gateway as its proxy names pages of the targets: which of them may call is for the target to say.
func TestAPageBehindAProxy(t *testing.T) {
	w := outside(t, "")
	seen := ""
	w.bank.Config.Handler = http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Origin")
		done(to, r)
	})
	direct := &http.Client{Transport: &http.Transport{TLSClientConfig: w.tls("a", "http/1.1")}}
	t.Cleanup(direct.CloseIdleConnections)
	for name, c := range map[string]struct {
		client *http.Client
		url    string
		status int
		seen   string
	}{
		"to the proxy":    {w.proxied("a"), w.bank.URL + "/mcp", http.StatusOK, "https://shop.example.com"},
		"to the listener": {direct, w.Origin("agents") + "/bank", http.StatusForbidden, ""},
	} {
		seen = ""
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader(transfer))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", "https://shop.example.com")
		response, err := c.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != c.status || seen != c.seen {
			t.Errorf("%s: %d, and the target sees %q", name, response.StatusCode, seen)
		}
	}
}
