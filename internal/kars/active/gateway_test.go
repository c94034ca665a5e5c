package active

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

const gatewayController = "example.org/controller"

// gatewayClass makes a class that a controller has accepted once, whether it is still there or not.
func gatewayClass(t *testing.T, c *client, kinds gatewayKinds, name string) {
	t.Helper()
	classes := c.dynamic.Resource(kinds.classes)
	made, err := classes.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": kinds.classes.GroupVersion().String(), "kind": "GatewayClass", "metadata": map[string]any{"name": name}, "spec": map[string]any{"controllerName": gatewayController},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = classes.Delete(context.Background(), name, metav1.DeleteOptions{}) })
	made.Object["status"] = map[string]any{"conditions": conditions(made, "Accepted")}
	if _, err := classes.UpdateStatus(t.Context(), made, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// conditions are those that hold for an object as it is.
func conditions(object *unstructured.Unstructured, kinds ...string) []any {
	var all []any
	for _, kind := range kinds {
		all = append(all, map[string]any{
			"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": object.GetGeneration(),
		})
	}
	return all
}

// says is what a controller writes into the status of Gateways and routes.
type says struct {
	gateway   []string
	addresses []any
	route     []string
	by        string
}

// control writes it, again and again, until the test ends.
func (s says) control(t *testing.T, g gateway) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	update := func(object *unstructured.Unstructured, status map[string]any) {
		object.Object["status"] = status
		kind := g.kinds.gateways
		if object.GetKind() == "HTTPRoute" {
			kind = g.kinds.routes
		}
		if _, err := g.dynamic.Resource(kind).Namespace(g.namespace).UpdateStatus(ctx, object, metav1.UpdateOptions{}); err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			t.Errorf("update a status: %v", err)
		}
	}
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(250 * time.Millisecond) {
			if gw, err := g.dynamic.Resource(g.kinds.gateways).Namespace(g.namespace).Get(ctx, g.name, metav1.GetOptions{}); err == nil {
				update(gw, map[string]any{"conditions": conditions(gw, s.gateway...), "addresses": s.addresses})
			}
			if route, err := g.dynamic.Resource(g.kinds.routes).Namespace(g.namespace).Get(ctx, g.name, metav1.GetOptions{}); err == nil && s.by != "" {
				update(route, map[string]any{"parents": []any{map[string]any{
					"controllerName": s.by, "parentRef": map[string]any{"name": g.name}, "conditions": conditions(route, s.route...),
				}}})
			}
		}
	}()
}

// What a controller says is believed only as far as it goes: in the end a request has to arrive.
func whatAGatewaysControllerSays(t *testing.T) {
	c, kinds := gatewayAPI(t)
	gatewayClass(t, c, kinds, "class")
	class, err := c.dynamic.Resource(kinds.classes).Get(t.Context(), "class", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address := []any{map[string]any{"type": "IPAddress", "value": "192.0.2.1"}}
	both := []string{"Accepted", "Programmed"}
	for _, test := range []struct {
		name, says string
		late       bool
		controller says
	}{
		{"nothing", "a Gateway is accepted (", true, says{}},
		{"that it has seen it", "a Gateway is programmed (", true, says{gateway: []string{"Accepted"}}},
		{"that it is programmed, and not where", "name the address (gateway_address)", false, says{gateway: both}},
		{"nothing of the route", "an HTTPRoute is attached (no controller says so)", true, says{gateway: both, addresses: address}},
		{"something of another's route", "an HTTPRoute is attached (no controller says so)", true, says{both, address, []string{"Accepted", "ResolvedRefs"}, "example.org/other"}},
		{"that it has the route, and not the backends", "an HTTPRoute is attached (ResolvedRefs: ", true, says{both, address, []string{"Accepted"}, gatewayController}},
		{"all that it can", "have a pod ask the Gateway: ", false, says{both, address, []string{"Accepted", "ResolvedRefs"}, gatewayController}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// Each with a client of its own: one for all would have them wait for each other.
			c, err := connect(controlplane.Shared(t).Config(), Options{GatewayPatience: 15 * time.Second}.defaulted())
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.try(t.Context(), "ai_inference", func(a *arena) (kars.Finding, error) {
				g := gateway{arena: a, traffic: &traffic{}, kinds: kinds, class: class, name: "probe"}
				test.controller.control(t, g)
				_, err := g.try()
				return kars.Finding{}, err
			})
			if err == nil || !strings.Contains(err.Error(), test.says) || errors.As(err, new(*late)) != test.late {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func gatewayAPI(t *testing.T) (*client, gatewayKinds) {
	t.Helper()
	plane := controlplane.Shared(t)
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.GatewayAPI)); err != nil {
		t.Fatal(err)
	}
	c, err := connect(plane.Config(), Options{}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := (&arena{client: c, ctx: t.Context()}).gatewayKinds()
	if err != nil {
		t.Fatal(err)
	}
	return c, kinds
}

func theGatewayClassesThatAreTried(t *testing.T) {
	c, kinds := gatewayAPI(t)
	gatewayClass(t, c, kinds, "b")
	gatewayClass(t, c, kinds, "a")
	_, err := c.dynamic.Resource(kinds.classes).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": kinds.classes.GroupVersion().String(), "kind": "GatewayClass", "metadata": map[string]any{"name": "0-of-nobody"}, "spec": map[string]any{"controllerName": "example.org/nobody"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.dynamic.Resource(kinds.classes).Delete(context.Background(), "0-of-nobody", metav1.DeleteOptions{})
	})
	for _, test := range []struct{ named, want, says string }{
		{"", "a b", "GatewayClass 0-of-nobody is not accepted"},
		{"b", "b", ""},
		{"0-of-nobody", "", "GatewayClass 0-of-nobody is not accepted"},
		{"c", "", "none is there of the name c"},
	} {
		a := &arena{client: &client{Options{GatewayClass: test.named}, c.kube, c.dynamic, c.discovery}, ctx: t.Context()}
		classes, evidence, err := a.gatewayClasses(kinds)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, class := range classes {
			names = append(names, class.GetName())
		}
		if got := strings.Join(names, " "); got != test.want || !strings.Contains(strings.Join(evidence, "; "), test.says) {
			t.Errorf("of %q %q are tried, want %q: %v", test.named, got, test.want, evidence)
		}
	}
}
