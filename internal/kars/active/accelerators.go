package active

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// accelerators are of one kind: what device plugins hand out of a resource, or what a DRA driver does.
type accelerators struct {
	name   string // of the resource, or of the driver
	taints []corev1.Taint
	// one has a pod ask for one of them.
	one func(*corev1.Pod) error
	// all has a pod ask for all that a node has, and says so; nil where some of them may be given to several pods, which proves nothing.
	all func(pod *corev1.Pod, node string) (of string, err error)
}

// secureAcceleratorAccess has a pod ask for one of each kind of accelerator that is handed out, beside pods that ask for none.
func secureAcceleratorAccess(a *arena) (kars.Finding, error) {
	nodes, err := a.acceleratorNodes()
	if err != nil {
		return kars.Finding{}, err
	}
	drivers, untried, err := a.acceleratorDrivers(nodes)
	if err != nil {
		return kars.Finding{}, err
	}
	found := slices.Concat(plugged(nodes), drivers)
	if len(found) == 0 {
		return kars.Finding{}, errNoProbe
	}
	var evidence, partly []string
	for i, kind := range found {
		saw, short, err := a.tryAccelerator(fmt.Sprintf("%d", i+1), kind)
		for _, s := range saw {
			evidence = append(evidence, kind.name+": "+s)
		}
		if wrong := (*unguarded)(nil); errors.As(err, &wrong) {
			return failed(evidence, "Access to %s is not what the resource framework gives: %v.", kind.name, wrong)
		}
		if err != nil {
			return kars.Finding{}, fmt.Errorf("%s: %w", kind.name, err)
		}
		if short != "" {
			partly = append(partly, kind.name+": "+short)
		}
	}
	for _, driver := range untried {
		partly = append(partly, "what the DRA driver "+driver+" hands out was not tried")
	}
	if len(partly) > 0 {
		return stillDetected(evidence, "Pods that ask for no accelerator get none, and not all could be tried: %s.", strings.Join(partly, "; "))
	}
	return verified(evidence, "A pod that asks for an accelerator can open it, and pods beside it that ask for none cannot.")
}

// unguarded says how an accelerator is given otherwise than it was asked for.
type unguarded struct{ how string }

func (u *unguarded) Error() string { return u.how }

func unguardedBy(format string, args ...any) error { return &unguarded{fmt.Sprintf(format, args...)} }

// tryAccelerator gives what was seen, and what fell short of a proof. The error is unguarded where pods get what they did not ask for, or do
// not get what they asked for.
func (a *arena) tryAccelerator(suffix string, kind accelerators) (evidence []string, short string, err error) {
	asking := a.onAccelerators("asks-"+suffix, kind, "")
	if err := kind.one(asking); err != nil {
		return nil, "", err
	}
	if _, err := a.start(a.namespace, asking); err != nil {
		return nil, "", err // nothing may be left of it, which is nobody's fault
	}
	now, err := a.kube.CoreV1().Pods(a.namespace).Get(a.ctx, asking.Name, metav1.GetOptions{})
	if err != nil {
		return nil, "", err
	}
	node := now.Spec.NodeName
	beside := a.onAccelerators("asks-not-"+suffix, kind, node)
	if _, err := a.start(a.namespace, beside); err != nil {
		return nil, "", err
	}
	asks, err := a.devices(asking.Name, nil)
	if err != nil {
		return nil, "", err
	}
	asksNot, err := a.devices(beside.Name, nil)
	if err != nil {
		return nil, "", err
	}
	got, seen := given(asks.Nodes, asksNot.Nodes)
	if len(seen) > 0 {
		return nil, "", unguardedBy("a pod on node %s that asks for none sees %s", node, names(seen))
	}
	if len(got) == 0 {
		return nil, "", unguardedBy("a pod on node %s that was given one sees no device that pods without do not see", node)
	}
	evidence = append(evidence, fmt.Sprintf("on node %s a pod that was given one sees %s, and a pod beside it none of that", node, names(got)))
	if asks, err = a.devices(asking.Name, numbers(got)); err != nil {
		return evidence, "", err
	}
	path, why := opened(asks.Access)
	if path == "" {
		short = "a pod that was given one cannot open it (" + why + ")"
	} else {
		evidence = append(evidence, "the pod that was given it opened "+path)
	}
	for _, reach := range []func() (string, error){
		func() (string, error) { return a.reachPast(beside.Name, numbers(got)) },
		func() (string, error) { return a.makeNode("makes-"+suffix, kind, node, numbers(got)) },
	} {
		saw, err := reach()
		if err != nil {
			return evidence, short, err
		}
		evidence = append(evidence, saw)
	}
	if kind.all == nil {
		return evidence, short, nil
	}
	of, err := a.overdraw("too-many-"+suffix, kind, node)
	if err != nil {
		return evidence, short, err
	}
	return append(evidence, fmt.Sprintf("a pod that asks for %s while one is in use is not started", of)), short, nil
}

