package mcp

import (
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// calls gives what a request or notification asks for: one call, and a further one for each resource and task that a
// subscriptions/listen wants to follow, so that a policy on a resource holds for both ways to subscribe to it.
func (m *message) calls(base call.Call) ([]*call.Call, *Error) {
	c := base
	c.Protocol, c.Method, c.RequestID = call.MCP, m.method, m.id
	c.Resource = call.Resource{Kind: call.Method, Name: m.method}
	c.Arguments = m.params()
	if bad := m.resource(&c); bad != nil {
		return nil, bad
	}
	out := []*call.Call{&c}
	if m.method != "subscriptions/listen" {
		return out, nil
	}
	for _, followed := range []struct {
		at   int
		kind call.Kind
		what string
	}{
		{atSubscriptions, call.Document, "params.notifications.resourceSubscriptions"},
		{atTaskSubscriptions, call.Task, "params.notifications.taskIds"},
	} {
		names, bad := m.names(followed.at, followed.what)
		if bad != nil {
			return nil, bad
		}
		for _, name := range names {
			further := c
			further.Resource = call.Resource{Kind: followed.kind, Name: name}
			out = append(out, &further)
		}
	}
	return out, nil
}

// names gives the strings of an optional array.
func (m *message) names(at int, what string) ([]string, *Error) {
	switch m.at[at].Kind() {
	case jsonscan.Absent, jsonscan.Null, jsonscan.Array:
	default:
		return nil, NewError(CodeInvalidParams, m.id, what+": must be an array")
	}
	var all []string
	for v := range m.at[at].Elements() {
		item := message{id: m.id}
		item.at[at] = v
		name, bad := item.text(at, what)
		if bad != nil {
			return nil, bad
		}
		all = append(all, name)
	}
	return all, nil
}

// resource fills in what the call is about. A method that is not listed is about itself, with all its parameters.
func (m *message) resource(c *call.Call) (bad *Error) {
	switch m.method {
	case "tools/call":
		c.Resource.Kind = call.Tool
		c.Resource.Name, bad = m.text(atName, "params.name")
		return m.arguments(c, bad)
	case "prompts/get":
		c.Resource.Kind = call.Prompt
		c.Resource.Name, bad = m.text(atName, "params.name")
		return m.arguments(c, bad)
	case "resources/read", "resources/subscribe", "resources/unsubscribe", "notifications/resources/updated":
		c.Resource.Kind = call.Document
		c.Resource.Name, bad = m.text(atURI, "params.uri")
		return bad
	case "tasks/get", "tasks/result", "tasks/cancel", "tasks/update", "notifications/tasks/status", "notifications/tasks":
		c.Resource.Kind = call.Task
		c.Resource.Name, bad = m.text(atTask, "params.taskId")
		return bad
	case "completion/complete":
		return m.completion(c)
	}
	return nil
}

func (m *message) arguments(c *call.Call, bad *Error) *Error {
	if bad == nil {
		c.Arguments, bad = m.object(atArguments, "params.arguments")
	}
	return bad
}

// completion is about the prompt or the resource template whose argument is completed.
func (m *message) completion(c *call.Call) (bad *Error) {
	kind, bad := m.text(atRefType, "params.ref.type")
	if bad != nil {
		return bad
	}
	switch kind {
	case "ref/prompt":
		c.Resource.Kind = call.Prompt
		c.Resource.Name, bad = m.text(atRefName, "params.ref.name")
	case "ref/resource":
		c.Resource.Kind = call.Document
		c.Resource.Name, bad = m.text(atRefURI, "params.ref.uri")
	default:
		bad = NewError(CodeInvalidParams, m.id, "params.ref.type: must be ref/prompt or ref/resource")
	}
	if bad == nil {
		c.Arguments, bad = m.object(atArgument, "params.argument")
	}
	return bad
}
