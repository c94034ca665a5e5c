package active

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// size is what a container may use.
type size struct {
	cpu, memory string
	milli       int64
}

var (
	small = size{"100m", "64Mi", 100}
	large = size{"200m", "128Mi", 200}
)

func (s size) bytes() int64 {
	quantity := quantities(s.cpu, s.memory)[corev1.ResourceMemory]
	return quantity.Value()
}

// inPlacePodResize has a running pod grow and shrink again, and asks it from inside.
func inPlacePodResize(a *arena) (kars.Finding, error) {
	before, err := a.startResizable()
	if err != nil {
		return kars.Finding{}, err
	}
	if before.MilliCPU != small.milli || before.Memory != small.bytes() {
		return unknown(nil, "A pod does not see its limits: %d thousandths of a processor and %d bytes.", before.MilliCPU, before.Memory)
	}
	var evidence []string
	for _, to := range []size{large, small} {
		err := a.resize(to, before.Instance)
		if what, yes := tooLate(err); yes {
			return failed(evidence, "A running pod is not resized to %s and %s: %s.", to.cpu, to.memory, what)
		}
		if restarted := (*restart)(nil); errors.As(err, &restarted) {
			return failed(evidence, "A running pod is not resized in place: %v.", restarted)
		}
		if err != nil {
			return kars.Finding{}, err
		}
		evidence = append(evidence, fmt.Sprintf("the process saw %s of processor and %s of memory, and went on", to.cpu, to.memory))
	}
	return verified(evidence, "A running pod grew and shrank, in processor and memory, without a restart.")
}

// startResizable starts the pod that is resized.
func (a *arena) startResizable() (inside.Facts, error) {
	pod := a.pod(container)
	pod.Spec.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{
		{ResourceName: corev1.ResourceCPU, RestartPolicy: corev1.NotRequired}, {ResourceName: corev1.ResourceMemory, RestartPolicy: corev1.NotRequired},
	}
	return a.start(a.namespace, pod)
}

// restart says that a process is not the one that it was.
type restart struct{ to size }

func (r *restart) Error() string {
	return fmt.Sprintf("the resize to %s and %s restarted the pod", r.to.cpu, r.to.memory)
}

// resize gives the pod another size and waits until the process in it, which must be the same one, sees that.
func (a *arena) resize(to size, instance string) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"containers": []any{
		map[string]any{"name": container, "resources": map[string]any{"limits": map[string]any{"cpu": to.cpu, "memory": to.memory}}},
	}}})
	if err != nil {
		return err
	}
	if _, err := a.kube.CoreV1().Pods(a.namespace).Patch(a.ctx, container, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "resize"); err != nil {
		return fmt.Errorf("resize the pod: %w", err)
	}
	return a.until(func(ctx context.Context) (bool, string, error) {
		facts, err := a.facts(ctx, a.namespace, container)
		if err != nil {
			return a.mute(ctx, err)
		}
		if facts.Instance != instance {
			return false, "", &restart{to}
		}
		if facts.MilliCPU == to.milli && facts.Memory == to.bytes() {
			return true, "", nil
		}
		return false, a.resizing(ctx), nil
	})
}

// mute is what a look comes to that a pod does not answer: that its container ended is an answer of its own.
func (a *arena) mute(ctx context.Context, why error) (ok bool, waitingFor string, err error) {
	pod, err := a.kube.CoreV1().Pods(a.namespace).Get(ctx, container, metav1.GetOptions{})
	if err != nil {
		return false, "", err
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Running == nil || c.RestartCount > 0 {
			return false, fmt.Sprintf("its container runs (it has ended, and was started again %d times)", c.RestartCount), nil
		}
	}
	return false, "", unseen{fmt.Errorf("pod %s does not answer: %w", container, why)}
}

// resizing says what the cluster says of a resize that is under way.
func (a *arena) resizing(ctx context.Context) string {
	pod, err := a.kube.CoreV1().Pods(a.namespace).Get(ctx, container, metav1.GetOptions{})
	if err != nil {
		return err.Error()
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodResizePending || c.Type == corev1.PodResizeInProgress {
			return fmt.Sprintf("%s: %s %s", c.Type, c.Reason, c.Message)
		}
	}
	return "the process does not see it"
}

// longRunningStability has an agent with an open connection resized, and tries to drain it away while its disruption budget allows none.
func longRunningStability(a *arena) (kars.Finding, error) {
	before, err := a.startResizable()
	if err != nil {
		return kars.Finding{}, err
	}
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: container},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": container}}},
	}
	if _, err := a.kube.PolicyV1().PodDisruptionBudgets(a.namespace).Create(a.ctx, budget, metav1.CreateOptions{}); err != nil {
		return kars.Finding{}, fmt.Errorf("make a disruption budget: %w", err)
	}
	connection, err := a.hold(a.namespace, container)
	if err != nil {
		return kars.Finding{}, fmt.Errorf("open a connection to the pod: %w", err)
	}
	defer connection.cancel()
	if !connection.alive(a.ctx) {
		return kars.Finding{}, errors.New("a connection to the pod carries nothing")
	}
	err = a.resize(large, before.Instance)
	if what, yes := tooLate(err); yes {
		return failed(nil, "A running pod is not resized: %s.", what)
	}
	if restarted := (*restart)(nil); errors.As(err, &restarted) {
		return failed(nil, "An agent does not outlive a resize: %v.", restarted)
	}
	if err != nil {
		return kars.Finding{}, err
	}
	if !connection.alive(a.ctx) {
		return failed(nil, "A resize cuts the connections of an agent.")
	}
	evidence := []string{"memory and an open connection outlived a resize"}
	switch err := a.evict(); {
	case err == nil:
		return failed(evidence, "A drain takes an agent away, although its disruption budget allows none.")
	case !apierrors.IsTooManyRequests(err):
		return kars.Finding{}, fmt.Errorf("evict the pod: %w", err)
	}
	after, err := a.facts(a.ctx, a.namespace, container)
	if err != nil {
		return kars.Finding{}, fmt.Errorf("ask the pod after the try to drain it: %w", err)
	}
	if after.Instance != before.Instance || !connection.alive(a.ctx) {
		return failed(evidence, "An agent does not outlive the try to drain it.")
	}
	return verified(append(evidence, "an eviction was refused for the sake of its disruption budget, and the connection stayed"),
		"An agent kept its memory and its connection through a resize and a drain that had to wait for it.")
}

// evict asks for what a drain asks for. The server says TooManyRequests where a disruption budget forbids it.
func (a *arena) evict() error {
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: container, Namespace: a.namespace}}
	// client-go would ask again for as long as it is told to.
	return a.kube.PolicyV1().RESTClient().Post().AbsPath("/api/v1/namespaces", a.namespace, "pods", container, "eviction").
		MaxRetries(0).Body(eviction).Do(a.ctx).Error()
}

func unstructuredOf(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	return object, json.Unmarshal(text, &object)
}
