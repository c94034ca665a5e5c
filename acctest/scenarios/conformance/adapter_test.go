package conformance_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// adapter serves custom metrics to the cluster from this process: of every pod that is asked for, what it publishes itself. It stands for the
// adapters that take them from a collector.
func (s *stage) adapter() (remove func()) {
	s.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(s.reachable().String(), "0"))
	if err != nil {
		s.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(s.customMetrics), ReadHeaderTimeout: time.Minute}}
	server.StartTLS()
	s.Cleanup(server.Close)
	address := listener.Addr().(*net.TCPAddr)
	return s.bring(fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: kars-adapter, namespace: default}
spec: {ports: [{port: 443, targetPort: %[2]d}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kars-adapter, namespace: default, labels: {kubernetes.io/service-name: kars-adapter}}
addressType: IPv4
endpoints: [{addresses: [%[1]s], conditions: {ready: true}}]
ports: [{port: %[2]d}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta2.custom.metrics.k8s.io}
spec:
  group: custom.metrics.k8s.io
  version: v1beta2
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: default, name: kars-adapter}
`, address.IP, address.Port))
}

// reachable gives an address of this machine in the network of the cluster's nodes.
func (s *stage) reachable() net.IP {
	s.Helper()
	nodes, err := s.API.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) == 0 {
		s.Fatalf("list nodes: %v", err)
	}
	ours, err := net.InterfaceAddrs()
	if err != nil {
		s.Fatal(err)
	}
	for _, address := range nodes.Items[0].Status.Addresses {
		for _, our := range ours {
			if network, ok := our.(*net.IPNet); ok && network.IP.To4() != nil && network.Contains(net.ParseIP(address.Address)) {
				return network.IP
			}
		}
	}
	s.Skip("this machine has no address in the network of the cluster's nodes")
	return nil
}

// customMetrics answers /apis/custom.metrics.k8s.io/v1beta2/namespaces/NAMESPACE/pods/*/METRIC, and says what else there is.
func (s *stage) customMetrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) != 8 {
		fmt.Fprintf(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta2","resources":[{"name":"pods/%s","namespaced":true,"kind":"MetricValueList","verbs":["get"]}]}`, inside.LoadMetric)
		return
	}
	namespace, metric := parts[4], parts[7]
	pods, err := s.API.CoreV1().Pods(namespace).List(r.Context(), metav1.ListOptions{LabelSelector: r.URL.Query().Get("labelSelector")})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	items := []any{}
	for _, pod := range pods.Items {
		text, err := s.API.CoreV1().RESTClient().Get().AbsPath(fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy%s", namespace, pod.Name, inside.Port, inside.MetricsPath)).DoRaw(r.Context())
		if err != nil {
			continue // it does not answer yet
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, metric+" "); ok {
				items = append(items, map[string]any{
					"describedObject": map[string]any{"kind": "Pod", "namespace": namespace, "name": pod.Name, "apiVersion": "v1"},
					"metric":          map[string]any{"name": metric}, "timestamp": time.Now().UTC().Format(time.RFC3339), "value": strings.TrimSpace(value),
				})
			}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // a caller that has left is none to tell
		"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": map[string]any{}, "items": items,
	})
}
