package server

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp/otlptest"
)

// sent is a configuration that sends everything to a receiver.
func sent(r *otlptest.Receiver, more string) string {
	return fmt.Sprintf(`
telemetry {
  metrics_interval = "50ms"
  resource = { "deployment.environment.name" = "test" }
  otlp { endpoint = %q }
  %s
}
audit {
  stdout = true
  otlp {
    endpoint = %q
    protocol = "grpc"
  }
}
`, r.HTTP, more, r.GRPC)
}

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
)

// kindOf finds the span of a kind.
func kindOf(k trace.Span_SpanKind) func(*trace.Span) bool {
	return func(s *trace.Span) bool { return s.GetKind() == k }
}

func TestACallIsASpanInTheCallersTrace(t *testing.T) {
	r := otlptest.Start(t)
	var upstream http.Header
	g := start(t, open, sent(r, ""), func(w http.ResponseWriter, r *http.Request) { upstream = r.Header.Clone(); done(w, r) })
	g.post(g.agent("a"), transfer, "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-00", "Tracestate", "vendor=1")
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	server, client := r.Span(kindOf(trace.Span_SPAN_KIND_SERVER)), r.Span(kindOf(trace.Span_SPAN_KIND_CLIENT))
	if hex.EncodeToString(server.GetTraceId()) != callersTrace || hex.EncodeToString(server.GetParentSpanId()) != callersSpan {
		t.Errorf("the call's span is %v", server)
	}
	if hex.EncodeToString(client.GetParentSpanId()) != hex.EncodeToString(server.GetSpanId()) {
		t.Errorf("the target's span is %v", client)
	}
	if got, want := upstream.Get("Traceparent"), "00-"+callersTrace+"-"+hex.EncodeToString(client.GetSpanId())+"-01"; got != want || upstream.Get("Tracestate") != "vendor=1" {
		t.Errorf("the target sees %q, %q, not %q", got, upstream.Get("Tracestate"), want)
	}
	if server.GetName() != "tools/call transfer" {
		t.Errorf("the span's name is %q", server.GetName())
	}
	for name, want := range map[string]string{
		"mcp.method.name": "tools/call", "gen_ai.tool.name": "transfer", "agent_gateway.decision": "allow", "agent_gateway.target": "bank",
		"agent_gateway.principal": "spiffe://example.org/ns/demo/agent/a", "http.request.method": "POST",
	} {
		if got := otlptest.Attribute(server.GetAttributes(), name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	log := r.Log(func(l *logs.LogRecord) bool { return l.GetEventName() == "agent_gateway.call" })
	if hex.EncodeToString(log.GetTraceId()) != callersTrace || hex.EncodeToString(log.GetSpanId()) != hex.EncodeToString(server.GetSpanId()) {
		t.Errorf("the audit log's record is of another span: %v", log)
	}
	if m := r.Metric("agent_gateway_calls_total").GetSum().GetDataPoints(); len(m) == 0 {
		t.Error("metrics are not sent")
	}
}

func TestWhatACallersTraceIsWorth(t *testing.T) {
	for name, c := range map[string]struct {
		more, flags string
		recorded    bool
		sameTrace   bool
	}{
		"a caller cannot switch recording on":                {"sample_ratio = 0", "01", false, true},
		"a caller cannot switch recording off":               {"sample_ratio = 1", "00", true, true},
		"a caller who is trusted switches recording on":      {"sample_ratio = 0\ntraceparent = \"trust\"", "01", true, true},
		"a caller who is trusted switches recording off":     {"sample_ratio = 1\ntraceparent = \"trust\"", "00", false, true},
		"a caller whose trace is linked gets one of its own": {"traceparent = \"link\"", "00", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := otlptest.Start(t)
			var traceparent string
			g := start(t, open, sent(r, c.more), func(w http.ResponseWriter, r *http.Request) { traceparent = r.Header.Get("Traceparent"); done(w, r) })
			g.post(g.agent("a"), transfer, "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-"+c.flags)
			if err := g.stop(); err != nil {
				t.Fatal(err)
			}
			if _, spans := r.Counts(); (spans > 0) != c.recorded {
				t.Errorf("%d spans are recorded", spans)
			}
			if strings.Contains(traceparent, callersTrace) != c.sameTrace || strings.HasSuffix(traceparent, "-01") != c.recorded || strings.Contains(traceparent, callersSpan) {
				t.Errorf("the target sees %q", traceparent)
			}
			if c.sameTrace {
				return
			}
			if links := r.Span(kindOf(trace.Span_SPAN_KIND_SERVER)).GetLinks(); len(links) != 1 || hex.EncodeToString(links[0].GetTraceId()) != callersTrace {
				t.Errorf("the span links to %v", links)
			}
		})
	}
}

func TestWithoutTelemetryTheCallersTraceGoesByAsItIs(t *testing.T) {
	var traceparent string
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) { traceparent = r.Header.Get("Traceparent"); done(w, r) })
	const callers = "00-" + callersTrace + "-" + callersSpan + "-01"
	g.post(g.agent("a"), transfer, "Traceparent", callers)
	if traceparent != callers {
		t.Errorf("the target sees %q", traceparent)
	}
}

