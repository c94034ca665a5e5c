package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// agentSandbox gives the controller as its project ships it, run by this image.
func (s *stage) agentSandbox(image string) string {
	s.Helper()
	folder := filepath.Dir(crd.Dir(s.T, crd.AgentSandbox))
	var all []string
	for _, name := range []string{"controller.yaml", "rbac.generated.yaml"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.ReplaceAll(strings.Join(all, "\n---\n"), "ko://sigs.k8s.io/agent-sandbox/cmd/agent-sandbox-controller", image)
}

// The report follows what is installed and removed, with the kinds and the controller as they are shipped, and with a controller that is
// none.
func TestTheReportFollowsAnOperator(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.soon("robust_controller", kars.NotDetected, "")
	kinds, err := os.ReadFile(filepath.Join(crd.Dir(t, crd.AgentSandbox), "agents.x-k8s.io_sandboxes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	removeKinds := s.bring(string(kinds))
	s.soon("robust_controller", kars.NotDetected, "does not work")

	// The probe's own image runs and answers, and controls nothing.
	removeImpostor := s.bring(s.agentSandbox(s.Images.Probe))
	report := s.soon("robust_controller", kars.Detected, "agent-sandbox")
	s.want(s.try(report, active.Options{Patience: brevity}), kars.NotDetected, "Nobody makes a pod of a Sandbox")
	removeImpostor()

	removeReal := s.bring(s.agentSandbox(s.Images.AgentSandbox))
	s.want(s.try(s.soon("robust_controller", kars.Detected, "agent-sandbox"), active.Options{}), kars.Verified, "turned a Sandbox into a pod")
	removeReal()
	s.soon("robust_controller", kars.NotDetected, "does not work")
	removeKinds()
	s.soon("robust_controller", kars.NotDetected, "No operator")
}
