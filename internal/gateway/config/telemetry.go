package config

import (
	"net/url"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Telemetry says what is told of requests besides the audit log. Its zero value is nothing but the metrics of the admin address.
type Telemetry struct {
	OTLP    *OTLP // nil for none
	Traces  bool
	Metrics bool
	// SampleRatio is the part of the traces, from 0 to 1, that is recorded where the caller's choice is not taken.
	SampleRatio float64
	// Traceparent says what a caller's traceparent header is worth.
	Traceparent Traceparent
	// Every is how often metrics are sent.
	Every time.Duration
	// Resource are more attributes of the gateway itself, by name.
	Resource map[string]string
}

// Traceparent is what a caller's traceparent header is worth.
type Traceparent string

// What a caller's traceparent can be worth.
const (
	ContinueTrace Traceparent = "continue" // the trace goes on, and whether it is recorded is decided here
	TrustTrace    Traceparent = "trust"    // the trace goes on, and is recorded where the caller says so
	LinkTrace     Traceparent = "link"     // a new trace begins, and names the caller's
)

// OTLP is a receiver of OpenTelemetry's protocol.
type OTLP struct {
	Endpoint    string // http:// or https://, with a path for HTTP alone
	GRPC        bool   // otherwise protobuf over HTTP
	HeadersFile string // lines "Name: value" that go with every request, "" for none; read again when it changes
	CAFile      string // "" trusts the system's authorities
	Timeout     time.Duration
}

func (r *reading) telemetry(t *written.Telemetry) {
	to := &r.Telemetry
	*to = Telemetry{SampleRatio: 1, Traceparent: ContinueTrace, Every: time.Minute}
	if t == nil {
		return
	}
	to.OTLP, to.Resource = r.otlp(t.OTLP), t.Resource
	to.Traces = to.OTLP != nil && (t.Traces == nil || *t.Traces)
	to.Metrics = to.OTLP != nil && (t.Metrics == nil || *t.Metrics)
	if t.OTLP == nil {
		r.wrong(t.At, t.At, "Telemetry goes nowhere", "Add a block such as otlp { endpoint = \"http://127.0.0.1:4318\" }.")
	}
	if t.SampleRatio != nil {
		to.SampleRatio = *t.SampleRatio
		if !(to.SampleRatio >= 0 && to.SampleRatio <= 1) {
			r.wrong(t.SampleRatioAt, t.At, "Out of bounds", "%v: it may be from 0, no trace, to 1, every trace, and is 1 where nothing is said.", *t.SampleRatio)
		}
	}
	switch choice := Traceparent(t.Traceparent); choice {
	case "":
	case ContinueTrace, TrustTrace, LinkTrace:
		to.Traceparent = choice
	default:
		r.wrong(t.TraceparentAt, t.At, "Not a choice", "%q: it is \"continue\" where nothing is said, and may be \"trust\" or \"link\".", t.Traceparent)
	}
	if t.Every != "" {
		r.duration(&to.Every, t.Every, t.EveryAt, time.Hour)
	}
}

func (r *reading) otlp(o *written.OTLP) *OTLP {
	if o == nil {
		return nil
	}
	made := &OTLP{Endpoint: o.Endpoint, GRPC: o.Protocol == "grpc", HeadersFile: r.within(o.Headers), CAFile: r.within(o.CA), Timeout: 10 * time.Second}
	if o.Protocol != "" && o.Protocol != "grpc" && o.Protocol != "http/protobuf" {
		r.wrong(o.ProtocolAt, o.At, "Not a protocol of OTLP", "%q: it is \"http/protobuf\" where nothing is said, and may be \"grpc\".", o.Protocol)
	}
	u, err := url.Parse(o.Endpoint)
	switch {
	case err != nil || !hosted(u) || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || made.GRPC && u.Path != "" && u.Path != "/":
		r.wrong(o.EndpointAt, o.At, "Not an endpoint",
			"%q: use the base URL of a receiver, such as \"http://127.0.0.1:4318\", or \"https://otel.example.org:4317\" with protocol = \"grpc\", without user or query. "+
				"Credentials go into headers_file.", redacted(o.Endpoint))
	case u.Scheme == "http" && o.CA != "":
		r.wrong(o.CAAt, o.At, "Nothing to verify", "ca_file is for TLS: use an endpoint that begins with https://.")
	}
	if o.Timeout != "" {
		r.duration(&made.Timeout, o.Timeout, o.TimeoutAt, 5*time.Minute)
	}
	r.readable(made.HeadersFile, o.HeadersAt, o.At)
	r.readable(made.CAFile, o.CAAt, o.At)
	return made
}
