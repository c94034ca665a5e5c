package policy

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

//go:embed schema.cedarschema
var schemaText []byte

// Schema is the published schema, in Cedar's schema syntax.
func Schema() []byte { return append([]byte(nil), schemaText...) }

// published is the resolved schema. It is shared: what changes a part copies it first.
var published = sync.OnceValue(func() *resolved.Schema {
	var s schema.Schema
	s.SetFilename("schema.cedarschema")
	if err := s.UnmarshalCedar(schemaText); err != nil {
		panic(fmt.Sprintf("the embedded schema does not parse: %v", err))
	}
	r, err := s.Resolve()
	if err != nil {
		panic(fmt.Sprintf("the embedded schema does not resolve: %v", err))
	}
	return r
})

// methods names the action of each method that has one of its own.
var methods = map[call.Protocol]map[string]string{
	call.MCP: {
		"initialize": "connect", "server/discover": "connect", "ping": "connect", "logging/setLevel": "connect",
		"tools/list": "listTools", "prompts/list": "listPrompts", "resources/list": "listResources", "resources/templates/list": "listResources",
		"tools/call": "callTool", "prompts/get": "getPrompt", "resources/read": "readResource",
		"resources/subscribe": "subscribeResource", "resources/unsubscribe": "subscribeResource", "subscriptions/listen": "listen",
		"completion/complete":    "complete",
		"sampling/createMessage": "sample", "elicitation/create": "elicit", "roots/list": "listRoots",
		"tasks/get": "getTask", "tasks/result": "getTask", "tasks/update": "updateTask", "tasks/cancel": "cancelTask", "tasks/list": "listTasks",
		// A session's stream, its end, and answers to the server have no JSON-RPC method: these are the HTTP methods they are asked with.
		"GET": "connect", "DELETE": "connect", "POST": "connect",
	},
	// In the names of 1.0, which a call has in every version.
	call.A2A: {
		"SendMessage": "sendMessage", "SendStreamingMessage": "sendMessage",
		"GetTask": "getTask", "ListTasks": "listTasks", "CancelTask": "cancelTask", "SubscribeToTask": "subscribeTask",
		"CreateTaskPushNotificationConfig": "configurePush", "DeleteTaskPushNotificationConfig": "configurePush",
		"GetTaskPushNotificationConfig": "configurePush", "ListTaskPushNotificationConfigs": "configurePush",
		"GetAgentCard": "getCard", "GetExtendedAgentCard": "getCard",
	},
}

// action gives the action that a call is decided as.
func action(c *call.Call) types.EntityUID {
	name := "other"
	switch c.Protocol {
	case call.REST:
		name = "request"
	case call.GRPC:
		name = "invoke"
	case call.Tunnel:
		name = "tunnel"
	case call.MCP, call.A2A:
		if own, ok := methods[c.Protocol][c.Method]; ok {
			name = own
		} else if c.Protocol == call.MCP && strings.HasPrefix(c.Method, "notifications/") {
			name = "notify"
		}
	}
	return types.NewEntityUID("Action", types.String(name))
}
