package gateway_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestUpdateWaitsUntilEveryReplicaReportsIt(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	at := func(limit string) string {
		more := fmt.Sprintf("deployment = { admin_port = %d }", n.port)
		return terraform.Configuration(c.Kubeconfig(), "", strings.Replace(gateway(ns, more), "<= 100", "<= "+limit, 1))
	}
	// A replica that takes the new configuration over two seconds after it is first asked.
	var first, asked atomic.Int64
	slow := func(old string) func(string) string {
		return func(revision string) string {
			asked.Add(1)
			first.CompareAndSwap(0, time.Now().UnixNano())
			if time.Since(time.Unix(0, first.Load())) < 2*time.Second {
				revision = old
			}
			return fmt.Sprintf(`{"revision":%q}`, revision)
		}
	}
	updated := plans(at("200"), action(plancheck.ResourceActionUpdate))
	updated.Check = check(func() error {
		if took := time.Since(time.Unix(0, first.Load())); asked.Load() < 2 || took < 2*time.Second {
			return fmt.Errorf("the apply ended %s after its first question, having asked %d times", took, asked.Load())
		}
		return nil
	})
	var before string
	terraform.Test(t,
		plans(at("100")),
		after(func() {
			n.ready(t)
			before = n.revision(t.Context())
			n.answers(slow(before))
		}, updated),
	)
}

func TestUpdateThatAReplicaRefusesSaysWhichAndWhy(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	at := func(limit string) string {
		more := fmt.Sprintf("deployment = { admin_port = %d }\n  timeouts = { update = \"5s\" }", n.port)
		return terraform.Configuration(c.Kubeconfig(), "", strings.Replace(gateway(ns, more), "<= 100", "<= "+limit, 1))
	}
	refused := plans(at("200"))
	refused.ExpectError = regexpOf("refuses it and goes on with revision before: no such bundle")
	terraform.Test(t,
		plans(at("100")),
		after(func() {
			n.ready(t)
			n.answers(func(revision string) string {
				return fmt.Sprintf(`{"revision":"before","refused":{"revision":%q,"error":"no such bundle"}}`, revision)
			})
		}, refused),
		// It is written and recorded: what is left is to wait, and the plan says so until that has ended well.
		refused,
		after(func() { n.answers(func(revision string) string { return fmt.Sprintf(`{"revision":%q}`, revision) }) },
			plans(at("200"), action(plancheck.ResourceActionUpdate))),
		plans(at("200"), plancheck.ExpectEmptyPlan()),
	)
}

func TestUpdateByWhoeverMayNotAskPodsIsConfirmedByNobody(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	n.answers(func(string) string { return `{"revision":"never"}` })
	lesser := c.User("deployer-"+ns, "deployers-"+ns)
	grant(t, c, "deployer-"+ns, "deployers-"+ns, `[{"apiGroups":["","apps","policy","networking.k8s.io","rbac.authorization.k8s.io","spire.spiffe.io"],"verbs":["*"],`+
		`"resources":["serviceaccounts","configmaps","secrets","services","deployments","poddisruptionbudgets","networkpolicies","roles","rolebindings","clusterspiffeids"]}]`)
	at := func(limit string) string {
		more := fmt.Sprintf("deployment = { admin_port = %d }", n.port)
		return terraform.Configuration(lesser, "", strings.Replace(gateway(ns, more), "<= 100", "<= "+limit, 1))
	}
	terraform.Test(t, plans(at("100")), after(func() { n.ready(t) }, plans(at("200"), action(plancheck.ResourceActionUpdate))))
}

// What a running gateway cannot take over rolls its pods, and the update ends with the rollout; what it can take over rolls nothing.
func TestUpdateWaitsForARolloutWhereThereIsOne(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	at := func(port int, limit string) string {
		more := fmt.Sprintf("deployment = { admin_port = %d }\n  listeners = { agents = { port = %d } }", n.port, port)
		return terraform.Configuration(c.Kubeconfig(), "", strings.Replace(gateway(ns, more), "<= 100", "<= "+limit, 1))
	}
	replica := func() string {
		pods, err := c.Resource(podsOf, ns).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(pods.Items) == 0 {
			t.Fatalf("there are no pods: %v", err)
		}
		var living []string
		for _, pod := range pods.Items {
			if pod.GetDeletionTimestamp() == nil {
				living = append(living, pod.GetName())
			}
		}
		return strings.Join(living, " ")
	}
	var before string
	rolled, stays := plans(at(9443, "100")), plans(at(9443, "200"))
	rolled.Check = check(func() error {
		now := replica()
		if now == before || strings.Contains(now, " ") {
			return fmt.Errorf("after the update there is %q, before it was %q", now, before)
		}
		before = now
		return nil
	})
	stays.Check = check(func() error {
		if now := replica(); now != before {
			return fmt.Errorf("after a change of a policy there is %q, before it was %q", now, before)
		}
		return nil
	})
	terraform.Test(t, plans(at(8443, "100")), after(func() { n.ready(t); before = replica() }, rolled), stays)
}
