package scenarios_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

// The tests of this file take away what all scenarios share: none of them is parallel, and they end before those that are begin.

// away is how long something is away, besides what it takes to go and to come.
const away = 6 * time.Second

// The API server is away: calls go on, and a suspension that comes after it is back takes effect.
func TestTheAPIServerIsAway(t *testing.T) {
	s := enter(t, "api-away")
	teller, governed := s.teller()
	pod, err := s.API.CoreV1().Pods(s.agents).Get(s.step(), teller.pod.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(probe.LoadRequest{ToolCall: teller.toolCall("bank", "balance", map[string]any{"account": "7"}), Workers: 2, For: 4 * away, Pause: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan probe.LoadReport, 1)
	go func() {
		defer close(came)
		out, err := kind.InContainer(s.Context(), pod.Spec.NodeName, pod.Status.ContainerStatuses[0].ContainerID, strings.NewReader(string(request)), "/usr/local/bin/agent", probe.Load)
		if err != nil {
			t.Error(err)
			return
		}
		var report probe.LoadReport
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		came <- report
	}()

	time.Sleep(away / 2)
	const manifest, aside = "/etc/kubernetes/manifests/kube-apiserver.yaml", "/etc/kubernetes/kube-apiserver.aside"
	move := func(from, to string) { // no error where it was moved already
		script := "test ! -e " + from + " || mv " + from + " " + to
		if _, err := kind.OnNode(context.Background(), pod.Spec.NodeName, nil, "sh", "-c", script); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { move(aside, manifest) })
	begun := time.Now()
	move(manifest, aside)
	s.until("the API server is gone", func() bool { return !s.answers() })
	gone := time.Now()
	time.Sleep(away)
	stillGone := !s.answers()
	move(aside, manifest)
	s.until("the API server is back", s.answers)
	s.until("it describes the kinds of SPIRE again", s.describes)
	t.Logf("the API server went after %s and was away for %s", gone.Sub(begun), time.Since(gone))
	report := <-came
	t.Logf("meanwhile: %+v", report)
	if !stillGone {
		t.Error("the API server was there again by itself: nothing is shown")
	}
	if report.Failed > 0 || report.Answered == 0 {
		t.Errorf("while the API server was away: %+v", report)
	}

	// Its registration is withdrawn too, maybe first: what it has of before is good for minutes still.
	call := teller.balance("bank", teller.token("bank"))
	call.Identity = teller.svid()
	s.govern(governed("suspended = true"))
	applied := time.Now()
	s.until("the suspension takes effect", func() bool {
		answer := teller.makes(call)
		return answer.Status == http.StatusForbidden && strings.Contains(answer.Body, "principal is suspended")
	})
	t.Logf("the suspension took effect %s after the apply", time.Since(applied))
}

// The SPIRE server is away: calls go on with the SVIDs that there are, new tokens included, and a pod that begins meanwhile gets its identity
// when it is back.
func TestTheSPIREServerIsAway(t *testing.T) {
	s := enter(t, "spire-away")
	teller, _ := s.teller()
	server := s.object("apps/v1/StatefulSet/spire-system/spire-server")
	scale := func(replicas string) {
		patch := []byte(`{"spec":{"replicas":` + replicas + `}}`)
		if _, err := s.API.AppsV1().StatefulSets(server.GetNamespace()).Patch(s.step(), server.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(s.step(), server); err != nil {
			t.Fatal(err)
		}
	}
	back := false
	t.Cleanup(func() {
		if !back {
			scale("1")
		}
	})
	calls := teller.loads("bank", "balance", map[string]any{"account": "7"})
	scale("0")
	time.Sleep(away)
	teller.token("bank")
	report := calls.ended()
	t.Logf("while the SPIRE server was away: %+v", report)
	if report.Failed > 0 || report.Answered == 0 {
		t.Errorf("while the SPIRE server was away: %+v", report)
	}
	scale("1")
	back = true
	for _, another := range s.start("teller", 2) {
		another.svid()
	}
}

// teller is a gateway with the bank behind it and an agent that may ask for balances, and what Terraform has of them, with more of the agent.
func (s *stage) teller() (*agent, func(more string) string) {
	s.Helper()
	s.run(s.Server(s.Bank(s.tools, "bank")))
	governed := func(more string) string {
		return s.identity("teller", "gateways = [agent_gateway.gateway.id]\n"+more) + s.opened(`
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
	teller := s.start("teller", 1)[0]
	if a := teller.tool("bank", "balance", map[string]any{"account": "7"}); a.Error != "" {
		s.Fatalf("while everything is there: %+v", a)
	}
	return teller, governed
}

// answers says whether the API server does.
func (s *stage) answers() bool {
	_, err := s.API.Discovery().RESTClient().Get().AbsPath("/readyz").Timeout(2 * time.Second).DoRaw(s.step())
	return err == nil
}

// until waits for something, for a minute.
func (s *stage) until(what string, is func() bool) {
	s.Helper()
	for deadline := time.Now().Add(stepTimeout); !is(); time.Sleep(250 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%s passed before %s", stepTimeout, what)
		}
	}
}

// describes says whether the API server's OpenAPI document has the kinds that CRDs add: it has them a while after it is ready.
func (s *stage) describes() bool {
	_, err := s.API.Discovery().RESTClient().Get().AbsPath("/openapi/v3/apis/spire.spiffe.io/v1alpha1").Timeout(2 * time.Second).DoRaw(s.step())
	return err == nil
}
