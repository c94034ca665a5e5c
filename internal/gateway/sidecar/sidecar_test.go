package sidecar

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// What is passed on is tested where there is a gateway, in package server.
func TestABrowserIsNotTheAgent(t *testing.T) {
	s, err := New(Options{Target: &url.URL{Scheme: "https", Host: "127.0.0.1:1"}, SVID: fixed{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Cleanup(s.CloseIdleConnections)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		host, origin string
		passed       bool
	}{
		"a program":                      {"127.0.0.1:7070", "", true},
		"a program that says localhost":  {"localhost:7070", "", true},
		"a page of this machine":         {"localhost:7070", "http://localhost:3000", true},
		"a page of the net":              {"127.0.0.1:7070", "https://example.com", false},
		"a name of the net that is ours": {"rebound.example.com:7070", "", false},
		"a page without an origin":       {"127.0.0.1:7070", "null", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if local(r) != c.passed {
			t.Errorf("%s: passed on is %v", name, !c.passed)
		}
		if c.passed {
			continue
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
