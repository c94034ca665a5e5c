package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// An administrator writes a policy that is none straight into the gateway's ConfigMap: the last good configuration stays, and both the
// gateway and Terraform say what is wrong.
func TestABadConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	s := enter(t, "refused")
	s.run(s.Server(s.Bank(s.tools, "bank")))
	s.govern(s.identity("teller", "") + s.opened(`
  token_service = {}
  targets = {
    bank = { protocol = "mcp", url = "http://bank.`+s.tools+`.svc:3000/mcp" }
  }
  allow = {
    bank = { agents = [agent_identity.teller.principal], target = "bank", tools = ["balance"] }
  }`))
	s.serving()
	teller := s.start("teller", 1)[0]
	decided := func(when string) {
		t.Helper()
		if a := teller.tool("bank", "balance", map[string]any{"account": "7"}); a.Error != "" || !strings.Contains(a.Text, "1234 euro") {
			t.Errorf("%s, the permitted tool: %+v", when, a)
		}
		if a := teller.tool("bank", "transfer", map[string]any{"to": "me", "amount": 1}); a.Error == "" {
			t.Errorf("%s, the tool that nobody permitted: %+v", when, a)
		}
	}
	decided("before")

	configuration := "/v1/ConfigMap/" + s.gateway + "/" + gatewayName
	s.edit(configuration, setPolicies("permit (principal, action"))
	refused := s.refusal(true)
	if !strings.Contains(refused, "allow.bank.cedar") {
		t.Errorf("the gateway says %q, and not which policy is none", refused)
	}
	decided("while the configuration is refused")
	if planned := s.planned(); !slices.Equal(planned, []string{configuration}) {
		t.Errorf("the plan shows %v", planned)
	}

	s.applied()
	s.unchanged()
	s.refusal(false)
	decided("after it was healed")
}

// setPolicies writes a text in the place of each policy of a gateway's ConfigMap.
func setPolicies(text string) func(map[string]any) error {
	return func(live map[string]any) error {
		data := live["data"].(map[string]any) //nolint:forcetypeassert // the API server's schema says so
		for key := range data {
			if strings.HasSuffix(key, ".cedar") {
				data[key] = text
			}
		}
		return nil
	}
}

// refusal waits until the gateway says at /status that it refuses a configuration, or that it does not, and gives what it says.
func (s *stage) refusal(expected bool) string {
	s.Helper()
	pods, err := s.Pods(s.step(), s.gateway, gatewayPods)
	if err != nil || len(pods) != 1 {
		s.Fatalf("%d gateways, %v", len(pods), err)
	}
	var status struct{ Refused *struct{ Error string } }
	cluster.Eventually(s, fmt.Sprintf("that the gateway refuses a configuration is %v", expected), func(ctx context.Context) error {
		text, err := s.API.CoreV1().Pods(s.gateway).ProxyGet("http", pods[0].Name, "9090", "/status", nil).DoRaw(ctx)
		if err != nil {
			return err
		}
		status.Refused = nil
		if err := json.Unmarshal(text, &status); err != nil {
			return fmt.Errorf("/status: %w: %s", err, text)
		}
		if (status.Refused != nil) != expected {
			return fmt.Errorf("it says %s", text)
		}
		return nil
	})
	if expected {
		return status.Refused.Error
	}
	return ""
}
