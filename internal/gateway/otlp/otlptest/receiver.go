// Package otlptest receives OpenTelemetry's protocol for tests, and takes nothing that its specification does not allow.
package otlptest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collectlogs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	collectmetrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	collecttrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// patience is how long a test waits for something to come.
const patience = time.Minute

// Receiver takes all three signals, over HTTP and gRPC.
type Receiver struct {
	// HTTP and GRPC are its endpoints.
	HTTP, GRPC string

	tb      testing.TB
	mu      sync.Mutex
	refuse  func(path string) error
	headers []http.Header
	logs    []*logs.LogRecord
	spans   []*trace.Span
	metrics map[string]*metrics.Metric
}

// Start starts a receiver until the test ends. What it must not take fails the test.
func Start(tb testing.TB) *Receiver {
	tb.Helper()
	r := &Receiver{tb: tb, metrics: map[string]*metrics.Metric{}}
	over := httptest.NewServer(http.HandlerFunc(r.serveHTTP))
	tb.Cleanup(over.Close)
	r.HTTP = over.URL
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer()
	for path, name := range map[string]string{
		"/v1/logs": "opentelemetry.proto.collector.logs.v1.LogsService", "/v1/traces": "opentelemetry.proto.collector.trace.v1.TraceService",
		"/v1/metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
	} {
		server.RegisterService(&grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
			MethodName: "Export", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				request, response := kinds(path)
				if err := decode(request); err != nil {
					return nil, err
				}
				of, _ := metadata.FromIncomingContext(ctx)
				header := http.Header{}
				for name, values := range of {
					header[http.CanonicalHeaderKey(name)] = values
				}
				return response, r.take(path, header, request)
			},
		}}}, r)
	}
	go func() { _ = server.Serve(listening) }() // it ends with the test
	tb.Cleanup(server.Stop)
	r.GRPC = "http://" + listening.Addr().String()
	return r
}

