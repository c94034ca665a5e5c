package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// streamed is a target whose answer is a stream that goes on until the caller or the gateway ends it.
func streamed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// metric gives the value of a metric, and fails the test where there is none.
func (g *gateway) metric(name string) float64 {
	g.t.Helper()
	response, err := http.Get("http://" + g.Admin() + "/metrics")
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				g.t.Fatal(err)
			}
			return v
		}
	}
	g.t.Errorf("there is no metric %s in\n%s", name, text)
	return 0
}

// records gives those of the audit log that have all the words, once the gateway has stopped.
func (g *gateway) records(words ...string) []map[string]any {
	g.t.Helper()
	var found []map[string]any
	for line := range strings.Lines(g.log()) {
		has := true
		for _, w := range words {
			has = has && strings.Contains(line, w)
		}
		if !has {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			g.t.Fatalf("%v: %s", err, line)
		}
		found = append(found, record)
	}
	return found
}

const administered = "admin {\naddress = \"127.0.0.1:0\"\n}\n"

func TestAnAgentHasARate(t *testing.T) {
	calls := 0
	g := start(t, open, administered+"limits {\nagent_rate = 1\nagent_burst = 3\n}", func(w http.ResponseWriter, r *http.Request) { calls++; done(w, r) })
	a := g.agent("a")
	var response *http.Response
	var text string
	for range 6 {
		if response, text = g.post(a, transfer); response.StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	passed := calls
	if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") != "1" || passed < 3 || passed > 5 {
		t.Errorf("after %d calls: %d %v", passed, response.StatusCode, response.Header)
	}
	var refused struct {
		Error struct {
			Code    int
			Message string
		}
	}
	if err := json.Unmarshal([]byte(text), &refused); err != nil || !strings.HasPrefix(refused.Error.Message, "limits.agent_rate: ") {
		t.Errorf("the caller is told %s", text)
	}
	if response, _ := g.post(g.agent("b"), transfer); response.StatusCode != http.StatusOK {
		t.Errorf("another agent gets %d", response.StatusCode)
	}
	if got := g.metric(`agent_gateway_limited_total{limit="agent_rate"}`); got < 1 {
		t.Errorf("the metric says %v", got)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	found := g.records(`"event":"refused"`)
	if len(found) == 0 || found[0]["limit"] != "agent_rate" || found[0]["principal"] != "spiffe://example.org/ns/demo/agent/a" || found[0]["decision"] != "refused" {
		t.Errorf("the audit log has %v", found)
	}
}

func TestABatchCountsAsItsCalls(t *testing.T) {
	g := start(t, open, "limits {\nagent_rate = 1\nagent_burst = 5\n}", done)
	batch := "[" + strings.Repeat(transfer+",", 7) + transfer + "]"
	for i := range 8 {
		batch = strings.Replace(batch, `"id":1,`, fmt.Sprintf(`"id":%d,`, i+10), 1)
	}
	if response, text := g.post(g.agent("a"), batch, "Mcp-Protocol-Version", "2025-03-26"); response.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, "agent_rate") {
		t.Errorf("eight calls at once give %d %s", response.StatusCode, text)
	}
}

func TestAnAgentHasSoManyRequestsUnderWay(t *testing.T) {
	hold, began := make(chan struct{}), make(chan struct{}, 8)
	g := start(t, open, "limits {\nagent_concurrent_requests = 2\n}", func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-hold
		done(w, r)
	})
	a, b := g.agent("a"), g.agent("b")
	answers := make(chan int, 4)
	ask := func(c *http.Client) {
		response, _ := g.post(c, transfer)
		answers <- response.StatusCode
	}
	for range 2 {
		go ask(a)
		<-began
	}
	if response, text := g.post(a, transfer); response.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, "limits.agent_concurrent_requests: ") {
		t.Errorf("one more of the same agent: %d %s", response.StatusCode, text)
	}
	go ask(b)
	<-began
	close(hold)
	for range 3 {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("one that was under way ends with %d", status)
		}
	}
	if response, _ := g.post(a, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("when the others have ended: %d", response.StatusCode)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if n := g.bounds.len(); n != 0 {
		t.Errorf("%d agents are kept with nothing under way", n)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	for limit, c := range map[string]struct{ text, other string }{
		"agent_concurrent_streams": {"agent_concurrent_streams = 1", "b"},
		"concurrent_streams":       {"concurrent_streams = 1", ""},
	} {
		t.Run(limit, func(t *testing.T) {
			g := start(t, open, administered+"limits {\n"+c.text+"\n}", streamed)
			a := g.agent("a")
			stream := g.ask(a, http.MethodPost, transfer)
			if stream.StatusCode != http.StatusOK {
				t.Fatal(stream.StatusCode)
			}
			if response, text := g.post(a, transfer); response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "limits."+limit+": ") {
				t.Errorf("one stream more: %d %s", response.StatusCode, text)
			}
			if got := g.metric("agent_gateway_streams"); got != 1 {
				t.Errorf("%v streams are said to be open", got)
			}
			if c.other != "" {
				other := g.ask(g.agent(c.other), http.MethodPost, transfer)
				if other.StatusCode != http.StatusOK {
					t.Errorf("another agent's stream: %d", other.StatusCode)
				}
				defer other.Body.Close()
			}
			_ = stream.Body.Close() // the caller goes away, and so makes room
			again := g.ask(a, http.MethodPost, transfer)
			for again.StatusCode != http.StatusOK {
				_ = again.Body.Close()
				again = g.ask(a, http.MethodPost, transfer)
			}
			_ = again.Body.Close()
		})
	}
}

