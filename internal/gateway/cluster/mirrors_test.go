package cluster

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
)

var object = mirror.Object{Kind: mirror.ConfigMap, Namespace: "agents", Name: "gw", Directory: "config"}

// settled waits for copies.
func settled(t *testing.T, m *Mirrors, objects ...mirror.Object) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return m.Settled(ctx, objects...)
}

func TestACopyFollowsItsObjectByNameAlone(t *testing.T) {
	a := serve(t)
	a.set(func(a *api) { a.data = map[string]string{"a": "1", "b": "2"} })
	m := a.follow(t, t.TempDir(), object)
	if err := settled(t, m, object); err != nil {
		t.Fatal(err)
	}
	<-m.Changed()
	becomes(t, m.Path("config", "a"), "1")
	a.set(func(a *api) { a.data = map[string]string{"a": "3"} })
	<-m.Changed()
	becomes(t, m.Path("config", "a"), "3")
	becomes(t, m.Path("config", "b"), "")
	if got := slices.Collect(maps.Keys(a.selectors)); !slices.Equal(got, []string{"/api/v1/namespaces/agents/configmaps metadata.name=gw"}) {
		t.Errorf("it asks for %q", got)
	}
}

func TestOfAnObjectThatIsGoneTheLastCopyHolds(t *testing.T) {
	a := serve(t)
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	m := a.follow(t, t.TempDir(), object)
	becomes(t, m.Path("config", "a"), "1")
	a.set(func(a *api) { a.data = nil })
	await.True(t, "that it is gone", func() bool { return says(errors.Join(m.Stale()...), "none of this name") })
	becomes(t, m.Path("config", "a"), "1")
	a.set(func(a *api) { a.data = map[string]string{"a": "2"} })
	becomes(t, m.Path("config", "a"), "2")
	await.True(t, "that nothing is stale", func() bool { return m.Stale() == nil })
}

func TestAnOptionalObjectThatIsNotThereIsEmpty(t *testing.T) {
	a := serve(t)
	optional := object
	optional.Optional = true
	m := a.follow(t, t.TempDir(), optional)
	if err := settled(t, m, optional); err != nil {
		t.Fatal(err)
	}
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	becomes(t, m.Path("config", "a"), "1")
	a.set(func(a *api) { a.data = nil })
	becomes(t, m.Path("config", "a"), "")
	if m.Lacking(optional) != nil || m.Stale() != nil {
		t.Error(m.Lacking(optional), m.Stale())
	}
}

func TestWhatIsWaitedForIsSaid(t *testing.T) {
	a := serve(t)
	m := a.follow(t, t.TempDir(), object)
	await.True(t, "that it is not there", func() bool { return says(m.Lacking(object), "ConfigMap agents/gw: there is none of this name") })
	a.set(func(a *api) { a.status = http.StatusForbidden; a.expired = true })
	await.True(t, "that it is forbidden", func() bool { return says(m.Lacking(object), "grant get, list and watch") })
	a.set(func(a *api) { a.status = http.StatusInternalServerError })
	await.True(t, "that there is no answer", func() bool { return says(m.Lacking(object), "does not answer") })
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := m.Settled(short, object); !says(err, "does not answer") {
		t.Error(err)
	}
	a.set(func(a *api) { a.status, a.expired, a.data = 0, false, map[string]string{"a": "1"} })
	if err := settled(t, m, object); err != nil {
		t.Fatal(err)
	}
	await.True(t, "that nothing is stale", func() bool { return m.Stale() == nil })
}

func TestAWatchThatExpiredIsBegunAnew(t *testing.T) {
	a := serve(t)
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	m := a.follow(t, t.TempDir(), object)
	becomes(t, m.Path("config", "a"), "1")
	a.mu.Lock()
	before := a.lists
	a.mu.Unlock()
	a.set(func(a *api) { a.expired = true; a.data = map[string]string{"a": "2"} })
	becomes(t, m.Path("config", "a"), "2")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lists == before || a.expired {
		t.Errorf("it was not listed anew (%d lists), or the watch never expired (%v)", a.lists, a.expired)
	}
	if stale := m.Stale(); stale != nil {
		t.Error(stale)
	}
}

func TestWhatCannotBeCopiedIsSaidAndTheLastCopyHolds(t *testing.T) {
	a := serve(t)
	at := filepath.Join(t.TempDir(), "below", "copies")
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	m := a.follow(t, at, object)
	becomes(t, m.Path("config", "a"), "1")
	a.set(func(a *api) { a.data = map[string]string{"../../escaped": "x"} })
	await.True(t, "that it cannot be copied", func() bool {
		return says(errors.Join(m.Stale()...), `key "../../escaped" cannot be the name of a file`)
	})
	becomes(t, m.Path("config", "a"), "1")
	becomes(t, filepath.Join(filepath.Dir(at), "escaped"), "")
}

// What asks ever more rarely would miss, for minutes, that the API server is back after a long time.
func TestAnAPIServerIsAskedOftenHoweverLongItIsAway(t *testing.T) {
	next := retry.DelayFunc()
	for asked := range 1000 {
		if pause := next(); pause > 3*time.Second || pause < 250*time.Millisecond {
			t.Fatalf("after %d questions without an answer it waits for %s", asked, pause)
		}
	}
}

func TestACopyThatWasLeftIsUsedWhileTheAPIServerIsAway(t *testing.T) {
	a, at := serve(t), t.TempDir()
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	m := a.follow(t, at, object)
	becomes(t, m.Path("config", "a"), "1")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	a.set(func(a *api) { a.status = http.StatusInternalServerError })
	m = a.follow(t, at, object)
	if err := settled(t, m, object); err != nil {
		t.Fatal(err)
	}
	if stale := errors.Join(m.Stale()...); !says(stale, "does not answer") {
		t.Error(stale)
	}
	becomes(t, m.Path("config", "a"), "1")
	other := object
	other.Name = "another"
	if err := m.Add(other); err != nil {
		t.Fatal(err)
	}
	if err := m.Lacking(other); err == nil {
		t.Error("the copy of one object is taken for that of another")
	}
	if err := m.Lacking(object); !says(err, "is not followed") {
		t.Error(err)
	}
}

func TestWhatIsNoLongerMirroredGoes(t *testing.T) {
	a := serve(t)
	a.set(func(a *api) { a.data = map[string]string{"a": "1"} })
	m := a.follow(t, t.TempDir(), object)
	again := object
	again.Directory = "again"
	if err := m.Add(again); err != nil {
		t.Fatal(err)
	}
	if err := settled(t, m, object, again); err != nil {
		t.Fatal(err)
	}
	if err := m.Keep(object); err != nil {
		t.Fatal(err)
	}
	becomes(t, m.Path("again", "a"), "")
	becomes(t, m.Path("config", "a"), "1")
}
