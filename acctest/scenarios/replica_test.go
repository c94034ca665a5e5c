package scenarios_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// streamTime is how long a stream goes on that nobody ends: longer than the wait for its end.
const streamTime = 2 * cluster.Patience

// One of two replicas is killed under load and while a stream is open, and later one is asked to end. No answer comes without a decision,
// clients go on at the other replica, also in the session that they had, and who is asked to end loses no call.
func TestAReplicaIsKilled(t *testing.T) {
	t.Parallel()
	s := enter(t, "killed")
	s.run(s.Server(s.Kitchen(s.tools, "kitchen")))
	s.govern(s.identity("teller", "") + s.openedAs(gatewayName, s.Images.Gateway, "replicas = 2", `
  token_service = {}
  store         = `+s.store()+`
  targets = {
    kitchen = { protocol = "mcp", url = "http://kitchen.`+s.tools+`.svc:3000/mcp" }
  }
  allow = {
    cook = { agents = [agent_identity.teller.principal], target = "kitchen", tools = ["cook"] }
  }`))
	s.serving()
	teller := s.start("teller", 1)[0]
	access := teller.token("kitchen")
	session := teller.session("kitchen", access)
	replicas := s.follow(nil)
	stream := teller.listens("kitchen", access, session)
	holder := replicas.holder(s, func(r audit.Record) bool {
		return r.Event == audit.Called && r.MCPSession != "" && r.RequestID == "" && r.MCPMethod != "notifications/initialized"
	})
	other := replicas[1-holder]

	calls := teller.loads("kitchen", "cook", map[string]any{"dish": "soup"})
	if err := s.Kill(s.step(), replicas[holder].pod); err != nil {
		t.Fatal(err)
	}
	select {
	case ended := <-stream:
		t.Logf("the stream: %+v", ended)
	case <-time.After(cluster.Patience):
		t.Error("the stream goes on after its replica was killed")
	}
	teller.opens("a stream of the same session, after a replica was killed", "kitchen", session)
	s.serving()
	killed := calls.ended()
	t.Logf("while a replica was killed: %+v", killed)
	if killed.Answered == 0 {
		t.Errorf("while a replica was killed, nothing was answered: %+v", killed)
	}

	replicas = s.follow(replicas)
	calls = teller.loads("kitchen", "cook", map[string]any{"dish": "soup"})
	if err := s.API.CoreV1().Pods(s.gateway).Delete(s.step(), other.pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.serving()
	asked := calls.ended()
	t.Logf("while a replica was asked to end: %+v", asked)
	if asked.Failed > 0 || asked.Answered == 0 {
		t.Errorf("while a replica was asked to end: %+v", asked)
	}
	teller.opens("a stream of the same session, after both replicas are new", "kitchen", session)

	replicas = s.follow(replicas)
	answered := killed.Answered + asked.Answered
	cluster.Eventually(t, "each call that was answered has a record that allows it", func(context.Context) error {
		allowed := 0
		for _, r := range replicas.records(s) {
			switch {
			case r.Tool != "cook" || r.Event != audit.Called:
			case r.Decision == "allow":
				allowed++
			default:
				t.Fatalf("a call has a record that does not allow it: %+v", r)
			}
		}
		if allowed < answered {
			return fmt.Errorf("%d calls were answered, and %d have a record that allows them", answered, allowed)
		}
		return nil
	})
}

// session begins a session of MCP by hand, and gives its id.
func (a *agent) session(target string, access *probe.Access) string {
	a.Helper()
	c := a.balance(target, access)
	c.Body = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"agent","version":"1"}}}`
	answer := a.makes(c)
	id := answer.Header.Get("Mcp-Session-Id")
	if answer.Status != http.StatusOK || id == "" {
		a.Fatalf("there is no session: %+v", answer)
	}
	c.Header["Mcp-Session-Id"] = id
	c.Body = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	if answer := a.makes(c); answer.Status != http.StatusAccepted {
		a.Fatalf("the session is not begun: %+v", answer)
	}
	return id
}

// stream is the request of a session's stream of events, which goes on until the timeout.
func (a *agent) stream(target string, access *probe.Access, session string, timeout time.Duration) probe.Call {
	c := a.balance(target, access)
	c.Method, c.Body, c.Timeout = http.MethodGet, "", timeout
	c.Header = map[string]string{"Accept": "text/event-stream", "Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session}
	return c
}

// opens wants the session's stream to be opened: it is left a moment later. A Service leads to a replica that is gone for a moment, so that
// nobody answers; who does has to open it.
func (a *agent) opens(what, target, session string) {
	a.Helper()
	cluster.Eventually(a, what, func(ctx context.Context) error {
		access, err := a.triesToken(ctx, target, nil)
		if err != nil {
			return err
		}
		answer, err := tries[*probe.Answer](ctx, a, probe.MakeCall, a.stream(target, access, session, 5*time.Second))
		switch {
		case err != nil:
			return err
		case answer.Status == 0:
			return errors.New(answer.Error)
		case answer.Status != http.StatusOK:
			a.Fatalf("%s: %+v", what, answer)
		}
		return nil
	})
}

// listens opens the session's stream, and gives what came of it when it has ended.
func (a *agent) listens(target string, access *probe.Access, session string) <-chan *probe.Answer {
	a.Helper()
	ended := make(chan *probe.Answer, 1)
	go func() {
		defer close(ended)
		answer, err := tries[*probe.Answer](a.Context(), a, probe.MakeCall, a.stream(target, access, session, streamTime))
		if err != nil && a.Context().Err() == nil {
			a.Error(err)
		}
		ended <- answer
	}()
	return ended
}

// trail is the log of a gateway's replica, which is kept when the pod goes.
type trail struct {
	pod  cluster.Pod
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (t *trail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

type trails []*trail

// follow follows the logs of the gateway's replicas as of now, besides those that are followed already.
func (s *stage) follow(already trails) trails {
	s.Helper()
	pods, err := s.Pods(s.step(), s.gateway, gatewayPods)
	if err != nil {
		s.Fatal(err)
	}
	for _, pod := range pods {
		if slices.ContainsFunc(already, func(t *trail) bool { return t.pod.Name == pod.Name }) {
			continue
		}
		t := &trail{pod: cluster.Pod{Namespace: s.gateway, Name: pod.Name}}
		already = append(already, t)
		go func() { _ = s.Follow(s.Context(), t.pod, t) }() // it ends with the pod or the test, either in the middle
	}
	return already
}

func (all trails) records(s *stage) []audit.Record {
	s.Helper()
	var records []audit.Record
	for _, t := range all {
		t.mu.Lock()
		of, err := cluster.Records(t.text.Bytes())
		t.mu.Unlock()
		if err != nil {
			s.Fatal(fmt.Errorf("the log of pod %s: %w", t.pod.Name, err))
		}
		records = append(records, of...)
	}
	return records
}

// holder waits for a record in the log of one of the replicas, and says which.
func (all trails) holder(s *stage, is func(audit.Record) bool) int {
	s.Helper()
	found := -1
	cluster.Eventually(s, "the record of the stream", func(context.Context) error {
		found = slices.IndexFunc(all, func(t *trail) bool { return slices.ContainsFunc(trails{t}.records(s), is) })
		if found < 0 {
			return errors.New("it is in the log of no replica")
		}
		return nil
	})
	return found
}
