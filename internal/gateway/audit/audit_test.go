package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

func TestRecordIsOneStableLine(t *testing.T) {
	r := &decide.Request{
		Principal: principal.FromSPIFFEID("spiffe://example.org/ns/payments/agent/billing"), SourceIP: "127.0.0.1",
		Time: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		Call: &call.Call{
			Protocol: call.MCP, Version: "2025-11-25", Direction: call.ToTarget, Method: "tools/call", Target: "bank", Session: "secret",
			Resource: call.Resource{Kind: call.Tool, Name: "pay"}, RequestID: []byte(`"7"`), Arguments: []byte(`{"amount":5,"pin":"1234"}`),
		},
	}
	record := New(r, decide.Decision{Policies: []string{"no-payments"}, Reason: "forbidden by no-payments"}, []string{"amount", "absent"})
	record.Status, record.Duration = 403, 1.5
	line, err := record.line()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2026-11-23T12:00:00Z","event":"call","decision":"deny","enforced":true,"policies":["no-payments"],"reason":"forbidden by no-payments",` +
		`"principal":"spiffe://example.org/ns/payments/agent/billing","client.address":"127.0.0.1","target":"bank","protocol":"mcp","direction":"to_target",` +
		`"method":"tools/call","resource.kind":"tool","resource.name":"pay","mcp.method.name":"tools/call","mcp.protocol.version":"2025-11-25",` +
		`"mcp.session.digest":"sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b","gen_ai.tool.name":"pay","jsonrpc.request.id":"7",` +
		`"arguments.digest":"sha256:4fbffd3c28c88ad0f8f9ce4c5c19271ff2c10a81b1c1abde2ac5a1a1b5ac1e22","arguments":{"amount":5},` +
		`"http.response.status_code":403,"duration_ms":1.5}` + "\n"
	got := string(line)
	if strings.Contains(got, "1234") || strings.Contains(got, "secret") {
		t.Errorf("the line shows what it must not: %s", got)
	}
	mask := func(s string) string {
		i := strings.Index(s, `"arguments.digest":"sha256:`)
		return s[:i] + s[i+len(`"arguments.digest":"sha256:`)+64:]
	}
	if mask(got) != mask(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.Contains(got, digest(r.Call.Arguments)) {
		t.Errorf("the digest of the arguments is not that of their bytes: %s", got)
	}
}

func TestVerdicts(t *testing.T) {
	for want, d := range map[string]decide.Decision{"allow": {Allowed: true}, "deny": {}, "error": {Err: errors.New("x")}} {
		if got := verdict(d); got != want {
			t.Errorf("%+v is %q", d, got)
		}
	}
}

// stalled is a sink that takes nothing until it is let go.
type stalled struct {
	started, letGo chan struct{}
	once           sync.Once
	bytes.Buffer
}

func (s *stalled) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.started) })
	<-s.letGo
	return s.Buffer.Write(p)
}

