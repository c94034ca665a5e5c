package passive_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// outside gives an address of this machine that the API server takes for an endpoint, which none on the loopback interface is.
func outside(t *testing.T) net.IP {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
			return ip.IP
		}
	}
	t.Skip("this machine has no address but those of its loopback interface")
	return nil
}

// answers plants a Service behind which somebody answers.
func (s *scene) answers(t *testing.T, namespace, name string, handler http.Handler) {
	t.Helper()
	ip := outside(t)
	listener, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	s.plant(t, fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %[1]s, namespace: %[2]s}
spec: {ports: [{port: %[3]d}]}
---
apiVersion: v1
kind: Pod
metadata: {name: %[1]s-pod, namespace: %[2]s}
spec: {automountServiceAccountToken: false, containers: [{name: c, image: i}]}
status: {phase: Running, podIP: %[4]s, podIPs: [{ip: %[4]s}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s, namespace: %[2]s, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
endpoints: [{addresses: [%[4]s], conditions: {ready: true}, targetRef: {kind: Pod, namespace: %[2]s, name: %[1]s-pod}}]
ports: [{port: %[3]d}]
`, name, namespace, port, ip))
	api := reader(t, s.Config())
	await.NoError(t, "Service "+namespace+"/"+name+" to answer", func() error {
		_, err := api.Ask(t.Context(), cluster.Service{Namespace: namespace, Name: name, Port: strconv.Itoa(port)}, "/", nil)
		return err
	})
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// What an exporter and Prometheus themselves say counts, not that they run.
func TestAnswersOfServices(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, test := range looksAtAnswers() {
		t.Run(test.id+": "+test.name, func(t *testing.T) {
			s.plant(t, test.objects)
			s.answers(t, test.namespace, test.service, says(test.answer))
			found := find(t, reader(t, s.Config()), test.id)
			if found.Status != test.want || !strings.Contains(found.Reason, test.reason) || len(found.Unread) > 0 {
				t.Errorf("it is %s: %s %v %v", found.Status, found.Reason, found.Evidence, found.Unread)
			}
		})
	}
}

// answered is a look at a cluster in which a Service gives an answer.
type answered struct {
	look
	namespace, service, answer string
}

func looksAtAnswers() []answered {
	gpus := node("gpu-1", `nvidia.com/gpu: "8"`, "", "") + workload("DaemonSet", "gpu-operator", "nvidia-dcgm-exporter", "nvcr.io/nvidia/k8s/dcgm-exporter:4", true)
	prometheus := workload("StatefulSet", "monitoring", "prometheus", "quay.io/prometheus/prometheus:v3.8.0", true)
	up := func(n int) string {
		return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795392000,"%d"]}]}}`, n)
	}
	return []answered{
		{look{"an exporter of utilization and memory", "accelerator_metrics", gpus, kars.Detected, "publishes"}, "gpu-operator", "nvidia-dcgm-exporter", "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 3\nDCGM_FI_DEV_FB_USED{gpu=\"0\"} 5\n"},
		{look{"an exporter without memory", "accelerator_metrics", gpus, kars.NotDetected, "no Service of it publishes"}, "gpu-operator", "nvidia-dcgm-exporter", "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 3\n"},
		{look{"Prometheus with targets", "ai_service_metrics", prometheus, kars.Detected, "collects metrics"}, "monitoring", "prometheus", up(7)},
		{look{"Prometheus without targets", "ai_service_metrics", prometheus, kars.NotDetected, "collects from nothing"}, "monitoring", "prometheus", up(0)},
		{look{"something else that is called prometheus", "ai_service_metrics", "", kars.NotDetected, "No collector"}, "monitoring", "prometheus", "<html>"},
	}
}

// looksAtServedMetrics are at one cluster, one after the other.
func looksAtServedMetrics(port int) []look {
	objects := "apiVersion: v1\nkind: Service\nmetadata: {name: adapter, namespace: default}\nspec: {type: ExternalName, externalName: localhost}\n---\n" + apiService("custom.metrics.k8s.io", "v1beta2", "adapter", port)
	return []look{
		{"while metrics are served", "pod_autoscaling", objects, kars.Detected, ""},
		{"when they are not any more", "pod_autoscaling", objects, kars.NotDetected, "nobody serves them"},
		// The group that is away takes nothing else from the report.
		{"when they are not any more", "dra_support", objects, kars.Detected, ""},
	}
}

// An API server behind the API server, as adapters of metrics are: while it answers the requirement is met, and when it does not any
// more it is not, though everything is registered as before.
func TestMetricsThatAreServed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	adapter := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta2","resources":[{"name":"pods/queue_depth","namespaced":true,"kind":"MetricValueList","verbs":["get"]}]}`)
	}))
	defer adapter.Close()
	port := adapter.Listener.Addr().(*net.TCPAddr).Port
	looks := looksAtServedMetrics(port)
	s.plant(t, looks[0].objects)
	for i, l := range looks {
		if i == 1 {
			adapter.Close()
		}
		s.available(t, "v1beta2.custom.metrics.k8s.io", map[bool]string{true: "True", false: "False"}[i == 0])
		if found := find(t, reader(t, s.Config()), l.id); found.Status != l.want || !strings.Contains(found.Reason, l.reason) {
			t.Errorf("%s %s is %s: %s %v", l.name, l.id, found.Status, found.Reason, found.Evidence)
		}
	}
}

// available waits until the API server says this of an APIService.
func (s *scene) available(t *testing.T, name, want string) {
	t.Helper()
	await.NoError(t, name+" to become "+want, func() error {
		service, err := s.dynamic.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		conditions, _, _ := unstructured.NestedSlice(service.Object, "status", "conditions")
		for _, c := range conditions {
			if c, ok := c.(map[string]any); ok && c["type"] == "Available" && c["status"] == want {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %v", conditions)
	})
}
