package kube_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// part is what one resource has in the shared ConfigMap "list".
func part(ns, name, value string) stack.Object {
	key := stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: ns, Name: "list", Part: name}
	return object(key, map[string]any{"data": map[string]any{name: value}})
}

// host is the part of the resource that others put their parts into: it carries no data.
func host(ns string) stack.Object {
	o := part(ns, "host", "")
	delete(o.Body, "data")
	o.Body["metadata"] = map[string]any{"name": "list", "namespace": ns, "labels": map[string]any{"made-by": "host"}}
	return o
}

func (f fixture) list(t *testing.T) map[string]any {
	t.Helper()
	data, _ := f.Get(t, configMaps, f.ns, "list").Object["data"].(map[string]any)
	return data
}

func (f fixture) release(t *testing.T, o stack.Object, uid string) {
	t.Helper()
	if err := f.client.Delete(f.ctx, o.Key, uid); err != nil {
		t.Fatal(err)
	}
}

func (f fixture) expectList(t *testing.T, want map[string]any) {
	t.Helper()
	if got := f.list(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the shared object holds %v, want %v", got, want)
	}
}

func TestPartsOfOneObjectDoNotSeeEachOther(t *testing.T) {
	f := setUp(t)
	a, b := part(f.ns, "a", "1"), part(f.ns, "b", "2")
	planned := f.plan(t, a, none)
	first := f.apply(t, a, none)
	second := f.apply(t, b, none)
	f.apply(t, host(f.ns), none)
	f.expectList(t, map[string]any{"a": "1", "b": "2"})
	want := `{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"name":"list","namespace":"` + f.ns + `"}}`
	if planned.Projection != want || first.Projection != want {
		t.Errorf("planned %s\napplied %s\nwant %s", planned.Projection, first.Projection, want)
	}
	if len(planned.Adopted)+len(second.Adopted) > 0 {
		t.Errorf("a part takes over the object of %v", second.Adopted)
	}
	if again := f.plan(t, a, first.Projection); again.Projection != want {
		t.Errorf("a second plan shows %s", again.Projection)
	}
	if read := f.read(t, b.Key, second.Projection); read.Projection != second.Projection || read.UID != first.UID {
		t.Errorf("read %+v after apply %+v", read, second)
	}
}

func TestLastPartTakesTheObjectAway(t *testing.T) {
	for name, order := range map[string][]int{"the host first": {2, 0, 1}, "the host last": {0, 1, 2}, "the host between": {1, 2, 0}} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t)
			parts := []stack.Object{part(f.ns, "a", "1"), part(f.ns, "b", "2"), host(f.ns)}
			uids := make([]string, len(parts))
			for i, o := range parts {
				uids[i] = f.apply(t, o, none).UID
			}
			for done, i := range order {
				if !f.Exists(t, configMaps, f.ns, "list") {
					t.Fatalf("the object went with part %d of %d", done, len(order))
				}
				f.release(t, parts[i], uids[i])
				if done < 2 {
					if _, there := f.list(t)[parts[i].Key.Part]; there {
						t.Errorf("part %s is still there", parts[i].Key.Part)
					}
				}
			}
			if f.Exists(t, configMaps, f.ns, "list") {
				t.Errorf("the empty object stays: %v", f.Get(t, configMaps, f.ns, "list"))
			}
		})
	}
}

func TestPartThatSomebodyChangedIsTakenBackAndGoesWhole(t *testing.T) {
	f := setUp(t)
	a, b := part(f.ns, "a", "1"), part(f.ns, "b", "2")
	applied, other := f.apply(t, a, none), f.apply(t, b, none)

	f.Edit(t, configMaps, f.ns, "list", `{"data":{"a":null}}`)
	read := f.read(t, a.Key, applied.Projection)
	if at(t, read.Projection, "data", "a") != nil {
		t.Errorf("the part that was removed shows as %s", read.Projection)
	}
	if planned := f.plan(t, a, read.Projection); planned.Projection != applied.Projection {
		t.Errorf("plan shows %s, want %s", planned.Projection, applied.Projection)
	}
	f.apply(t, a, read.Projection)
	f.expectList(t, map[string]any{"a": "1", "b": "2"})

	f.Edit(t, configMaps, f.ns, "list", `{"data":{"a":"edited","theirs":"stays"}}`)
	read = f.read(t, a.Key, applied.Projection)
	if got := at(t, read.Projection, "data", "a"); got != "edited" {
		t.Errorf("read shows %v, want the edit", got)
	}
	planned := f.plan(t, a, read.Projection)
	if len(planned.Reclaimed) != 1 || !strings.Contains(planned.Reclaimed[0], editManager) {
		t.Errorf("plan reclaims %q, want the edit of %s", planned.Reclaimed, editManager)
	}
	// A part that is given up while it is edited goes all the same, and what the editor put beside it stays.
	f.release(t, a, applied.UID)
	f.expectList(t, map[string]any{"b": "2", "theirs": "stays"})
	f.release(t, b, other.UID)
	f.expectList(t, map[string]any{"theirs": "stays"})
}

