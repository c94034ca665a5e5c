package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
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
	tried := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	approved, unapproved := s.restricted(namespace, name), s.restricted(namespace, name)
	delete(unapproved.Labels, approval)
	s.eventually("a pod that nobody approved is refused in "+namespace, func() (string, bool) {
		_, err := s.API.CoreV1().Pods(namespace).Create(s.step(), unapproved, tried)
		return fmt.Sprint(err), err != nil && strings.Contains(err.Error(), "approval-label:")
	})
	s.eventually("an approved pod gets a sidecar in "+namespace, func() (string, bool) {
		made, err := s.API.CoreV1().Pods(namespace).Create(s.step(), approved, tried)
		return fmt.Sprint(err), err == nil && len(made.Spec.InitContainers) == 1 && made.Spec.InitContainers[0].Name == oss.SidecarContainer
	})
	return s.startPod(approved)
}

// calling is calls that go on until somebody ends them.
type calling struct {
	stop     context.CancelFunc
	done     sync.WaitGroup
	answered int
	lost     []string
}

// keepsCalling has an agent with a sidecar call a tool again and again, one call after the other. An answer has to hold a text.
func (a *agent) keepsCalling(tool, text string) *calling {
	a.Helper()
	request, err := json.Marshal(throughSidecar(tool))
	if err != nil {
		a.Fatal(err)
	}
	ctx, stop := context.WithCancel(a.Context())
	c := &calling{stop: stop}
	c.done.Go(func() {
		for ctx.Err() == nil {
			out, err := a.Exec(a.Context(), a.pod, bytes.NewReader(request), "/usr/local/bin/agent", probe.MakeCall)
			answer := probe.Answer{}
			if err == nil {
				err = json.Unmarshal(out, &answer)
			}
			if err == nil && answer.Status == http.StatusOK && strings.Contains(answer.Body, text) {
				c.answered++
			} else {
				c.lost = append(c.lost, fmt.Sprintf("%v %+v", err, answer))
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	a.Cleanup(func() { c.end() })
	return c
}

// end stops after the call under way, and gives how many were answered, and what came of the others.
func (c *calling) end() (answered int, lost []string) {
	c.stop()
	c.done.Wait()
	return c.answered, c.lost
}
