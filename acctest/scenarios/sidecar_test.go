package scenarios_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// sidecarURL is where an agent that knows nothing of SVIDs, tokens and proofs finds the bank.
const sidecarURL = "http://127.0.0.1:7070/bank"

// An approved agent that speaks plain HTTP is given a sidecar, and calls the gateway by it as itself; one that nobody approved gets none,
// whichever engine it is.
func TestPlainAgentsGetASidecar(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"kyverno", "native"} {
		t.Run(engine, func(t *testing.T) {
			s := enter(t, "sidecar-"+engine)
			s.run(s.Server(s.Bank(s.tools, "bank")))
			s.govern(s.identity("plain", "") + s.sidecars(engine) + s.opened(`
  token_service = {}
  targets = {
    bank = { protocol = "mcp", url = "http://bank.`+s.tools+`.svc:3000/mcp" }
  }
  allow = {
    balance = { agents = [agent_identity.plain.principal], target = "bank", tools = ["balance"] }
  }`))
			s.serving()

			// The engine takes the policy in a moment after it is there.
			approved := s.plainPod("approved", map[string]string{"agentward.dev/approved": "true"})
			s.givesSidecar(approved)
			plain := s.startPod(approved)
			unapproved := s.startPod(s.plainPod("unapproved", nil))

			permitted := plain.makes(throughSidecar("balance"))
			if !strings.Contains(permitted.Body, "1234 euro") {
				t.Fatalf("the permitted call: %+v", permitted)
			}
			plain.recorded("the permitted call", plain, func(r audit.Record) bool { return r.Tool == "balance" && r.Decision == "allow" })

			denied := plain.makes(throughSidecar("transfer"))
			if !strings.Contains(denied.Body, "denied") || strings.Contains(denied.Body, "on their way") {
				t.Errorf("a tool that is not permitted: %+v", denied)
			}
			plain.recorded("the refusal", plain, func(r audit.Record) bool { return r.Tool == "transfer" && r.Decision == "deny" })

			if none := unapproved.makes(throughSidecar("balance")); none.Error == "" || none.Status != 0 {
				t.Errorf("the agent that nobody approved: %+v", none)
			}
		})
	}
}

// sidecars is a policy that gives approved agents a sidecar. It only reports those that are not approved, so that they run without one.
func (s *stage) sidecars(engine string) string {
	return fmt.Sprintf(`
resource "agent_admission_policy" "agents" {
  name    = %q
  engine  = %q
  actions = ["audit"]

  namespace_selector = {
    match_labels = { "kubernetes.io/metadata.name" = %q }
  }
  rules = {
    approval_label = { key = "agentward.dev/approved", values = ["true"] }
  }
  sidecar = {
    image             = %q
    gateway           = agent_gateway.gateway.url
    gateway_spiffe_id = agent_gateway.gateway.spiffe_id
    token_endpoint    = agent_gateway.gateway.token_endpoint
    targets           = values(agent_gateway.gateway.endpoints)
    workload_api      = { host_path = %q, socket = %q }
  }
}
`, s.agents, engine, s.agents, s.Images.Gateway, platform.SocketFolder, platform.SocketFile)
}

// plainPod is an agent without anything of SPIFFE.
func (s *stage) plainPod(name string, labels map[string]string) *corev1.Pod {
	all := map[string]string{"agentward.dev/agent": "plain"}
	for key, value := range labels {
		all[key] = value
	}
	moment, no := int64(1), false
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.agents, Labels: all},
		Spec: corev1.PodSpec{
			ServiceAccountName: "plain", AutomountServiceAccountToken: &no, TerminationGracePeriodSeconds: &moment,
			Containers: []corev1.Container{{Name: "agent", Image: s.Images.Agent, ImagePullPolicy: corev1.PullIfNotPresent}},
		},
	}
}

// startPod runs a pod, and gives it as an agent once it is ready and settled.
func (s *stage) startPod(pod *corev1.Pod) *agent {
	s.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		s.Fatal(err)
	}
	s.run([]*unstructured.Unstructured{{Object: content}}, nil)
	made, err := s.API.CoreV1().Pods(pod.Namespace).Get(s.step(), pod.Name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	a := &agent{
		stage: s, pod: cluster.Pod{Namespace: pod.Namespace, Name: pod.Name, Container: pod.Spec.Containers[0].Name}, address: made.Status.PodIP,
		id: "spiffe://" + trustDomain + "/ns/" + pod.Namespace + "/agent/" + pod.Labels["agentward.dev/agent"] + "/instance/" + string(made.UID),
	}
	a.settle()
	return a
}

// throughSidecar is a call of one of the bank's tools as an agent makes it that knows nothing of the gateway.
func throughSidecar(tool string) probe.Call {
	arguments := map[string]string{"balance": `{"account":"7"}`, "transfer": `{"to":"me","amount":1}`}[tool]
	return probe.Call{
		Method: "POST", URL: sidecarURL, Anonymous: true,
		Header: map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2025-11-25"},
		Body:   `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + `}}`,
	}
}
