package identity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	corev1 "k8s.io/api/core/v1"

	"github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// entries gives the ids of our entries on the server.
func entries(t *testing.T, server *spire.Server) []string {
	t.Helper()
	var ids []string
	for _, e := range server.Entries(t, "agentward.") {
		ids = append(ids, e.GetId())
	}
	return ids
}

func TestRegistrationWithTheServer(t *testing.T) {
	server := spire.StartServer(t, spire.ServerOptions{})
	config := func(more string) string {
		return fmt.Sprintf(`
provider "agent" {
  trust_domain = %q
  spire        = { socket_path = %q }
}
resource "agent_identity" "test" {
  name         = "billing"
  namespace    = "agents"
  registration = "server"
  x509_ttl     = "10m"
  %s
  instances = {
    a1 = { parent_id = "spiffe://agents.example.org/node/lab", selectors = ["unix:uid:5000"] }
    a2 = { parent_id = "spiffe://agents.example.org/node/lab", selectors = ["unix:uid:5001"]%s }
  }
}`, server.TrustDomain(), server.SocketPath(), strings.Split(more+"|", "|")[0], strings.Split(more+"|", "|")[1])
	}
	key := "spire.api.types/v1/Entry//agentward.agents.billing.instance.a1"
	count := func(n int) resource.TestCheckFunc {
		return check(func() error {
			if got := entries(t, server); len(got) != n {
				return fmt.Errorf("the server holds %v, want %d entries", got, n)
			}
			return nil
		})
	}
	created := plans(config(""), plancheck.ExpectKnownValue(address, objects(key),
		knownvalue.StringRegexp(regexpOf(`"spiffe_id":"spiffe://agents.example.org/ns/agents/agent/billing/instance/a1"`))))
	created.Check = count(2)
	created.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, tfjsonpath.New("spiffe_id_template"),
			knownvalue.StringExact("spiffe://agents.example.org/ns/agents/agent/billing/instance/{{ .Instance }}")),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.Null()),
	}
	drift := func() {
		server.UpdateEntry(t, &types.Entry{Id: "agentward.agents.billing.instance.a1", X509SvidTtl: 7200}, &types.EntryMask{X509SvidTtl: true})
	}
	instanceSuspended := plans(config("|, suspended = true"), action(plancheck.ResourceActionUpdate))
	instanceSuspended.Check = count(1)
	suspended := plans(config("suspended = true|"), action(plancheck.ResourceActionUpdate))
	suspended.Check = count(0)
	terraform.Test(t,
		created,
		after(drift, plans(config(""), action(plancheck.ResourceActionUpdate),
			plancheck.ExpectKnownValue(address, objects(key), knownvalue.StringRegexp(regexpOf(`"x509_svid_ttl":600`))))),
		after(func() { server.DeleteEntry(t, "agentward.agents.billing.instance.a2") }, plans(config(""), action(plancheck.ResourceActionUpdate))),
		instanceSuspended,
		suspended,
		plans(config("")),
	)
	if left := entries(t, server); len(left) > 0 {
		t.Errorf("destroy left %v", left)
	}
}

func TestServerWithoutConfigurationIsAnError(t *testing.T) {
	step := resource.TestStep{PlanOnly: true, ExpectError: regexpOf("no SPIRE server is configured: set socket_path or address"), Config: `
provider "agent" { trust_domain = "agents.example.org" }
resource "agent_identity" "test" {
  name         = "billing"
  namespace    = "agents"
  registration = "server"
  instances    = { a1 = { parent_id = "spiffe://agents.example.org/node/lab", selectors = ["unix:uid:5000"] } }
}`}
	terraform.Test(t, step)
}

// The real controller registers the pods that the rendered object selects, each under an ID of its own, and its counts come
// back as status.
func TestControllerRegistersEachInstance(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	server := spire.StartServer(t, spire.ServerOptions{})
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `
  logical_id = true
  class_name = "`+ns+`"
`))
	// A node without a kubelet: its pods are what the controller reads, whether or not the cluster has nodes that run any.
	node, running := corev1.SchemeGroupVersion.WithResource("nodes"), corev1.SchemeGroupVersion.WithResource("pods")
	c.Apply(t, node, "", ns, "kubelet", map[string]any{"apiVersion": "v1", "kind": "Node"})
	t.Cleanup(func() { c.Delete(t, node, "", ns) })
	pods := map[string]string{}
	for _, name := range []string{"billing-1", "billing-2"} {
		c.Apply(t, running, ns, name, "kubelet", pod(ns, "billing"))
		t.Cleanup(func() { c.Kill(t, ns, name) })
		pods[name] = string(c.Get(t, running, ns, name).GetUID())
	}
	c.Apply(t, running, ns, "stranger", "kubelet", pod(ns, "other"))
	t.Cleanup(func() { c.Kill(t, ns, "stranger") })
	spire.StartControllerManager(t, server, spire.ControllerManagerOptions{Kubeconfig: c.Kubeconfig(), EntryIDPrefix: "scm", ClassName: ns})

	registered := plans(config)
	registered.Check = check(func() error {
		deadline := time.Now().Add(time.Minute)
		for {
			problem := missing(c, t, server, ns, pods)
			if problem == nil || time.Now().After(deadline) {
				return problem
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
	counted := resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, tfjsonpath.New("status").AtMapKey("pods_selected"), knownvalue.Int64Exact(2)),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("status").AtMapKey("entries_to_set"), knownvalue.Int64Exact(2)),
		statecheck.ExpectKnownValue(address, tfjsonpath.New("status").AtMapKey("render_failures"), knownvalue.Int64Exact(0)),
	}}
	terraform.Test(t, registered, counted)
}

// missing says what the controller has not done yet.
func missing(c *terraform.Cluster, t *testing.T, server *spire.Server, ns string, pods map[string]string) error {
	byPath := map[string]*types.Entry{}
	for _, e := range server.Entries(t, "") {
		byPath[e.GetSpiffeId().GetPath()+"#"+e.GetHint()] = e
	}
	logical := "/ns/" + ns + "/agent/billing"
	for name, uid := range pods {
		if byPath[logical+"/instance/"+uid+"#instance"] == nil {
			return fmt.Errorf("no entry for pod %s (%s) in %v", name, uid, byPath)
		}
	}
	if byPath[logical+"#logical"] == nil {
		return fmt.Errorf("no entry with the logical ID in %v", byPath)
	}
	text, err := json.Marshal(c.Get(t, terraform.ClusterSPIFFE, "", ns+".billing").Object["status"])
	if err != nil || !strings.Contains(string(text), `"podsSelected":2`) {
		return fmt.Errorf("status is %s (%w)", text, err)
	}
	return nil
}

func pod(node, agent string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"labels": map[string]any{"agentward.dev/agent": agent}},
		"spec": map[string]any{
			"nodeName": node, "automountServiceAccountToken": false,
			"containers": []any{map[string]any{"name": "agent", "image": "agent:1"}},
		},
	}
}
