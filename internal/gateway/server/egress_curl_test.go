package server

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// identify writes an agent's SVID, its key and its authority as curl takes them.
func (w *world) identify(agent string) (certificate, key, authority string) {
	w.t.Helper()
	source := w.source("/ns/demo/agent/" + agent)
	svid, err := source.GetX509SVID()
	if err != nil {
		w.t.Fatal(err)
	}
	chain, private, err := svid.Marshal()
	if err != nil {
		w.t.Fatal(err)
	}
	var roots []byte
	for _, c := range w.now.Load().identity.authority.Bundle().X509Authorities() {
		roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	folder := w.t.TempDir()
	for name, text := range map[string][]byte{"agent.pem": chain, "agent.key": private, "ca.pem": roots} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return filepath.Join(folder, "agent.pem"), filepath.Join(folder, "agent.key"), filepath.Join(folder, "ca.pem")
}

func TestCurlThroughAProxyWithAClientCertificate(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	if features, err := exec.CommandContext(t.Context(), curl, "-V").Output(); err != nil || !strings.Contains(string(features), "HTTPS-proxy") {
		t.Skip("this curl has no proxies with TLS")
	}
	w := outside(t, "")
	for name, c := range map[string]struct {
		agent string
		args  []string
		want  string
	}{
		"a call":                  {"a", []string{"-H", "Content-Type: application/json", "-H", "Accept: application/json, text/event-stream", "-d", transfer, w.bank.URL + "/mcp"}, `"result"`},
		"a call that is denied":   {"mallory", []string{"-H", "Content-Type: application/json", "-H", "Accept: application/json, text/event-stream", "-d", transfer, w.bank.URL + "/mcp"}, `not-mallory`},
		"a tunnel":                {"a", []string{"-k", w.site.URL}, `"result"`},
		"a tunnel that is denied": {"mallory", []string{"-k", w.site.URL}, "response 403"},
		"an unknown host":         {"a", []string{"-k", "https://intranet.example"}, "response 403"},
	} {
		t.Run(name, func(t *testing.T) {
			certificate, key, authority := w.identify(c.agent)
			args := append([]string{
				"-sS", "--noproxy", "", "-x", w.Origin("agents"), "--proxy-cacert", authority, "--proxy-cert", certificate, "--proxy-key", key,
			}, c.args...)
			out, _ := exec.CommandContext(t.Context(), curl, args...).CombinedOutput() // what it says is looked at
			if !strings.Contains(string(out), c.want) {
				t.Errorf("got %s", out)
			}
		})
	}
}
