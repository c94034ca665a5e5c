package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

// node is the node of an agent and of the stage's gateway, by which both can be reached while there is no API server.
type node struct {
	*stage
	name, agent string // of the agent its container
	log         string // of the gateway
}

func (s *stage) node(of cluster.Pod) *node {
	s.Helper()
	agent, err := s.API.CoreV1().Pods(of.Namespace).Get(s.step(), of.Name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	gateways, err := s.Pods(s.step(), s.gateway, gatewayPods)
	if err != nil || len(gateways) != 1 || gateways[0].Spec.NodeName != agent.Spec.NodeName {
		s.Fatalf("want one gateway, on the agent's node: %d, %v", len(gateways), err)
	}
	return &node{
		stage: s, name: agent.Spec.NodeName, agent: agent.Status.ContainerStatuses[0].ContainerID, log: logs(&gateways[0]),
	}
}

// logs is where the kubelet keeps what the containers of a pod have written.
func logs(pod *corev1.Pod) string {
	return fmt.Sprintf("/var/log/pods/%s_%s_%s/*/*.log", pod.Namespace, pod.Name, pod.UID)
}

func (n *node) run(ctx context.Context, script string) (string, error) {
	return kind.OnNode(ctx, n.name, nil, "sh", "-c", script)
}

// loads has an agent call the bank until it is asked to end, all in one process: SPIRE knows a new one by the kubelet, which asks the API
// server who it is that wants to know.
func (n *node) loads(a *agent) (ended func() probe.LoadReport) {
	n.Helper()
	request, err := json.Marshal(probe.LoadRequest{
		ToolCall: a.toolCall("bank", "balance", map[string]any{"account": "7"}), Workers: 2, For: time.Hour, Pause: 100 * time.Millisecond,
	})
	if err != nil {
		n.Fatal(err)
	}
	const program = "/usr/local/bin/agent"
	var out string
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err = kind.InContainer(context.WithoutCancel(n.Context()), n.name, n.agent, bytes.NewReader(request), program, probe.Load)
	}()
	end := func() {
		if _, err := n.run(n.step(), "pkill -TERM -xf '"+program+" "+probe.Load+"' || true"); err != nil {
			n.Error(err)
		}
		<-done
	}
	n.Cleanup(end)
	return func() (report probe.LoadReport) {
		n.Helper()
		end()
		if err == nil {
			err = json.Unmarshal([]byte(out), &report)
		}
		if err != nil {
			n.Fatal(err)
		}
		return report
	}
}

// records waits until the gateway has written down so many calls more.
func (n *node) records(more int) {
	n.Helper()
	count := func(ctx context.Context) (int, error) {
		out, err := n.run(ctx, "cat "+n.log+" | grep -cF '\"gen_ai.tool.name\":\"balance\"' || true")
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(out))
	}
	before := -1
	cluster.Eventually(n, fmt.Sprintf("the gateway records %d calls", more), func(ctx context.Context) error {
		now, err := count(ctx)
		switch {
		case err != nil:
			return err
		case before < 0:
			before = now
		case now >= before+more:
			return nil
		}
		return fmt.Errorf("it has recorded %d", now-before)
	})
}
