// Package call is the pivot of the gateway: what an agent asks for, whatever protocol it asks in. Policies, limits, inspection,
// audit and behaviour see only a Call; they never parse a protocol.
package call

// Protocol is the protocol that a call was made in.
type Protocol string

// The protocols that the gateway understands.
const (
	MCP  Protocol = "mcp"
	A2A  Protocol = "a2a"
	REST Protocol = "rest"
	GRPC Protocol = "grpc"
	// Tunnel is CONNECT: what is inside is not looked at.
	Tunnel Protocol = "tunnel"
)

// Direction says who asks whom.
type Direction string

// The directions of a call.
const (
	ToTarget Direction = "to_target" // the agent asks the target
	ToAgent  Direction = "to_agent"  // the target asks the agent: MCP sampling, elicitation, roots
)

// Kind says what a resource is.
type Kind string

// The kinds of resources.
const (
	Tool     Kind = "tool"     // MCP tool
	Prompt   Kind = "prompt"   // MCP prompt
	Document Kind = "resource" // MCP resource, named by its URI
	Skill    Kind = "skill"    // A2A skill
	Task     Kind = "task"     // MCP or A2A task
	Path     Kind = "path"     // REST path template
	RPC      Kind = "rpc"      // gRPC method, "package.Service/Method"
	Method   Kind = "method"   // a protocol method that names nothing further, as ping
)

// Resource is what a call is about.
type Resource struct {
	Kind Kind
	Name string
}

// Call is one thing that is asked for. Byte slices point into the request's body and are valid as long as it is.
type Call struct {
	Protocol  Protocol
	Version   string // protocol revision: "2025-11-25", "1.0"; empty where the protocol has none
	Direction Direction
	Method    string // "tools/call", "SendMessage", "GET", "Check"
	Target    string // name of the configured target
	Resource  Resource
	// Arguments is the JSON object of what is passed: tool arguments, RPC message, REST body. Nil where there is none. It has been
	// read strictly: no duplicate keys, valid UTF-8, bounded depth.
	Arguments []byte
	// Operation is what a REST API calls the request, "" where it has no name.
	Operation string
	// RequestID is the JSON-RPC id as it was written. Nil for a notification and for protocols without one.
	RequestID []byte
	Session   string // the protocol's session, "" for none
	// Message describes an A2A message; nil for anything else.
	Message *Message
	// Annotations are what the target says of the tool; nil where it said nothing. They are hints from the other side.
	Annotations *Annotations
	// Tags are those that the agent's card gives an A2A skill, sorted; nil where it gives none.
	Tags []string
}

// Annotations are an MCP tool's hints (MCP ToolAnnotations), with the protocol's defaults filled in.
type Annotations struct {
	ReadOnly, Destructive, Idempotent, OpenWorld bool
}

// Message is what policies may know of what an A2A call is about; a call without a message has no role and no parts.
type Message struct {
	Task, Context  string
	Role           string   // ROLE_USER or ROLE_AGENT, in every version
	PartKinds      []string // text, raw, url, data; sorted, each once
	MediaTypes     []string // that parts declare, in lower case and without parameters; sorted, each once
	URLHosts       []string // hosts of the parts that are URLs; sorted, each once
	Extensions     []string // URIs, sorted
	ReferenceTasks []string
	PushHost       string // host of the push notification URL, "" for none
	Tenant         string
}
