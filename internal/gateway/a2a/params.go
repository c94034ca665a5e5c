package a2a

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

const (
	maxName = 8 << 10 // bytes of an id, a role, a URI or a media type, which go to policies and logs
	maxSet  = 1024    // elements of a list that policies see
)

// text gives a string that may be absent. Null is absent, as both Protobuf and the SDKs read it.
func (m params) text(at int, name string) (string, *Error) { return text(m[at], name) }

func text(v jsonscan.Value, name string) (string, *Error) {
	switch v.Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return "", nil
	case jsonscan.String:
		if len(v.Raw) <= maxName {
			s, _ := v.Text()
			return s, nil
		}
		return "", newError(InvalidParams, name+": is too long")
	}
	return "", newError(InvalidParams, name+": must be a string")
}

// texts gives an array of strings as a set.
func texts(v jsonscan.Value, name string) ([]string, *Error) {
	switch v.Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return nil, nil
	case jsonscan.Array:
	default:
		return nil, newError(InvalidParams, name+": must be an array")
	}
	var all []string
	for e := range v.Elements() {
		s, bad := text(e, name)
		if bad != nil {
			return nil, bad
		}
		if e.Kind() != jsonscan.String {
			return nil, newError(InvalidParams, name+": must hold strings")
		}
		if len(all) == maxSet {
			return nil, newError(InvalidParams, name+": has too many elements")
		}
		all = append(all, s)
	}
	return set(all), nil
}

// objects checks that members which others are below are objects where they are there.
func (m params) objects() *Error {
	for _, at := range []int{
		atMetadata, atMessage, atMessageMetadata, atConfiguration, atPush, atPush03, atPushProto, atSet, atCreate, atCreatePush,
	} {
		switch m[at].Kind() {
		case jsonscan.Absent, jsonscan.Null, jsonscan.Object:
		default:
			return newError(InvalidParams, strings.ReplaceAll(members[at][1:], "/", ".")+": must be an object")
		}
	}
	return nil
}

// read fills in the exchange from parameters. Resources that a path or an RPC names are there already.
func (p *Parser) read(x *Exchange, m params) *Error {
	if name := m.misspelt(); name != "" {
		return newError(InvalidParams, strings.ReplaceAll(name, "/", ".")+": write the name as the specification's JSON has it, not as Protobuf")
	}
	if bad := m.objects(); bad != nil {
		return bad
	}
	about := x.Call.Message
	tenant, bad := m.text(atTenant, "tenant")
	switch {
	case bad != nil:
		return bad
	case tenant != "" && about.Tenant != "" && tenant != about.Tenant:
		return newError(InvalidParams, "tenant: the body names another than the path")
	case tenant != "":
		about.Tenant = tenant
	}
	switch {
	case x.Sends():
		return p.message(x, m)
	case x.Operation == ListTasks:
		about.Context, bad = m.text(atContext, "contextId")
		return bad
	case x.Operation.ofTask():
		return x.task(m)
	}
	return nil
}

// task fills in what a call about a task is about.
func (x *Exchange) task(m params) *Error {
	id, bad := x.taskID(m)
	switch {
	case bad != nil:
		return bad
	case x.Call.Message.Task != "" && id != "" && id != x.Call.Message.Task:
		return newError(InvalidParams, "the body names another task than the path")
	case x.Call.Message.Task == "":
		x.Call.Message.Task = id
	}
	if bad := x.named(); bad != nil {
		return bad
	}
	if x.Operation != CreatePushConfig {
		return nil
	}
	return x.push(m, atURL, atSetURL, atCreatePushURL)
}

// named makes the task the resource.
func (x *Exchange) named() *Error {
	if x.Call.Message.Task == "" {
		return newError(InvalidParams, "the id of the task is missing")
	}
	x.Call.Resource = call.Resource{Kind: call.Task, Name: x.Call.Message.Task}
	return nil
}

// taskID gives the task that parameters name. Where they do is another member in each version, and in 0.3 over gRPC part of a name.
func (x *Exchange) taskID(m params) (string, *Error) {
	push := x.Operation != GetTask && x.Operation != CancelTask && x.Operation != SubscribeToTask
	switch {
	case x.Binding == GRPC && x.Call.Version == Version03:
		at, name := atName, "name"
		if x.Operation == CreatePushConfig || x.Operation == ListPushConfigs {
			at, name = atParent, "parent"
		}
		full, bad := m.text(at, name)
		if bad != nil {
			return "", bad
		}
		parts := strings.Split(full, "/")
		deep := x.Operation == GetPushConfig || x.Operation == DeletePushConfig
		if len(parts) < 2 || parts[0] != "tasks" || parts[1] == "" || deep != (len(parts) == 4 && parts[2] == "pushNotificationConfigs") || !deep && len(parts) != 2 {
			return "", newError(InvalidParams, name+": is not the name of a task")
		}
		return parts[1], nil
	case x.Binding == HTTPJSON:
		if parent, bad := m.text(atParent, "parent"); bad != nil || parent != "" && parent != "tasks/"+x.Call.Message.Task {
			return "", newError(InvalidParams, "parent: names another task than the path")
		}
		if push {
			return m.text(atTask, "taskId")
		}
		return m.text(atID, "id")
	case push && (x.Call.Version == Version10 || x.Operation == CreatePushConfig):
		return m.text(atTask, "taskId")
	}
	return m.text(atID, "id")
}

// push fills in the host of a push notification URL, which stands in one of some members.
func (x *Exchange) push(m params, places ...int) *Error {
	for _, at := range places {
		u, bad := m.text(at, "url")
		if bad != nil {
			return bad
		}
		if u == "" {
			continue
		}
		if x.Call.Message.PushHost != "" {
			return newError(InvalidParams, "there are two push notification configurations")
		}
		if x.Call.Message.PushHost, bad = host(u, true); bad != nil {
			return bad
		}
	}
	return nil
}
