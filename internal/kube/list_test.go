package kube_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestListHandsEveryObjectOncePageByPage(t *testing.T) {
	f := setUp(t)
	f.OnlyOurs(t, "the API server's own audit log")
	const count = 260 // more than one page
	for i := range count {
		settings := &unstructured.Unstructured{Object: configMap(f.ns, map[string]any{"i": fmt.Sprint(i)}).Body}
		settings.SetName(fmt.Sprintf("listed-%03d", i))
		if _, err := f.Resource(configMaps, f.ns).Create(f.ctx, settings, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	mark, err := f.Mark()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	err = f.client.List(f.ctx, stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: f.ns}, func(object map[string]any) error {
		if name := (&unstructured.Unstructured{Object: object}).GetName(); strings.HasPrefix(name, "listed-") {
			seen[name]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s was handed over %d times", name, times)
		}
	}
	if len(seen) != count {
		t.Errorf("%d objects were handed over, want %d", len(seen), count)
	}
	pages, err := f.Requests(f.ctx, mark, func(r controlplane.Request) bool {
		return r.Verb == "list" && r.Resource == "configmaps" && r.Namespace == f.ns
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 2 {
		t.Errorf("the list took %d requests, want one for each of 2 pages: %v", len(pages), pages)
	}
}

func TestSelectHandsOnlyWhatTheLabelsSelect(t *testing.T) {
	f := setUp(t)
	for name, labels := range map[string]map[string]string{"ours": {"gateway": "tools"}, "theirs": {"gateway": "other"}, "plain": nil} {
		settings := &unstructured.Unstructured{Object: configMap(f.ns, map[string]any{"a": "b"}).Body}
		settings.SetName(name)
		settings.SetLabels(labels)
		if _, err := f.Resource(configMaps, f.ns).Create(f.ctx, settings, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	err := f.client.Select(f.ctx, stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: f.ns}, "gateway=tools", func(object map[string]any) error {
		found = append(found, (&unstructured.Unstructured{Object: object}).GetName())
		return nil
	})
	if err != nil || len(found) != 1 || found[0] != "ours" {
		t.Errorf("selected are %q: %v", found, err)
	}
}

func TestListOfAllNamespacesLooksEverywhere(t *testing.T) {
	f := setUp(t)
	found := map[string]bool{}
	err := f.client.List(f.ctx, stack.Key{Version: "v1", Kind: "Namespace"}, func(object map[string]any) error {
		found[(&unstructured.Unstructured{Object: object}).GetName()] = true
		return nil
	})
	if err != nil || !found[f.ns] || !found["kube-system"] {
		t.Errorf("the namespaces are %v: %v", found, err)
	}
}

func TestListEndsWithTheFirstErrorOfWhoeverVisits(t *testing.T) {
	f := setUp(t)
	enough, visited := errors.New("enough"), 0
	err := f.client.List(f.ctx, stack.Key{Version: "v1", Kind: "Namespace"}, func(map[string]any) error {
		visited++
		return enough
	})
	if !errors.Is(err, enough) || visited != 1 {
		t.Errorf("after %d visits: %v", visited, err)
	}
}

func TestListOfAKindThatIsNotServedFindsNone(t *testing.T) {
	f := setUp(t)
	for name, key := range map[string]stack.Key{
		"an unknown group": {Group: "nobody.example.org", Version: "v1", Kind: "Report"},
		"an unknown kind":  {Version: "v1", Kind: "Report"},
	} {
		err := f.client.List(f.ctx, key, func(map[string]any) error { return nil })
		if !errors.Is(err, stack.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListThatIsForbiddenNamesVerbAndKind(t *testing.T) {
	f := setUp(t)
	config, err := clientcmd.BuildConfigFromFlags("", f.User("stranger"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := client(t, config, fieldOwner)
	err = stranger.List(f.ctx, stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: f.ns}, func(map[string]any) error { return nil })
	var op *kube.OpError
	if !errors.As(err, &op) || op.Verb != "list" || !strings.Contains(op.Error(), `cannot list resource "configmaps"`) || op.Hint() == "" {
		t.Errorf("the error is %v", err)
	}
}
