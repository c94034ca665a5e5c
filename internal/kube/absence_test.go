package kube_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/webhook"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestPlanIsUnknownWhere(t *testing.T) {
	f := setUp(t)
	away := client(t, &rest.Config{Host: "https://127.0.0.1:1"}, fieldOwner)
	gadget := object(stack.Key{Group: "nowhere.example.org", Version: "v1", Kind: "Gadget", Name: "g"}, nil)
	for name, c := range map[string]struct {
		plan        func() (stack.Live, error)
		unreachable bool
	}{
		"the namespace is absent": {plan: func() (stack.Live, error) { return f.client.Plan(f.ctx, configMap("absent", nil), none) }},
		"the kind is absent":      {plan: func() (stack.Live, error) { return f.client.Plan(f.ctx, gadget, none) }},
		"the server is away":      {plan: func() (stack.Live, error) { return away.Plan(f.ctx, configMap(f.ns, nil), none) }, unreachable: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.plan()
			var unknown *stack.UnknownError
			if !errors.As(err, &unknown) {
				t.Fatalf("got %v, want unknown", err)
			}
			if unknown.Unreachable != c.unreachable {
				t.Errorf("unreachable is %v: %v", unknown.Unreachable, err)
			}
		})
	}
	if _, err := f.client.Read(f.ctx, gadget.Key, none); !errors.Is(err, stack.ErrNotFound) {
		t.Errorf("reading an object of an absent kind gives %v, want not found", err)
	}
	if err := f.client.Delete(f.ctx, gadget.Key, ""); err != nil {
		t.Errorf("deleting an object of an absent kind gives %v", err)
	}
}

func TestApplyIntoAnAbsentNamespaceSaysToCreateIt(t *testing.T) {
	f := setUp(t)
	_, err := f.client.Apply(f.ctx, configMap("absent", nil), none)
	var failed *kube.OpError
	if !errors.As(err, &failed) || !strings.Contains(failed.Hint(), `Create the namespace "absent"`) {
		t.Errorf("got %v, want an error that names the namespace", err)
	}
}

func TestBadCredentialsAreAnErrorAndNotUnknown(t *testing.T) {
	f := setUp(t)
	config := rest.AnonymousClientConfig(f.Config())
	config.BearerToken = "expired"
	_, err := client(t, config, fieldOwner).Plan(f.ctx, configMap(f.ns, nil), none)
	var failed *kube.OpError
	if !errors.As(err, &failed) || !strings.Contains(failed.Hint(), "expired") {
		t.Errorf("got %v, want an error that says that the credentials are not accepted", err)
	}
	distrustful := rest.AnonymousClientConfig(f.Config())
	distrustful.TLSClientConfig = rest.TLSClientConfig{}
	_, err = client(t, distrustful, fieldOwner).Plan(f.ctx, configMap(f.ns, nil), none)
	var unknown *stack.UnknownError
	if err == nil || errors.As(err, &unknown) {
		t.Errorf("an unverified server gives %v, want an error", err)
	}
}

func TestApplyWaitsForItsKind(t *testing.T) {
	f := setUp(t)
	key := stack.Key{Group: "late.example.org", Version: "v1", Kind: "Widget", Namespace: f.ns, Name: "w"}
	widget := object(key, map[string]any{"spec": map[string]any{"parts": []any{map[string]any{"name": "a", "size": int64(1)}}}})
	if _, err := f.client.Plan(f.ctx, widget, none); err == nil {
		t.Fatal("the kind is known before its CRD")
	}
	done := make(chan error, 1)
	go func() {
		_, err := f.client.Apply(f.ctx, widget, none)
		done <- err
	}()
	time.Sleep(500 * time.Millisecond) // the first look finds nothing; nothing depends on how long this is
	installWidgets(t, f)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	read := f.read(t, key, none)
	parts, _ := at(t, read.Projection, "spec", "parts").([]any)
	if len(parts) != 1 {
		t.Errorf("projection is %s, want the part", read.Projection)
	}
}

func installWidgets(t *testing.T, f fixture) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "widgets.yaml")
	err := os.WriteFile(file, []byte(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.late.example.org}
spec:
  group: late.example.org
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, size: {type: integer}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.InstallCRDs(f.ctx, file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Delete(t, crds, "", "widgets.late.example.org") })
}

func TestUnknownFieldIsRefused(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, nil)
	o.Body["datum"] = map[string]any{"x": "y"}
	if _, err := f.client.Plan(f.ctx, o, none); err == nil || !strings.Contains(err.Error(), "datum") {
		t.Errorf("got %v, want an error that names the field", err)
	}
}

