package stdio

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

func TestAProcessThatDies(t *testing.T) {
	b := newBench(t, nil)
	url := b.url(t, alice)
	response, _ := post(t, url, hello)
	id := response.Header.Get("Mcp-Session-Id")
	post(t, url, ready, "Mcp-Session-Id", id)
	const die = `{"jsonrpc":"2.0","id":"last","method":"tools/call","params":{"name":"die","arguments":{"text":""}}}`
	if response, body := post(t, url, die, "Mcp-Session-Id", id); !strings.Contains(body, `"id":"last","error"`) {
		t.Errorf("its call is answered with %d %s", response.StatusCode, body)
	}
	if response, _ := post(t, url, ready, "Mcp-Session-Id", id); response.StatusCode != http.StatusNotFound {
		t.Errorf("its session gives %d", response.StatusCode)
	}
	const modernHeader = "Mcp-Protocol-Version"
	if _, body := post(t, url, modern("5", "tools/call", `},"name":"die","arguments":{"text":""}`), modernHeader, "2026-07-28"); !strings.Contains(body, `"id":5,"error"`) {
		t.Errorf("a stateless call is answered with %s", body)
	}
	var due time.Time
	await.True(t, "the end of the process", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		known := b.crashes[ownerOf(alice)]
		if b.total > 0 || known == nil {
			return false
		}
		// The wait is under way for certain, however long the machine takes for the next line.
		due, known.until = known.until, time.Now().Add(time.Minute)
		return true
	})
	if response, body := post(t, url, modern("6", "tools/list", `}`), modernHeader, "2026-07-28"); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "not started again yet") {
		t.Errorf("right after it: %d %s", response.StatusCode, body)
	}
	b.mu.Lock()
	b.crashes[ownerOf(alice)].until = due
	b.mu.Unlock()
	if response, _ := post(t, b.url(t, bob), modern("6", "tools/list", `}`), modernHeader, "2026-07-28"); response.StatusCode != http.StatusOK {
		t.Errorf("somebody else waits as well: %d", response.StatusCode)
	}
	await.True(t, "another process", func() bool {
		response, _ := post(t, url, modern("6", "tools/list", `}`), modernHeader, "2026-07-28")
		return response.StatusCode == http.StatusOK
	})
}

func TestProcessesAreBounded(t *testing.T) {
	b := newBench(t, nil)
	hers, his := b.url(t, alice), b.url(t, bob)
	status := func(url string) int {
		response, _ := post(t, url, hello)
		return response.StatusCode
	}
	if a, b := status(hers), status(hers); a != 200 || b != 200 {
		t.Errorf("the first two give %d, %d", a, b)
	}
	if response, body := post(t, hers, hello); response.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "processes.per_agent") {
		t.Errorf("the third gives %d %s", response.StatusCode, body)
	}
	if got := status(his); got != 200 {
		t.Errorf("somebody else's gives %d", got)
	}
	if response, body := post(t, his, hello); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "processes.total") {
		t.Errorf("the fourth of all gives %d %s", response.StatusCode, body)
	}
	b.Suspend(func(p principal.Principal) bool { return p.SPIFFEID == alice.SPIFFEID })
	await.True(t, "room", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.total == 1 })
	if got := status(his); got != 200 {
		t.Errorf("once there is room: %d", got)
	}
}

func TestAnIdleSessionEnds(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Idle = 50 * time.Millisecond })
	url := b.url(t, alice)
	response, _ := post(t, url, hello)
	await.True(t, "its end", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.total == 0 })
	if response, _ := post(t, url, ready, "Mcp-Session-Id", response.Header.Get("Mcp-Session-Id")); response.StatusCode != http.StatusNotFound {
		t.Errorf("it gives %d", response.StatusCode)
	}
}

func TestWhatAProcessSeesOfTheGateway(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the gateway")
	b := newBench(t, func(o *Options) { o.EnvFiles = map[string]string{"API_KEY": secret} })
	got := call(t, b.connect(t, alice, nil), "who", "")
	if !strings.Contains(got, "API_KEY=from a file") || !strings.Contains(got, "PATH=") || strings.Contains(got, "of the gateway") {
		t.Errorf("it sees %s", got)
	}
	await.True(t, "a note", func() bool { return strings.Contains(b.log.String(), "here I am") })
	if strings.Contains(b.log.String(), "from a file") {
		t.Error("the log holds a secret")
	}
}

