package active

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// autoscalers are looked at every second, and not every 15.
var autoscalers = controlplane.Options{ControllerManager: true, Scheduler: true, ControllerManagerArgs: []string{"--horizontal-pod-autoscaler-sync-period=1s"}}

// patient gives an autoscaler that looks at every second long enough, on a machine that is busy.
const patient = 90 * time.Second

// registerMetrics registers metrics of resources with the API server, which asks this port of this machine for them until they are removed.
func registerMetrics(t *testing.T, c *controlplane.ControlPlane, port int) (remove func()) {
	t.Helper()
	client, err := dynamic.NewForConfig(c.Config())
	if err != nil {
		t.Fatal(err)
	}
	objects := []struct {
		gvr             schema.GroupVersionResource
		namespace, text string
	}{
		{schema.GroupVersionResource{Version: "v1", Resource: "services"}, "default", "apiVersion: v1\nkind: Service\nmetadata: {name: metrics}\nspec: {type: ExternalName, externalName: localhost}\n"},
		{apiServices, "", fmt.Sprintf(`
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: default, name: metrics, port: %d}
`, port)},
	}
	var made []func() error
	for _, o := range objects {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(o.text), &object.Object); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Resource(o.gvr).Namespace(o.namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		made = append(made, func() error {
			return client.Resource(o.gvr).Namespace(o.namespace).Delete(t.Context(), object.GetName(), metav1.DeleteOptions{})
		})
	}
	return func() {
		for _, undo := range made {
			if err := undo(); err != nil {
				t.Error(err)
			}
		}
	}
}

// metricsServer serves metrics of the pods that busy names for a namespace, of which it says that they are busy.
func metricsServer(t *testing.T, busy func(namespace string) []string) int {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !strings.Contains(r.URL.Path, "/namespaces/") {
			fmt.Fprint(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"metrics.k8s.io/v1beta1","resources":[{"name":"pods","namespaced":true,"kind":"PodMetrics","verbs":["get","list"]}]}`)
			return
		}
		namespace, _, _ := strings.Cut(r.URL.Path[strings.Index(r.URL.Path, "/namespaces/")+len("/namespaces/"):], "/")
		var items []string
		for _, name := range busy(namespace) {
			items = append(items, fmt.Sprintf(`{"metadata":{"name":%q,"namespace":%q},"timestamp":%q,"window":"0s","containers":[{"name":"probe","usage":{"cpu":"100m"}}]}`,
				name, namespace, time.Now().UTC().Format(time.RFC3339)))
		}
		fmt.Fprintf(w, `{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[%s]}`, strings.Join(items, ","))
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}

func nobody(string) []string { return nil }

// Metrics that are registered are tried. Nobody has to be behind an APIService for it to be there.
func TestMetricsThatNobodyServes(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	c := controlplane.Start(t, autoscalers)
	c.FakeNode(t, "node-1")
	if r := run(t, c.Config(), detected("pod_autoscaling"), Options{Patience: patient}); r.Status != kars.Detected || r.Probe != kars.Passive {
		t.Errorf("without any metrics it is %s: %s", r.Status, r.Reason)
	}
	remove := registerMetrics(t, c, 1)
	wantResult(t, run(t, c.Config(), detected("pod_autoscaling"), Options{Patience: patient}), kars.NotDetected, "the server is currently unable to handle the request")
	// No namespace goes while the API server has kinds of which nobody knows whether there are some in it.
	remove()
	nothingIsLeft(t, c.Config())
}

// Neither metrics of nothing nor those of what is busy without a reason can be followed.
func TestMetricsThatNoAutoscalerCanFollow(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	c := controlplane.Start(t, autoscalers)
	c.FakeNode(t, "node-1")
	client, err := connect(c.Config(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := func(namespace string) (names []string) {
		pods, err := client.kube.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Error(err)
			return nil
		}
		for _, pod := range pods.Items {
			names = append(names, pod.Name)
		}
		return names
	}
	var busy atomic.Value
	busy.Store(nobody)
	registerMetrics(t, c, metricsServer(t, func(namespace string) []string { return busy.Load().(func(string) []string)(namespace) }))
	for _, test := range []struct {
		name string
		busy func(string) []string
		says string
	}{
		{"metrics of nothing", nobody, "no metrics returned from resource metrics API"},
		{"metrics of pods that are always busy", all, "it makes more pods of one that does nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			busy.Store(test.busy)
			wantResult(t, run(t, c.Config(), detected("pod_autoscaling"), Options{Patience: patient}), kars.NotDetected, test.says)
			nothingIsLeft(t, c.Config())
		})
	}
}

func TestAutoscalersThatNobodyControls(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	options := autoscalers
	options.ControllerManagerArgs = []string{"--controllers=*,-horizontal-pod-autoscaler-controller"}
	c := controlplane.Start(t, options)
	c.FakeNode(t, "node-1")
	registerMetrics(t, c, metricsServer(t, nobody))
	wantResult(t, run(t, c.Config(), detected("pod_autoscaling"), Options{Patience: patient}), kars.NotDetected, "no controller says anything of it")
	nothingIsLeft(t, c.Config())
}
