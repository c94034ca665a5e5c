package audit_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp/otlptest"
)

func sink(t *testing.T, r *otlptest.Receiver) audit.Sink {
	t.Helper()
	client, err := otlp.New(otlp.Options{Endpoint: r.HTTP, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return audit.NewOTLP(client, otlp.Resource(map[string]string{"service.name": "test"}), "1")
}

func TestARecordIsALogRecordWithTheSameNames(t *testing.T) {
	r := otlptest.Start(t)
	l, err := audit.Open(nil, audit.Output{Sink: sink(t, r), Queue: 4})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 5, time.UTC)
	record := &audit.Record{
		Time: at, Event: audit.Called, Decision: "deny", Reason: "forbidden by no-payments", Policies: []string{"no-payments"}, Tool: "pay", Status: 403, Duration: 1.5,
		Trace: "0102030405060708090a0b0c0d0e0f10", Span: "0102030405060708", Arguments: map[string]json.RawMessage{"amount": json.RawMessage("5")},
	}
	if err := l.Write(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := r.Log(func(*logs.LogRecord) bool { return true })
	if got.GetTimeUnixNano() != uint64(at.UnixNano()) || got.GetBody().GetStringValue() != record.Reason || got.GetEventName() != "agent_gateway.call" ||
		got.GetSeverityNumber() != logs.SeverityNumber_SEVERITY_NUMBER_WARN || len(got.GetTraceId()) != 16 || got.GetSpanId()[7] != 8 {
		t.Errorf("got %v", got)
	}
	values := map[string]*common.AnyValue{}
	for _, a := range got.GetAttributes() {
		values[a.GetKey()] = a.GetValue()
	}
	if values["gen_ai.tool.name"].GetStringValue() != "pay" || values["http.response.status_code"].GetIntValue() != 403 || values["duration_ms"].GetDoubleValue() != 1.5 ||
		values["policies"].GetArrayValue().GetValues()[0].GetStringValue() != "no-payments" || values["arguments"].GetKvlistValue().GetValues()[0].GetValue().GetIntValue() != 5 {
		t.Errorf("got %v", got.GetAttributes())
	}
	if values["reason"] != nil || values["time"] != nil {
		t.Errorf("what the log record itself holds is there twice: %v", got.GetAttributes())
	}
}

func TestAReceiverThatIsAwayLosesNothingWhereCallsWait(t *testing.T) {
	r := otlptest.Start(t)
	r.Refuse(func(string) error { return otlptest.Status(503) })
	var failures []error
	failed := make(chan error, 8)
	l, err := audit.Open(func(err error) { failed <- err }, audit.Output{Sink: sink(t, r), Queue: 8})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := l.Write(t.Context(), &audit.Record{Time: time.Now(), Decision: "allow"}); err != nil {
			t.Fatal(err)
		}
	}
	failures = append(failures, <-failed)
	if s := l.Status()[0]; s.Err == nil || s.Written != 0 || s.Behind == 0 {
		t.Errorf("while it is away: %+v", s)
	}
	r.Refuse(nil)
	r.Log(func(*logs.LogRecord) bool { return true })
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := r.Counts(); n != 5 || len(failures) != 1 || len(failed) != 0 {
		t.Errorf("%d records arrived, and %d more failures were told", n, len(failed))
	}
}

func TestWhatAReceiverRefusesForGoodIsLostAndTold(t *testing.T) {
	r := otlptest.Start(t)
	r.Refuse(func(string) error { return otlptest.Status(400) })
	failed := make(chan error, 8)
	l, err := audit.Open(func(err error) { failed <- err }, audit.Output{Sink: sink(t, r), Queue: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(t.Context(), &audit.Record{Time: time.Now(), Decision: "allow"}); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("nothing is told")
	}
	await.True(t, "the record to be given up", func() bool { return l.Status()[0].Behind == 0 })
	if s := l.Status()[0]; s.Failed != 1 || s.Written != 0 {
		t.Errorf("got %+v", s)
	}
	r.Refuse(nil)
	if err := l.Write(t.Context(), &audit.Record{Time: time.Now(), Decision: "allow"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := r.Counts(); n != 1 {
		t.Errorf("%d records arrived", n)
	}
}

func TestOutputsAreIndependent(t *testing.T) {
	r := otlptest.Start(t)
	r.Refuse(func(string) error { return otlptest.Status(503) })
	lines := make(chan string, 8)
	l, err := audit.Open(nil, audit.Output{Sink: sink(t, r), Queue: 1, Shed: true}, audit.Output{Sink: audit.NewLines("lines", to(lines)), Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_ = l.Write(t.Context(), &audit.Record{Time: time.Now()}) // ErrShed, where the first sink has no room
		<-lines
	}
	if names := []string{l.Status()[0].Sink, l.Status()[1].Sink}; !slices.Equal(names, []string{"otlp", "lines"}) {
		t.Errorf("got %+v", l.Status())
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// to gives what is written on.
type to chan string

func (c to) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}
