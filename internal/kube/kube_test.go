package kube_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestMain(m *testing.M) { controlplane.Main(m) }

var (
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	bindings    = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicybindings"}
	crds        = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	secrets     = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	none        = ""
	fieldOwner  = kube.Options{FieldManager: "agent"}
	editManager = `"kubectl-edit"`
)

type fixture struct {
	*terraform.Cluster
	client *kube.Client
	ns     string
	ctx    context.Context
}

func setUp(t *testing.T) fixture {
	t.Helper()
	c := terraform.Use(t, controlplane.Shared(t))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return fixture{Cluster: c, client: client(t, c.Config(), fieldOwner), ns: c.Namespace(t, nil), ctx: ctx}
}

func client(t *testing.T, config *rest.Config, options kube.Options) *kube.Client {
	t.Helper()
	c, err := kube.New(config, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func configMap(ns string, data map[string]any) stack.Object {
	return object(stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: ns, Name: "settings"}, map[string]any{"data": data})
}

func object(key stack.Key, content map[string]any) stack.Object {
	body := map[string]any{"apiVersion": key.APIVersion(), "kind": key.Kind, "metadata": map[string]any{"name": key.Name}}
	if key.Namespace != "" {
		body["metadata"] = map[string]any{"name": key.Name, "namespace": key.Namespace}
	}
	for k, v := range content {
		body[k] = v
	}
	return stack.Object{Key: key, Body: body}
}

func (f fixture) apply(t *testing.T, o stack.Object, prior string) stack.Live {
	t.Helper()
	live, err := f.client.Apply(f.ctx, o, prior)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func (f fixture) plan(t *testing.T, o stack.Object, prior string) stack.Live {
	t.Helper()
	live, err := f.client.Plan(f.ctx, o, prior)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func (f fixture) read(t *testing.T, key stack.Key, prior string) stack.Live {
	t.Helper()
	live, err := f.client.Read(f.ctx, key, prior)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// at gives the value at a dotted path of a projection.
func at(t *testing.T, projection string, path ...string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(projection), &value); err != nil {
		t.Fatal(err)
	}
	for _, step := range path {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[step]
	}
	return value
}

func TestPlanForetellsWhatApplyGives(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"owned": "x"})
	planned := f.plan(t, o, none)
	if f.Exists(t, configMaps, f.ns, "settings") {
		t.Fatal("planning created the object")
	}
	applied := f.apply(t, o, none)
	if planned.Projection != applied.Projection {
		t.Errorf("planned %s\napplied %s", planned.Projection, applied.Projection)
	}
	want := `{"apiVersion":"v1","data":{"owned":"x"},"kind":"ConfigMap","metadata":{"name":"settings","namespace":"` + f.ns + `"}}`
	if applied.Projection != want {
		t.Errorf("projection is %s, want %s", applied.Projection, want)
	}
	if read := f.read(t, o.Key, applied.Projection); read.Projection != applied.Projection || read.UID != applied.UID {
		t.Errorf("read %+v after apply %+v", read, applied)
	}
}

func TestFieldsOfOthersNeverShow(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"owned": "x"})
	applied := f.apply(t, o, none)
	f.Edit(t, configMaps, f.ns, "settings", `{"data":{"theirs":"y"},"metadata":{"labels":{"team":"z"}}}`)
	if read := f.read(t, o.Key, applied.Projection); read.Projection != applied.Projection {
		t.Errorf("read shows %s, want %s", read.Projection, applied.Projection)
	}
	if planned := f.plan(t, o, applied.Projection); planned.Projection != applied.Projection {
		t.Errorf("plan shows %s, want %s", planned.Projection, applied.Projection)
	}
	f.apply(t, o, applied.Projection)
	if theirs := f.Get(t, configMaps, f.ns, "settings").Object["data"].(map[string]any)["theirs"]; theirs != "y" { //nolint:forcetypeassert // of this test's making
		t.Errorf("apply changed the field of another manager to %v", theirs)
	}
}

