package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// keys writes the secrets a and b into a folder and gives their files by name.
func keys(t *testing.T) map[rune]string {
	t.Helper()
	files := map[rune]string{}
	folder := t.TempDir()
	for _, name := range "ab" {
		files[name] = filepath.Join(folder, string(name))
		if err := os.WriteFile(files[name], []byte(strings.Repeat(string(name), shared.MinSecret)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// sharing is a configuration with secrets in an order.
func sharing(files map[rune]string, names string) string {
	var all []string
	for _, name := range names {
		all = append(all, files[name])
	}
	text, _ := json.Marshal(all) // strings can be written
	return fmt.Sprintf("secret_files = %s\n", text)
}

// opening is a target that opens a session for whoever comes without one.
func opening(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Mcp-Session-Id") == "" {
		w.Header().Set("Mcp-Session-Id", "s-1")
	}
	done(w, r)
}

func TestReplicasThatShareSecretsTakeEachOthersTokensAndSessions(t *testing.T) {
	files := keys(t)
	r := replicasOf(t, nil, opening, sharing(files, "ab"), sharing(files, "ab"), sharing(files, "b"))
	const other = 2 // a replica that does not share the first
	opened, text := r.post(0, r.proof())
	session := opened.Header.Get("Mcp-Session-Id")
	if opened.StatusCode != http.StatusOK || session == "" {
		t.Fatalf("%d %s, session %q", opened.StatusCode, text, session)
	}
	if response, text := r.post(1, r.proof(), "Mcp-Session-Id", session); response.StatusCode != http.StatusOK {
		t.Errorf("the other replica, with the session of the first: %d %s", response.StatusCode, text)
	}
	if status, text := r.call(other, r.proof()); status != http.StatusUnauthorized {
		t.Errorf("a replica without the secret, with the token of another: %d %s", status, text)
	}
	r.login(other)
	if response, text := r.post(other, r.proof(), "Mcp-Session-Id", session); response.StatusCode != http.StatusNotFound {
		t.Errorf("a replica without the secret, with the session of another: %d %s", response.StatusCode, text)
	}
	if status, text := r.call(0, r.proof()); status != http.StatusOK {
		t.Errorf("a replica with its secret behind another one, with its token: %d %s", status, text)
	}
}

func TestReplicasThatShareSecretsTakeEachOthersNonces(t *testing.T) {
	files := keys(t)
	r := replicasOf(t, nil, done, sharing(files, "ab"), sharing(files, "ba"), sharing(files, "b"))
	nonce := func(of int) string { return r.all[of].now.Load().sites["agents"].callers.Nonce() }
	for i, g := range r.all { // so that the listener asks for nonces
		c := r.configuration(g, sharing(files, []string{"ab", "ba", "b"}[i]))
		c.Listeners[0].Nonces = true
		if err := g.Reload(c); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		of, to, want int
	}{{0, 0, http.StatusOK}, {0, 1, http.StatusOK}, {1, 0, http.StatusOK}, {0, 2, http.StatusUnauthorized}} {
		if status, text := r.call(c.to, r.nonced(nonce(c.of))); status != c.want {
			t.Errorf("replica %d, with a nonce of replica %d: %d %s", c.to, c.of, status, text)
		}
	}
}

func TestASecretIsReplacedWithoutACallBeingRefused(t *testing.T) {
	var ahead atomic.Int64
	files := keys(t)
	r := replicasOf(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, opening, sharing(files, "a"), sharing(files, "a"))
	taken := func(when string, by, from int, session string) {
		t.Helper()
		r.login(from)
		if response, text := r.post(by, r.proof(), "Mcp-Session-Id", session); response.StatusCode != http.StatusOK {
			t.Errorf("%s, replica %d with a token of replica %d: %d %s", when, by, from, response.StatusCode, text)
		}
	}
	reload := func(at int, names string) {
		t.Helper()
		if err := r.all[at].Reload(r.configuration(r.all[at], sharing(files, names))); err != nil {
			t.Fatal(err)
		}
	}
	opened, _ := r.post(0, r.proof())
	session := opened.Header.Get("Mcp-Session-Id")

	reload(0, "ba")
	taken("before the other knows the new secret", 1, 0, session)
	reload(1, "ba")
	taken("when both know it", 1, 0, session)
	ahead.Store(int64(shared.SettleTime))
	taken("when it signs", 1, 0, session)
	r.login(0)
	reload(0, "b")
	if status, text := r.call(0, r.proof()); status != http.StatusOK {
		t.Errorf("a token of the new secret, when the old one is gone: %d %s", status, text)
	}
	if response, _ := r.post(0, r.proof(), "Mcp-Session-Id", session); response.StatusCode != http.StatusNotFound {
		t.Errorf("a session of the old secret, when that is gone: %d", response.StatusCode)
	}
}

// Without the time to settle the test before would fail: what a new secret signs is refused where it is not known.
func TestWhatANewSecretSignsIsRefusedWhereItIsNotKnown(t *testing.T) {
	var ahead atomic.Int64
	files := keys(t)
	r := replicasOf(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, done, sharing(files, "a"), sharing(files, "a"))
	if err := r.all[0].Reload(r.configuration(r.all[0], sharing(files, "ba"))); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(shared.SettleTime))
	r.login(0)
	if status, _ := r.call(1, r.proof()); status != http.StatusUnauthorized {
		t.Errorf("%d", status)
	}
}

func TestASharedSecretThatIsGoneIsNoConfiguration(t *testing.T) {
	files := keys(t)
	r := replicasOf(t, nil, done, sharing(files, "a"))
	c := r.configuration(r.all[0], sharing(files, "ba"))
	if err := os.Remove(files['b']); err != nil {
		t.Fatal(err)
	}
	if err := r.all[0].Reload(c); err == nil || !strings.Contains(err.Error(), "shared secrets: ") {
		t.Errorf("got %v", err)
	}
	if status, text := r.call(0, r.proof()); status != http.StatusOK {
		t.Errorf("the last good configuration: %d %s", status, text)
	}
}