func TestEntryUnderThePartsNameIsThePartsFromTheStart(t *testing.T) {
	f := setUp(t)
	f.Apply(t, configMaps, f.ns, "list", "somebody", map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": "by hand"}})
	a := part(f.ns, "a", "1")
	planned := f.plan(t, a, none)
	if len(planned.Reclaimed) != 1 || !strings.Contains(planned.Reclaimed[0], `"somebody"`) {
		t.Errorf("plan reclaims %q, want the entry of somebody", planned.Reclaimed)
	}
	applied := f.apply(t, a, none)
	f.expectList(t, map[string]any{"a": "1"})
	f.release(t, a, applied.UID)
}

func TestPartOfAnObjectThatWasReplacedIsNotTaken(t *testing.T) {
	f := setUp(t)
	a := part(f.ns, "a", "1")
	old := f.apply(t, a, none)
	f.Delete(t, configMaps, f.ns, "list")
	f.apply(t, a, none)
	f.release(t, a, old.UID)
	f.expectList(t, map[string]any{"a": "1"})
	f.Delete(t, configMaps, f.ns, "list")
	f.release(t, a, old.UID) // nothing is there
}

func TestDataWhoseManagerIsNotRecordedStays(t *testing.T) {
	f := setUp(t)
	a := part(f.ns, "a", "1")
	applied := f.apply(t, a, none)
	f.Edit(t, configMaps, f.ns, "list", `{"data":{"theirs":"y"}}`)
	f.Edit(t, configMaps, f.ns, "list", `{"metadata":{"managedFields":[{}]}}`)
	f.release(t, a, applied.UID)
	f.expectList(t, map[string]any{"theirs": "y"})
}

// Identities come and go in parallel, in one apply or in several: what one writes while another leaves is never lost.
func TestPartsComeAndGoAtOnce(t *testing.T) {
	f := setUp(t)
	const parts = 8
	name := func(i int) string { return fmt.Sprintf("p%d", i) }
	clients := make([]*kube.Client, parts)
	for i := range clients {
		clients[i] = client(t, f.Config(), fieldOwner)
	}
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			o := part(f.ns, name(i), "x")
			for range 6 {
				live, err := clients[i].Apply(f.ctx, o, none)
				if err != nil {
					t.Errorf("apply %s: %v", o.Key, err)
					return
				}
				now, err := clients[i].Read(f.ctx, o.Key, live.Projection)
				if err != nil || now.Projection != live.Projection {
					t.Errorf("%s was lost: %s, %v", o.Key, now.Projection, err)
				}
				if err := clients[i].Delete(f.ctx, o.Key, live.UID); err != nil {
					t.Errorf("delete %s: %v", o.Key, err)
				}
			}
		})
	}
	wg.Wait()
	if f.Exists(t, configMaps, f.ns, "list") {
		t.Errorf("left %v", f.list(t))
	}
}

func TestManyCharactersInAPartsNameAreNoTrouble(t *testing.T) {
	f := setUp(t)
	long := strings.Repeat("n", 63) + "." + strings.Repeat("m", 63)
	a, b := part(f.ns, long+"a", "1"), part(f.ns, long+"b", "2")
	applied := f.apply(t, a, none)
	f.apply(t, b, none)
	f.release(t, a, applied.UID)
	f.expectList(t, map[string]any{long + "b": "2"})
}