func TestATargetsOwnLimitsHold(t *testing.T) {
	g := start(t, open, "target:limits {\nbody = 1024\nagent_rate = 1\nagent_burst = 1\n}", done)
	a := g.agent("a")
	if response, text := g.post(a, strings.Replace(transfer, "5", strings.Repeat("5", 2000), 1)); response.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(text, "1024") {
		t.Errorf("a body that is too large for it: %d %s", response.StatusCode, text)
	}
	if response, _ := g.post(a, transfer); response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("more than its rate: %d", response.StatusCode)
	}
}

func TestThoseWhoCannotBeAuthenticatedAreBounded(t *testing.T) {
	g := start(t, open, administered+"limits {\nunauthenticated_rate = 1\nunauthenticated_burst = 25\n}", done)
	o := g.options("a")
	o.TokenEndpoint = ""
	nobody := g.client(o)
	counts := map[int]int{}
	for range 60 {
		response, _ := g.post(nobody, transfer, "Authorization", "DPoP "+planted, "DPoP", planted)
		counts[response.StatusCode]++
	}
	if counts[http.StatusUnauthorized] < 25 || counts[http.StatusTooManyRequests] == 0 || len(counts) != 2 {
		t.Errorf("got %v", counts)
	}
	if response, _ := g.post(g.agent("b"), transfer); response.StatusCode != http.StatusOK {
		t.Errorf("a known agent of the same source gets %d", response.StatusCode)
	}
	if g.metric(`agent_gateway_audit_withheld_total{event="unauthenticated"}`) == 0 {
		t.Error("every one of them has a record")
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	found := g.records(`"event":"unauthenticated"`)
	if len(found) < 20 || len(found) > 30 {
		t.Errorf("%d records", len(found))
	}
	if r := found[0]; r["client.address"] != "127.0.0.1" || r["http.response.status_code"] != float64(401) || r["reason"] == "" || r["principal"] != nil {
		t.Errorf("got %v", r)
	}
}

func TestWhomLimitsAreFor(t *testing.T) {
	for name, c := range map[string]struct {
		p    principal.Principal
		want string
	}{
		"all instances of an agent": {principal.FromSPIFFEID("spiffe://e/ns/n/agent/a/instance/7"), "spiffe://e/ns/n/agent/a"},
		"an agent":                  {principal.FromSPIFFEID("spiffe://e/ns/n/agent/a"), "spiffe://e/ns/n/agent/a"},
		"another workload":          {principal.FromSPIFFEID("spiffe://e/x/instance/7"), "spiffe://e/x/instance/7"},
		"the subject of an issuer":  {principal.Principal{Subject: "s", Issuer: "i"}, "i\x00s"},
	} {
		if got := agent(c.p); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for source, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64"} {
		if got := network(source); got != want {
			t.Errorf("%s is of %s", source, got)
		}
	}
}

func TestLimitsChangeWithAReload(t *testing.T) {
	g := start(t, open, "limits {\nagent_rate = 1\nagent_burst = 1\n}", done)
	a := g.agent("a")
	status := 0
	for range 3 {
		response, _ := g.post(a, transfer)
		status = response.StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Fatal(status)
	}
	if err := g.Reload(g.configuration(open, "limits {\nagent_rate = 1000\nconcurrent_requests = 5\n}")); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if response, _ := g.post(a, transfer); response.StatusCode != http.StatusOK {
			t.Errorf("got %d", response.StatusCode)
		}
	}
}
