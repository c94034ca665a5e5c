package scenarios_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

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

	carriedOff := taken.svid()
	call := taken.balance("bank", taken.tokenAs("bank", carriedOff))
	call.Identity = carriedOff
	if answer := taken.makes(call); answer.Status != http.StatusOK {
		t.Fatalf("before anything is suspected: %+v", answer)
	}

	uid := taken.id[strings.LastIndexByte(taken.id, '/')+1:]
	s.applies(governed(fmt.Sprintf("suspended_instances = [%q]", uid)))
	// Its registration is withdrawn too; what it has of before is good for minutes still.
	t.Logf("the suspension took effect %s after the apply", taken.suspended(call))
	s.unchanged()

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
	cluster.Eventually(t, "the instance is let in again after the suspension was lifted", func(ctx context.Context) error {
		a, err := tries[*probe.ToolAnswer](ctx, taken, probe.CallTool, taken.toolCall("bank", "balance", map[string]any{"account": "7"}))
		if err == nil && (a.Error != "" || !strings.Contains(a.Text, "1234 euro")) {
			err = fmt.Errorf("%+v", a)
		}
		return err
	})
}

// suspended waits until a call of the agent is refused because it is suspended, and gives how long that took. The gateway acts within two
// seconds of the apply; how long this takes on a cluster that is busy with much else shows nothing of that.
func (a *agent) suspended(call probe.Call) time.Duration {
	a.Helper()
	return cluster.Eventually(a, "the suspension takes effect", func(ctx context.Context) error {
		answer, err := tries[*probe.Answer](ctx, a, probe.MakeCall, call)
		if err == nil && (answer.Status != http.StatusForbidden || !strings.Contains(answer.Body, "principal is suspended")) {
			err = fmt.Errorf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
		}
		return err
	})
}
