package scenarios_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// cutOff is how long after the apply the gateway may still take calls of whom it suspends.
const cutOff = 2 * time.Second

// One instance of three is taken over, and is suspended: it is cut off although its SVID and its token are good, and the other two go on.
func TestOneInstanceIsSuspended(t *testing.T) {
	t.Parallel()
	s := enter(t, "suspended")
	s.run(s.Server(s.Bank(s.tools, "bank")))
	governed := func(more string) string {
		return s.identity("billing", "gateways = [agent_gateway.gateway.id]\n"+more) + s.opened(`
  token_service = {}
  targets = {
    bank = { protocol = "mcp", url = "http://bank.`+s.tools+`.svc:3000/mcp" }
  }
  allow = {
    balance = { agents = ["ns:`+s.agents+`"], target = "bank", tools = ["balance"] }
  }`)
	}
	s.govern(governed(""))
	s.serving()
	replicas := s.start("billing", 3)
	taken, others := replicas[0], replicas[1:]

	access := taken.token("bank")
	carriedOff := taken.svid()
	if answer := taken.makes(taken.balance("bank", access)); answer.Status != http.StatusOK {
		t.Fatalf("before anything is suspected: %+v", answer)
	}

	uid := taken.id[strings.LastIndexByte(taken.id, '/')+1:]
	s.govern(governed(fmt.Sprintf("suspended_instances = [%q]", uid)))
	time.Sleep(cutOff)

	// Its registration is withdrawn too; what it has of before is good for minutes still.
	call := taken.balance("bank", access)
	call.Identity = carriedOff
	for where, from := range map[string]*agent{"its own pod": taken, "another pod": others[0]} {
		answer := from.makes(call)
		if answer.Status != http.StatusForbidden || !strings.Contains(answer.Body, "principal is suspended") {
			t.Errorf("the suspended instance, from %s: %+v", where, answer)
		}
		s.recorded("the refusal from "+where, taken, func(r audit.Record) bool {
			return r.Event == audit.Refused && r.Reason == "principal is suspended" && r.Status == http.StatusForbidden && r.Client == from.address
		})
	}
	for _, other := range others {
		if a := other.tool("bank", "balance", map[string]any{"account": "7"}); a.Error != "" || !strings.Contains(a.Text, "1234 euro") {
			t.Errorf("another instance: %+v", a)
		}
		s.recorded("the call of another instance", other, func(r audit.Record) bool { return r.Tool == "balance" && r.Decision == "allow" })
	}

	s.govern(governed(""))
	time.Sleep(cutOff)
	if a := taken.tool("bank", "balance", map[string]any{"account": "7"}); a.Error != "" || !strings.Contains(a.Text, "1234 euro") {
		t.Errorf("after the suspension was lifted: %+v", a)
	}
}
