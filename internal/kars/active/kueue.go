package active

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// kueueGang gives Kueue a queue with room for two pods: a job of two has to start whole, and one of three not at all.
func kueueGang(a *arena) (kars.Finding, error) {
	queues, err := a.served("kueue.x-k8s.io", "clusterqueues", "v1beta2", "v1beta1")
	if err != nil {
		return kars.Finding{}, err
	}
	if err := a.makeQueue(queues.GroupVersion()); err != nil {
		return kars.Finding{}, err
	}
	made := time.Now()
	if err := a.makeJob("fits", 2); err != nil {
		return kars.Finding{}, err
	}
	err = a.until(func(ctx context.Context) (bool, string, error) {
		pods, err := a.podsOf(ctx, "fits")
		return len(pods) == 2, fmt.Sprintf("%d of 2 pods of a job that fits are made", len(pods)), err
	})
	if what, yes := tooLate(err); yes {
		return failed(nil, "Kueue does not start a job: %s.", what)
	}
	if err != nil {
		return kars.Finding{}, err
	}
	took := time.Since(made)
	// Kueue has done what is its own. That such pods do not run is nobody's fault, or that of the nodes.
	if err := a.until(func(ctx context.Context) (bool, string, error) { return a.allRun(ctx, "fits") }); err != nil {
		return kars.Finding{}, err
	}
	evidence := []string{"a job of two pods, for which its queue has room, started whole"}
	if err := a.kube.BatchV1().Jobs(a.namespace).Delete(a.ctx, "fits", metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}); err != nil {
		return kars.Finding{}, err
	}
	if err := a.makeJob("too-large", 3); err != nil {
		return kars.Finding{}, err
	}
	for start := time.Now(); time.Since(start) < asLongAs(took); {
		pods, err := a.podsOf(a.ctx, "too-large")
		if err != nil {
			return kars.Finding{}, err
		}
		if len(pods) > 0 {
			return failed(evidence, "%d pods of a job of three were made, though its queue has room for two.", len(pods))
		}
		time.Sleep(500 * time.Millisecond)
	}
	return verified(append(evidence, "of a job of three no pod was made"), "Kueue starts a job whole or not at all.")
}

// makeQueue makes a queue of the arena alone, with room for two pods.
func (a *arena) makeQueue(gv schema.GroupVersion) error {
	name := a.namespace
	object := func(kind string, spec map[string]any) map[string]any {
		return map[string]any{"apiVersion": gv.String(), "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec}
	}
	quota := func(resource, amount string) any { return map[string]any{"name": resource, "nominalQuota": amount} }
	for _, o := range []struct {
		resource, namespace string
		object              map[string]any
	}{
		{"resourceflavors", "", object("ResourceFlavor", map[string]any{})},
		{"clusterqueues", "", object("ClusterQueue", map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": name}},
			"resourceGroups": []any{map[string]any{
				"coveredResources": []any{"cpu", "memory"},
				"flavors":          []any{map[string]any{"name": name, "resources": []any{quota("cpu", "20m"), quota("memory", "1Gi")}}},
			}},
		})},
		{"localqueues", name, object("LocalQueue", map[string]any{"clusterQueue": name})},
	} {
		if err := a.make(gv.WithResource(o.resource), o.namespace, o.object); err != nil {
			return fmt.Errorf("make one of Kueue's %s: %w", o.resource, err)
		}
	}
	return nil
}

// makeJob makes a job of so many pods, each of which takes half of the queue. It is suspended, for Kueue to let it go.
func (a *arena) makeJob(name string, pods int32) error {
	spec := a.podSpec()
	spec.RestartPolicy = corev1.RestartPolicyNever
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kueue.x-k8s.io/queue-name": a.namespace}},
		Spec: batchv1.JobSpec{
			Suspend: new(true), Parallelism: &pods, Completions: &pods,
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"job": name}}, Spec: spec},
		},
	}
	_, err := a.kube.BatchV1().Jobs(a.namespace).Create(a.ctx, job, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("make a job: %w", err)
	}
	return nil
}

func (a *arena) podsOf(ctx context.Context, job string) ([]corev1.Pod, error) {
	pods, err := a.kube.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: "job=" + job})
	if err != nil {
		return nil, err
	}
	return pods.Items, nil
}

// allRun says whether all pods of a job run, and otherwise why one does not.
func (a *arena) allRun(ctx context.Context, job string) (yes bool, waitingFor string, err error) {
	pods, err := a.podsOf(ctx, job)
	if err != nil {
		return false, "", err
	}
	for _, pod := range pods {
		if err := a.imageless(&pod); err != nil {
			return false, "", err
		}
		if pod.Status.Phase != corev1.PodRunning {
			return false, "pod " + pod.Name + " of a job that was started runs (" + trouble(&pod) + ")", nil
		}
	}
	return true, "", nil
}
