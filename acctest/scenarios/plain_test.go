package scenarios_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

// approval is the label by which the modules let pods in.
const approval = "agentward.dev/approved"

// restricted is a pod of an agent that knows nothing of SPIFFE, approved and confined as the modules ask for.
func (s *stage) restricted(namespace, name string) *corev1.Pod {
	yes, no, user := true, false, int64(65532)
	pod := s.plainPod(name, map[string]string{"agentward.dev/agent": name, approval: "true"})
	pod.Namespace, pod.Spec.ServiceAccountName = namespace, name
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, RunAsUser: &user, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, Privileged: &no, ReadOnlyRootFilesystem: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	return pod
}

// letsIn starts an agent once its namespace refuses the pod that nobody approved, and gives the approved one its sidecar: an engine takes a
// policy in a moment after it is there.
func (s *stage) letsIn(namespace, name string) *agent {
	s.Helper()
	approved, unapproved := s.restricted(namespace, name), s.restricted(namespace, name)
	delete(unapproved.Labels, approval)
	s.refused("a pod that nobody approved in "+namespace, unapproved, "approval-label")
	s.givesSidecar(approved)
	return s.startPod(approved)
}

// givesSidecar waits until a pod would be given a sidecar.
func (s *stage) givesSidecar(pod *corev1.Pod) {
	s.Helper()
	cluster.Eventually(s, "an approved pod gets a sidecar in "+pod.Namespace, func(ctx context.Context) error {
		return hasSidecar(s.API.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}))
	})
}

// calling is calls that go on until somebody ends them.
type calling struct {
	stop     context.CancelFunc
	done     sync.WaitGroup
	answered int
	lost     []string
	unmade   int
}

// keepsCalling has an agent with a sidecar call a tool again and again, one call after the other. An answer has to hold a text. What does
// not come as far as the agent is no call.
func (a *agent) keepsCalling(tool, text string) *calling {
	a.Helper()
	ctx, stop := context.WithCancel(a.Context())
	c := &calling{stop: stop}
	c.done.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			answer, err := tries[probe.Answer](a.Context(), a, probe.MakeCall, throughSidecar(tool))
			switch {
			case err != nil:
				c.unmade++
			case answer.Status == http.StatusOK && strings.Contains(answer.Body, text):
				c.answered++
			default:
				c.lost = append(c.lost, fmt.Sprintf("%+v", answer))
			}
		}
	})
	a.Cleanup(func() { c.end() })
	return c
}

// end stops after the call under way, and gives how many were answered, and what came of the others.
func (c *calling) end() (answered int, lost []string) {
	c.stop()
	c.done.Wait()
	if c.answered < c.unmade {
		c.lost = append(c.lost, fmt.Sprintf("%d calls did not come as far as the agent, which shows little of those that did", c.unmade))
	}
	return c.answered, c.lost
}