// Refuse lets every request end with what the function gives for its path: nil, or an error, which over HTTP is a status as Status gives one. nil
// refuses nothing any more.
func (r *Receiver) Refuse(with func(path string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = with
}

// Status is an error that is a status of HTTP.
type Status int

// Error implements error.
func (s Status) Error() string { return http.StatusText(int(s)) }

func kinds(path string) (request, response proto.Message) {
	switch path {
	case "/v1/logs":
		return &collectlogs.ExportLogsServiceRequest{}, &collectlogs.ExportLogsServiceResponse{}
	case "/v1/traces":
		return &collecttrace.ExportTraceServiceRequest{}, &collecttrace.ExportTraceServiceResponse{}
	case "/v1/metrics":
		return &collectmetrics.ExportMetricsServiceRequest{}, &collectmetrics.ExportMetricsServiceResponse{}
	}
	return nil, nil
}

func (r *Receiver) serveHTTP(w http.ResponseWriter, from *http.Request) {
	request, response := kinds(from.URL.Path)
	if request == nil || from.Method != http.MethodPost || from.Header.Get("Content-Type") != "application/x-protobuf" {
		r.tb.Errorf("OTLP: %s %s of type %q", from.Method, from.URL.Path, from.Header.Get("Content-Type"))
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(from.Body)
	if err == nil && from.Header.Get("Content-Encoding") == "gzip" {
		body, err = unzipped(body)
	}
	if err == nil {
		err = proto.Unmarshal(body, request)
	}
	if err == nil {
		err = r.take(from.URL.Path, from.Header, request)
	}
	var status Status
	switch {
	case errors.As(err, &status):
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(int(status))
	case err != nil:
		r.tb.Errorf("OTLP: %s: %v", from.URL.Path, err)
		w.WriteHeader(http.StatusBadRequest)
	default:
		text, _ := proto.Marshal(response) // an empty message
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(text)
	}
}

func unzipped(body []byte) ([]byte, error) {
	from, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(from)
}

// take checks a request and keeps what is in it.
func (r *Receiver) take(path string, header http.Header, request proto.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(path); err != nil {
			return err
		}
	}
	if len(request.ProtoReflect().GetUnknown()) > 0 {
		return errors.New("there are fields that OTLP does not know")
	}
	r.headers = append(r.headers, header)
	switch request := request.(type) {
	case *collectlogs.ExportLogsServiceRequest:
		for _, of := range request.GetResourceLogs() {
			if err := named(of.GetResource()); err != nil {
				return err
			}
			for _, scope := range of.GetScopeLogs() {
				r.logs = append(r.logs, scope.GetLogRecords()...)
			}
		}
		return check(r.logs, checkLog)
	case *collecttrace.ExportTraceServiceRequest:
		for _, of := range request.GetResourceSpans() {
			if err := named(of.GetResource()); err != nil {
				return err
			}
			for _, scope := range of.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
		return check(r.spans, checkSpan)
	case *collectmetrics.ExportMetricsServiceRequest:
		for _, of := range request.GetResourceMetrics() {
			if err := named(of.GetResource()); err != nil {
				return err
			}
			for _, scope := range of.GetScopeMetrics() {
				for _, m := range scope.GetMetrics() {
					r.metrics[m.GetName()] = m
					if err := checkMetric(m); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func check[T any](all []T, one func(T) error) error {
	for _, v := range all {
		if err := one(v); err != nil {
			return err
		}
	}
	return nil
}

func named(r *resource.Resource) error {
	if Attribute(r.GetAttributes(), "service.name") == "" {
		return errors.New("the resource has no service.name")
	}
	return unique(r.GetAttributes())
}

// unique checks attributes: no key twice, none empty.
func unique(attributes []*common.KeyValue) error {
	seen := map[string]bool{}
	for _, a := range attributes {
		if a.GetKey() == "" || seen[a.GetKey()] {
			return fmt.Errorf("attribute %q is empty or there twice", a.GetKey())
		}
		seen[a.GetKey()] = true
	}
	return nil
}

func checkLog(l *logs.LogRecord) error {
	switch {
	case l.GetTimeUnixNano() == 0 || l.GetObservedTimeUnixNano() == 0:
		return errors.New("a log record has no time")
	case len(l.GetTraceId()) != 0 && len(l.GetTraceId()) != 16 || len(l.GetSpanId()) != 0 && len(l.GetSpanId()) != 8:
		return errors.New("a log record's trace has an id of another size")
	case l.GetSeverityNumber() < 1 || l.GetSeverityNumber() > 24:
		return fmt.Errorf("a log record has the severity %d", l.GetSeverityNumber())
	}
	return unique(l.GetAttributes())
}

func checkSpan(s *trace.Span) error {
	switch {
	case len(s.GetTraceId()) != 16 || len(s.GetSpanId()) != 8 || len(s.GetParentSpanId()) != 0 && len(s.GetParentSpanId()) != 8:
		return errors.New("a span has an id of another size")
	case bytes.Equal(s.GetTraceId(), make([]byte, 16)) || bytes.Equal(s.GetSpanId(), make([]byte, 8)):
		return errors.New("a span has an id of zeros")
	case s.GetName() == "" || s.GetKind() == trace.Span_SPAN_KIND_UNSPECIFIED:
		return errors.New("a span has no name, or no kind")
	case s.GetStartTimeUnixNano() == 0 || s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano():
		return errors.New("a span ends before it begins")
	}
	return unique(s.GetAttributes())
}

func checkMetric(m *metrics.Metric) error {
	if m.GetName() == "" || m.GetData() == nil {
		return fmt.Errorf("metric %q has no name, or no data", m.GetName())
	}
	if s := m.GetSum(); s != nil && (!s.GetIsMonotonic() || s.GetAggregationTemporality() != metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE) {
		return fmt.Errorf("metric %q is no cumulative counter", m.GetName())
	}
	for _, p := range m.GetHistogram().GetDataPoints() {
		var sum uint64
		for _, n := range p.GetBucketCounts() {
			sum += n
		}
		if len(p.GetBucketCounts()) != len(p.GetExplicitBounds())+1 || sum != p.GetCount() || !slices.IsSorted(p.GetExplicitBounds()) {
			return fmt.Errorf("the buckets of metric %q are not what it counts", m.GetName())
		}
	}
	return nil
}

// Attribute gives the text of an attribute, "" where there is none or it is no text.
func Attribute(attributes []*common.KeyValue, name string) string {
	for _, a := range attributes {
		if a.GetKey() == name {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// await asks until there is something, or the test has waited too long.
func await[T any](r *Receiver, what string, find func() (T, bool)) T {
	r.tb.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r.mu.Lock()
		found, ok := find()
		r.mu.Unlock()
		if ok {
			return found
		}
		if time.Now().After(deadline) {
			r.tb.Fatalf("OTLP: there is no %s", what)
		}
	}
}

// Log waits for a log record of which the function says that it is the one.
func (r *Receiver) Log(is func(*logs.LogRecord) bool) *logs.LogRecord {
	r.tb.Helper()
	return await(r, "such log record", func() (*logs.LogRecord, bool) { return first(r.logs, is) })
}

// Span waits for a span of which the function says that it is the one.
func (r *Receiver) Span(is func(*trace.Span) bool) *trace.Span {
	r.tb.Helper()
	return await(r, "such span", func() (*trace.Span, bool) { return first(r.spans, is) })
}

// Metric waits for a metric of a name.
func (r *Receiver) Metric(name string) *metrics.Metric {
	r.tb.Helper()
	return await(r, "metric "+name, func() (*metrics.Metric, bool) { m, ok := r.metrics[name]; return m, ok })
}

func first[T any](all []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	var none T
	return none, false
}

// Counts gives how many log records and spans have come.
func (r *Receiver) Counts() (logs, spans int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.logs), len(r.spans)
}

// Header gives the values that requests had for a header, each once and sorted.
func (r *Receiver) Header(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var values []string
	for _, h := range r.headers {
		values = append(values, h.Values(name)...)
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
}
