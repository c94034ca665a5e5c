// Package sidecar_test starts a sidecar as a pod starts one: before SPIRE knows the pod.
package sidecar_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/spire"
)

func TestMain(m *testing.M) { gateway.Main(m) }

func TestASidecarWaitsUntilItsPodIsRegistered(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the workload of this test is the user root")
	}
	server := spire.StartServer(t, spire.ServerOptions{TrustDomain: "agents.example.org"})
	agent := spire.StartAgent(t, server)
	listen, ready := port.Address(t), port.Address(t)
	cmd := exec.Command(gateway.Program(t), "sidecar", "-workload-api", agent.WorkloadAPI(), "-gateway-id", "spiffe://agents.example.org/gateway", //nolint:noctx // it is asked to end, not killed
		"-url", "https://127.0.0.1:1/bank", "-url", "https://127.0.0.1:1/mail", "-listen", listen, "-ready", ready)
	_, log := gateway.Start(t, cmd)

	log.Wait(t, "no identity issued")
	if status, text := get(t, ready, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "no SVID") {
		t.Errorf("before it is registered it says %d %s", status, text)
	}
	server.CreateEntry(t, &types.Entry{
		SpiffeId:  &types.SPIFFEID{TrustDomain: server.TrustDomain(), Path: "/ns/demo/agent/assistant"},
		ParentId:  &types.SPIFFEID{TrustDomain: server.TrustDomain(), Path: strings.TrimPrefix(agent.ParentID(), "spiffe://"+server.TrustDomain())},
		Selectors: []*types.Selector{{Type: "unix", Value: fmt.Sprintf("uid:%d", os.Getuid())}},
	})
	began := time.Now()
	await.NoError(t, "the sidecar to be ready", func() error {
		if status, text := get(t, ready, "/readyz"); status != http.StatusOK {
			return fmt.Errorf("readyz says %d %s\n%s", status, text, log.Last(20))
		}
		return nil
	})
	t.Logf("ready %s after it was registered", time.Since(began).Truncate(time.Millisecond))
	for path, want := range map[string]int{"/bank/x": http.StatusBadGateway, "/mail": http.StatusBadGateway, "/other": http.StatusNotFound} {
		if status, text := get(t, listen, path); status != want {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if status, _ := get(t, ready, "/bank"); status != http.StatusNotFound {
		t.Errorf("where probes are answered, a target's path is answered with %d", status)
	}
}

func get(t *testing.T, address, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}
