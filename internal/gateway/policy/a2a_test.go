package policy

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// asked is a call of A2A by the billing agent.
func asked(method string, kind call.Kind, name string, m *call.Message) *decide.Request {
	r := payment("")
	r.Call = &call.Call{
		Protocol: call.A2A, Version: "1.0", Direction: call.ToTarget, Method: method, Target: "bank",
		Resource: call.Resource{Kind: kind, Name: name}, Message: m,
	}
	return r
}

func TestEveryOperationOfA2AHasAnAction(t *testing.T) {
	for method, c := range map[string]struct {
		kind   call.Kind
		action string
	}{
		"SendMessage": {call.Skill, "sendMessage"}, "SendStreamingMessage": {call.Method, "sendMessage"},
		"GetTask": {call.Task, "getTask"}, "ListTasks": {call.Method, "listTasks"}, "CancelTask": {call.Task, "cancelTask"},
		"SubscribeToTask":                  {call.Task, "subscribeTask"},
		"CreateTaskPushNotificationConfig": {call.Task, "configurePush"}, "GetTaskPushNotificationConfig": {call.Task, "configurePush"},
		"ListTaskPushNotificationConfigs": {call.Task, "configurePush"}, "DeleteTaskPushNotificationConfig": {call.Task, "configurePush"},
		"GetAgentCard": {call.Method, "getCard"}, "GetExtendedAgentCard": {call.Method, "getCard"},
	} {
		r := asked(method, c.kind, "x", &call.Message{})
		if d := engine(t, `permit(principal, action == Action::"`+c.action+`", resource);`).Decide(t.Context(), r); !d.Allowed {
			t.Errorf("%s is not %s: %s", method, c.action, d.Reason)
		}
		if d := engine(t, `permit(principal, action, resource); forbid(principal, action == Action::"`+c.action+`", resource);`).Decide(t.Context(), r); d.Allowed {
			t.Errorf("%s passes a policy that forbids %s", method, c.action)
		}
	}
}

func TestASkillIsShownForSomeMessage(t *testing.T) {
	const send = `permit(principal, action == Action::"sendMessage", resource) when `
	for name, c := range map[string]struct {
		policies     string
		shown, known bool // as a skill of a card, and in a call with a message of one text to 10.1.2.3
	}{
		"whatever the message is":            {`permit(principal, action, resource);`, true, true},
		"a message that may be of that kind": {send + `{context has message && context.message.partKinds.contains("data")};`, true, false},
		"a message that may not be":          {`permit(principal, action, resource); forbid(principal, action, resource) when {context has message && context.message.urlHosts.contains("evil.example")};`, true, true},
		"what the message does not decide":   {send + `{context.mtls == false && context has message && context.message.role == "ROLE_USER"};`, false, false},
		"skills by their tags":               {send + `{resource is Skill && resource has tags && resource.tags.contains("money")};`, true, true},
		"skills of another tag":              {send + `{resource is Skill && resource has tags && resource.tags.contains("cars")};`, false, false},
		"one skill by its name":              {`permit(principal, action, resource == Skill::"bank/refund");`, true, true},
		"another skill":                      {`permit(principal, action, resource == Skill::"bank/pay");`, false, false},
		"a skill of the target":              {`permit(principal, action, resource in Target::"bank");`, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, c.policies)
			listed := asked("SendMessage", call.Skill, "refund", nil)
			listed.Listing, listed.Call.Tags = true, []string{"money"}
			if d := e.Decide(t.Context(), listed); d.Allowed != c.shown {
				t.Errorf("shown: %v, %s", d.Allowed, d.Reason)
			}
			sent := asked("SendMessage", call.Skill, "refund", &call.Message{Role: "ROLE_USER", PartKinds: []string{"text"}})
			sent.Call.Tags = []string{"money"}
			if d := e.Decide(t.Context(), sent); d.Allowed != c.known {
				t.Errorf("sent: %v, %s", d.Allowed, d.Reason)
			}
		})
	}
}
