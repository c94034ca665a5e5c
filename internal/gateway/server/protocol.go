package server

import (
	"fmt"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// protocol is what a target speaks. It holds for all requests of a target, and is safe for concurrent use.
type protocol interface {
	// below says whether the paths below the target's own are the target's too.
	below() bool
	// begin starts the conversation of one request.
	begin(x *exchange) conversation
}

// conversation is one request and its answer, in the words of a protocol. It is made of what an exchange can do.
type conversation interface {
	// serve takes a request, whose caller is known, from its body to the end of the answer.
	serve()
	// refuse answers a request that is not passed on, as its clients understand it. Nothing has been answered yet.
	refuse(r refusal)
}

// refusal is why a request is not passed on, or its answer not back.
type refusal struct {
	status int    // of HTTP
	limit  string // name of the limit that it ran into, "" for none
	reason string // for the caller; it tells nothing of what is behind the gateway
}

// Error implements error, for a refusal that is the cause of a context's end.
func (r refusal) Error() string { return r.text() }

// text is what a caller is told.
func (r refusal) text() string {
	if r.limit == "" {
		return r.reason
	}
	return "limits." + r.limit + ": " + r.reason
}

// protocols make what the targets of a configuration speak.
var protocols = map[string]func(*config.Config, config.Target) (protocol, error){
	"mcp":  newMCP,
	"rest": newREST,
	"a2a":  newA2A,
	"grpc": newGRPC,
}

func newProtocol(c *config.Config, t config.Target) (protocol, error) {
	made, ok := protocols[t.Protocol]
	if !ok {
		return nil, fmt.Errorf("target %q: protocol %q is not known", t.Name, t.Protocol)
	}
	return made(c, t)
}
