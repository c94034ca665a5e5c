package spire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

var clusterSPIFFEIDs = schema.GroupVersionResource{Group: "spire.spiffe.io", Version: "v1alpha1", Resource: "clusterspiffeids"}

// The controller manager against a real API server: it registers a pod by our ClusterSPIFFEID, counts it in the status, and
// leaves the signs by which Rivals knows it.
func TestControllerManagerInKubernetes(t *testing.T) {
	plane := controlplane.Start(t, controlplane.Options{})
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	manager := spiretest.StartControllerManager(t, server, spiretest.ControllerManagerOptions{Kubeconfig: plane.Kubeconfig()})

	kube := kubernetes.NewForConfigOrDie(plane.Config())
	if _, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "agents"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := spiretest.RunPod(t, plane.Config(), corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "billing-0", Namespace: "agents", Labels: map[string]string{oss.AgentLabel: "billing"}},
		Spec:       corev1.PodSpec{ServiceAccountName: "billing"},
	})
	identity := spec.Identity{
		Name: "billing", Namespace: "agents", TrustDomain: server.TrustDomain(), Registration: spec.RegistrationController,
		ServiceAccount: spec.ServiceAccount{Name: "billing"}, LogicalID: true, X509TTL: 10 * time.Minute,
	}
	objects, err := oss.Identity(identity)
	if err != nil {
		t.Fatal(err)
	}
	dynamicClient := dynamic.NewForConfigOrDie(plane.Config())
	for _, object := range objects {
		if _, err := dynamicClient.Resource(clusterSPIFFEIDs).Create(t.Context(), &unstructured.Unstructured{Object: object.Body}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	var entries []*types.Entry
	await.NoError(t, "the pod's two entries", func() error {
		entries = slices.DeleteFunc(server.Entries(t, ""), func(e *types.Entry) bool { return e.GetHint() == "" })
		if len(entries) != 2 {
			return fmt.Errorf("the server holds %v", entries)
		}
		return nil
	})
	for _, entry := range entries {
		want := oss.LogicalID(identity)
		if entry.GetHint() == oss.HintInstance {
			want += "/instance/" + string(pod.UID)
		}
		if got := "spiffe://" + entry.GetSpiffeId().GetTrustDomain() + entry.GetSpiffeId().GetPath(); got != want || entry.GetX509SvidTtl() != 600 {
			t.Errorf("the %s entry is %v, want %s", entry.GetHint(), entry, want)
		}
		if !strings.HasPrefix(entry.GetParentId().GetPath(), "/spire/agent/k8s_psat/test/") {
			t.Errorf("the %s entry hangs from %s", entry.GetHint(), entry.GetParentId().GetPath())
		}
	}
	await.NoError(t, "the counts in the status", func() error {
		object, err := dynamicClient.Resource(clusterSPIFFEIDs).Get(t.Context(), objects[0].Key.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		stats, _, err := unstructured.NestedMap(object.Object, "status", "stats")
		if err != nil || fmt.Sprint(stats["podsSelected"]) != "1" || fmt.Sprint(stats["entriesToSet"]) != "1" || fmt.Sprint(stats["namespacesSelected"]) != "1" {
			return fmt.Errorf("the counts are %v, %w", stats, err)
		}
		return nil
	})

	// The real manager is seen for what it is, and does what the warning says.
	client := connect(t, server)
	ours := stack.Object{Key: stack.SPIREKey(stack.SPIREEntry, oss.EntryID("agents", "shipping", oss.HintInstance, "a1")), Body: map[string]any{
		"spiffe_id": "spiffe://agents.example.org/ns/agents/agent/shipping/instance/a1", "parent_id": "spiffe://agents.example.org/node/lab",
		"selectors": []any{"unix:uid:5001"},
	}}
	warnings, err := client.Rivals(t.Context(), []stack.Object{ours})
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "without entryIDPrefix") {
		t.Errorf("Rivals: %v, %v; want a warning of a manager without prefix", warnings, err)
	}
	apply(t, client, ours, "")
	await.NoError(t, "the end of our entry", func() error {
		if server.Entry(t, ours.Key.Name) != nil {
			return fmt.Errorf("%s is still there", ours.Key.Name)
		}
		return nil
	})
	manager.Stop(t)

	// With a prefix it registers the pod anew, under ids that are known for its own, and leaves ours alone.
	for _, entry := range server.Entries(t, "") {
		server.DeleteEntry(t, entry.GetId())
	}
	prefixed := spiretest.StartControllerManager(t, server, spiretest.ControllerManagerOptions{Kubeconfig: plane.Kubeconfig(), EntryIDPrefix: "scm"})
	await.NoError(t, "the pod's entries under the prefix", func() error {
		if entries := server.Entries(t, "scm."); len(entries) != 2 {
			return fmt.Errorf("the server holds %v", entries)
		}
		return nil
	})
	again := connect(t, server) // which has not looked at the entries before
	warnings, err = again.Rivals(t.Context(), []stack.Object{ours, {Key: stack.SPIREKey(stack.SPIREFederationRelationship, partnerDomain)}})
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "federation relationship") {
		t.Errorf("Rivals: %v, %v; want a warning of the federation alone", warnings, err)
	}
	apply(t, again, ours, "")
	for range 2 {
		prefixed.Reconciled(t)
	}
	if server.Entry(t, ours.Key.Name) == nil {
		t.Error("our entry is gone")
	}
}
