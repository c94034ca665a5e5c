package token_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

func TestClientTakesNoAnswerThatIsLessThanItAskedFor(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		answer string
		ok     bool
		code   string // of a refusal; "" where the answer makes no sense
	}{
		{"a token as asked for", 200, `{"access_token":"a","token_type":"dpop","expires_in":60}`, true, ""},
		{"a bearer token", 200, `{"access_token":"a","token_type":"Bearer","expires_in":60}`, false, ""},
		{"no token", 200, `{"token_type":"DPoP","expires_in":60}`, false, ""},
		{"a token without an end", 200, `{"access_token":"a","token_type":"DPoP"}`, false, ""},
		{"a refusal", 400, `{"error":"invalid_target","error_description":"no"}`, false, "invalid_target"},
		{"a page in HTML", 502, `<html>`, false, "unknown"},
		{"more than is read", 200, `{"pad":"` + strings.Repeat("a", 64<<10) + `","access_token":"a","token_type":"DPoP","expires_in":60}`, false, "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			c := token.Client{HTTP: server.Client(), Endpoint: server.URL, Proofs: newProver(t), Now: now}
			access, err := c.Agent(t.Context(), resource)
			if (err == nil) != test.ok {
				t.Fatalf("got %+v, %v", access, err)
			}
			if test.ok && (access.Token != "a" || access.Scheme != "DPoP" || !access.Expiry.Equal(at.Add(time.Minute))) {
				t.Errorf("got %+v", access)
			}
			var refused *token.RefusedError
			if got := errors.As(err, &refused); got != (test.code != "") || got && refused.Code != test.code {
				t.Errorf("got %v, want the code %q", err, test.code)
			}
		})
	}
}

func TestClientAsksOnceMoreForANonceAndNoOftener(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("DPoP-Nonce", "another")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"use_dpop_nonce"}`))
	}))
	defer server.Close()
	c := token.Client{HTTP: server.Client(), Endpoint: server.URL, Proofs: newProver(t), Now: now}
	if _, err := c.Agent(t.Context(), resource); err == nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
