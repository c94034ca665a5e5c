package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

// agent is one instance of an agent: a pod.
type agent struct {
	*stage
	pod cluster.Pod
	// id is its SPIFFE ID, and address its pod's.
	id, address string
}

// identity is an agent's identity as Terraform has it.
func (s *stage) identity(name, attributes string) string {
	return fmt.Sprintf(`
resource "agent_identity" %q {
  name      = %q
  namespace = %q
  %s
}
`, name, name, s.agents, attributes)
}

// approvedAgents is a policy by which agents run in the stage's namespace only when somebody approved them.
func (s *stage) approvedAgents() string {
	return fmt.Sprintf(`
resource "agent_admission_policy" "agents" {
  name    = %q
  engine  = "kyverno"
  actions = ["deny"]

  namespace_selector = {
    match_labels = { "kubernetes.io/metadata.name" = %q }
  }
  rules = {
    approval_label = { key = "agentward.dev/approved", values = ["true"] }
  }
}
`, s.agents, s.agents)
}

// within is the agent in a part of a test, which then fails by itself.
func (a *agent) within(t *testing.T) *agent {
	part, there := *a, *a.stage
	there.T = t
	part.stage = &there
	return &part
}

// start runs replicas of an agent, which has to be approved, and gives them once they are settled.
func (s *stage) start(name string, replicas int) []*agent {
	s.Helper()
	agents := s.begin(name, replicas)
	for _, a := range agents {
		a.svid()
		a.settle()
	}
	return agents
}

// begin runs replicas of an agent, and gives them as soon as they run.
func (s *stage) begin(name string, replicas int) []*agent {
	s.Helper()
	s.run(s.Agents(platform.Agents{Namespace: s.agents, Name: name, Replicas: replicas, Labels: map[string]string{"agentward.dev/approved": "true"}}))
	pods, err := s.Pods(s.step(), s.agents, &metav1.LabelSelector{MatchLabels: map[string]string{"agentward.dev/agent": name}})
	if err != nil {
		s.Fatal(err)
	}
	if len(pods) != replicas {
		s.Fatalf("%s has %d pods, and should have %d", name, len(pods), replicas)
	}
	var agents []*agent
	for _, pod := range pods {
		agents = append(agents, &agent{
			stage: s, pod: cluster.Pod{Namespace: s.agents, Name: pod.Name},
			address: pod.Status.PodIP,
			id:      "spiffe://" + trustDomain + "/ns/" + s.agents + "/agent/" + name + "/instance/" + string(pod.UID),
		})
	}
	return agents
}

// settle waits until there is a way from the agent to the stage's gateway, where there is one: a node learns of the pods behind a Service,
// and the name server of its name, a moment after the API server.
func (a *agent) settle() {
	a.Helper()
	_, err := a.API.CoreV1().Services(a.gateway).Get(a.step(), gatewayName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return
	}
	if err != nil {
		a.Fatal(err)
	}
	a.finds(gatewayName + "." + a.gateway + ".svc:8443")
}

// tries has the agent do something, and says what kept it from it.
func tries[A any](ctx context.Context, a *agent, command string, request any) (answer A, err error) {
	text, err := json.Marshal(request)
	if err != nil {
		return answer, err
	}
	out, err := a.Exec(ctx, a.pod, bytes.NewReader(text), "/usr/local/bin/agent", command)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return answer, fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return answer, nil
}

// does is tries for what nothing keeps it from.
func does[A any](a *agent, command string, request any) A {
	a.Helper()
	answer, err := tries[A](a.step(), a, command, request)
	if err != nil {
		a.Fatal(err)
	}
	return answer
}

// svid is what whoever took over the agent would carry off first. A pod is registered a moment after it runs.
func (a *agent) svid() *probe.Identity {
	a.Helper()
	var identity *probe.Identity
	cluster.Eventually(a, "the agent has an SVID", func(ctx context.Context) (err error) {
		identity, err = tries[*probe.Identity](ctx, a, probe.TakeIdentity, struct{}{})
		return err
	})
	if identity.ID != a.id {
		a.Fatalf("the agent is %s, and should be %s", identity.ID, a.id)
	}
	return identity
}

// token gets an access token for a target.
func (a *agent) token(target string) *probe.Access {
	a.Helper()
	return a.tokenAs(target, nil)
}

// tokenAs is token with an SVID that was carried off; nil for the agent's own.
func (a *agent) tokenAs(target string, identity *probe.Identity) *probe.Access {
	a.Helper()
	access, err := a.triesToken(a.step(), target, identity)
	if err != nil {
		a.Fatal(err)
	}
	return access
}

// triesToken is tokenAs where something may keep the agent from it.
func (a *agent) triesToken(ctx context.Context, target string, identity *probe.Identity) (*probe.Access, error) {
	access, err := tries[*probe.Access](ctx, a, probe.TakeToken, probe.TokenRequest{
		Endpoint: a.tokenEndpoint(), Gateway: a.gatewayID(), Resource: a.at(target), Identity: identity,
	})
	if err == nil && access.Error != "" {
		err = fmt.Errorf("the agent gets no token: %s", access.Error)
	}
	return access, err
}

// tool calls a tool of a target with everything that the gateway asks for.
func (a *agent) tool(target, name string, arguments map[string]any) *probe.ToolAnswer {
	a.Helper()
	return does[*probe.ToolAnswer](a, probe.CallTool, a.toolCall(target, name, arguments))
}

func (a *agent) toolCall(target, name string, arguments map[string]any) probe.ToolCall {
	return probe.ToolCall{URL: a.at(target), Gateway: a.gatewayID(), TokenEndpoint: a.tokenEndpoint(), Name: name, Arguments: arguments}
}

// balance is a call of the tool of that name as one request without a session, for the test to spoil.
func (a *agent) balance(target string, access *probe.Access) probe.Call {
	return probe.Call{
		Method: "POST", URL: a.at(target), Gateway: a.gatewayID(), Access: access,
		Header: map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2025-11-25"},
		Body:   `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","arguments":{"account":"7"}}}`,
	}
}

// makes has the agent make a call.
func (a *agent) makes(c probe.Call) *probe.Answer {
	a.Helper()
	return does[*probe.Answer](a, probe.MakeCall, c)
}
