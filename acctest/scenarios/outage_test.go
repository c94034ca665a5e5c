package scenarios_test

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// The tests of this file take away what all scenarios share: none of them is parallel, and they end before those that are begin.

// The API server is away: calls go on, and a suspension that comes after it is back takes effect.
func TestTheAPIServerIsAway(t *testing.T) {
	s := enter(t, "api-away")
	teller, governed := s.teller()
	node := s.node(teller.pod)
	ended := node.loads(teller)
	node.records(10)

	const manifest, aside = "/etc/kubernetes/manifests/kube-apiserver.yaml", "/etc/kubernetes/kube-apiserver.aside"
	move := func(from, to string) { // no error where it was moved already
		script := "test ! -e " + from + " || mv " + from + " " + to
		if _, err := node.run(cluster.During(t), script); err != nil {
			t.Error(err)
		}
	}
	runs := func(ctx context.Context) (bool, error) {
		out, err := node.run(ctx, "pgrep -x kube-apiserver || true")
		return out != "", err
	}
	back := false
	t.Cleanup(func() {
		move(aside, manifest)
		if !back {
			s.answers() // for the tests after this one
		}
	})
	move(manifest, aside)
	went := cluster.Eventually(t, "the API server is gone", func(ctx context.Context) error {
		there, err := runs(ctx)
		if there {
			err = errors.New("it runs")
		}
		return err
	})
	gone := time.Now()
	node.records(20)
	if there, err := runs(s.step()); there || err != nil {
		t.Errorf("the API server is there again by itself, and nothing is shown: %v", err)
	}
	move(aside, manifest)
	s.answers()
	back = true
	report := ended()
	t.Logf("the API server went after %s and was away for %s; meanwhile: %+v", went, time.Since(gone), report)
	if report.Failed > 0 || report.Answered == 0 {
		t.Errorf("while the API server was away: %+v", report)
	}
	s.recovers(teller)

	// Its registration is withdrawn too, maybe first: what it has of before is good for minutes still.
	identity := teller.svid()
	call := teller.balance("bank", teller.tokenAs("bank", identity))
	call.Identity = identity
	s.applies(governed("suspended = true"))
	t.Logf("the suspension took effect %s after the apply", teller.suspended(call))
	s.unchanged()
}

// recovers waits until the cluster does again what it does by itself, and later tests need: what lost its watch or its lease while the API
// server was away comes back at a pace of its own, which grows with the time.
func (s *stage) recovers(witness *agent) {
	s.Helper()
	begun := time.Now()
	way := witness.finds("kubernetes.default.svc:443") // by the node's rules for Services, which led nowhere once the API server had gone
	// Controllers, the scheduler, the kubelet, and the name server.
	s.run(s.Server(s.Bank(s.tools, "afterwards")))
	witness.finds("afterwards." + s.tools + ".svc:3000")
	for namespace, deployments := range map[string][]string{"kyverno": {"kyverno-admission-controller", "kyverno-reports-controller"}, "kube-system": {"coredns"}} {
		for _, name := range deployments {
			if err := s.Rollout(s.step(), namespace, name); err != nil {
				s.Fatal(err)
			}
		}
	}
	s.Logf("the way from pods to the API server was back after %s, and all else after %s", way, time.Since(begun))
}

// The SPIRE server is away: calls go on with the SVIDs that there are, new tokens included, and a pod that begins meanwhile gets its identity
// when it is back.
func TestTheSPIREServerIsAway(t *testing.T) {
	s := enter(t, "spire-away")
	teller, _ := s.teller()
	server := s.object("apps/v1/StatefulSet/spire-system/spire-server")
	scale := func(replicas string) {
		t.Helper()
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
	late := s.begin("teller", 2)
	calls.wholeRound()
	teller.token("bank")
	report := calls.ended()
	t.Logf("while the SPIRE server was away: %+v", report)
	if report.Failed > 0 || report.Answered == 0 {
		t.Errorf("while the SPIRE server was away: %+v", report)
	}
	scale("1")
	back = true
	for _, another := range late {
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

// answers waits until the API server does, and its OpenAPI document has the kinds that CRDs add, which is a while after it is ready.
func (s *stage) answers() {
	s.Helper()
	for _, path := range []string{"/readyz", "/openapi/v3/apis/spire.spiffe.io/v1alpha1"} {
		cluster.Eventually(s, "the API server answers "+path, func(ctx context.Context) error {
			return s.API.Discovery().RESTClient().Get().AbsPath(path).Timeout(10 * time.Second).Do(ctx).Error()
		})
	}
}
