package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// claims are those of a token, not verified.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestToken(t *testing.T) {
	configuration, _ := example(t)
	gateway, gatewayTo := newLines()
	start(t, io.Discard, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving", "target=bank")
	do := func(args ...string) (int, string, string) {
		var out, err bytes.Buffer
		status := run(t.Context(), environment{stdin: strings.NewReader(""), stdout: &out, stderr: &err}, append([]string{"token"}, args...))
		return status, out.String(), err.String()
	}
	of := []string{"-config", configuration, "-agent", "demo/assistant"}
	keyFile := filepath.Join(t.TempDir(), "dpop.pem")

	status, out, said := do(append(of, "-json", "-key", keyFile)...)
	var first printed
	if err := json.Unmarshal([]byte(out), &first); status != 0 || err != nil {
		t.Fatalf("%d %s %s", status, out, said)
	}
	bound, _ := claims(t, first.Token)["cnf"].(map[string]any)
	if first.Type != "DPoP" || first.Expires <= 0 || first.Key == "" || bound["jkt"] != first.Key || !strings.HasSuffix(first.Resource, "/bank") {
		t.Errorf("got %+v, bound to %v", first, bound)
	}
	if strings.Contains(said, first.Token) {
		t.Error("the token is in the log")
	}
	if info, err := os.Stat(keyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key may be read by others: %v %v", info.Mode(), err)
	}
	status, out, _ = do(append(of, "-key", keyFile)...)
	if bound, _ := claims(t, out)["cnf"].(map[string]any); status != 0 || bound["jkt"] != first.Key {
		t.Errorf("the second token is bound to %v, not to the key of the first, %s", bound, first.Key)
	}
	status, out, _ = do(of...)
	if c := claims(t, out); status != 0 || c["sub"] != "spiffe://example.org/ns/demo/agent/assistant" || c["cnf"].(map[string]any)["jkt"] != nil {
		t.Errorf("without a key: %d %v", status, c)
	}
	if err := os.Chmod(keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"a key that others may read": append(of, "-key", keyFile),
		"a token that may not be exchanged": append(of, "-subject-token", func() string {
			path := filepath.Join(t.TempDir(), "user")
			if err := os.WriteFile(path, []byte(first.Token), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}()),
		"a subject that is no token": append(of, "-subject-token", "-"),
		"nobody":                     nil,
		"two sorts of identity":      {"-url", "https://127.0.0.1:1/x", "-gateway-id", "spiffe://a/b", "-svid", "x", "-workload-api", "unix:///x"},
		"a target that is not there": append(of, "-target", "shop"),
	} {
		if status, out, said := do(args...); status != 1 || out != "" || said == "" || strings.Contains(said, first.Token) {
			t.Errorf("%s: %d %q %q", name, status, out, said)
		}
	}
}

// An agent whose identity is in files, as spiffe-helper writes them.
func TestSidecarWithAnIdentityInFiles(t *testing.T) {
	configuration, _ := example(t)
	gateway, gatewayTo := newLines()
	start(t, io.Discard, gatewayTo, "serve", "-config", configuration)
	line := gateway.wait(t, "msg=serving", "target=bank")
	_, at, _ := strings.Cut(line, "url=")
	u, err := url.Parse(strings.Fields(at)[0])
	if err != nil {
		t.Fatal(err)
	}
	c, diagnostics := config.Load(configuration)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	authority, err := devauthority.Open(c.Authority.Directory, c.Authority.TrustDomain, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := authority.Write(folder, spiffeid.RequireFromString("spiffe://example.org/ns/demo/agent/assistant")); err != nil {
		t.Fatal(err)
	}
	for path, more := range map[string][]string{"": nil, u.Path: {"-paths"}} {
		sidecar, sidecarTo := newLines()
		start(t, io.Discard, sidecarTo, append([]string{
			"sidecar", "-listen", "127.0.0.1:0", "-url", u.String(), "-svid", folder,
			"-gateway-id", "spiffe://example.org/agent-gateway", "-token-endpoint", "https://" + u.Host + "/oauth/token",
		}, more...)...)
		_, endpoint, _ := strings.Cut(sidecar.wait(t, "msg=sidecar"), "url=")
		endpoint, _, _ = strings.Cut(endpoint, " ")
		if !strings.HasSuffix(endpoint, path) || path == "" && strings.HasSuffix(endpoint, u.Path) {
			t.Errorf("with %q the target is at %s", more, endpoint)
		}
		if status, answer := callTool(t, endpoint, "transfer", `{"to":"alice","amount":50}`); status != http.StatusOK {
			t.Errorf("with %q: %d %s", more, status, answer)
		}
	}
}