func TestChangedFieldIsDriftAndTakenBack(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"owned": "x", "other": "x"})
	applied := f.apply(t, o, none)
	f.Edit(t, configMaps, f.ns, "settings", `{"data":{"other":"drift"}}`)

	read := f.read(t, o.Key, applied.Projection)
	if got := at(t, read.Projection, "data", "other"); got != "drift" {
		t.Fatalf("read shows other = %v, want the drifted value", got)
	}
	planned := f.plan(t, o, read.Projection)
	if planned.Projection != applied.Projection {
		t.Errorf("plan shows %s, want %s", planned.Projection, applied.Projection)
	}
	if len(planned.Reclaimed) != 1 || !strings.Contains(planned.Reclaimed[0], ".data.other") || !strings.Contains(planned.Reclaimed[0], editManager) {
		t.Errorf("plan reclaims %q, want .data.other from %s", planned.Reclaimed, editManager)
	}
	if f.Get(t, configMaps, f.ns, "settings").Object["data"].(map[string]any)["other"] != "drift" { //nolint:forcetypeassert // of this test's making
		t.Error("planning took the field back")
	}
	if again := f.apply(t, o, read.Projection); again.Projection != applied.Projection {
		t.Errorf("apply gives %s, want %s", again.Projection, applied.Projection)
	}
}

func TestRemovedListItemIsDrift(t *testing.T) {
	f := setUp(t)
	o := object(stack.Key{Version: "v1", Kind: "Service", Namespace: f.ns, Name: "web"}, map[string]any{"spec": map[string]any{
		"ports": []any{
			map[string]any{"name": "http", "port": int64(80), "protocol": "TCP"},
			map[string]any{"name": "https", "port": int64(443), "protocol": "TCP"},
		},
	}})
	applied := f.apply(t, o, none)
	f.Edit(t, services, f.ns, "web", `{"spec":{"ports":[{"name":"http","port":80,"protocol":"TCP"},{"name":"extra","port":9000,"protocol":"TCP"}]}}`)

	read := f.read(t, o.Key, applied.Projection)
	ports, _ := at(t, read.Projection, "spec", "ports").([]any)
	if len(ports) != 1 {
		t.Fatalf("read shows ports %v, want the http one alone: https is gone and extra is not ours", ports)
	}
	if planned := f.plan(t, o, read.Projection); planned.Projection != applied.Projection {
		t.Errorf("plan shows %s, want %s", planned.Projection, applied.Projection)
	}
	if again := f.apply(t, o, read.Projection); again.Projection != applied.Projection {
		t.Errorf("apply gives %s, want %s", again.Projection, applied.Projection)
	}
}

func TestListItemThatExcludesOursIsTakenBack(t *testing.T) {
	f := setUp(t)
	o := object(stack.Key{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicyBinding", Name: f.ns}, map[string]any{
		"spec": map[string]any{"policyName": "none", "validationActions": []any{"Deny"}},
	})
	applied := f.apply(t, o, none)
	t.Cleanup(func() { f.Delete(t, bindings, "", f.ns) })
	f.Edit(t, bindings, "", f.ns, `{"spec":{"validationActions":["Warn"]},"metadata":{"labels":{"theirs":"stays"}}}`)

	read := f.read(t, o.Key, applied.Projection)
	if read.Projection == applied.Projection {
		t.Fatal("the change does not show")
	}
	planned := f.plan(t, o, read.Projection)
	if planned.Projection != applied.Projection || len(planned.Reclaimed) == 0 {
		t.Errorf("plan shows %s and reclaims %q, want %s", planned.Projection, planned.Reclaimed, applied.Projection)
	}
	if again := f.apply(t, o, read.Projection); again.Projection != applied.Projection {
		t.Errorf("apply gives %s, want %s", again.Projection, applied.Projection)
	}
	live := f.Get(t, bindings, "", f.ns)
	if actions, _, _ := unstructured.NestedStringSlice(live.Object, "spec", "validationActions"); len(actions) != 1 || actions[0] != "Deny" {
		t.Errorf("actions are %v, want Deny alone", actions)
	}
	if live.GetLabels()["theirs"] != "stays" {
		t.Error("the label of another manager is gone")
	}
	if read := f.read(t, o.Key, applied.Projection); read.Projection != applied.Projection {
		t.Errorf("read shows %s, want %s", read.Projection, applied.Projection)
	}
	bad := object(o.Key, map[string]any{"spec": map[string]any{"policyName": "none", "validationActions": []any{"Deny", "Warn"}}})
	if _, err := f.client.Plan(f.ctx, bad, applied.Projection); err == nil || !strings.Contains(err.Error(), "must not contain both Deny and Warn") {
		t.Errorf("what is invalid by itself gives %v", err)
	}
}

