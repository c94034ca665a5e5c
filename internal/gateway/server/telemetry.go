package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"

	"github.com/agentward/terraform-provider-agent/internal/gateway/build"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp"
)

// telemetry is what is sent to a receiver besides the audit log, until it is ended. nil sends nothing.
type telemetry struct {
	client   *otlp.Client
	provider *sdktrace.TracerProvider // nil without traces
	tracing  *tracing                 // nil without traces
	stop     context.CancelFunc
	sending  sync.WaitGroup
}

// openTelemetry gives what a configuration asks for.
func (s *Server) openTelemetry(c *config.Config) (*telemetry, error) {
	o := c.Telemetry
	if o.OTLP == nil || !o.Traces && !o.Metrics {
		return nil, nil
	}
	client, err := receiver(o.OTLP)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &telemetry{client: client, stop: stop}
	if o.Traces {
		exporter := otlp.NewSpans(client, about(c), build.Version(), func(spans int, err error) {
			s.metrics.lost.Add(float64(spans))
			s.options.Log.Warn("spans are lost", "spans", spans, "error", err)
		})
		t.provider = sdktrace.NewTracerProvider(
			sdktrace.WithBatcher(exporter, sdktrace.WithExportTimeout(o.OTLP.Timeout)), sdktrace.WithSampler(sampler{o.SampleRatio, o.Traceparent == config.TrustTrace}),
			sdktrace.WithResource(sdkresource.NewSchemaless(attribute.String("service.name", serviceName))), // about says it; the SDK would ask the environment
			sdktrace.WithRawSpanLimits(spanLimits),
		)
		t.tracing = &tracing{tracer: t.provider.Tracer("agent-gateway"), worth: o.Traceparent}
	}
	if o.Metrics {
		readings := otlp.NewReadings(client, about(c), build.Version(), s.metrics.registry, s.began)
		t.sending.Go(func() { s.send(ctx, readings, o.Every) })
	}
	return t, nil
}

// send sends metrics until ctx is done, and then once more.
func (s *Server) send(ctx context.Context, r *otlp.Readings, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for failing := false; ; {
		last := false
		select {
		case <-ctx.Done():
			last = true
		case <-tick.C:
		}
		err := r.Send(context.WithoutCancel(ctx), time.Now())
		if err != nil && !failing {
			s.options.Log.Warn("metrics cannot be sent", "error", err)
		}
		if failing = err != nil; last {
			return
		}
	}
}

// end sends what waits, until ctx is done.
func (t *telemetry) end(ctx context.Context) error {
	if t == nil {
		return nil
	}
	t.stop()
	var err error
	if t.provider != nil {
		err = t.provider.Shutdown(ctx)
	}
	t.sending.Wait() // each request has its timeout
	if closing := t.client.Close(); err == nil {
		err = closing
	}
	return err
}

const serviceName = "agent-gateway"

// instance tells replicas and restarts apart.
var instance = sync.OnceValue(func() string {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // it never fails
	return hex.EncodeToString(id)
})

// about is the gateway, as its telemetry names it (OpenTelemetry's conventions for services).
func about(c *config.Config) *resource.Resource {
	host, _ := os.Hostname()
	names := map[string]string{"service.name": serviceName, "service.version": build.Version(), "service.instance.id": instance()}
	if host != "" {
		names["host.name"] = host
	}
	maps.Copy(names, c.Telemetry.Resource)
	return otlp.Resource(names)
}

func equalResource(a, b *config.Config) bool {
	return maps.Equal(a.Telemetry.Resource, b.Telemetry.Resource)
}

func equalTelemetry(a, b *config.Config) bool {
	x, y := a.Telemetry, b.Telemetry
	return equalOTLP(x.OTLP, y.OTLP) && equalResource(a, b) && x.Traces == y.Traces && x.Metrics == y.Metrics && x.SampleRatio == y.SampleRatio &&
		x.Traceparent == y.Traceparent && x.Every == y.Every
}
