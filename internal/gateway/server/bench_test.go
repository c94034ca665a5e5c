package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// What limits and metrics take of each request that is let through.
func BenchmarkAdmittance(b *testing.B) {
	memory, err := store.NewMemory(1000, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	s := &Server{options: Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}, store: memory, metrics: newMetrics()}
	limits := config.Defaults()
	limits.AgentRate, limits.AgentBurst = 1<<30, 1<<30
	g := &generation{config: &config.Config{Limits: limits}}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/bank", nil)
	target := &target{Target: config.Target{Name: "bank"}, meters: s.metrics.meters("bank", "mcp")}
	record := &audit.Record{Decision: "allow", Enforced: true}
	who := principal.FromSPIFFEID("spiffe://example.org/ns/demo/agent/a/instance/7")
	b.ReportAllocs()
	for b.Loop() {
		x := &exchange{Server: s, g: g, target: target, r: r, who: who, began: time.Now()}
		leave, ok := x.admit()
		if !ok {
			b.Fatal("refused")
		}
		x.mark(record)
		target.meters.decided.Observe(since(x.began))
		target.meters.call(record)
		target.meters.upstream.Observe(since(x.began))
		target.meters.answered["allow"].Observe(since(x.began))
		leave()
	}
}