func TestARefusalIsASpanToo(t *testing.T) {
	r := otlptest.Start(t)
	g := start(t, none, sent(r, ""), done)
	g.post(g.agent("a"), transfer)
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	s := r.Span(kindOf(trace.Span_SPAN_KIND_SERVER))
	if otlptest.Attribute(s.GetAttributes(), "agent_gateway.decision") != "deny" || s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR {
		t.Errorf("got %v", s)
	}
}

func TestWhereThingsAreSentChangesWithAReload(t *testing.T) {
	first, second := otlptest.Start(t), otlptest.Start(t)
	g := start(t, open, sent(first, ""), done)
	a := g.agent("a")
	g.post(a, transfer)
	if err := g.Reload(g.configuration(open, sent(second, ""))); err != nil {
		t.Fatal(err)
	}
	if logs, spans := first.Counts(); logs != 1 || spans != 2 {
		t.Errorf("when the reload is done, the first receiver has %d log records and %d spans", logs, spans)
	}
	g.post(a, transfer)
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if logs, spans := second.Counts(); logs != 1 || spans != 2 {
		t.Errorf("the second receiver has %d log records and %d spans", logs, spans)
	}
	if n := strings.Count(g.log(), `"event":"call"`); n != 2 {
		t.Errorf("stdout has %d records", n)
	}
	if err := g.Reload(g.configuration(open, "audit {\nfile {\npath = \"/proc/none/audit.log\"\n}\n}")); err == nil {
		t.Error("an audit log that cannot be opened is taken over")
	}
}

func TestAnAuditLogThatTakesNothingIsToldAndDenies(t *testing.T) {
	r := otlptest.Start(t)
	r.Refuse(func(string) error { return otlptest.Status(http.StatusServiceUnavailable) })
	g := start(t, open, administered+fmt.Sprintf("audit {\nqueue = 1\notlp {\nendpoint = %q\n}\n}", r.HTTP), done)
	a := g.agent("a")
	g.post(a, transfer)
	ready := func() string {
		response, err := http.Get("http://" + g.Admin() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text := make([]byte, 4096)
		n, _ := response.Body.Read(text)
		return fmt.Sprint(response.StatusCode, " ", string(text[:n]))
	}
	await.True(t, "readyz to say 503", func() bool { return strings.HasPrefix(ready(), "503") })
	if got := ready(); !strings.Contains(got, `audit: sink "otlp" has taken nothing for`) || !strings.Contains(got, "status 503") {
		t.Errorf("readyz says %s", got)
	}
	if g.metric(`agent_gateway_audit_failing{sink="otlp"}`) != 1 {
		t.Error("the metric says nothing of it")
	}
	response, text := g.post(a, transfer)
	if response.StatusCode == http.StatusOK {
		response, text = g.post(a, transfer) // the one before had room in the queue
	}
	if response.StatusCode != http.StatusInternalServerError || !strings.Contains(text, "audit log") {
		t.Errorf("a call that cannot be recorded: %d %s", response.StatusCode, text)
	}
	r.Refuse(nil)
	await.True(t, "readyz to say 200, with the receiver back", func() bool { return strings.HasPrefix(ready(), "200") })
	if response, _ := g.post(a, transfer); response.StatusCode != http.StatusOK {
		t.Errorf("with the receiver back: %d", response.StatusCode)
	}
}
