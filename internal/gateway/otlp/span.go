package otlp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	spanapi "go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	spans "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// Spans is an exporter of spans for the SDK's provider.
type Spans struct {
	client   *Client
	resource *resource.Resource
	version  string
	failed   func(spans int, err error)
}

// NewSpans gives an exporter, which does not close the client. failed is told of spans that were lost.
func NewSpans(client *Client, about *resource.Resource, version string, failed func(int, error)) *Spans {
	return &Spans{client: client, resource: about, version: version, failed: failed}
}

// ExportSpans implements trace.SpanExporter.
func (s *Spans) ExportSpans(ctx context.Context, ended []trace.ReadOnlySpan) error {
	scope := &spans.ScopeSpans{Scope: Scope(s.version)}
	for _, one := range ended {
		scope.Spans = append(scope.Spans, span(one))
	}
	request := &collector.ExportTraceServiceRequest{ResourceSpans: []*spans.ResourceSpans{{Resource: s.resource, ScopeSpans: []*spans.ScopeSpans{scope}}}}
	var response collector.ExportTraceServiceResponse
	err := s.client.Insist(ctx, Traces, request, &response)
	if rejected := response.GetPartialSuccess().GetRejectedSpans(); err != nil {
		s.failed(len(ended), err)
	} else if rejected > 0 {
		s.failed(int(rejected), errors.New("otlp: the receiver does not take them"))
	}
	return nil // it has been told; the SDK would write it to stderr
}

// Shutdown implements trace.SpanExporter.
func (s *Spans) Shutdown(context.Context) error { return nil }

func span(s trace.ReadOnlySpan) *spans.Span {
	is, parent := s.SpanContext(), s.Parent()
	made := &spans.Span{
		TraceId: traceID(is), SpanId: spanID(is), TraceState: is.TraceState().String(), Flags: flags(is, parent),
		Name: s.Name(), Kind: kind(s.SpanKind()), StartTimeUnixNano: nanoseconds(s.StartTime()), EndTimeUnixNano: nanoseconds(s.EndTime()),
		Attributes: attributes(s.Attributes()), DroppedAttributesCount: count(s.DroppedAttributes()),
	}
	if parent.SpanID().IsValid() {
		made.ParentSpanId = spanID(parent)
	}
	for _, l := range s.Links() {
		made.Links = append(made.Links, &spans.Span_Link{TraceId: traceID(l.SpanContext), SpanId: spanID(l.SpanContext), TraceState: l.SpanContext.TraceState().String()})
	}
	switch status := s.Status(); status.Code {
	case codes.Error:
		made.Status = &spans.Status{Code: spans.Status_STATUS_CODE_ERROR, Message: status.Description}
	case codes.Ok:
		made.Status = &spans.Status{Code: spans.Status_STATUS_CODE_OK}
	}
	return made
}

// flags are those of W3C, with whether the parent was another process's (SpanFlags in trace.proto).
func flags(is, parent spanapi.SpanContext) uint32 {
	f := uint32(is.TraceFlags()) | uint32(spans.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
	if parent.IsRemote() {
		f |= uint32(spans.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
	}
	return f
}

func traceID(c spanapi.SpanContext) []byte {
	id := c.TraceID()
	return id[:]
}

func spanID(c spanapi.SpanContext) []byte {
	id := c.SpanID()
	return id[:]
}

func kind(k spanapi.SpanKind) spans.Span_SpanKind {
	switch k {
	case spanapi.SpanKindServer:
		return spans.Span_SPAN_KIND_SERVER
	case spanapi.SpanKindClient:
		return spans.Span_SPAN_KIND_CLIENT
	}
	return spans.Span_SPAN_KIND_INTERNAL
}

func attributes(of []attribute.KeyValue) []*common.KeyValue {
	made := make([]*common.KeyValue, 0, len(of))
	for _, a := range of {
		made = append(made, &common.KeyValue{Key: string(a.Key), Value: attributeValue(a.Value)})
	}
	return made
}

func attributeValue(v attribute.Value) *common.AnyValue {
	switch v.Type() {
	case attribute.STRING:
		return text(v.AsString())
	case attribute.BOOL:
		return value(v.AsBool())
	case attribute.INT64:
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: v.AsInt64()}}
	case attribute.FLOAT64:
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: v.AsFloat64()}}
	case attribute.STRINGSLICE:
		var list []any
		for _, one := range v.AsStringSlice() {
			list = append(list, one)
		}
		return value(list)
	}
	return text(fmt.Sprint(v.AsInterface()))
}

// nanoseconds are since 1970; a time before has none.
func nanoseconds(t time.Time) uint64 {
	return uint64(max(t.UnixNano(), 0)) //nolint:gosec // not negative
}

func count(n int) uint32 {
	return uint32(min(max(n, 0), math.MaxUint32)) //nolint:gosec // within
}
