package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// inForce gives what /status answers.
func (g *gateway) inForce() (answer map[string]any, text string) {
	g.t.Helper()
	response, err := http.Get("http://" + g.Admin() + "/status")
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" || response.Header.Get("Cache-Control") != "no-store" {
		g.t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	if err := json.Unmarshal(read, &answer); err != nil {
		g.t.Fatalf("%v: %s", err, read)
	}
	return answer, string(read)
}

func TestStatusSaysWhichConfigurationIsInForceAndWhichWasRefused(t *testing.T) {
	started := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var clock atomic.Pointer[time.Time]
	clock.Store(&started)
	g := &gateway{t: t, folder: t.TempDir(), target: "http://127.0.0.1:1/mcp", clock: func() time.Time { return *clock.Load() }}
	named := func(revision, more string) *config.Config {
		c := g.configuration(open, administered+more)
		c.Revision = revision
		return c
	}
	g.serve(named("one", ""))
	says := func(when string, want map[string]any) {
		t.Helper()
		if got, _ := g.inForce(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", when, got)
		}
	}
	says("at the start", map[string]any{"revision": "one", "since": "2026-11-26T12:00:00Z"})

	later := started.Add(time.Minute)
	clock.Store(&later)
	if err := g.Reload(named("two", "")); err != nil {
		t.Fatal(err)
	}
	two := map[string]any{"revision": "two", "since": "2026-11-26T12:01:00Z"}
	says("after a reload", two)

	other := named("three", "")
	other.Listeners[0].Address = "127.0.0.1:1"
	if err := g.Reload(other); err == nil {
		t.Fatal("another address was taken over")
	}
	two["refused"] = map[string]any{"revision": "three", "error": "names, addresses and TLS of listeners change with a restart only"}
	says("after one that cannot be taken over", two)

	g.Refused("", errors.New("g.hcl:1:1: it is <none>"))
	two["refused"] = map[string]any{"revision": "", "error": "g.hcl:1:1: it is <none>"}
	says("after one that cannot be read", two)

	g.Suspend([]string{"bob"})
	says("with others suspended meanwhile", two)
	if err := g.Reload(named("two", "")); err != nil {
		t.Fatal(err)
	}
	says("after a good one", map[string]any{"revision": "two", "since": "2026-11-26T12:01:00Z"})
}

func TestStatusTellsNoEndlessError(t *testing.T) {
	g := start(t, open, administered, done)
	g.Refused("x", errors.New(strings.Repeat("é", mostError)))
	answer, text := g.inForce()
	if len(text) > mostError+200 || !strings.HasSuffix(answer["refused"].(map[string]any)["error"].(string), "é…") { //nolint:forcetypeassert // the test fails
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

func TestStatusIsForReading(t *testing.T) {
	g := start(t, open, administered, done)
	response, err := http.Post("http://"+g.Admin()+"/status", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%d", response.StatusCode)
	}
}
