package authn_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
)

func TestMetadataURL(t *testing.T) {
	for resource, want := range map[string]string{
		"https://gateway.example":          "https://gateway.example/.well-known/oauth-protected-resource",
		"https://gateway.example/":         "https://gateway.example/.well-known/oauth-protected-resource",
		"https://gateway.example:8443/a/b": "https://gateway.example:8443/.well-known/oauth-protected-resource/a/b",
		"http://127.0.0.1:8080/mcp":        "http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp",
	} {
		if got, err := authn.MetadataURL(resource); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", resource, got, err, want)
		}
	}
	for _, bad := range []string{"", "/mcp", "urn:a:b", "https://a.example/?q", "https://a.example/#f", "https://u@a.example/"} {
		if got, err := authn.MetadataURL(bad); err == nil {
			t.Errorf("%q has metadata at %s", bad, got)
		}
	}
}

func TestMetadataIsServed(t *testing.T) {
	b := newBench(t, nil)
	m := b.guard.Metadata(b.resource, "files", []string{agents})
	h, err := authn.MetadataHandler([]authn.Metadata{m})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		return w
	}
	w := ask(http.MethodGet, "/.well-known/oauth-protected-resource/mcp")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"resource": b.resource, "resource_name": "files", "authorization_servers": []any{agents}, "bearer_methods_supported": []any{"header"},
		"tls_client_certificate_bound_access_tokens": true, "dpop_bound_access_tokens_required": false,
		"dpop_signing_alg_values_supported": []any{"ES256", "EdDSA"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers are %v", w.Header())
	}
	if w := ask(http.MethodGet, "/.well-known/oauth-protected-resource"); w.Code != http.StatusNotFound {
		t.Errorf("another resource: %d", w.Code)
	}
	if w := ask(http.MethodPost, "/.well-known/oauth-protected-resource/mcp"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	for name, bad := range map[string][]authn.Metadata{"one described twice": {m, m}, "one that is no URL": {{Resource: "files"}}} {
		if _, err := authn.MetadataHandler(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
