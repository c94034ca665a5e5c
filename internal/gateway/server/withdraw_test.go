package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

func TestAGatewayThatStopsServesOnUntilOthersKnow(t *testing.T) {
	g := start(t, open, "admin {\naddress = \"127.0.0.1:0\"\n}\nlimits {\nwithdraw_time = \"3s\"\n}", done)
	ready := func() (int, string) {
		response, err := http.Get("http://" + g.Admin() + "/readyz")
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	if status, text := ready(); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	began := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- g.stop() }()
	await.True(t, "readyz to say that it stops", func() bool {
		status, _ := ready()
		return status == http.StatusServiceUnavailable
	})
	// A connection of its own, as of one who has not heard yet.
	if response, text := g.post(g.agent("a"), transfer); response.StatusCode != http.StatusOK {
		t.Errorf("while it is withdrawn: %d %s", response.StatusCode, text)
	}
	if err := <-stopped; err != nil || time.Since(began) < 3*time.Second {
		t.Errorf("it ended after %s with %v", time.Since(began), err)
	}
	if _, err := g.agent("a").Get(g.Origin("agents") + "/bank"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("after that: %v", err)
	}
}
