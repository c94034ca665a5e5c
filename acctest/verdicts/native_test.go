package verdicts

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func TestMain(m *testing.M) { controlplane.Main(m) }

var (
	podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	// policyResources are in the order in which they are removed: a binding without a policy does nothing.
	policyResources = []struct{ kind, resource string }{
		{"ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"},
		{"ValidatingAdmissionPolicy", "validatingadmissionpolicies"},
		{"MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings"},
		{"MutatingAdmissionPolicy", "mutatingadmissionpolicies"},
	}
)

func admissionResource(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: name}
}

// cluster is the API server with the namespaces of the table.
type cluster struct {
	plane   *controlplane.ControlPlane
	dynamic dynamic.Interface
	typed   kubernetes.Interface
}

var sharedCluster struct {
	sync.Once
	*cluster
}

// newCluster gives the cluster of this test binary, prepared once.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	plane := controlplane.Shared(t)
	sharedCluster.Do(func() { sharedCluster.cluster = prepare(t, plane) })
	if sharedCluster.cluster == nil {
		t.Fatal("the cluster could not be prepared, see the test before")
	}
	return sharedCluster.cluster
}

func prepare(t *testing.T, plane *controlplane.ControlPlane) *cluster {
	t.Helper()
	ctx := t.Context()
	c := &cluster{plane: plane, dynamic: dynamic.NewForConfigOrDie(plane.Config()), typed: kubernetes.NewForConfigOrDie(plane.Config())}
	for _, class := range []string{"gvisor", "kata", "runc"} {
		if _, err := c.typed.NodeV1().RuntimeClasses().Create(ctx, &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: class}, Handler: class}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, ns := range namespaces() {
		if _, err := c.typed.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, ns := range namespaces() {
		c.eventually(t, "the default ServiceAccount of "+ns.Name, func(ctx context.Context) (bool, error) {
			_, err := c.typed.CoreV1().ServiceAccounts(ns.Name).Get(ctx, "default", metav1.GetOptions{})
			return err == nil, nil
		})
	}
	return c
}

// create makes a pod exist.
func (c *cluster) create(t *testing.T, p podCase) *unstructured.Unstructured {
	t.Helper()
	pod, err := c.dynamic.Resource(podResource).Namespace(p.namespace).Create(t.Context(), p.row(t).object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.dynamic.Resource(podResource).Namespace(p.namespace).Delete(context.Background(), p.podName, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	})
	return pod
}

// native gives the verdicts of the API server on a dry run of each pod.
func (c *cluster) native(t *testing.T, p spec.AdmissionPolicy, rows []row) map[string]outcome {
	t.Helper()
	running := c.create(t, podCase{podName: "running", namespace: agents})
	c.enforce(t, p, rows)
	outcomes := map[string]outcome{}
	var lock sync.Mutex
	var group sync.WaitGroup
	work := make(chan row)
	for range 8 {
		group.Go(func() {
			for r := range work {
				said, err := refusal(c.submit(t.Context(), r, running))
				lock.Lock()
				outcomes[r.key()] = said
				lock.Unlock()
				if err != nil {
					t.Errorf("%s (%s): %v", r.name, r.key(), err)
				} else if len(said) > 0 && !strings.Contains(said[0], "'"+p.Name+"'") {
					t.Errorf("%s (%s): another policy refuses it: %s", r.name, r.key(), said)
				}
			}
		})
	}
	for _, r := range rows {
		work <- r
	}
	close(work)
	group.Wait()
	return outcomes
}

// submit creates the pod in a dry run, or adds the container of a row that is about one to the pod that runs.
func (c *cluster) submit(ctx context.Context, r row, running *unstructured.Unstructured) error {
	pods := c.dynamic.Resource(podResource).Namespace(r.namespace)
	if r.added == nil {
		_, err := pods.Create(ctx, r.object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	pod := running.DeepCopy()
	added, _, err := unstructured.NestedSlice(r.object.Object, "spec", "ephemeralContainers")
	if err != nil {
		return err
	}
	if err := unstructured.SetNestedSlice(pod.Object, added, "spec", "ephemeralContainers"); err != nil {
		return err
	}
	unstructured.RemoveNestedField(pod.Object, "metadata", "managedFields")
	_, err = pods.Update(ctx, pod, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}, "ephemeralcontainers")
	return err
}

// refusal tells a policy's refusal from a request that failed.
func refusal(err error) (outcome, error) {
	if err == nil {
		return outcome{}, nil
	}
	if strings.Contains(err.Error(), "ValidatingAdmissionPolicy '") {
		return outcome{err.Error()}, nil
	}
	return nil, err
}

// enforce makes the policy be in force until the test ends.
func (c *cluster) enforce(t *testing.T, p spec.AdmissionPolicy, rows []row) {
	t.Helper()
	var canary row
	for _, r := range rows {
		if len(judge(p, namespaceOf(r), r.typed).broken) > 0 && r.added == nil {
			canary = r
			break
		}
	}
	c.install(t, p)
	c.eventually(t, "the policy "+p.Name+" to be in force", func(ctx context.Context) (bool, error) {
		said, err := refusal(c.submit(ctx, canary, nil))
		return len(said) > 0, err
	})
	t.Cleanup(func() {
		c.uninstall(t, p)
		c.eventually(t, "the policy "+p.Name+" to be gone", func(context.Context) (bool, error) {
			said, err := refusal(c.submit(context.Background(), canary, nil))
			return len(said) == 0, err
		})
	})
}

func (c *cluster) install(t *testing.T, p spec.AdmissionPolicy) {
	t.Helper()
	p.Engine = spec.EngineNative
	options := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}
	for _, body := range rendered(t, p) {
		object := &unstructured.Unstructured{Object: body.(map[string]any)}
		for _, of := range policyResources {
			if of.kind != object.GetKind() {
				continue
			}
			if _, err := c.dynamic.Resource(admissionResource(of.resource)).Create(t.Context(), object, options); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (c *cluster) uninstall(t *testing.T, p spec.AdmissionPolicy) {
	for _, of := range policyResources {
		if err := c.dynamic.Resource(admissionResource(of.resource)).Delete(context.Background(), p.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
}

func (c *cluster) eventually(t *testing.T, what string, check wait.ConditionWithContextFunc) {
	t.Helper()
	// Not the test's context: it is done when cleanups run.
	if err := wait.PollUntilContextTimeout(context.Background(), 100*time.Millisecond, time.Minute, true, check); err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
}

func (c *cluster) pod(t *testing.T, name string) *corev1.Pod {
	t.Helper()
	pod, err := c.typed.CoreV1().Pods(agents).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(fmt.Errorf("get pod %s: %w", name, err))
	}
	return pod
}