// shell is a server that is a script, which takes a line before it goes on.
func shell(script string) func(*Options) {
	return func(o *Options) { o.Command, o.Stop = []string{"/bin/sh", "-c", script}, 200*time.Millisecond }
}

func TestServersThatDoNotKeepToTheProtocol(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"noise before the answer":         {`read l; echo 'Server started!'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer to nothing":            {`read l; echo '{"jsonrpc":"2.0","id":99,"result":{"other":1}}'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer twice":                 {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"an answer with two readings":     {`read l; echo '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}'`, `has ended`},
		"no answer":                       {`read l`, `has ended`},
		"a message without end":           {`read l; head -c 3000000 /dev/zero | tr '\0' a; sleep 60`, `has ended`},
		"an answer and an end":            {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'`, `"result":{}`},
		"an end that leaves a child":      {`read l; sleep 60 & echo '{"jsonrpc":"2.0","id":1,"result":{}}'`, `"result":{}`},
		"it does not take the end":        {`trap '' TERM; read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; while :; do sleep 1; done`, `"result":{}`},
		"a program that is not":           {`exec /no/such/program`, `has ended`},
		"much on its standard error":      {`read l; head -c 3000000 /dev/zero | tr '\0' '\n' >&2; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
		"a message on its standard error": {`read l; echo '{"jsonrpc":"2.0","id":1,"result":{"of":"stderr"}}' >&2; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read l`, `"result":{}`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, shell(c.script))
			if response, body := post(t, b.url(t, alice), hello); !strings.Contains(body, c.want) {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
			if strings.Count(b.log.String(), "a server notes") > maxNotes+1 {
				t.Error("the log is flooded")
			}
		})
	}
}

func TestTheWholeGroupOfAProcessEnds(t *testing.T) {
	b := newBench(t, shell(`sleep 300 & echo "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"child\":$!}}"; read l; read l`))
	_, body := post(t, b.url(t, alice), hello)
	var child int
	_, after, _ := strings.Cut(body, `"child":`)
	if _, err := fmt.Sscan(strings.TrimRight(after, "}"), &child); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if err := syscall.Kill(child, 0); err != nil {
		t.Fatalf("there is no child: %v", err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	await.True(t, "its end", func() bool { return errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child) })
}

// zombie says that a process has ended and its parent has not asked.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestAProgramThatCannotBeStarted(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Command = []string{"/no/such/program"} })
	if response, body := post(t, b.url(t, alice), hello); response.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "/no/such") {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(`[{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":1}}},{"id":"x","result":{"_meta":{"io.modelcontextprotocol/subscriptionId":3}}}]`))
	f.Add([]byte("{\"id\":\r\n1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		messages, err := split(text, 1<<16)
		if err != nil {
			return
		}
		for _, m := range messages {
			line := m.with(change{m.at[atID], []byte("7")}, change{m.at[atToken], []byte("8")})
			if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
				t.Fatalf("%q is not one line", line)
			}
			again, err := parse(bytes.TrimSpace(line), 1<<17)
			if err != nil {
				t.Fatalf("%q cannot be read: %v", line, err)
			}
			if len(m.at[atID].Raw) > 0 && string(again.at[atID].Raw) != "7" || again.method() != m.method() {
				t.Errorf("%q became %q", m.text, line)
			}
		}
	})
}

// However soon a program ends, an initialize is told that it did, and not that there is no session: it has asked for a new one.
func TestAProgramThatEndsBeforeInitialize(t *testing.T) {
	b := newBench(t, shell(`exit 1`))
	c, err := b.begin(alice, "new")
	if err != nil {
		t.Fatal(err)
	}
	await.True(t, "its end", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.ended })
	messages, err := split([]byte(hello), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	if response, _, err := b.post(request, c, messages); response != nil || !errors.Is(err, errEnded) {
		t.Errorf("it gives %v, %v", response, err)
	}
}
