package scenarios_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

const (
	// keysSettle is how long after the apply the last replica signs with a new first key: ten seconds after it has read it, and as long again
	// for it to read it.
	keysSettle = 20 * time.Second
	// tokenLife is that of tokens on this stage. A sidecar renews them half a minute earlier, so some are renewed while keys are rotated.
	tokenLife = 40 * time.Second
)

// The guide "Govern agents on a cluster you have", with real agents: two teams and a bank, governed by the modules alone. Agents that know
// nothing of SPIFFE are let in and given a sidecar, use what their team was granted and nothing else, are cut off by one variable, and do
// not notice that the keys are rotated.
func TestTheModulesGovernAPlatform(t *testing.T) {
	t.Parallel()
	s := enter(t, "modules")
	support := "modules-support" // the other team; the stage's agents are the first
	s.namespace(support, nil)
	s.govern(s.modules(support, "", ""))
	s.serving()

	// What pods must carry is what the modules' outputs say.
	bank := s.Bank(s.tools, "bank")
	bank.Labels = map[string]string{"agentward.dev/mcp-server": "bank", approval: "true"}
	s.run(s.Server(bank))
	billing, helper := s.letsIn(s.agents, "billing"), s.letsIn(support, "helper")

	for _, c := range []struct {
		of              *agent
		permits, denies string
		gets, policy    string
	}{
		{billing, "balance", "transfer", "1234 euro", "allow." + s.agents + ".billing.balances.tools"},
		{helper, "transfer", "balance", "on their way", "allow." + support + ".helper.transfers.tools"},
	} {
		if a := c.of.makes(throughSidecar(c.permits)); a.Status != http.StatusOK || !strings.Contains(a.Body, c.gets) {
			t.Fatalf("%s calls the tool that its team was granted: %+v", c.of.id, a)
		}
		r := s.recorded("the permitted call", c.of, func(r audit.Record) bool { return r.Tool == c.permits })
		if r.Decision != "allow" || strings.Join(r.Policies, " ") != c.policy {
			t.Errorf("the permitted call is recorded as %+v, and should be allowed by %s", r, c.policy)
		}
		if a := c.of.makes(throughSidecar(c.denies)); !strings.Contains(a.Body, "denied") || strings.Contains(a.Body, "euro") {
			t.Errorf("%s calls the tool that the other team was granted: %+v", c.of.id, a)
		}
		r = s.recorded("the denied call", c.of, func(r audit.Record) bool { return r.Tool == c.denies })
		if r.Decision != "deny" {
			t.Errorf("the denied call is recorded as %+v", r)
		}
	}

	s.cutsOffByVariable(support, billing, helper)
	s.rotatesUnnoticed(support, billing)
}

// cutsOffByVariable suspends billing by its module, and lifts that again. The helper goes on.
func (s *stage) cutsOffByVariable(support string, billing, helper *agent) {
	s.Helper()
	suspended := s.modules(support, "", "suspended = true")
	s.applies(suspended)
	took := cluster.Eventually(s, "the suspended agent is cut off", func(ctx context.Context) error {
		a, err := tries[*probe.Answer](ctx, billing, probe.MakeCall, throughSidecar("balance"))
		if err == nil && (a.Status == http.StatusOK || strings.Contains(a.Body, "euro")) {
			err = fmt.Errorf("%+v", a)
		}
		return err
	})
	s.Logf("the suspended agent was cut off %s after the apply", took)
	s.recorded("the refusal of the suspended agent", billing, func(r audit.Record) bool {
		return r.Event == audit.Refused && r.Reason == "principal is suspended"
	})
	if a := helper.makes(throughSidecar("transfer")); a.Status != http.StatusOK || !strings.Contains(a.Body, "on their way") {
		s.Errorf("the other team's agent, meanwhile: %+v", a)
	}
	s.govern(suspended)

	s.govern(s.modules(support, "", ""))
	cluster.Eventually(s, "the agent is back after its suspension", func(ctx context.Context) error {
		a, err := tries[*probe.Answer](ctx, billing, probe.MakeCall, throughSidecar("balance"))
		if err == nil && (a.Status != http.StatusOK || !strings.Contains(a.Body, "1234 euro")) {
			err = fmt.Errorf("%+v", a)
		}
		return err
	})
}

// rotatesUnnoticed puts a new key in front of the old one, and takes the old one away once nothing that it signed is in use, while the
// agent calls.
func (s *stage) rotatesUnnoticed(support string, caller *agent) {
	s.Helper()
	calls := caller.keepsCalling("balance", "1234 euro")
	for _, step := range []struct {
		ids  string
		wait time.Duration
	}{
		{`"2", "1"`, keysSettle + tokenLife},
		{`"2"`, keysSettle},
	} {
		s.govern(s.modules(support, "keys = { ids = ["+step.ids+"] }", ""))
		time.Sleep(step.wait)
	}
	answered, lost := calls.end()
	if len(lost) > 0 || answered == 0 {
		s.Errorf("while the keys were rotated, %d calls were answered and %d were not:\n%s", answered, len(lost), strings.Join(lost, "\n"))
	}
	secret, err := s.API.CoreV1().Secrets(s.gateway).Get(s.step(), gatewayName+"-keys", metav1.GetOptions{})
	if err != nil || len(secret.Data) != 1 || len(secret.Data["2"]) != 32 {
		s.Errorf("the Secret of the keys has %d of them, and should have the new one alone: %v", len(secret.Data), err)
	}
}

// modules is the platform, a tool, and an agent of each of two teams, each by its module, with more to say of the platform and of billing.
func (s *stage) modules(support, platformMore, billingMore string) string {
	s.Helper()
	root, err := tool.Root()
	if err != nil {
		s.Fatal(err)
	}
	source := func(module string) string { return filepath.Join(root, "modules", module) }
	// This platform has the Workload API in a folder of its nodes, not by the CSI driver.
	workloadAPI := fmt.Sprintf("{ host_path = %q, socket = %q }", platform.SocketFolder, platform.SocketFile)
	return fmt.Sprintf(`
module "platform" {
  source       = %q
  name         = %q
  namespace    = %q
  trust_domain = %q

  targets         = { bank = module.bank.target }
  tool_namespaces = [%q]
  agent_namespaces = {
    %q = { targets = ["bank"], allow = module.billing.allow }
    %q = { targets = ["bank"], allow = module.helper.allow }
  }

  admission = { security_context = { no_host_path = false } }
  sidecar   = { workload_api = %s }

  token_service = { lifetime = "%s" }
  store         = %s
  deployment = {
    image        = %q
    pull_policy  = "IfNotPresent"
    replicas     = 2
    workload_api = %s
  }
  %s
}
`, source("agent-platform"), gatewayName, s.gateway, trustDomain, s.tools, s.agents, support, workloadAPI,
		tokenLife, s.store(), s.Images.Gateway, workloadAPI, platformMore) +
		fmt.Sprintf(`
module "bank" {
  source    = %q
  name      = "bank"
  namespace = %q
  images    = [%q]
  service   = { port = 3000 }
}

module "billing" {
  source    = %q
  name      = "billing"
  namespace = %q
  gateways  = [module.platform.gateway]
  allow     = { balances = { target = "bank", tools = ["balance"] } }
  %s
}

module "helper" {
  source    = %q
  name      = "helper"
  namespace = %q
  gateways  = [module.platform.gateway]
  allow = {
    transfers = { target = "bank", tools = ["transfer"], arguments = { amount = { min = 1, max = 100 } } }
  }
}
`, source("mcp-server"), s.tools, s.Images.Bank, source("agent"), s.agents, billingMore, source("agent"), support)
}
