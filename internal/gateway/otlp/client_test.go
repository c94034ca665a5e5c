package otlp_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp/otlptest"
)

func client(t *testing.T, o otlp.Options) *otlp.Client {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	c, err := otlp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// both runs a test over HTTP and over gRPC.
func both(t *testing.T, test func(t *testing.T, r *otlptest.Receiver, o otlp.Options)) {
	t.Run("http", func(t *testing.T) { r := otlptest.Start(t); test(t, r, otlp.Options{Endpoint: r.HTTP}) })
	t.Run("grpc", func(t *testing.T) { r := otlptest.Start(t); test(t, r, otlp.Options{Endpoint: r.GRPC, GRPC: true}) })
}

// one is a request with one log record.
func one() *collector.ExportLogsServiceRequest {
	object := map[string]any{
		"text": "a", "whole": json.Number("7"), "part": json.Number("1.5"), "huge": json.Number("1e999"), "yes": true, "list": []any{"a", json.Number("1")}, "none": nil,
		"object": map[string]any{"in": "it"},
	}
	return &collector.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{
		Resource: otlp.Resource(map[string]string{"service.name": "test"}),
		ScopeLogs: []*logs.ScopeLogs{{Scope: otlp.Scope("1"), LogRecords: []*logs.LogRecord{{
			TimeUnixNano: 1, ObservedTimeUnixNano: 1, SeverityNumber: 9, Body: otlp.Text("body"), Attributes: otlp.Attributes(object),
		}}}},
	}}}
}

func TestALogRecordArrives(t *testing.T) {
	both(t, func(t *testing.T, r *otlptest.Receiver, o otlp.Options) {
		o.HeadersFile = filepath.Join(t.TempDir(), "headers")
		if err := os.WriteFile(o.HeadersFile, []byte("# who sends\nX-Api-Key: first\n\nx-tenant:  a b \n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := client(t, o)
		var response collector.ExportLogsServiceResponse
		if err := c.Export(t.Context(), otlp.Logs, one(), &response); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.HeadersFile, []byte("X-Api-Key: second key\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.Export(t.Context(), otlp.Logs, one(), &response); err != nil {
			t.Fatal(err)
		}
		got := r.Log(func(l *logs.LogRecord) bool { return true })
		if got.GetBody().GetStringValue() != "body" || otlptest.Attribute(got.GetAttributes(), "text") != "a" || otlptest.Attribute(got.GetAttributes(), "huge") != "1e999" {
			t.Errorf("got %v", got)
		}
		if got := r.Header("X-Api-Key"); got != "first, second key" {
			t.Errorf("the keys are %q", got)
		}
		if got := r.Header("X-Tenant"); got != "a b" {
			t.Errorf("the tenant is %q", got)
		}
	})
}

func TestWhatMayBeTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, r *otlptest.Receiver, o otlp.Options) {
		c := client(t, o)
		refusals := map[bool][]error{
			true:  {otlptest.Status(429), otlptest.Status(503), otlptest.Status(401), otlptest.Status(404)},
			false: {otlptest.Status(400), otlptest.Status(413)},
		}
		if o.GRPC {
			refusals = map[bool][]error{
				true:  {status.Error(codes.Unavailable, ""), status.Error(codes.ResourceExhausted, ""), status.Error(codes.Unauthenticated, ""), status.Error(codes.Unimplemented, "")},
				false: {status.Error(codes.InvalidArgument, "")},
			}
		}
		for retryable, errs := range refusals {
			for _, with := range errs {
				r.Refuse(func(string) error { return with })
				err := c.Export(t.Context(), otlp.Logs, one(), &collector.ExportLogsServiceResponse{})
				var e *otlp.Error
				if !errors.As(err, &e) || e.Retryable != retryable {
					t.Errorf("%v is retryable: %+v", with, e)
				}
			}
		}
		left := 2
		r.Refuse(func(string) error {
			if left--; left < 0 {
				return nil
			}
			return refusals[true][1]
		})
		if err := c.Insist(t.Context(), otlp.Logs, one(), &collector.ExportLogsServiceResponse{}); err != nil {
			t.Errorf("who insists is refused: %v", err)
		}
		r.Refuse(func(string) error { return refusals[true][0] })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Insist(ctx, otlp.Logs, one(), &collector.ExportLogsServiceResponse{}); err == nil {
			t.Error("who insists does not end with its context")
		}
	})
}

