package passive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// scene is a control plane in which objects with the status that a test gives them stand for a cluster: no controller is there to say
// otherwise. Each test has its own, and goes on beside others: most of the time it waits for kinds to be served, or not to be served any more.
type scene struct {
	*controlplane.ControlPlane
	dynamic   dynamic.Interface
	discovery *discovery.DiscoveryClient
}

func newScene(t *testing.T, crds ...string) *scene {
	t.Helper()
	return newSceneWith(t, controlplane.Options{}, crds...)
}

func newSceneWith(t *testing.T, options controlplane.Options, crds ...string) *scene {
	t.Helper()
	// No controller makes the ServiceAccounts that pods would need.
	options.APIServerArgs = append(options.APIServerArgs, "--disable-admission-plugins=ServiceAccount")
	plane := controlplane.Start(t, options)
	if len(crds) > 0 {
		if err := plane.InstallCRDs(t.Context(), crds...); err != nil {
			t.Fatal(err)
		}
	}
	client, err := dynamic.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	disco, err := discovery.NewDiscoveryClientForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	return &scene{plane, client, disco}
}

func reader(t testing.TB, config *rest.Config) *cluster.Client {
	t.Helper()
	client, err := cluster.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// plant makes the objects, with their status, and removes them with the test.
func (s *scene) plant(t *testing.T, documents string) {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(documents), 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, documents)
		}
		if len(object.Object) > 0 {
			s.make(t, object)
		}
	}
}

// make makes one object. A kind is served when it returns, and again not when the test has ended.
func (s *scene) make(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	to := s.resource(t, object)
	status, hasStatus := object.Object["status"]
	made, err := to.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("make %s %s: %v", object.GetKind(), object.GetName(), err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := to.Delete(ctx, object.GetName(), metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
			t.Error(err)
		}
		s.await(ctx, t, object, false)
	})
	s.await(t.Context(), t, object, true)
	if !hasStatus {
		return
	}
	made.Object["status"] = status
	if _, err := to.UpdateStatus(t.Context(), made, metav1.UpdateOptions{}); err != nil {
		t.Fatalf("give %s %s its status: %v", object.GetKind(), object.GetName(), err)
	}
}

// resource gives the interface for an object's kind, and makes its namespace.
func (s *scene) resource(t *testing.T, object *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	groups, err := restmapper.GetAPIGroupResources(s.discovery)
	if err != nil {
		t.Fatal(err)
	}
	gvk := object.GroupVersionKind()
	mapping, err := restmapper.NewDiscoveryRESTMapper(groups).RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		t.Fatal(err)
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return s.dynamic.Resource(mapping.Resource)
	}
	s.namespace(t, object.GetNamespace())
	return s.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace())
}