// onAccelerators is a pod that can run where there are some; on one node where that is named.
func (a *arena) onAccelerators(name string, kind accelerators, node string) *corev1.Pod {
	pod := a.pod(name)
	for _, t := range kind.taints {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOpExists, Effect: t.Effect})
	}
	if node != "" {
		pod.Spec.Affinity = &corev1.Affinity{NodeAffinity: onNode(node)}
	}
	return pod
}

// devices asks a pod for its devices, and has it open some.
func (a *arena) devices(pod string, reach []inside.Number) (devices inside.Devices, err error) {
	path := inside.DevicesPath
	if len(reach) > 0 {
		path += "?" + inside.Reach(reach).Encode()
	}
	if err := a.ask(a.ctx, a.namespace, pod, path, &devices); err != nil {
		return devices, fmt.Errorf("ask pod %s for its devices: %w", pod, err)
	}
	if devices.Error != "" {
		return devices, fmt.Errorf("pod %s cannot list its devices: %s", pod, devices.Error)
	}
	return devices, nil
}

// reachPast has a pod reach for devices that it was not given, and gives what stood against it.
func (a *arena) reachPast(pod string, numbers []inside.Number) (string, error) {
	devices, err := a.devices(pod, numbers)
	if err != nil {
		return "", err
	}
	device, refusal := past(devices.Access)
	if device != "" {
		return "", unguardedBy("a pod that asks for none opens %s", device)
	}
	return fmt.Sprintf("pod %s, which was given none, could not open it: %s", pod, refusal), nil
}

// makeNode has root, with the one capability for that, make itself nodes of the devices, so that the control group alone stands against it.
// Where a cluster lets no such pod in there is none to fear.
func (a *arena) makeNode(name string, kind accelerators, node string, numbers []inside.Number) (string, error) {
	pod := a.onAccelerators(name, kind, node)
	pod.Spec.SecurityContext.RunAsNonRoot, pod.Spec.SecurityContext.RunAsUser = new(false), new(int64(0))
	security := pod.Spec.Containers[0].SecurityContext
	security.ReadOnlyRootFilesystem, security.Capabilities.Add = new(false), []corev1.Capability{"MKNOD"}
	_, err := a.start(a.namespace, pod)
	if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
		return "a pod that may make device nodes is not let in", nil
	}
	if err != nil {
		return "", err
	}
	return a.reachPast(name, numbers)
}

// overdraw asks for all that a node has while one is in use.
func (a *arena) overdraw(name string, kind accelerators, node string) (of string, err error) {
	pod := a.onAccelerators(name, kind, node)
	if of, err = kind.all(pod, node); err != nil {
		return "", err
	}
	if _, err := a.kube.CoreV1().Pods(a.namespace).Create(a.ctx, pod, metav1.CreateOptions{}); err != nil {
		return "", fmt.Errorf("make pod %s: %w", name, err)
	}
	return of, a.until(func(ctx context.Context) (bool, string, error) {
		now, err := a.kube.CoreV1().Pods(a.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		if now.Spec.NodeName != "" {
			return false, "", unguardedBy("a pod that asks for %s is bound to node %s while one is in use", of, node)
		}
		return unschedulable(now), "the scheduler says that a pod that asks for too many has no room", nil
	})
}