func TestDroppedFieldIsRemoved(t *testing.T) {
	f := setUp(t)
	applied := f.apply(t, configMap(f.ns, map[string]any{"a": "1", "b": "2"}), none)
	smaller := configMap(f.ns, map[string]any{"a": "1"})
	planned := f.plan(t, smaller, applied.Projection)
	if at(t, planned.Projection, "data", "b") != nil {
		t.Errorf("plan still shows b: %s", planned.Projection)
	}
	if again := f.apply(t, smaller, applied.Projection); again.Projection != planned.Projection {
		t.Errorf("apply gives %s, planned was %s", again.Projection, planned.Projection)
	}
}

func TestFieldThatNeverWasOursIsAConflict(t *testing.T) {
	f := setUp(t)
	f.apply(t, configMap(f.ns, map[string]any{"first": "x"}), none)
	other := client(t, f.Config(), kube.Options{FieldManager: "other"})
	theirs := configMap(f.ns, map[string]any{"first": "y"})
	for _, operation := range []func() (stack.Live, error){
		func() (stack.Live, error) { return other.Plan(f.ctx, theirs, none) },
		func() (stack.Live, error) { return other.Apply(f.ctx, theirs, none) },
	} {
		_, err := operation()
		var conflict *kube.ConflictError
		if !errors.As(err, &conflict) {
			t.Fatalf("got %v, want a conflict", err)
		}
		if got := conflict.Conflicts; len(got) != 1 || got[0].Field != ".data.first" || !strings.Contains(got[0].Manager, `"agent"`) {
			t.Errorf("conflicts are %v, want .data.first of agent", got)
		}
		if !strings.Contains(conflict.Hint(), "force_conflicts") {
			t.Errorf("hint %q does not say what to do", conflict.Hint())
		}
	}
	forced := client(t, f.Config(), kube.Options{FieldManager: "other", ForceConflicts: true})
	if _, err := forced.Apply(f.ctx, theirs, none); err != nil {
		t.Fatal(err)
	}
	if got := f.Get(t, configMaps, f.ns, "settings").Object["data"].(map[string]any)["first"]; got != "y" { //nolint:forcetypeassert // of this test's making
		t.Errorf("forced apply left %v", got)
	}
}

func TestObjectThatWasThereBeforeNamesItsManagers(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"owned": "x"})
	if planned := f.plan(t, o, none); len(planned.Adopted) != 0 {
		t.Errorf("a new object has the managers %v", planned.Adopted)
	}
	other := client(t, f.Config(), kube.Options{FieldManager: "other"})
	if _, err := other.Apply(f.ctx, o, none); err != nil {
		t.Fatal(err)
	}
	if planned := f.plan(t, o, none); len(planned.Adopted) != 1 || planned.Adopted[0] != "other" {
		t.Errorf("managers are %v, want other", planned.Adopted)
	}
	applied := f.apply(t, o, none)
	if planned := f.plan(t, o, applied.Projection); len(planned.Adopted) != 0 {
		t.Errorf("what is ours already is adopted again from %v", planned.Adopted)
	}
}

