package spire_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// The real controller manager removes the entries of a suspended pod and no other, never writes an entry of the agent's other pods
// anew for it, and brings them back when the suspension is lifted.
func TestControllerManagerWithdrawsOnePodAlone(t *testing.T) {
	plane := controlplane.Start(t, controlplane.Options{})
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.SPIRE)); err != nil {
		t.Fatal(err)
	}
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	spiretest.StartControllerManager(t, server, spiretest.ControllerManagerOptions{Kubeconfig: plane.Kubeconfig(), EntryIDPrefix: "scm"})
	kube := kubernetes.NewForConfigOrDie(plane.Config())
	if _, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "agents"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var uids []string
	for i := range 3 {
		pod := spiretest.RunPod(t, plane.Config(), corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("billing-%d", i), Namespace: "agents", Labels: map[string]string{oss.AgentLabel: "billing"}},
			Spec:       corev1.PodSpec{ServiceAccountName: "billing"},
		})
		uids = append(uids, string(pod.UID))
	}
	identity := spec.Identity{
		Name: "billing", Namespace: "agents", TrustDomain: server.TrustDomain(), Registration: spec.RegistrationController,
		ServiceAccount: spec.ServiceAccount{Name: "billing"}, LogicalID: true,
	}
	objects := dynamic.NewForConfigOrDie(plane.Config()).Resource(clusterSPIFFEIDs)
	apply := func(suspended ...string) []stack.Object {
		t.Helper()
		identity.SuspendedInstances = suspended
		rendered, err := oss.Identity(identity)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range rendered {
			if _, err := objects.Apply(t.Context(), object.Key.Name, &unstructured.Unstructured{Object: object.Body}, metav1.ApplyOptions{FieldManager: "test"}); err != nil {
				t.Fatal(err)
			}
		}
		return rendered
	}
	// registered gives the ids of the entries by what they give to whom: "instance <pod UID>", "logical <pod UID>".
	registered := func() map[string]string {
		ids := map[string]string{}
		for _, entry := range server.Entries(t, "scm.") {
			for _, uid := range uids {
				for _, selector := range entry.GetSelectors() {
					if selector.GetValue() == "pod-uid:"+uid {
						ids[entry.GetHint()+" "+uid] = entry.GetId()
					}
				}
			}
		}
		return ids
	}
	expect := func(what string, whom []string, failures int) {
		t.Helper()
		await.NoError(t, what, func() error {
			var want []string
			for _, uid := range whom {
				want = append(want, "instance "+uid, "logical "+uid)
			}
			slices.Sort(want)
			if have := slices.Sorted(maps.Keys(registered())); !slices.Equal(have, want) {
				return fmt.Errorf("entries are there for %v, want %v", have, want)
			}
			object, err := objects.Get(t.Context(), "agents.billing", metav1.GetOptions{})
			if err != nil {
				return err
			}
			stats, _, err := unstructured.NestedMap(object.Object, "status", "stats")
			got := fmt.Sprintf("%v selected, %v to set, %v failed to render", stats["podsSelected"], stats["entriesToSet"], stats["podEntryRenderFailures"])
			if expected := fmt.Sprintf("3 selected, %d to set, %d failed to render", len(whom), failures); err != nil || got != expected {
				return fmt.Errorf("the counts are %q, want %q (%w)", got, expected, err)
			}
			return nil
		})
	}

	apply()
	expect("the entries of all pods", uids, 0)
	before := registered()
	apply(uids[1])
	expect("the end of one pod's entries", []string{uids[0], uids[2]}, 1)
	for whom, id := range registered() {
		if before[whom] != id {
			t.Errorf("the entry of %s was written anew: %s, was %s", whom, id, before[whom])
		}
	}
	apply(uids[1], uids[0])
	expect("the end of two pods' entries", []string{uids[2]}, 2)
	apply()
	expect("the entries of all pods again", uids, 0)
}
