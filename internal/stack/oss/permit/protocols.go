package permit

import (
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// mcp permits tools, prompts and resources.
func (w writing) mcp() []policy {
	all := []policy{{id: "discover", action: action("discover", "listen"), resource: "resource == " + entity("Target", w.target)}}
	if len(w.Tools) > 0 {
		p := w.withArguments(w.named(policy{id: "tools", action: action("callTool")}, "Tool", w.Tools))
		if w.ReadOnly {
			p.when = append(p.when, "resource has readOnly && resource.readOnly")
		}
		all = append(all, p, w.tasks("getTask", "updateTask", "cancelTask", "notify"))
	}
	if len(w.Prompts) > 0 {
		actions := []string{"getPrompt", "complete"}
		if len(w.Arguments) > 0 {
			actions = actions[:1] // a completion's arguments are others than the prompt's
		}
		all = append(all, w.withArguments(w.named(policy{id: "prompts", action: action(actions...)}, "Prompt", w.Prompts)))
	}
	if len(w.Resources) > 0 {
		actions := action("readResource", "subscribeResource", "listen", "notify", "complete")
		all = append(all, w.named(policy{id: "resources", action: actions}, "Resource", w.Resources))
	}
	return all
}

// a2a permits messages to skills.
func (w writing) a2a() []policy {
	all := []policy{{id: "discover", action: action("discover"), resource: "resource == " + entity("Target", w.target)}}
	if len(w.Skills) == 0 {
		return all
	}
	p := policy{id: "skills", action: action("sendMessage")}
	if slices.Contains(w.Skills, spec.Everything) {
		p.resource = "resource in " + entity("Target", w.target) // messages for no skill in particular too
	} else {
		p = w.named(p, "Skill", w.Skills)
	}
	p.when = append(p.when, w.messages()...)
	all = append(all, w.withArguments(p), w.tasks("getTask", "subscribeTask", "cancelTask"))
	if len(w.PushHosts) > 0 {
		push := w.tasks("configurePush")
		push.id, push.when = "push", w.pushes()
		all = append(all, push)
	}
	return all
}

// messages are the conditions on a message.
func (w writing) messages() []string {
	var all []string
	for _, c := range []struct {
		attribute string
		values    []string
	}{{"partKinds", w.PartKinds}, {"mediaTypes", w.MediaTypes}, {"urlHosts", w.URLHosts}} {
		if len(c.values) > 0 && !slices.Contains(c.values, spec.Everything) {
			all = append(all, "context has message && "+list(quoted(c.values))+".containsAll(context.message."+c.attribute+")")
		}
	}
	return append(all, w.pushes()...)
}

// pushes says where a task's news may be sent to. A call that sends them nowhere has no host.
func (w writing) pushes() []string {
	switch {
	case slices.Contains(w.PushHosts, spec.Everything):
		return nil
	case len(w.PushHosts) == 0:
		return []string{`context has message && context.message.pushHost == ""`}
	}
	hosts := quoted(append([]string{""}, w.PushHosts...))
	return []string{"context has message && " + oneOf(hosts, "context.message.pushHost")}
}

func (w writing) tasks(actions ...string) policy {
	return policy{id: "tasks", action: action(actions...), resource: "resource is Task in " + entity("Target", w.target)}
}

// rest permits operations, by their ids or by method and path.
func (w writing) rest() []policy {
	p := policy{id: "operations", action: action("request"), resource: "resource in " + entity("Target", w.target)}
	if !slices.Contains(w.Operations, spec.Everything) {
		var ids, paths []string
		for _, operation := range w.Operations {
			if method, path, ok := spec.OperationPath(operation); ok {
				paths = append(paths, "context.method == "+quote(method)+" && resource == "+entity("Path", w.target+"/"+path))
			} else {
				ids = append(ids, operation)
			}
		}
		var either []string
		if len(ids) > 0 {
			either = append(either, "context has operation && "+oneOf(quoted(ids), "context.operation"))
		}
		either = append(either, paths...)
		if len(either) > 1 {
			for i := range either {
				either[i] = "(" + either[i] + ")"
			}
		}
		p.when = []string{strings.Join(either, " || ")}
	}
	return []policy{w.withArguments(p)}
}

// grpc permits methods.
func (w writing) grpc() []policy {
	return []policy{w.withArguments(w.named(policy{id: "methods", action: action("invoke")}, "RPC", w.Methods))}
}