func TestSecretValuesShowAsHashes(t *testing.T) {
	f := setUp(t)
	o := object(stack.Key{Version: "v1", Kind: "Secret", Namespace: f.ns, Name: "registry"}, map[string]any{"data": map[string]any{"password": "aHVudGVyMg=="}})
	applied := f.apply(t, o, none)
	if strings.Contains(applied.Projection, "aHVudGVyMg") {
		t.Fatalf("projection holds the value: %s", applied.Projection)
	}
	if hash, _ := at(t, applied.Projection, "data", "password").(string); !strings.HasPrefix(hash, "sha256:") {
		t.Errorf("password shows as %q, want a hash", hash)
	}
	if read := f.read(t, o.Key, applied.Projection); read.Projection != applied.Projection {
		t.Errorf("read shows %s, want %s", read.Projection, applied.Projection)
	}
	f.Edit(t, secrets, f.ns, "registry", `{"data":{"password":"b3RoZXI="}}`)
	if read := f.read(t, o.Key, applied.Projection); read.Projection == applied.Projection {
		t.Error("a changed value does not show")
	}
}

func TestReadOnlyCredentialsPlan(t *testing.T) {
	f := setUp(t)
	o := configMap(f.ns, map[string]any{"owned": "x"})
	applied := f.apply(t, o, none)
	reader := f.readOnly(t)

	same, err := reader.Plan(f.ctx, o, applied.Projection)
	if err != nil || same.Projection != applied.Projection {
		t.Errorf("unchanged object: got %s, %v; want %s", same.Projection, err, applied.Projection)
	}
	for name, plan := range map[string]func() (stack.Live, error){
		"changed": func() (stack.Live, error) {
			return reader.Plan(f.ctx, configMap(f.ns, map[string]any{"owned": "y"}), applied.Projection)
		},
		"new": func() (stack.Live, error) {
			other := configMap(f.ns, nil)
			other.Key.Name = "fresh"
			other.Body["metadata"] = map[string]any{"name": "fresh", "namespace": f.ns}
			return reader.Plan(f.ctx, other, none)
		},
	} {
		_, err := plan()
		var unknown *stack.UnknownError
		if !errors.As(err, &unknown) || unknown.Unreachable {
			t.Errorf("%s object: got %v, want unknown", name, err)
		}
	}
	_, err = reader.Apply(f.ctx, configMap(f.ns, map[string]any{"owned": "y"}), applied.Projection)
	var failed *kube.OpError
	if !errors.As(err, &failed) || !strings.Contains(failed.Hint(), "Grant") || !strings.Contains(err.Error(), "patch") {
		t.Errorf("apply: got %v, want an error that names the verb and what to grant", err)
	}
}

func (f fixture) readOnly(t *testing.T) *kube.Client {
	t.Helper()
	const rbac = "rbac.authorization.k8s.io"
	grant := func(kind, name string, content map[string]any) {
		f.apply(t, object(stack.Key{Group: rbac, Version: "v1", Kind: kind, Name: name}, content), none)
		resource := schema.GroupVersionResource{Group: rbac, Version: "v1", Resource: strings.ToLower(kind) + "s"}
		t.Cleanup(func() { f.Delete(t, resource, "", name) })
	}
	grant("ClusterRole", f.ns, map[string]any{"rules": []any{
		map[string]any{"apiGroups": []any{""}, "resources": []any{"configmaps"}, "verbs": []any{"get", "list"}},
	}})
	grant("ClusterRoleBinding", f.ns, map[string]any{
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f.ns},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f.ns}},
	})
	config, err := clientcmd.BuildConfigFromFlags("", f.User(f.ns))
	if err != nil {
		t.Fatal(err)
	}
	reader := client(t, config, fieldOwner)
	await.True(t, "the role is in force", func() bool {
		_, err := reader.Read(f.ctx, stack.Key{Version: "v1", Kind: "ConfigMap", Namespace: f.ns, Name: "any"}, none)
		return errors.Is(err, stack.ErrNotFound)
	})
	return reader
}
