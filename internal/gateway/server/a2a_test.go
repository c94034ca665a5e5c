package server

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"
	"github.com/a2aproject/a2a-go/v2/a2acompat/a2av0"
	a2agrpcv0 "github.com/a2aproject/a2a-go/v2/a2agrpc/v0"
	a2agrpc "github.com/a2aproject/a2a-go/v2/a2agrpc/v1"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
	"github.com/a2aproject/a2a-go/v2/a2asrv/push"
	"github.com/a2aproject/a2a-go/v2/a2asrv/taskstore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

// echo is an agent that says what it is told, in an artifact of a task. A message "wait" leaves the task at work.
type echo struct{}

func (echo) Execute(_ context.Context, asked *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		text := asked.Message.Parts[0].Text()
		if asked.StoredTask == nil && !yield(a2a.NewSubmittedTask(asked, asked.Message), nil) {
			return
		}
		state := a2a.TaskStateCompleted
		if text == "wait" {
			state = a2a.TaskStateInputRequired
		}
		_ = yield(a2a.NewStatusUpdateEvent(asked, a2a.TaskStateWorking, nil), nil) &&
			yield(a2a.NewArtifactEvent(asked, a2a.NewTextPart("echo "+text)), nil) &&
			yield(a2a.NewStatusUpdateEvent(asked, state, nil), nil)
	}
}

func (echo) Cancel(_ context.Context, asked *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		yield(a2a.NewStatusUpdateEvent(asked, a2a.TaskStateCanceled, nil), nil)
	}
}

// silent sends no push notifications.
type silent struct{}

func (silent) SendPush(context.Context, *a2a.PushConfig, a2a.Event) error { return nil }

// agentServer serves an agent of the SDK in all bindings of both versions, and says how often it was asked for what it does.
type agentServer struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
	card  *a2a.AgentCard
}

func (a *agentServer) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

func newAgent(t *testing.T) *agentServer {
	t.Helper()
	a := &agentServer{}
	nobody := func(context.Context) (string, error) { return "everybody", nil }
	card := &a2a.AgentCard{
		Name: "bank", Description: "an agent", Version: "1.0.0", DefaultInputModes: []string{"text/plain"}, DefaultOutputModes: []string{"text/plain"},
		Capabilities: a2a.AgentCapabilities{Streaming: true, PushNotifications: true, ExtendedAgentCard: true},
		Skills: []a2a.AgentSkill{
			{ID: "refund", Name: "Refund", Description: "gives money back", Tags: []string{"money"}},
			{ID: "report", Name: "Report", Description: "tells", Tags: []string{"read"}},
		},
	}
	a.card = card
	handler := a2asrv.NewHandler(echo{}, a2asrv.WithTaskStore(taskstore.NewInMemory(&taskstore.InMemoryStoreConfig{Authenticator: nobody})),
		a2asrv.WithExtendedAgentCard(card), a2asrv.WithPushNotifications(push.NewInMemoryStore(), silent{}))
	services := grpc.NewServer()
	a2agrpc.NewHandler(handler).RegisterWith(services)
	a2agrpcv0.NewHandler(handler).RegisterWith(services)
	mux := http.NewServeMux()
	mux.Handle("/rpc", a2asrv.NewJSONRPCHandler(handler))
	mux.Handle("/rest/", http.StripPrefix("/rest", a2asrv.NewRESTHandler(handler)))
	mux.Handle("/old/rpc", a2av0.NewJSONRPCHandler(handler))
	mux.Handle("/old/rest/", http.StripPrefix("/old/rest", a2av0.NewRESTHandler(handler)))
	mux.HandleFunc(a2asrv.WellKnownAgentCardPath, func(w http.ResponseWriter, r *http.Request) {
		a2asrv.NewStaticAgentCardHandler(card).ServeHTTP(w, r)
	})
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != a2asrv.WellKnownAgentCardPath {
			a.mu.Lock()
			a.calls = append(a.calls, r.Method+" "+r.URL.Path)
			a.mu.Unlock()
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			services.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	a.Config.Protocols = protocols
	a.Start()
	t.Cleanup(a.Close)
	for binding, url := range map[a2a.TransportProtocol]string{
		a2a.TransportProtocolJSONRPC: a.URL + "/rpc", a2a.TransportProtocolHTTPJSON: a.URL + "/rest", a2a.TransportProtocolGRPC: strings.TrimPrefix(a.URL, "http://"),
	} {
		card.SupportedInterfaces = append(card.SupportedInterfaces, a2a.NewAgentInterface(url, binding))
	}
	return a
}

// before is a gateway before an agent.
func before(t *testing.T, a *agentServer, policies, block string) *gateway {
	t.Helper()
	g := &gateway{t: t, folder: t.TempDir(), target: a.URL}
	c := g.bank(a, policies, block)
	var err error
	if g.Server, err = New(c, Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Stdout: g}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx) }()
	t.Cleanup(func() {
		for _, s := range g.sidecars {
			s.CloseIdleConnections()
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway ends with %v", err)
		}
	})
	return g
}

