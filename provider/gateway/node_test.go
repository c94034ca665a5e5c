package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var (
	podsOf      = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	secretsOf   = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	servicesOf  = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	roles       = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}
)

// node runs the pods of one namespace as a kubelet would, as far as the API server sees, and answers for the gateway in them.
type node struct {
	c         *terraform.Cluster
	namespace string
	address   string
	port      int

	mu   sync.Mutex
	says func(inForce string) string // what /status answers where the ConfigMap has this revision
}

// run starts a node that ends with the test. The API server takes no address on loopback for a pod's.
func run(t *testing.T, c *terraform.Cluster, namespace string) *node {
	t.Helper()
	c.OnlyOurs(t, "pods that this test plays")
	n := &node{c: c, namespace: namespace, address: ownAddress(t)}
	n.answers(func(revision string) string { return fmt.Sprintf(`{"revision":%q}`, revision) })
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", n.address+":0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no address of TCP")
	}
	n.port = tcp.Port
	server := &http.Server{Handler: http.HandlerFunc(n.status)} //nolint:gosec // a test's own
	go func() { _ = server.Serve(listener) }()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			n.look(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = server.Close()
	})
	return n
}

func ownAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback, which the API server does not take for a pod's")
	return ""
}

func (n *node) answers(says func(string) string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.says = says
}

func (n *node) status(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	says := n.says
	n.mu.Unlock()
	if r.URL.Path != "/status" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = fmt.Fprint(w, says(n.revision(r.Context())))
}

// revision is that which the gateway's ConfigMap has now.
func (n *node) revision(ctx context.Context) string {
	config, err := n.c.Resource(configMaps, n.namespace).Get(ctx, "tools", metav1.GetOptions{})
	if err != nil {
		return ""
	}
	text, _, _ := unstructured.NestedString(config.Object, "data", "gateway.json")
	var file struct{ Revision string }
	_ = json.Unmarshal([]byte(text), &file)
	return file.Revision
}

// look lets new pods run and ended ones go.
func (n *node) look(ctx context.Context) {
	pods, err := n.c.Resource(podsOf, n.namespace).List(ctx, metav1.ListOptions{LabelSelector: "agentward.dev/gateway"})
	if err != nil {
		return
	}
	running := fmt.Sprintf(`{"status":{"phase":"Running","podIP":%q,"podIPs":[{"ip":%q}],"conditions":[{"type":"Ready","status":"True"}]}}`, n.address, n.address)
	for _, pod := range pods.Items {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		switch {
		case pod.GetDeletionTimestamp() != nil:
			_ = n.c.Resource(podsOf, n.namespace).Delete(ctx, pod.GetName(), metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
		case phase != "Running":
			_, _ = n.c.Resource(podsOf, n.namespace).Patch(ctx, pod.GetName(), types.StrategicMergePatchType, []byte(running), metav1.PatchOptions{}, "status")
		}
	}
}

// ready waits until the gateway's Deployment says that all its replicas are there.
func (n *node) ready(t *testing.T) {
	t.Helper()
	await.True(t, "the gateway's replicas", func() bool {
		d := n.c.Get(t, deployments, n.namespace, "tools").Object
		wanted, _, _ := unstructured.NestedInt64(d, "spec", "replicas")
		ready, _, _ := unstructured.NestedInt64(d, "status", "readyReplicas")
		return ready == wanted
	})
}
