package kube_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// keys is a Secret whose values the backend makes.
func keys(ns string, ids ...string) stack.Object {
	data := map[string]any{}
	for _, id := range ids {
		data[id] = ""
	}
	o := object(stack.Key{Version: "v1", Kind: "Secret", Namespace: ns, Name: "keys"}, map[string]any{"data": data})
	o.Secret, o.Generate = true, ids
	return o
}

// stored gives the values that the API server has.
func (f fixture) stored(t *testing.T) map[string]string {
	t.Helper()
	values, _, _ := unstructured.NestedStringMap(f.Get(t, secrets, f.ns, "keys").Object, "data")
	return values
}

func TestValuesThatAreMadeAreKept(t *testing.T) {
	f := setUp(t)
	first := keys(f.ns, "1")
	var unknown *stack.UnknownError
	if _, err := f.client.Plan(f.ctx, first, none); !errors.As(err, &unknown) || unknown.Unreachable {
		t.Fatalf("planning gives %v, want unknown until the apply", err)
	}
	applied := f.apply(t, first, none)
	made := f.stored(t)["1"]
	if value, err := base64.StdEncoding.DecodeString(made); err != nil || len(value) != 32 || bytes.Count(value, []byte{0}) == 32 {
		t.Fatalf("made %q (%v), want 32 random bytes", made, err)
	}
	if strings.Contains(applied.Projection, made) || !strings.Contains(applied.Projection, "sha256:") {
		t.Errorf("the projection is %s, want hashes alone", applied.Projection)
	}
	if first.Body["data"].(map[string]any)["1"] != "" { //nolint:forcetypeassert // it is what keys made
		t.Error("the apply changed what was rendered")
	}
	if planned := f.plan(t, first, applied.Projection); planned.Projection != applied.Projection {
		t.Errorf("a second plan shows %s, want %s", planned.Projection, applied.Projection)
	}

	both := keys(f.ns, "1", "2")
	rotated := f.apply(t, both, applied.Projection)
	if now := f.stored(t); now["1"] != made || now["2"] == "" || now["2"] == made {
		t.Errorf("with a second key values are %v, want the first kept and another beside it", now)
	}
	f.apply(t, keys(f.ns, "2"), rotated.Projection)
	if now := f.stored(t); len(now) != 1 || now["2"] == "" {
		t.Errorf("without the first key values are %v", now)
	}
}

func TestAValueThatIsGoneIsDriftAndMadeAnew(t *testing.T) {
	f := setUp(t)
	o := keys(f.ns, "1", "2")
	applied := f.apply(t, o, none)
	before := f.stored(t)
	f.Edit(t, secrets, f.ns, "keys", `{"data":{"1":null}}`)
	if read := f.read(t, o.Key, applied.Projection); read.Projection == applied.Projection {
		t.Error("reading does not show that a value is gone")
	}
	var unknown *stack.UnknownError
	if _, err := f.client.Plan(f.ctx, o, applied.Projection); !errors.As(err, &unknown) {
		t.Errorf("planning gives %v, want unknown until the apply", err)
	}
	f.apply(t, o, applied.Projection)
	if now := f.stored(t); now["1"] == "" || now["1"] == before["1"] || now["2"] != before["2"] {
		t.Errorf("values are %v, want a new first one and the second as it was", now)
	}
}

// Who replaces a value by hand, as after a leak, has replaced it.
func TestAValueOfSomebodyElseIsKept(t *testing.T) {
	f := setUp(t)
	o := keys(f.ns, "1")
	applied := f.apply(t, o, none)
	theirs := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 32))
	f.Edit(t, secrets, f.ns, "keys", `{"data":{"1":"`+theirs+`"}}`)
	again := f.apply(t, o, applied.Projection)
	if now := f.stored(t)["1"]; now != theirs || again.Projection == applied.Projection {
		t.Errorf("the value is %q, want theirs; projection %s", now, again.Projection)
	}
}

func TestWithoutRandomnessNothingIsMade(t *testing.T) {
	f := setUp(t)
	dry := client(t, f.Config(), kube.Options{FieldManager: "agent", Random: strings.NewReader("short")})
	_, err := dry.Apply(f.ctx, keys(f.ns, "1"), none)
	if err == nil || !strings.Contains(err.Error(), `make a random value for key "1"`) {
		t.Errorf("got %v", err)
	}
	if f.Exists(t, secrets, f.ns, "keys") {
		t.Error("a Secret without a value was written")
	}
}

// interrupted gives randomness, and lets somebody else in before the first of it.
type interrupted struct {
	before func()
	reads  int
}

func (i *interrupted) Read(to []byte) (int, error) {
	if i.reads++; i.reads == 1 {
		i.before()
	}
	return rand.Read(to)
}

func TestAValueThatSomebodyMakesInTheMeantimeIsKept(t *testing.T) {
	f := setUp(t)
	first := f.apply(t, keys(f.ns, "1"), none)
	theirs := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 32))
	random := &interrupted{before: func() { f.Edit(t, secrets, f.ns, "keys", `{"data":{"2":"`+theirs+`"}}`) }}
	slow := client(t, f.Config(), kube.Options{FieldManager: "agent", Random: random})
	if _, err := slow.Apply(f.ctx, keys(f.ns, "1", "2"), first.Projection); err != nil {
		t.Fatal(err)
	}
	if now := f.stored(t); now["2"] != theirs || random.reads != 1 {
		t.Errorf("the value is %q after %d made, want theirs", now["2"], random.reads)
	}
}