// await waits until what an object brings is served, or is no more: the kind of a CustomResourceDefinition, the group of an APIService.
func (s *scene) await(ctx context.Context, t *testing.T, object *unstructured.Unstructured, want bool) {
	t.Helper()
	there := func() bool { return want }
	switch object.GetKind() {
	case "CustomResourceDefinition":
		group, _, _ := unstructured.NestedString(object.Object, "spec", "group")
		plural, _, _ := unstructured.NestedString(object.Object, "spec", "names", "plural")
		there = func() bool {
			found, err := reader(t, s.Config()).Discover(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, _, served := found.Serves(group, plural)
			return served
		}
	case "APIService":
		services := s.dynamic.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
		there = func() bool {
			service, err := services.Get(ctx, object.GetName(), metav1.GetOptions{})
			if err != nil {
				return false
			}
			conditions, _, _ := unstructured.NestedSlice(service.Object, "status", "conditions")
			return len(conditions) > 0
		}
	}
	await.True(t, fmt.Sprintf("%s %s to be served: %t", object.GetKind(), object.GetName(), want), func() bool { return there() == want })
}

func (s *scene) namespace(t *testing.T, name string) {
	t.Helper()
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
	_, err := s.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// find runs the probe of one requirement.
func find(t *testing.T, api cluster.Reader, id string) kars.Result {
	t.Helper()
	list := kars.Checklist{Version: "test"}
	for _, version := range kars.Versions() {
		whole, err := kars.ForVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := whole.Find(id); ok {
			list.Requirements = []kars.Requirement{r}
		}
	}
	report, err := passive.Run(t.Context(), api, list, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(report.Results, report.Proposed)
	i := slices.IndexFunc(all, func(r kars.Result) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("nothing looks for %s", id)
	}
	return all[i]
}

// kind is a CustomResourceDefinition of a project whose own is in no Go module that can be had.
func kind(group, version, plural, name string) string {
	return fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[3]s.%[1]s}
spec:
  group: %[1]s
  names: {plural: %[3]s, kind: %[4]s}
  scope: Cluster
  versions:
    - name: %[2]s
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
`, group, version, plural, name)
}

// workload is a workload with one container, available or not.
func workload(kind, namespace, name, image string, available bool) string {
	status := map[string]string{
		"Deployment":  "{observedGeneration: 1, replicas: 1, availableReplicas: 1, readyReplicas: 1, updatedReplicas: 1, conditions: [{type: Available, status: 'True', reason: MinimumReplicasAvailable}]}",
		"DaemonSet":   "{observedGeneration: 1, currentNumberScheduled: 10, numberMisscheduled: 0, desiredNumberScheduled: 10, numberReady: 10, numberAvailable: 10}",
		"StatefulSet": "{observedGeneration: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1}",
	}[kind]
	if !available {
		status = map[string]string{
			"Deployment":  "{observedGeneration: 1, replicas: 1, unavailableReplicas: 1, conditions: [{type: Available, status: 'False', reason: MinimumReplicasUnavailable}]}",
			"DaemonSet":   "{observedGeneration: 1, currentNumberScheduled: 10, numberMisscheduled: 0, desiredNumberScheduled: 10, numberReady: 2, numberAvailable: 2, numberUnavailable: 8}",
			"StatefulSet": "{observedGeneration: 1, replicas: 1}",
		}[kind]
	}
	service := ""
	if kind == "StatefulSet" {
		service = "serviceName: x"
	}
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: %s
metadata: {name: %s, namespace: %s}
spec:
  %s
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec: {containers: [{name: c, image: %q}]}
status: %s
---
`, kind, name, namespace, service, image, status)
}

// node is a node with this much of extended resources; more goes into its metadata, and status into its status.
func node(name, resources, metadata, status string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Node
metadata: {name: %s, %s}
status:
  capacity: {%s}
  allocatable: {%[3]s}
  nodeInfo: {containerRuntimeVersion: containerd://2.4.2, architecture: amd64, bootID: b, kernelVersion: k, kubeProxyVersion: "", kubeletVersion: v1.37.2, machineID: m, operatingSystem: linux, osImage: o, systemUUID: u}
  %s
---
`, name, metadata, resources, status)
}

// slice is a ResourceSlice of a node with one device.
func slice(driver, node, attributes, more string) string {
	return fmt.Sprintf(`
apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata: {name: %s-%s}
spec:
  driver: %[1]s
  nodeName: %[2]s
  pool: {name: %[2]s, generation: 1, resourceSliceCount: 1}
  devices: [{name: d0, attributes: {%s}%s}]
---
`, driver, node, attributes, more)
}

// condition is a condition of an object of generation 1.
func condition(kind, status, reason string) string {
	return fmt.Sprintf("{type: %s, status: %q, reason: %s, message: %q, lastTransitionTime: '2026-11-26T00:00:00Z', observedGeneration: 1}", kind, status, reason, reason+" it is")
}

// pod is a pod of the namespace agents on a node.
func pod(node, container, spec, metadata string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: agents, %s}
spec:
  nodeName: %s
  automountServiceAccountToken: false
  %s
  containers:
    - name: c
      image: i
      %s
---
`, metadata, node, spec, container)
}

// apiService registers a group that a Service serves.
func apiService(group, version, service string, port int) string {
	return fmt.Sprintf(`
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: %s.%s}
spec:
  group: %[2]s
  version: %[1]s
  service: {namespace: default, name: %[3]s, port: %[4]d}
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 100
  versionPriority: 100
---
`, version, group, service, port)
}
