package active

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

const container = "probe"

// pod is a pod that says what it is like inside. It keeps the restricted Pod Security Standard.
func (a *arena) pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name, ownerLabel: a.id}},
		Spec:       a.podSpec(),
	}
}

func (a *arena) podSpec() corev1.PodSpec {
	return corev1.PodSpec{
		AutomountServiceAccountToken: new(false),
		// A probe's pod stops at once, so that its namespace does.
		TerminationGracePeriodSeconds: new(int64(1)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true), RunAsUser: new(int64(65532)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{
			Name: container, Image: a.options.Image, ImagePullPolicy: corev1.PullIfNotPresent,
			Ports: []corev1.ContainerPort{{ContainerPort: inside.Port}},
			Resources: corev1.ResourceRequirements{
				Requests: quantities("10m", "16Mi"),
				Limits:   quantities("100m", "64Mi"),
			},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
	}
}

func quantities(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}

// onNode has a pod run on this node, by way of the scheduler.
func onNode(node string) *corev1.NodeAffinity {
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{{
			Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{node},
		}}}},
	}}
}

// start makes the pod and waits until it answers. The error is late where it does not, with what the cluster says of it.
func (a *arena) start(namespace string, pod *corev1.Pod) (inside.Facts, error) {
	if _, err := a.kube.CoreV1().Pods(namespace).Create(a.ctx, pod, metav1.CreateOptions{}); err != nil {
		return inside.Facts{}, fmt.Errorf("make pod %s: %w", pod.Name, err)
	}
	return a.answers(namespace, pod.Name)
}

// answers waits until a pod answers.
func (a *arena) answers(namespace, name string) (facts inside.Facts, err error) {
	err = a.until(func(ctx context.Context) (bool, string, error) {
		now, err := a.kube.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		if err := a.imageless(now); err != nil {
			return false, "", err
		}
		if now.Status.Phase != corev1.PodRunning {
			return false, "pod " + name + " runs (" + trouble(now) + ")", nil
		}
		if facts, err = a.facts(ctx, namespace, name); err != nil {
			return false, "", unseen{fmt.Errorf("pod %s does not answer: %w", name, err)}
		}
		return true, "", nil
	})
	return facts, err
}

// imageless says that a pod of the probe has no image, which does not pass by waiting and says nothing of the cluster.
func (a *arena) imageless(pod *corev1.Pod) error {
	for _, c := range pod.Status.ContainerStatuses {
		if w := c.State.Waiting; w != nil && slices.Contains([]string{"ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}, w.Reason) {
			return fmt.Errorf("pod %s does not get its image (%s); build it with make image-probe, and say where the cluster finds it (--image, or active.image): %s: %s",
				pod.Name, a.options.Image, w.Reason, w.Message)
		}
	}
	return nil
}

// trouble says why a pod does not run.
func trouble(pod *corev1.Pod) string {
	for _, c := range pod.Status.ContainerStatuses {
		if w := c.State.Waiting; w != nil && w.Message != "" {
			return w.Reason + ": " + w.Message
		} else if w != nil {
			return w.Reason
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Status == corev1.ConditionFalse && c.Message != "" {
			return c.Message
		}
	}
	return string(pod.Status.Phase)
}

// ask gets what a pod answers, through the API server.
func (a *arena) ask(ctx context.Context, namespace, name, path string, into any) error {
	text, err := a.open(ctx, namespace, name, path)
	if err != nil {
		return err
	}
	defer text.Close()
	return json.NewDecoder(io.LimitReader(text, 1<<20)).Decode(into)
}

// open asks for a path, and a query where it has one.
func (a *arena) open(ctx context.Context, namespace, name, path string) (io.ReadCloser, error) {
	address := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy%s", namespace, name, inside.Port, path)
	return a.kube.CoreV1().RESTClient().Get().RequestURI(address).Stream(ctx)
}

func (a *arena) facts(ctx context.Context, namespace, name string) (facts inside.Facts, err error) {
	err = a.ask(ctx, namespace, name, inside.FactsPath, &facts)
	return facts, err
}

// held is a connection to a pod that it writes to all the time.
type held struct {
	lines  chan string
	cancel context.CancelFunc
}

// hold opens a connection to a pod.
func (a *arena) hold(namespace, name string) (*held, error) {
	ctx, cancel := context.WithCancel(a.ctx)
	stream, err := a.open(ctx, namespace, name, inside.HoldPath)
	if err != nil {
		cancel()
		return nil, err
	}
	h := &held{lines: make(chan string), cancel: cancel}
	go func() {
		defer close(h.lines)
		defer stream.Close()
		for scanner := bufio.NewScanner(stream); scanner.Scan(); {
			select {
			case h.lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return h, nil
}

// silence is how long nothing may come over a connection on which there is a line every inside.Beat, as where all is slow. One that is cut
// ends at once.
const silence = 75 * inside.Beat

// alive says whether the pod goes on writing.
func (h *held) alive(ctx context.Context) bool {
	// What lay ready is of earlier; the pod has to write more than that.
	for range 5 {
		select {
		case _, open := <-h.lines:
			if !open {
				return false
			}
		case <-time.After(silence):
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
