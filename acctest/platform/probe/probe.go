// Package probe is what tests have an agent in a pod do, good or bad: requests as JSON on the standard input of acctest/platform/agent,
// answers as JSON on its standard output.
package probe

import (
	"net/http"
	"time"
)

// The commands of the agent, each named after what it is given and what it gives. Without one, it sleeps.
const (
	TakeIdentity = "identity" // nothing; Identity
	TakeToken    = "token"    // TokenRequest; Access
	MakeCall     = "call"     // Call; Answer
	CallTool     = "tool"     // ToolCall; ToolAnswer
	Load         = "load"     // LoadRequest; LoadReport
	Connect      = "connect"  // Connection; Connected
)

// WorkloadAPIVariable names the environment variable with the address of the SPIFFE Workload API.
const WorkloadAPIVariable = "SPIFFE_ENDPOINT_SOCKET"

// Identity is an X.509-SVID with its key and its trust domain's bundle, each in PEM: what whoever took over an agent can carry off.
type Identity struct {
	ID           string
	Certificates string
	Key          string
	Bundle       string
	Expires      time.Time
}

// TokenRequest asks a gateway's token service for a token.
type TokenRequest struct {
	// Endpoint is the URL of the token endpoint, Gateway its SPIFFE ID, and Resource the URL of what the token is for.
	Endpoint, Gateway, Resource string
	// Identity is a carried-off one; nil for the pod's own.
	Identity *Identity
}

// Access is a token, and the key that it is bound to, in PEM (PKCS #8).
type Access struct {
	Token, Scheme string
	Key           string
	Expires       time.Time
	// Error says why there is none.
	Error string
}

// Call is one HTTP request, as it is and with whatever it brings.
type Call struct {
	Method, URL string
	Header      map[string]string
	Body        string
	// Gateway is the SPIFFE ID that the server must have; "" verifies no server.
	Gateway string
	// Identity is a carried-off one; nil for the pod's own. Anonymous shows no certificate.
	Identity  *Identity
	Anonymous bool
	// Access is presented as its scheme says, with a proof by its key; nil for no token.
	Access *Access
	// Proof is what is wrong with the proof; nil for nothing.
	Proof *Proof
	// Timeout is that of the whole call; 0 for 30 s.
	Timeout time.Duration
}

// Proof says how a proof differs from what it should be.
type Proof struct {
	None        bool   // there is none
	Raw         string // this one is sent, as it is
	OtherKey    bool   // it is signed with a key that the token is not bound to
	Method, URL string // it is for another request; "" for the one that is made
}

// Answer is what came of a call.
type Answer struct {
	Status int // 0 where none came
	Header http.Header
	Body   string
	Proof  string // that was sent
	Error  string // why none came
}

// ToolCall is a call of an MCP tool, in a session of its own, with everything that the gateway asks for.
type ToolCall struct {
	// URL is the target's at the gateway, Gateway the gateway's SPIFFE ID, and TokenEndpoint that of its token service, "" for no token.
	URL, Gateway, TokenEndpoint string
	// Name is the tool's; "" lists the tools instead.
	Name      string
	Arguments map[string]any
}

// ToolAnswer is what came of a tool call.
type ToolAnswer struct {
	Text  string   // of the tool's answer
	Tools []string // that were listed
	Wrong bool     // the tool says that it failed
	Error string   // the call was not answered, or with an error
}

// LoadRequest makes tool calls for a while, some at the same time and each worker in a session of its own.
type LoadRequest struct {
	ToolCall
	Workers int
	For     time.Duration
	// Pause is between two calls of a worker.
	Pause time.Duration
}

// LoadReport counts what came of them.
type LoadReport struct {
	Answered, Failed int
	Sessions         int            // that were begun: one a worker, and one for each that had to begin again
	Errors           map[string]int // how often each was told
}

// Connection is a TCP connection to try.
type Connection struct {
	Address string // host and port
	Timeout time.Duration
}

// Connected says what came of it.
type Connected struct {
	Connected bool
	Error     string
}
