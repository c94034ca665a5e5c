package scenarios_test

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// The way of a call, end to end: SVID, bound token, mTLS and proof, a permitted tool, its answer; and beside it a tool that nobody permitted.
func TestAPermittedToolCall(t *testing.T) {
	t.Parallel()
	s := enter(t, "sequence")
	s.run(s.Server(s.Everything(s.tools, "everything")))
	s.govern(s.approvedAgents() + s.identity("assistant", "") + s.opened(`
  token_service = {}
  targets = {
    everything = { protocol = "mcp", url = "http://everything.`+s.tools+`.svc:3000" }
  }
  allow = {
    simple = {
      agents = [agent_identity.assistant.principal]
      target = "everything"
      tools  = ["test_simple_text"]
    }
  }`))
	s.serving()
	assistant := s.start("assistant", 1)[0]

	permitted := assistant.tool("everything", "test_simple_text", nil)
	if permitted.Error != "" || permitted.Wrong || permitted.Text == "" {
		t.Fatalf("the permitted tool: %+v", permitted)
	}
	record := s.recorded("the permitted call", assistant, func(r audit.Record) bool { return r.Tool == "test_simple_text" })
	if record.Decision != "allow" || record.Status != 200 || strings.Join(record.Policies, " ") != "allow.simple.tools" {
		t.Errorf("the record of the permitted call: %+v", record)
	}

	denied := assistant.tool("everything", "test_error_handling", nil)
	if denied.Error == "" {
		t.Fatalf("the tool that nobody permitted: %+v", denied)
	}
	record = s.recorded("the denied call", assistant, func(r audit.Record) bool { return r.Tool == "test_error_handling" })
	if record.Decision != "deny" {
		t.Errorf("the record of the denied call: %+v", record)
	}
}