func TestAReceiverThatIsNotThereOrDoesNotAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer silent.Close()
	defer close(release)
	wordy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }))
	defer wordy.Close()
	for name, c := range map[string]struct {
		at        string
		retryable bool
	}{"gone": {gone.URL, true}, "silent": {silent.URL, true}, "wordy": {wordy.URL, false}} {
		err := client(t, otlp.Options{Endpoint: c.at, Timeout: time.Second}).Export(t.Context(), otlp.Logs, one(), &collector.ExportLogsServiceResponse{})
		var e *otlp.Error
		if !errors.As(err, &e) || e.Retryable != c.retryable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTLSIsVerified(t *testing.T) {
	over := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer over.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: over.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := client(t, otlp.Options{Endpoint: over.URL, CAFile: ca}).Export(t.Context(), otlp.Logs, one(), &collector.ExportLogsServiceResponse{}); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	if err := client(t, otlp.Options{Endpoint: over.URL}).Export(t.Context(), otlp.Logs, one(), &collector.ExportLogsServiceResponse{}); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestWhatAClientCannotBeMadeFrom(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(bad, []byte("X-Key: a\nsesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]otlp.Options{
		"no endpoint": {}, "another scheme": {Endpoint: "tcp://h"}, "headers that are none": {Endpoint: "http://h", HeadersFile: bad},
		"headers that are not there": {Endpoint: "http://h", HeadersFile: bad + "x"}, "an authority that is none": {Endpoint: "https://h", CAFile: bad},
	} {
		if _, err := otlp.New(o); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMetricsArriveAsTheyAreCounted(t *testing.T) {
	both(t, func(t *testing.T, r *otlptest.Receiver, o otlp.Options) {
		registry := prometheus.NewRegistry()
		counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total", Help: "Calls."}, []string{"target"})
		gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "streams"})
		histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "seconds", Buckets: []float64{1, 2}})
		summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "sizes", Objectives: map[float64]float64{0.5: 0.05}})
		registry.MustRegister(counter, gauge, histogram, summary)
		counter.WithLabelValues("bank").Add(3)
		gauge.Set(-2)
		for _, v := range []float64{0.5, 1.5, 1.6, 9} {
			histogram.Observe(v)
			summary.Observe(v)
		}
		began := time.Now()
		readings := otlp.NewReadings(client(t, o), otlp.Resource(map[string]string{"service.name": "test"}), "1", registry, began)
		if err := readings.Send(t.Context(), began.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if p := r.Metric("calls_total").GetSum().GetDataPoints()[0]; p.GetAsDouble() != 3 || otlptest.Attribute(p.GetAttributes(), "target") != "bank" || p.GetStartTimeUnixNano() >= p.GetTimeUnixNano() {
			t.Errorf("the counter is %v", p)
		}
		if p := r.Metric("streams").GetGauge().GetDataPoints()[0]; p.GetAsDouble() != -2 {
			t.Errorf("the gauge is %v", p)
		}
		if p := r.Metric("seconds").GetHistogram().GetDataPoints()[0]; p.GetCount() != 4 || p.GetBucketCounts()[0] != 1 || p.GetBucketCounts()[1] != 2 || p.GetBucketCounts()[2] != 1 || p.GetSum() != 12.6 {
			t.Errorf("the histogram is %v", p)
		}
		if p := r.Metric("sizes").GetSummary().GetDataPoints()[0]; p.GetCount() != 4 || len(p.GetQuantileValues()) != 1 {
			t.Errorf("the summary is %v", p)
		}
	})
}