// open opens a log whose sinks are writers.
func open(t *testing.T, failed func(error), shed bool, queue int, to ...io.Writer) *Log {
	t.Helper()
	var outputs []Output
	for _, w := range to {
		outputs = append(outputs, Output{Sink: NewLines("test", w), Queue: queue, Shed: shed})
	}
	l, err := Open(failed, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAStalledSink(t *testing.T) {
	for name, shed := range map[string]bool{"blocks": false, "sheds": true} {
		t.Run(name, func(t *testing.T) {
			sink := &stalled{started: make(chan struct{}), letGo: make(chan struct{})}
			l := open(t, nil, shed, 1, sink)
			ctx, cancel := context.WithCancel(t.Context())
			if err := l.Write(ctx, &Record{Method: "first"}); err != nil {
				t.Fatal(err)
			}
			<-sink.started // the first is with the sink, and the second fills the queue
			if err := l.Write(ctx, &Record{Method: "second"}); err != nil {
				t.Fatal(err)
			}
			cancel()
			err := l.Write(ctx, &Record{Method: "third"})
			if shed && !errors.Is(err, ErrShed) || !shed && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if s := l.Status()[0]; s.Shed != 1 || s.Waiting != 1 || s.Behind <= 0 || s.Blocks == shed {
				t.Errorf("got %+v", s)
			}
			close(sink.letGo)
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if strings.Count(sink.String(), "\n") != 2 {
				t.Errorf("got %s", sink.String())
			}
			if err := l.Write(t.Context(), &Record{}); !errors.Is(err, ErrClosed) {
				t.Errorf("a closed log gives %v", err)
			}
		})
	}
}

func TestASinkThatStallsDoesNotHoldUpAnother(t *testing.T) {
	sink := &stalled{started: make(chan struct{}), letGo: make(chan struct{})}
	other := make(lines, 3)
	l := open(t, nil, true, 1, sink, other)
	for range 3 {
		if err := l.Write(t.Context(), &Record{}); err != nil && !errors.Is(err, ErrShed) {
			t.Fatal(err)
		}
		<-other
	}
	close(sink.letGo)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// lines gives what is written on.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestOthersTakeOver(t *testing.T) {
	sink := &stalled{started: make(chan struct{}), letGo: make(chan struct{})}
	l := open(t, nil, false, 1, sink)
	for range 2 {
		if err := l.Write(t.Context(), &Record{}); err != nil {
			t.Fatal(err)
		}
		<-sink.started
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := l.Write(t.Context(), &Record{}); err != nil {
			t.Errorf("a record that waits for a sink that is replaced: %v", err)
		}
	})
	after := make(lines, 8)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Replace(ctx, Output{Sink: NewLines("after", after), Queue: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a sink that does not end gives %v", err)
	}
	if err := l.Write(t.Context(), &Record{Method: "after"}); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(sink.letGo)
	close(after)
	var got strings.Builder
	for line := range after {
		got.WriteString(line)
	}
	if !strings.Contains(got.String(), `"method":"after"`) {
		t.Errorf("the new sink has %s", got.String())
	}
}

func TestClosingWaitsNoLongerThanItMay(t *testing.T) {
	sink := &stalled{started: make(chan struct{}), letGo: make(chan struct{})}
	defer close(sink.letGo)
	l := open(t, nil, false, 1, sink)
	if err := l.Write(t.Context(), &Record{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// flaky is a writer that fails as it is told to: it takes so many bytes, and the rest not; -1 takes all.
type flaky struct {
	takes []int
	bytes.Buffer
}

func (f *flaky) Write(p []byte) (int, error) {
	n := f.takes[0]
	f.takes = f.takes[1:]
	if n < 0 {
		return f.Buffer.Write(p)
	}
	f.Buffer.Write(p[:n])
	return n, errors.New("disk is full")
}

func TestASinkThatFailsGetsTheSameAgainWhereCallsWait(t *testing.T) {
	var reports []error
	sink := &flaky{takes: []int{0, 7, -1, 0, -1}}
	l := open(t, func(err error) { reports = append(reports, err) }, false, 1, sink)
	for _, method := range []string{"first", "second"} {
		if err := l.Write(t.Context(), &Record{Method: method}); err != nil {
			t.Fatal(err)
		}
		await.True(t, "the first record to be written", func() bool { return l.Status()[0].Written > 0 })
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(sink.String(), "\n"), "\n")
	if len(got) != 2 || !json.Valid([]byte(got[0])) || !strings.Contains(got[1], "second") || !json.Valid([]byte(got[1])) {
		t.Errorf("the sink has %q", got)
	}
	if len(reports) != 2 || !strings.Contains(reports[0].Error(), `"test": disk is full`) {
		t.Errorf("each time that it breaks is told once: %v", reports)
	}
}

func TestASinkThatFailsLosesWhatItDidNotTakeWhereRecordsAreShed(t *testing.T) {
	sink := &flaky{takes: []int{0, -1}}
	l := open(t, nil, true, 1, sink)
	if err := l.Write(t.Context(), &Record{Method: "first"}); err != nil {
		t.Fatal(err)
	}
	await.True(t, "the record to fail", func() bool { return l.Status()[0].Failed > 0 })
	if s := l.Status()[0]; s.Err == nil {
		t.Errorf("got %+v", s)
	}
	if err := l.Write(t.Context(), &Record{Method: "second"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := sink.String(); strings.Contains(got, "first") || !strings.Contains(got, "second") {
		t.Errorf("the sink has %s", got)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	var out bytes.Buffer
	l := open(t, nil, false, 4, &out)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := l.Write(t.Context(), &Record{Reason: "a \"quoted\"\nreason"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines) != 400 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !json.Valid(line) {
			t.Fatalf("not one record a line: %s", line)
		}
	}
}

func TestALogNeedsSinksAndQueues(t *testing.T) {
	if _, err := Open(nil); err == nil {
		t.Error("a log without a sink was opened")
	}
	if _, err := Open(nil, Output{Sink: NewLines("", io.Discard)}); err == nil {
		t.Error("a log without a queue was opened")
	}
}

func TestFileRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte("0000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path, 10, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"1111\n2222\n3333\n", "a line larger than a file\n", "4444\n"} {
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "4444\n", ".1": "a line larger than a file\n", ".2": "2222\n3333\n"} {
		if got, err := os.ReadFile(path + name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := os.Stat(path + ".3"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("more files are kept than asked for: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the log: %v, %v", info, err)
	}
}

func TestFileKeepsNoneButTheCurrentOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	f, err := OpenFile(path, 6, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read below, while it is open
	for _, line := range []string{"1111\n", "2222\n"} {
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	found, _ := filepath.Glob(path + "*")
	if got, _ := os.ReadFile(path); string(got) != "2222\n" || len(found) != 1 {
		t.Errorf("%q in %v", got, found)
	}
}
