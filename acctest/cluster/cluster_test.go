package cluster

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestReadLeavesOutWhatIsEmpty(t *testing.T) {
	objects, err := Read([]byte("---\n# nothing\n---\nkind: A\nmetadata: {name: a}\nspec: {replicas: , list: [{one: null, two: 1}]}\n---\nkind: B\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2 || objects[1].GetKind() != "B" {
		t.Fatalf("got %v", objects)
	}
	if got := fmt.Sprint(objects[0].Object["spec"]); got != "map[list:[map[two:1]]]" {
		t.Errorf("got %s", got)
	}
}

func TestReadSaysWhereItFails(t *testing.T) {
	_, err := Read([]byte("kind: A\n---\nkind: [\n"))
	if err == nil || !strings.Contains(err.Error(), "after 1 objects") {
		t.Errorf("got %v", err)
	}
}

func TestReplicasThatAreMissingAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		observed                      bool
		want, updated, available, all int32
		ready                         bool
	}{
		"all there":             {true, 2, 2, 2, 2, true},
		"not seen yet":          {false, 2, 2, 2, 2, false},
		"one not available":     {true, 2, 2, 1, 2, false},
		"an old one still runs": {true, 2, 2, 2, 3, false},
		"scaled to nothing":     {true, 0, 0, 0, 0, true},
	} {
		if got := short(c.observed, c.want, c.updated, c.available, c.all); (got == "") != c.ready {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAPodSaysWhatItWaitsFor(t *testing.T) {
	pod := &corev1.Pod{Status: corev1.PodStatus{
		Phase: corev1.PodPending,
		ContainerStatuses: []corev1.ContainerStatus{{Name: "agent", State: corev1.ContainerState{
			Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImageNeverPull", Message: "no image"},
		}}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, Message: "containers with unready status"}},
	}}
	pod.Name = "billing-1"
	err := says(pod)
	for _, word := range []string{"billing-1", "Pending", "agent waits: ErrImageNeverPull no image", "containers with unready status"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not say %q", err, word)
		}
	}
	pod.Status.Conditions[0].Status = corev1.ConditionTrue
	if err := says(pod); err != nil {
		t.Errorf("it is ready, and says %v", err)
	}
}

func TestDumpedSecretsHoldNoSecrets(t *testing.T) {
	secret := &unstructured.Unstructured{Object: map[string]any{"kind": "Secret", "data": map[string]any{"key": "c2VjcmV0"}}}
	conceal(secret)
	if text := fmt.Sprint(secret.Object); strings.Contains(text, "c2VjcmV0") || !strings.Contains(text, "key:8 characters") {
		t.Errorf("got %s", text)
	}
}
