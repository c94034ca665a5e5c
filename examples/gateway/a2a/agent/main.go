// Command agent is something to put the gateway in front of: an A2A agent of a small bank, on loopback, that writes reports and gives money
// back. It serves all three bindings of A2A 1.0.
package main

import (
	"context"
	"flag"
	"iter"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	a2agrpc "github.com/a2aproject/a2a-go/v2/a2agrpc/v1"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
	"github.com/a2aproject/a2a-go/v2/a2asrv/taskstore"
	"google.golang.org/grpc"
)

// skillKey is the member of a message's metadata that says which skill it is for, the same for this agent and the gateway.
const skillKey = "urn:agentward:a2a:skill"

type bank struct{}

// Execute implements a2asrv.AgentExecutor.
func (bank) Execute(_ context.Context, asked *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	answer := "the report is written"
	if asked.Message.Metadata[skillKey] == "refund" {
		answer = "the money is on its way back"
	}
	return func(yield func(a2a.Event, error) bool) {
		_ = (asked.StoredTask != nil || yield(a2a.NewSubmittedTask(asked, asked.Message), nil)) &&
			yield(a2a.NewStatusUpdateEvent(asked, a2a.TaskStateWorking, nil), nil) &&
			yield(a2a.NewArtifactEvent(asked, a2a.NewTextPart(answer)), nil) &&
			yield(a2a.NewStatusUpdateEvent(asked, a2a.TaskStateCompleted, nil), nil)
	}
}

// Cancel implements a2asrv.AgentExecutor.
func (bank) Cancel(_ context.Context, asked *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		yield(a2a.NewStatusUpdateEvent(asked, a2a.TaskStateCanceled, nil), nil)
	}
}

func card(address string) *a2a.AgentCard {
	return &a2a.AgentCard{
		Name: "bank", Description: "Reports and refunds of a small bank", Version: "1.0.0",
		DefaultInputModes: []string{"text/plain"}, DefaultOutputModes: []string{"text/plain"},
		Capabilities: a2a.AgentCapabilities{Streaming: true, ExtendedAgentCard: true},
		SupportedInterfaces: []*a2a.AgentInterface{
			a2a.NewAgentInterface("http://"+address+"/rpc", a2a.TransportProtocolJSONRPC),
			a2a.NewAgentInterface("http://"+address+"/rest", a2a.TransportProtocolHTTPJSON),
			a2a.NewAgentInterface(address, a2a.TransportProtocolGRPC),
		},
		Skills: []a2a.AgentSkill{
			{ID: "report", Name: "Report", Description: "writes a report", Tags: []string{"read"}},
			{ID: "refund", Name: "Refund", Description: "gives money back", Tags: []string{"money"}},
		},
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:3001", "`address`")
	public := flag.String("public", "", "host and `port` in the agent's card, those of -listen where not set")
	flag.Parse()
	on, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	if *public == "" {
		*public = on.Addr().String()
	}
	own := card(*public)
	// The gateway decides who may see which task; here they are everybody's.
	store := taskstore.NewInMemory(&taskstore.InMemoryStoreConfig{Authenticator: func(context.Context) (string, error) { return "gateway", nil }})
	handler := a2asrv.NewHandler(bank{}, a2asrv.WithTaskStore(store), a2asrv.WithExtendedAgentCard(own))
	services := grpc.NewServer()
	a2agrpc.NewHandler(handler).RegisterWith(services)
	mux := http.NewServeMux()
	mux.Handle("/rpc", a2asrv.NewJSONRPCHandler(handler))
	mux.Handle("/rest/", http.StripPrefix("/rest", a2asrv.NewRESTHandler(handler)))
	mux.Handle(a2asrv.WellKnownAgentCardPath, a2asrv.NewStaticAgentCardHandler(own))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			services.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})}
	log.Printf("the bank's agent is at http://%s", on.Addr())
	log.Fatal(server.Serve(on))
}
