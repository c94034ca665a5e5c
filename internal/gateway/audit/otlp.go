package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"

	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp"
)

// OTLP is a sink that sends records as OpenTelemetry's log records: the members of a record are attributes, and its reason is the body.
type OTLP struct {
	client   *otlp.Client
	resource *resource.Resource
	version  string
}

// NewOTLP gives a sink, which closes the client. version is the gateway's.
func NewOTLP(client *otlp.Client, about *resource.Resource, version string) *OTLP {
	return &OTLP{client: client, resource: about, version: version}
}

// Name implements Sink.
func (o *OTLP) Name() string { return "otlp" }

// Take implements Sink. What the receiver refuses for good is rejected, and not sent again (OTLP §Failures).
func (o *OTLP) Take(ctx context.Context, entries []Entry) (int, error) {
	scope := &logs.ScopeLogs{Scope: otlp.Scope(o.version)}
	for _, e := range entries {
		record, err := logRecord(e)
		if err != nil {
			return 0, err
		}
		scope.LogRecords = append(scope.LogRecords, record)
	}
	request := &collector.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{Resource: o.resource, ScopeLogs: []*logs.ScopeLogs{scope}}}}
	var response collector.ExportLogsServiceResponse
	err := o.client.Export(ctx, otlp.Logs, request, &response)
	var refused *otlp.Error
	switch part := response.GetPartialSuccess(); {
	case errors.As(err, &refused) && !refused.Retryable:
		return len(entries), &Rejected{len(entries), err}
	case err != nil:
		return 0, err
	case part.GetRejectedLogRecords() > 0:
		return len(entries), &Rejected{int(min(part.GetRejectedLogRecords(), int64(len(entries)))), errors.New("otlp: the receiver does not take them")}
	}
	return len(entries), nil
}

// Close implements Sink.
func (o *OTLP) Close() error { return o.client.Close() }

// severities are those of the decisions.
var severities = map[string]logs.SeverityNumber{
	"allow": logs.SeverityNumber_SEVERITY_NUMBER_INFO, "deny": logs.SeverityNumber_SEVERITY_NUMBER_WARN,
	"refused": logs.SeverityNumber_SEVERITY_NUMBER_WARN, "error": logs.SeverityNumber_SEVERITY_NUMBER_ERROR,
}

// fields of the log record itself, which are no attributes.
var fields = []string{"time", "reason", "trace_id", "span_id"}

func logRecord(e Entry) (*logs.LogRecord, error) {
	// From the line, so that both have the same names and nothing that the line has not.
	decode := json.NewDecoder(bytes.NewReader(e.Line))
	decode.UseNumber()
	var members map[string]any
	if err := decode.Decode(&members); err != nil {
		return nil, fmt.Errorf("read an audit record: %w", err)
	}
	for _, name := range fields {
		delete(members, name)
	}
	severity := severities[e.Record.Decision]
	made := &logs.LogRecord{
		TimeUnixNano: uint64(e.Record.Time.UnixNano()), ObservedTimeUnixNano: uint64(time.Now().UnixNano()), //nolint:gosec // after 1970
		SeverityNumber: severity, SeverityText: severityText(severity), EventName: "agent_gateway." + string(e.Record.Event),
		Body: otlp.Text(e.Record.Reason), Attributes: otlp.Attributes(members),
	}
	if trace, err := hex.DecodeString(e.Record.Trace); err == nil && len(trace) == 16 {
		made.TraceId = trace
	}
	if span, err := hex.DecodeString(e.Record.Span); err == nil && len(span) == 8 {
		made.SpanId = span
	}
	return made, nil
}

func severityText(s logs.SeverityNumber) string {
	switch s {
	case logs.SeverityNumber_SEVERITY_NUMBER_ERROR:
		return "ERROR"
	case logs.SeverityNumber_SEVERITY_NUMBER_WARN:
		return "WARN"
	}
	return "INFO"
}