// bank is the configuration of a gateway before an agent. What the block begins with "beside:" stands beside the a2a block.
func (g *gateway) bank(a *agentServer, policies, block string) *config.Config {
	g.t.Helper()
	beside := ""
	if rest, ok := strings.CutPrefix(block, "beside:"); ok {
		beside, block = rest, ""
	}
	text := fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
token_service {}
listener "agents" {
  address     = "127.0.0.1:0"
  dpop_nonces = true
}
target "bank" {
  protocol = "a2a"
  url      = %q
  a2a {
    jsonrpc   = "%[2]s%[4]s/rpc"
    http_json = "%[2]s%[4]s/rest"
    grpc      = %[2]q
    %[5]s
  }
  %[6]s
}
policies { text = %[3]q }
`, g.folder, a.URL, policies, map[bool]string{true: "/old"}[strings.Contains(block, "old")], strings.TrimPrefix(block, "old"), beside)
	c, diagnostics := config.Parse("test.hcl", []byte(text))
	if diagnostics.HasErrors() {
		g.t.Fatal(diagnostics)
	}
	return c
}

// endpoint is a sidecar of an agent, as a URL.
func (g *gateway) endpoint() string {
	g.t.Helper()
	s, err := sidecar.New(g.options("a"))
	if err != nil {
		g.t.Fatal(err)
	}
	g.sidecars = append(g.sidecars, s)
	server := httptest.NewUnstartedServer(s)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server.Config.Protocols = protocols
	server.Start()
	g.t.Cleanup(server.Close)
	return server.URL
}

// client is the SDK's, in one binding, as the card says.
func client(t *testing.T, card *a2a.AgentCard, binding a2a.TransportProtocol) *a2aclient.Client {
	t.Helper()
	only := *card
	only.SupportedInterfaces = nil
	for _, i := range card.SupportedInterfaces {
		if i.ProtocolBinding == binding {
			only.SupportedInterfaces = append(only.SupportedInterfaces, i)
		}
	}
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	c, err := a2aclient.NewFromCard(t.Context(), &only, a2agrpc.WithGRPCTransport(plain), a2agrpcv0.WithGRPCTransport(plain),
		a2av0.WithRESTTransport(a2av0.RESTTransportConfig{}), a2av0.WithJSONRPCTransport(a2av0.JSONRPCTransportConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Destroy() })
	return c
}

func discovered(t *testing.T, url string) *a2a.AgentCard {
	t.Helper()
	card, err := agentcard.DefaultResolver.Resolve(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

var bindings = []a2a.TransportProtocol{a2a.TransportProtocolJSONRPC, a2a.TransportProtocolHTTPJSON, a2a.TransportProtocolGRPC}

func said(text string) *a2a.SendMessageRequest {
	return &a2a.SendMessageRequest{Message: a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart(text))}
}

func TestTheSDKTalksToAnAgentInEveryBinding(t *testing.T) {
	agent := newAgent(t)
	g := before(t, agent, open, "")
	here := g.endpoint()
	card := discovered(t, here)
	for _, binding := range bindings {
		t.Run(string(binding), func(t *testing.T) {
			c := client(t, card, binding)
			result, err := c.SendMessage(t.Context(), said("hello"))
			if err != nil {
				t.Fatal(err)
			}
			task, ok := result.(*a2a.Task)
			if !ok || task.Status.State != a2a.TaskStateCompleted || task.Artifacts[0].Parts[0].Text() != "echo hello" {
				t.Fatalf("%+v", result)
			}
			if got, err := c.GetTask(t.Context(), &a2a.GetTaskRequest{ID: task.ID}); err != nil || got.ID != task.ID {
				t.Errorf("get: %v", err)
			}
			if list, err := c.ListTasks(t.Context(), &a2a.ListTasksRequest{}); err != nil || len(list.Tasks) == 0 {
				t.Errorf("list: %+v %v", list, err)
			}
			events := 0
			for event, err := range c.SendStreamingMessage(t.Context(), said("stream")) {
				if err != nil {
					t.Fatal(err)
				}
				events++
				_ = event
			}
			if events != 4 {
				t.Errorf("%d events", events)
			}
			waiting, err := c.SendMessage(t.Context(), said("wait"))
			if err != nil {
				t.Fatal(err)
			}
			id := waiting.(*a2a.Task).ID
			if _, err := c.CreateTaskPushConfig(t.Context(), &a2a.PushConfig{TaskID: id, URL: "https://hook.example/x"}); err != nil {
				t.Errorf("push: %v", err)
			}
			if list, err := c.ListTaskPushConfigs(t.Context(), &a2a.ListTaskPushConfigRequest{TaskID: id}); err != nil || len(list) != 1 {
				t.Errorf("push list: %v %v", list, err)
			}
			if got, err := c.CancelTask(t.Context(), &a2a.CancelTaskRequest{ID: id}); err != nil || got.Status.State != a2a.TaskStateCanceled {
				t.Errorf("cancel: %v", err)
			}
			extended, err := c.GetExtendedAgentCard(t.Context(), &a2a.GetExtendedAgentCardRequest{})
			if err != nil || len(extended.Skills) != 2 || strings.Contains(extended.SupportedInterfaces[0].URL, agent.URL) || len(extended.Signatures) == 0 {
				t.Errorf("extended card: %+v %v", extended, err)
			}
		})
	}
	if n := len(agent.asked()); n < 24 {
		t.Errorf("the agent was asked %d times: %v", n, agent.asked())
	}
}
