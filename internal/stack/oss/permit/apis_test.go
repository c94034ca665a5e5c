package permit_test

import (
	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func a2aVerdicts() map[string]verdicts {
	task := func(m string) call.Call {
		c := method(call.A2A, m, call.Task, "1")
		c.Message = &call.Message{}
		return c
	}
	pushed := func(host string) call.Call {
		c := task("CreateTaskPushNotificationConfig")
		c.Message.PushHost = host
		return c
	}
	card := method(call.A2A, "GetExtendedAgentCard", call.Method, "")
	unsent := func(r *decide.Request) { r.Listing, r.Call.Message = true, nil }
	return map[string]verdicts{
		"skills": {
			"a2a",
			spec.Allow{Agents: []string{billing}, Skills: []string{"report", "refund"}},
			map[string]asked{
				"a message": of(billing, message("report", call.Message{})), "its task": of(billing, task("GetTask")), "its stream": of(billing, task("SubscribeToTask")),
				"the end of it": of(billing, task("CancelTask")), "the card": of(billing, card), "the skill on the card": of(billing, message("refund", call.Message{}), unsent),
			},
			map[string]asked{
				"to another skill": of(billing, message("delete", call.Message{})), "to none": of(billing, message("", call.Message{})),
				"another's skill on the card": of(billing, message("delete", call.Message{}), unsent),
				"all tasks":                   of(billing, method(call.A2A, "ListTasks", call.Method, "")), "news to anywhere": of(billing, message("report", call.Message{PushHost: "evil.example"})),
				"news of a task": of(billing, pushed("evil.example")), "what news of a task there are": of(billing, pushed("")), "the card for another": of(audits, card),
			},
		},
		"all of an agent": {
			"a2a",
			spec.Allow{Agents: []string{billing}, Skills: []string{"*"}},
			map[string]asked{"a skill": of(billing, message("x", call.Message{})), "no skill": of(billing, message("", call.Message{}))},
			map[string]asked{"of another": of(billing, elsewhere(message("x", call.Message{}))), "all tasks": of(billing, method(call.A2A, "ListTasks", call.Method, ""))},
		},
		"messages of these parts": {
			"a2a",
			spec.Allow{
				Agents: []string{billing}, Skills: []string{"report"}, PartKinds: []string{"text", "url"}, MediaTypes: []string{"text/plain"}, URLHosts: []string{"files.example.org"},
			},
			map[string]asked{
				"text": of(billing, message("report", call.Message{PartKinds: []string{"text"}})), "none": of(billing, message("report", call.Message{})),
				"a URL":                 of(billing, message("report", call.Message{PartKinds: []string{"text", "url"}, MediaTypes: []string{"text/plain"}, URLHosts: []string{"files.example.org"}})),
				"the skill on the card": of(billing, message("report", call.Message{}), unsent),
			},
			map[string]asked{
				"data beside text": of(billing, message("report", call.Message{PartKinds: []string{"data", "text"}})),
				"another type":     of(billing, message("report", call.Message{PartKinds: []string{"text"}, MediaTypes: []string{"text/html"}})),
				"another host":     of(billing, message("report", call.Message{PartKinds: []string{"url"}, URLHosts: []string{"evil.example", "files.example.org"}})),
				"no message":       of(billing, method(call.A2A, "SendMessage", call.Skill, "report")),
			},
		},
		"news to a host": {
			"a2a",
			spec.Allow{Agents: []string{billing}, Skills: []string{"report"}, PushHosts: []string{"hooks.example.org"}},
			map[string]asked{
				"there": of(billing, message("report", call.Message{PushHost: "hooks.example.org"})), "nowhere": of(billing, message("report", call.Message{})),
				"of a task": of(billing, pushed("hooks.example.org")), "no more": of(billing, pushed("")),
			},
			map[string]asked{"elsewhere": of(billing, message("report", call.Message{PushHost: "hooks.example.org.evil.example"})), "of a task": of(billing, pushed("evil.example"))},
		},
		"news to anywhere": {
			"a2a",
			spec.Allow{Agents: []string{billing}, Skills: []string{"report"}, PushHosts: []string{"*"}},
			map[string]asked{"somewhere": of(billing, message("report", call.Message{PushHost: "x.example"})), "of a task": of(billing, pushed("x.example"))},
			map[string]asked{"for another": of(audits, pushed("x.example"))},
		},
		"any URL": {
			"a2a",
			spec.Allow{Agents: []string{billing}, Skills: []string{"report"}, URLHosts: []string{"*"}},
			map[string]asked{"somewhere": of(billing, message("report", call.Message{PartKinds: []string{"url"}, URLHosts: []string{"x.example"}}))},
			nil,
		},
	}
}

func apiVerdicts() map[string]verdicts {
	return map[string]verdicts{
		"operations": {
			"rest",
			spec.Allow{Agents: []string{billing}, Operations: []string{"getUser", "listUsers", "DELETE /users/{id}"}},
			map[string]asked{
				"by id": of(billing, operation("GET", "/users/{id}", "getUser", `{}`)), "by path": of(billing, operation("DELETE", "/users/{id}", "removeUser", `{}`)),
				"without an id": of(billing, operation("DELETE", "/users/{id}", "", `{}`)),
			},
			map[string]asked{
				"another id": of(billing, operation("GET", "/users/{id}", "getUsers", `{}`)), "another method": of(billing, operation("PUT", "/users/{id}", "", `{}`)),
				"another path": of(billing, operation("DELETE", "/users/{id}/x", "", `{}`)), "no operation": of(billing, operation("GET", "*", "", `{}`)),
				"of another target": of(billing, elsewhere(operation("GET", "/users/{id}", "getUser", `{}`))), "a tunnel": of(billing, method(call.Tunnel, "CONNECT", call.Method, "")),
			},
		},
		"one operation by path": {
			"rest",
			spec.Allow{Agents: []string{billing}, Operations: []string{`GET /a"b`}},
			map[string]asked{"it": of(billing, operation("GET", `/a"b`, "", `{}`))},
			map[string]asked{"another": of(billing, operation("GET", "/ab", "", `{}`))},
		},
		"operations with arguments": {
			"rest",
			spec.Allow{
				Agents: []string{billing}, Operations: []string{"refund"}, Arguments: map[string]spec.ArgumentCondition{"body.amount": {Max: new(int64(50))}, "path.id": {Min: new(int64(1000))}},
			},
			map[string]asked{"in bounds": of(billing, operation("POST", "/refunds/{id}", "refund", `{"path":{"id":1000},"body":{"amount":50}}`))},
			map[string]asked{
				"too much": of(billing, operation("POST", "/refunds/{id}", "refund", `{"path":{"id":1000},"body":{"amount":51}}`)),
				"no body":  of(billing, operation("POST", "/refunds/{id}", "refund", `{"path":{"id":1000}}`)),
				"a list":   of(billing, operation("POST", "/refunds/{id}", "refund", `{"path":{"id":1000},"body":[]}`)),
			},
		},
		"all operations": {
			"rest",
			spec.Allow{Agents: []string{billing}, Operations: []string{"*"}},
			map[string]asked{"any": of(billing, operation("GET", "/x", "", `{}`))},
			map[string]asked{"of another target": of(billing, elsewhere(operation("GET", "/x", "", `{}`))), "a tunnel": of(billing, method(call.Tunnel, "CONNECT", call.Method, ""))},
		},
		"methods": {
			"grpc",
			spec.Allow{Agents: []string{billing}, Methods: []string{"shop.v1.Orders/Place"}, Arguments: map[string]spec.ArgumentCondition{"cents": {Max: new(int64(2000))}}},
			map[string]asked{"in bounds": of(billing, rpc("shop.v1.Orders/Place", `{"cents":2000}`))},
			map[string]asked{
				"too much": of(billing, rpc("shop.v1.Orders/Place", `{"cents":2001}`)), "another method": of(billing, rpc("shop.v1.Orders/Cancel", `{"cents":1}`)),
				"another service": of(billing, rpc("shop.v2.Orders/Place", `{"cents":1}`)),
			},
		},
		"all methods": {
			"grpc",
			spec.Allow{Agents: []string{billing}, Methods: []string{"*"}},
			map[string]asked{"any": of(billing, rpc("shop.v1.Orders/Place", `{}`))},
			map[string]asked{"for another": of(audits, rpc("shop.v1.Orders/Place", `{}`))},
		},
	}
}
