package server

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// tracing makes spans. nil makes none.
type tracing struct {
	tracer trace.Tracer
	worth  config.Traceparent
}

// spanLimits bound a span: what callers name is cut.
var spanLimits = sdktrace.SpanLimits{
	AttributeValueLengthLimit: 256, AttributeCountLimit: 64, EventCountLimit: 16, LinkCountLimit: 4, AttributePerEventCountLimit: 8, AttributePerLinkCountLimit: 4,
}

// w3c reads and writes traceparent and tracestate (W3C Trace Context).
var w3c propagation.TraceContext

// sampler decides what is recorded by chance, and not by the trace's id, which callers can choose.
type sampler struct {
	ratio float64
	trust bool
}

// ShouldSample implements sdktrace.Sampler.
func (s sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	sampled := false
	switch {
	case parent.IsValid() && (!parent.IsRemote() || s.trust):
		sampled = parent.IsSampled()
	default:
		sampled = rand.Float64() < s.ratio //nolint:gosec // nothing depends on it
	}
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: parent.TraceState()}
	if sampled {
		result.Decision = sdktrace.RecordAndSample
	}
	return result
}

// Description implements sdktrace.Sampler.
func (s sampler) Description() string { return "agent-gateway" }

// begin starts the span of a request, as the server that it is to the caller.
func (t *tracing) begin(x *exchange) {
	ctx := x.r.Context()
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(x.began)}
	callers := trace.SpanContextFromContext(w3c.Extract(context.Background(), propagation.HeaderCarrier(x.r.Header)))
	switch {
	case !callers.IsValid():
	case t.worth == config.LinkTrace:
		options = append(options, trace.WithLinks(trace.Link{SpanContext: callers}))
	default:
		ctx = trace.ContextWithRemoteSpanContext(ctx, callers)
	}
	ctx, x.span = t.tracer.Start(ctx, x.target.Protocol, options...)
	x.r = x.r.WithContext(ctx)
	if x.span.IsRecording() {
		x.span.SetAttributes(
			attribute.String("http.request.method", x.r.Method), attribute.String("network.protocol.version", protocolVersion(x.r)),
			attribute.String("client.address", source(x.r)), attribute.String("agent_gateway.target", x.target.Name), attribute.String("agent_gateway.listener", x.site.listener.Name))
	}
}

func protocolVersion(r *http.Request) string {
	if r.ProtoMajor == 2 {
		return "2"
	}
	return "1.1"
}

// decided adds to the span what a record says.
func (x *exchange) decided(r *audit.Record) {
	if x.span == nil || !x.span.IsRecording() {
		return
	}
	name, about := r.Method, r.Tool
	if about == "" {
		about = r.Prompt
	}
	if about != "" {
		name += " " + about
	}
	x.span.SetName(shortened(name))
	add := func(key, value string) {
		if value != "" {
			x.span.SetAttributes(attribute.String(key, value))
		}
	}
	add("mcp.method.name", r.MCPMethod)
	add("mcp.protocol.version", r.MCPVersion)
	add("mcp.resource.uri", r.MCPResource)
	add("jsonrpc.request.id", r.RequestID)
	add("gen_ai.tool.name", r.Tool)
	add("gen_ai.prompt.name", r.Prompt)
	if r.Tool != "" {
		add("gen_ai.operation.name", "execute_tool")
	}
	if r.RPC != "" {
		add("rpc.system.name", "grpc")
		add("rpc.method", r.RPC)
	}
	add("http.route", r.Route)
	add("a2a.task.id", r.Task)
	add("a2a.context.id", r.Context)
	add("agent_gateway.principal", r.Principal)
	add("agent_gateway.decision", r.Decision)
	if len(r.Policies) > 0 {
		x.span.SetAttributes(attribute.StringSlice("agent_gateway.policies", r.Policies))
	}
}

// nameLength is how much of a span's name is kept, in bytes.
const nameLength = 128

func shortened(name string) string {
	if len(name) > nameLength {
		name = strings.ToValidUTF8(name[:nameLength], "")
	}
	return name
}

// mark says in a record which trace it belongs to.
func (x *exchange) mark(r *audit.Record) {
	r.Exchange = x.name()
	if x.span != nil {
		is := x.span.SpanContext()
		r.Trace, r.Span = is.TraceID().String(), is.SpanID().String()
	}
}

// traced passes a request on within a span of its own, that the target's trace goes on from.
func (x *exchange) traced(request *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	if x.span == nil {
		return pass(request)
	}
	ctx, span := x.tracing.tracer.Start(request.Context(), request.Method, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	request.Header.Del("Tracestate")
	w3c.Inject(ctx, propagation.HeaderCarrier(request.Header))
	if span.IsRecording() {
		span.SetAttributes(attribute.String("http.request.method", request.Method), attribute.String("server.address", request.URL.Hostname()), attribute.String("agent_gateway.target", x.target.Name))
	}
	response, err := pass(request.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, "the target cannot be reached")
	} else {
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	}
	return response, err
}

// endSpan ends the span of the request.
func (x *exchange) endSpan() {
	if x.span == nil {
		return
	}
	if a, ok := x.w.(*answer); ok && a.status != 0 {
		x.span.SetAttributes(attribute.Int("http.response.status_code", a.status))
		if a.status >= http.StatusInternalServerError {
			x.span.SetStatus(codes.Error, "")
		}
	}
	x.span.End()
}

// name gives what all records of the exchange have alike.
func (x *exchange) name() string {
	if x.id == "" {
		x.id = instance() + "-" + strconv.FormatUint(x.exchanges.Add(1), 36)
	}
	return x.id
}
