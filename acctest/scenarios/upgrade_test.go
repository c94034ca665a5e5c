package scenarios_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/kind"
)

// The gateway's image and its policies are changed under load: no call is lost.
func TestAnUpgradeUnderLoadLosesNoCall(t *testing.T) {
	t.Parallel()
	s := enter(t, "upgrade")
	next := s.anotherTag(s.Images.Gateway)
	s.run(s.Server(s.Bank(s.tools, "bank")))
	governed := func(image, condition string) string {
		return s.identity("teller", "") + s.openedAs(gatewayName, image, "replicas = 2", s.bankBehind(condition))
	}
	s.govern(governed(s.Images.Gateway, `tools = ["balance"]`))
	s.serving()
	teller := s.start("teller", 1)[0]
	account := map[string]any{"account": "7"}

	before := s.gatewayPodNames()
	calls := teller.loads("bank", "balance", account)
	s.govern(governed(next, `tools = ["balance"]`))
	s.serving()
	report := calls.ended()
	t.Logf("while the image changed: %+v", report)
	if report.Failed > 0 || report.Answered == 0 {
		t.Fatalf("while the image changed: %+v", report)
	}
	for name := range s.gatewayPodNames() {
		if before[name] {
			t.Errorf("pod %s was there before: nothing was rolled", name)
		}
	}

	before = s.gatewayPodNames()
	calls = teller.loads("bank", "balance", account)
	s.govern(governed(next, `tools = ["balance", "transfer"]`))
	report = calls.ended()
	t.Logf("while a policy permitted more: %+v", report)
	if report.Failed > 0 || report.Answered == 0 {
		t.Errorf("while a policy permitted more: %+v", report)
	}

	calls = teller.loads("bank", "balance", account)
	s.govern(governed(next, `tools = ["transfer"]`))
	calls.fails()
	report = calls.ended()
	t.Logf("while a policy took the permission: %+v", report)
	if report.Failed == 0 || report.Answered == 0 {
		t.Errorf("while a policy took the permission: %+v", report)
	}
	for text := range report.Errors {
		if !strings.Contains(text, "denied") {
			t.Errorf("while a policy took the permission, a call was not denied, but failed: %s", text)
		}
	}
	for name := range s.gatewayPodNames() {
		if !before[name] {
			t.Errorf("a change of a policy made the pod %s", name)
		}
	}
}

// bankBehind is a gateway whose replicas share Redis, with the bank behind it, and what agents may use of it.
func (s *stage) bankBehind(permitted string) string {
	return `
  token_service = {}
  store         = ` + s.store() + `
  targets = {
    bank = { protocol = "mcp", url = "http://bank.` + s.tools + `.svc:3000/mcp" }
  }
  allow = {
    bank = { agents = ["ns:` + s.agents + `"], target = "bank", ` + permitted + ` }
  }`
}

// anotherTag gives another name to an image on all nodes: a change of the image, to the same program.
func (s *stage) anotherTag(image string) string {
	s.Helper()
	nodes, err := s.API.CoreV1().Nodes().List(s.step(), metav1.ListOptions{})
	if err != nil {
		s.Fatal(err)
	}
	next := image + "-next"
	for _, node := range nodes.Items {
		if err := kind.Tag(s.step(), node.Name, image, next); err != nil {
			s.Fatal(err)
		}
	}
	return next
}

func (s *stage) gatewayPodNames() map[string]bool {
	s.Helper()
	pods, err := s.Pods(s.step(), s.gateway, gatewayPods)
	if err != nil {
		s.Fatal(err)
	}
	names := map[string]bool{}
	for _, pod := range pods {
		names[pod.Name] = true
	}
	return names
}
