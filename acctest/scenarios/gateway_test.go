package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// gatewayName is the gateway's on each stage.
const gatewayName = "gateway"

// gatewayID is the SPIFFE ID of the stage's gateway.
func (s *stage) gatewayID() string {
	return "spiffe://" + trustDomain + "/ns/" + s.gateway + "/gateway/" + gatewayName
}

// origin is the URL of the gateway's listener, as agents see it.
func (s *stage) origin() string {
	return "https://" + gatewayName + "." + s.gateway + ".svc:8443"
}

// at is the URL of a target at the gateway.
func (s *stage) at(target string) string { return s.origin() + "/" + target }

func (s *stage) tokenEndpoint() string { return s.origin() + "/oauth/token" }

// store is what the replicas of the stage's gateway share. A node where much begins at once may keep Redis waiting, which is not away.
func (s *stage) store() string {
	return fmt.Sprintf(`{ url = %q, prefix = "%s:", timeout = "10s" }`, platform.RedisURL, s.gateway)
}

// opened is the stage's gateway as Terraform has it: what a test says of it, and how it runs in a cluster of tests.
func (s *stage) opened(attributes string) string {
	return s.openedAs(gatewayName, s.Images.Gateway, "", attributes)
}

// openedAs is a gateway of a name, of an image, and with more to say of its deployment.
func (s *stage) openedAs(name, image, deployment, attributes string) string {
	return fmt.Sprintf(`
resource "agent_gateway" %q {
  name      = %q
  namespace = %q

  deployment = {
    image        = %q
    pull_policy  = "IfNotPresent"
    workload_api = { host_path = %q, socket = %q }
    %s
  }
  %s
}
`, name, name, s.gateway, image, platform.SocketFolder, platform.SocketFile, deployment, attributes)
}

// serving waits until all of the gateway's replicas serve, in their latest form: an apply that creates it does not.
func (s *stage) serving() {
	s.Helper()
	if err := s.Rollout(s.step(), s.gateway, gatewayName); err != nil {
		s.Fatal(err)
	}
}

// gatewayPods selects the gateway's pods.
var gatewayPods = &metav1.LabelSelector{MatchLabels: map[string]string{oss.GatewayLabel: gatewayName}}

// records gives what the gateway's replicas have written so far to their audit logs.
func (s *stage) records() (all []audit.Record) {
	s.Helper()
	cluster.Eventually(s, "the audit log can be read", func(ctx context.Context) (err error) {
		all, err = s.Audit(ctx, s.gateway, gatewayPods)
		return err
	})
	return all
}

// recorded waits for the record of an agent that a test describes.
func (s *stage) recorded(what string, of *agent, is func(audit.Record) bool) audit.Record {
	s.Helper()
	return s.await(what, func(r audit.Record) bool { return r.Principal == of.id && is(r) })
}

// unauthenticated waits for the record of a request of somebody who is not known, and who is the agent only by the address of its pod.
func (s *stage) unauthenticated(what string, from *agent, since time.Time, is func(audit.Record) bool) {
	s.Helper()
	s.await(what, func(r audit.Record) bool {
		return r.Event == audit.Unauthenticated && strings.HasPrefix(r.Client, from.address) && r.Time.After(since.Add(-clocks)) && is(r)
	})
}

// clocks is how far those of this machine and of the nodes may differ.
const clocks = time.Second

// await waits for a record: the log is a moment behind the answer.
func (s *stage) await(what string, is func(audit.Record) bool) (found audit.Record) {
	s.Helper()
	cluster.Eventually(s, "the audit log has a record of "+what, func(ctx context.Context) error {
		all, err := s.Audit(ctx, s.gateway, gatewayPods)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, is); i >= 0 {
			found = all[i]
			return nil
		}
		var text strings.Builder
		for _, r := range all[max(0, len(all)-10):] {
			line, _ := json.Marshal(r) // it came as JSON
			text.Write(append(line, '\n'))
		}
		return fmt.Errorf("it ends with\n%s", text.String())
	})
	return found
}
