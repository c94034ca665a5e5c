package question_test

import (
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/question"
)

func TestWhatIsWrongWithAQuestionIsToldInItsOwnNames(t *testing.T) {
	const whole = `{"principal":{"spiffe_id":"spiffe://example.org/ns/demo/agent/assistant"},"call":{"protocol":"mcp","method":"tools/call","target":"bank","kind":"tool","name":"transfer"},"time":"2026-11-23T10:00:00Z"}`
	if _, err := question.Read(strings.NewReader(whole), time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing at all":             {whole, "", "it is empty"},
		"an end too early":           {`},"time"`, "", "not JSON"},
		"half of it":                 {whole, whole[:40], "ends too early"},
		"a list":                     {whole, "[]", "JSON array: give an object"},
		"a comma too many":           {`"mcp",`, `"mcp",,`, "not JSON, at byte"},
		"a number for a name":        {`"transfer"`, "7", "call.name cannot be a JSON number"},
		"a misspelt member":          {`"kind"`, `"knd"`, `unknown field "knd"`},
		"a time in words":            {"2026-11-23T10:00:00Z", "yesterday", "RFC 3339"},
		"something behind it":        {`00Z"}`, `00Z"} {}`, "something follows"},
		"a caller without an ID":     {`"spiffe_id"`, `"user"`, "spiffe_id or subject is missing"},
		"a method of another kind":   {`"tools/call"`, `"tools/list"`, "not asked of a resource"},
		"a tool without a name":      {`,"name":"transfer"`, "", "which tool?"},
		"a protocol that is unknown": {`"mcp"`, `"soap"`, "none of mcp"},
	} {
		text := strings.Replace(whole, c.from, c.to, 1)
		_, err := question.Read(strings.NewReader(text), time.Now())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "Go value") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
