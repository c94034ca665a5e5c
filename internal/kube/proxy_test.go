package kube_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

var podsOf = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

func TestAPodIsAskedThroughTheAPIServer(t *testing.T) {
	f := setUp(t)
	f.OnlyOurs(t, "an API server that reaches this machine")
	address, port := serveAsAPod(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
	}))
	pod := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "asked", "namespace": f.ns},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "main", "image": "registry.example.org/none"}}},
	}}
	if _, err := f.Resource(podsOf, f.ns).Create(f.ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	f.Edit(t, podsOf, f.ns, "asked", fmt.Sprintf(`{"status":{"phase":"Running","podIP":%q,"podIPs":[{"ip":%q}]}}`, address, address), "status")

	answer, err := f.client.Ask(f.ctx, f.ns, "asked", port, "/status")
	if err != nil || string(answer) != `{"path":"/status"}` {
		t.Errorf("the pod answers %q: %v", answer, err)
	}
	if _, err := f.client.Ask(f.ctx, f.ns, "asked", port, "/nothing"); !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "asked") {
		t.Errorf("what the pod has not is %v", err)
	}
	if _, err := f.client.Ask(f.ctx, f.ns, "asked", 1, "/status"); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("a port without anybody is %v", err)
	}
	lesser := rest.CopyConfig(f.Config())
	lesser.Impersonate.UserName = "nobody"
	if _, err := client(t, lesser, fieldOwner).Ask(f.ctx, f.ns, "asked", port, "/status"); !apierrors.IsForbidden(err) {
		t.Errorf("whoever may not ask is told %v", err)
	}
}

// serveAsAPod serves at an address that the API server takes for a pod's: not on loopback.
func serveAsAPod(t *testing.T, handler http.Handler) (address string, port int) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			address = ip.IP.String()
		}
	}
	if address == "" {
		t.Skip("this machine has no address but loopback, which the API server does not take for a pod's")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler} //nolint:gosec // a test's own
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no address of TCP")
	}
	return address, tcp.Port
}
