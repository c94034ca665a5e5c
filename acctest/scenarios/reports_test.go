package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// violation is what the data source tells of an object.
type violation struct {
	Policy, Message, Source string
	Resource                struct{ Name, Namespace string }
}

// reported waits until the reports tell of the server that was there before the policy, and of no other. Kyverno looks through the cluster
// every 30 s.
func (s *stage) reported() {
	s.Helper()
	reader := *s
	reader.terraform = terraform.At(s.T, s.TempDir())
	reader.write(fmt.Sprintf(`
data "agent_policy_violations" "servers" {
  namespaces = [%q]
  policies   = [%q]
}
output "violations" { value = data.agent_policy_violations.servers.results }
`, s.tools, s.tools))
	cluster.Eventually(s, "a report tells of the server that was there before the policy", func(context.Context) error {
		found := reader.violations()
		older := false
		for _, v := range found {
			switch {
			case strings.HasPrefix(v.Resource.Name, "older-") && strings.Contains(v.Message, "approval-label"):
				older = true
			case strings.HasPrefix(v.Resource.Name, "bank-"):
				s.Fatalf("the approved server is reported: %+v", v)
			}
		}
		if !older {
			return fmt.Errorf("the reports tell of %+v", found)
		}
		return nil
	})
}

func (s *stage) violations() []violation {
	s.Helper()
	if out, complaints, err := s.terraform.Run(s.Context(), "apply", "-auto-approve", "-no-color"); err != nil {
		s.Fatalf("read the reports: %v\n%s%s", err, out, complaints)
	}
	out, complaints, err := s.terraform.Run(s.Context(), "output", "-json", "violations")
	if err != nil {
		s.Fatalf("terraform output: %v\n%s", err, complaints)
	}
	var found []violation
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	return found
}