func TestDeleteWaitsForFinalizersAndNamesThem(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"a": "1"})
	applied := f.apply(t, o, none)
	f.Edit(t, configMaps, f.ns, "settings", `{"metadata":{"finalizers":["example.org/guard"]}}`)

	ctx, cancel := context.WithTimeout(f.ctx, 5*time.Second)
	defer cancel()
	err := f.client.Delete(ctx, o.Key, applied.UID)
	var stuck *kube.StuckError
	if !errors.As(err, &stuck) || len(stuck.Finalizers) != 1 || stuck.Finalizers[0] != "example.org/guard" {
		t.Fatalf("got %v, want an error that names example.org/guard", err)
	}
	if got := f.Get(t, configMaps, f.ns, "settings").GetFinalizers(); len(got) != 1 {
		t.Fatalf("the finalizer was stripped: %v", got)
	}
	f.Edit(t, configMaps, f.ns, "settings", `{"metadata":{"finalizers":null}}`)
	if err := f.client.Delete(f.ctx, o.Key, applied.UID); err != nil {
		t.Errorf("deleting what is gone gives %v", err)
	}
}

func TestDeleteSparesAnObjectOfAnotherUID(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"a": "1"})
	applied := f.apply(t, o, none)
	f.Delete(t, configMaps, f.ns, "settings")
	other := client(t, f.Config(), kube.Options{FieldManager: "other"})
	if _, err := other.Apply(f.ctx, o, none); err != nil {
		t.Fatal(err)
	}
	if err := f.client.Delete(f.ctx, o.Key, applied.UID); err != nil {
		t.Fatal(err)
	}
	if !f.Exists(t, configMaps, f.ns, "settings") {
		t.Error("deleted the object that somebody else made in the meantime")
	}
}

func TestMutatingWebhook(t *testing.T) {
	f := setUp(t)
	f.OnlyOurs(t, "an API server that reaches this machine")
	patched := admissionv1.PatchTypeJSONPatch
	webhook.Mutating(t, f.Config(), webhook.Options{
		Name: f.ns, Rules: configMapRules(), SideEffects: admissionregistrationv1.SideEffectClassNone,
		Answer: func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response := &admissionv1.AdmissionResponse{Allowed: true}
			if r.Namespace == f.ns {
				response.PatchType = &patched
				response.Patch = []byte(`[{"op":"add","path":"/data/added","value":"by webhook"},{"op":"replace","path":"/data/owned","value":"changed by webhook"}]`)
			}
			return response
		},
	})
	o := configMap(f.ns, map[string]any{"owned": "x"})
	await.True(t, "the webhook answers", func() bool {
		return at(t, f.plan(t, o, none).Projection, "data", "owned") == "changed by webhook"
	})
	planned := f.plan(t, o, none)
	applied := f.apply(t, o, none)
	if applied.Projection != planned.Projection {
		t.Errorf("planned %s\napplied %s", planned.Projection, applied.Projection)
	}
	if at(t, applied.Projection, "data", "added") != nil {
		t.Errorf("a field that the webhook added shows as ours: %s", applied.Projection)
	}
	if read := f.read(t, o.Key, applied.Projection); read.Projection != applied.Projection {
		t.Errorf("read shows %s, want %s", read.Projection, applied.Projection)
	}
}

func TestWebhookThatRefuses(t *testing.T) {
	f := setUp(t)
	f.OnlyOurs(t, "an API server that reaches this machine")
	webhook.Validating(t, f.Config(), webhook.Options{
		Name: f.ns, Rules: configMapRules(), SideEffects: admissionregistrationv1.SideEffectClassNone,
		Answer: func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			return &admissionv1.AdmissionResponse{Allowed: r.Namespace != f.ns, Result: &metav1.Status{Code: 403, Message: "not on a Friday"}}
		},
	})
	o := configMap(f.ns, map[string]any{"owned": "x"})
	var err error
	await.True(t, "the webhook answers", func() bool {
		_, err = f.client.Plan(f.ctx, o, none)
		return err != nil
	})
	var unknown *stack.UnknownError
	if errors.As(err, &unknown) || !strings.Contains(err.Error(), "not on a Friday") {
		t.Errorf("got %v, want an error with the webhook's words", err)
	}
}

func configMapRules() []admissionregistrationv1.RuleWithOperations {
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{"CREATE", "UPDATE"},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
	}}
}
