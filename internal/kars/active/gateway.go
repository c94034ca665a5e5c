package active

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// gatewayKinds are the kinds of the Gateway API in the version in which they are served.
type gatewayKinds struct{ classes, gateways, routes schema.GroupVersionResource }

// aiInference makes a Gateway of each class that could carry traffic, one after the other, with a route to two backends, and sends it
// requests from a pod. The first that routes as it is told is enough.
func aiInference(a *arena) (kars.Finding, error) {
	kinds, err := a.gatewayKinds()
	if err != nil {
		return kars.Finding{}, err
	}
	classes, evidence, err := a.gatewayClasses(kinds)
	if err != nil {
		return kars.Finding{}, err
	}
	if len(classes) == 0 {
		return failed(evidence, "There is no GatewayClass that could be tried: %s.", strings.Join(evidence, "; "))
	}
	t, err := a.startTraffic()
	if err != nil {
		return kars.Finding{}, err
	}
	for i, class := range classes {
		g := gateway{arena: a, traffic: t, kinds: kinds, class: class, name: fmt.Sprintf("probe-%d", i)}
		seen, err := g.try()
		evidence = append(evidence, seen...)
		lack := (*lacking)(nil)
		switch what, late := tooLate(err); {
		case err == nil:
			return verified(evidence, "A Gateway of the class %s splits traffic by weight and routes it by header.", class.GetName())
		case late:
			evidence = append(evidence, fmt.Sprintf("GatewayClass %s: %s", class.GetName(), what))
		case errors.As(err, &lack):
			evidence = append(evidence, fmt.Sprintf("GatewayClass %s: %v", class.GetName(), lack))
		case a.ctx.Err() != nil && i > 0:
			return kars.Finding{}, fmt.Errorf("%s; for GatewayClass %s and %d others no time was left: name the one to try (gateway_class)",
				strings.Join(evidence, "; "), class.GetName(), len(classes)-i-1)
		default:
			return kars.Finding{}, fmt.Errorf("GatewayClass %s: %w", class.GetName(), err)
		}
	}
	return failed(evidence, "No Gateway routes as it is told: %s.", strings.Join(evidence, "; "))
}

// lacking says what a gateway does not do.
type lacking struct{ what string }

func (l *lacking) Error() string { return l.what }

func (a *arena) gatewayKinds() (kinds gatewayKinds, err error) {
	const group = "gateway.networking.k8s.io"
	if kinds.classes, err = a.served(group, "gatewayclasses", "v1", "v1beta1"); err != nil {
		return kinds, err
	}
	if kinds.gateways, err = a.served(group, "gateways", kinds.classes.Version); err != nil {
		return kinds, err
	}
	kinds.routes, err = a.served(group, "httproutes", kinds.classes.Version)
	return kinds, err
}

// gatewayClasses gives the classes that could carry HTTP, by name: all of them, or the one that the options name. What is said of the
// others is evidence.
func (a *arena) gatewayClasses(kinds gatewayKinds) (usable []*unstructured.Unstructured, evidence []string, err error) {
	list, err := a.dynamic.Resource(kinds.classes).List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("list GatewayClasses: %w", err)
	}
	for _, class := range list.Items { // the API server sorts by name
		if a.options.GatewayClass != "" && class.GetName() != a.options.GatewayClass {
			continue
		}
		if lack := passive.LacksForHTTP(&class); lack != "" {
			evidence = append(evidence, fmt.Sprintf("GatewayClass %s %s", class.GetName(), lack))
			continue
		}
		usable = append(usable, &class)
	}
	if len(usable) == 0 && len(evidence) == 0 {
		evidence = []string{"none is there"}
		if a.options.GatewayClass != "" {
			evidence[0] += " of the name " + a.options.GatewayClass
		}
	}
	return usable, evidence, nil
}

// gateway is one that is tried.
type gateway struct {
	*arena
	*traffic
	kinds gatewayKinds
	class *unstructured.Unstructured
	name  string
}

// try makes a Gateway and a route, and removes both. The error is *late or *lacking where the class does not do what it should.
func (g gateway) try() (evidence []string, err error) {
	if err := g.make(g.kinds.gateways, g.namespace, g.gateway()); err != nil {
		return nil, fmt.Errorf("make a Gateway: %w", err)
	}
	defer g.remove(g.kinds.gateways)
	if err := g.make(g.kinds.routes, g.namespace, g.route()); err != nil {
		return nil, fmt.Errorf("make an HTTPRoute: %w", err)
	}
	defer g.remove(g.kinds.routes)
	address, err := g.programmed()
	if err != nil {
		return nil, err
	}
	if err := g.attached(); err != nil {
		return nil, err
	}
	evidence = []string{fmt.Sprintf("GatewayClass %s: its controller programmed a Gateway, at %s, and attached a route to it", g.class.GetName(), address)}
	tallies, err := g.routes(address)
	return append(evidence, tallies...), err
}

// remove makes room for the next class. What stays goes with the namespace.
func (g gateway) remove(kind schema.GroupVersionResource) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(g.ctx), clearTimeout)
	defer cancel()
	_ = g.dynamic.Resource(kind).Namespace(g.namespace).Delete(ctx, g.name, metav1.DeleteOptions{})
}

// programmed waits until the controller has accepted the Gateway, which takes it a moment where there is one, and then until it answers
// somewhere, which takes longer.
func (g gateway) programmed() (address string, err error) {
	err = g.within(min(g.options.step(), g.options.GatewayPatience), func(ctx context.Context) (bool, string, error) {
		_, lack, err := g.state(ctx, "Accepted")
		return lack == "", "a Gateway is accepted (" + lack + ")", err
	})
	if err != nil {
		return "", err
	}
	host := ""
	err = g.within(g.options.GatewayPatience, func(ctx context.Context) (bool, string, error) {
		now, lack, err := g.state(ctx, "Programmed")
		if err != nil || lack != "" {
			return false, "a Gateway is programmed (" + lack + ")", err
		}
		host = g.options.GatewayAddress
		if addresses, _, _ := unstructured.NestedSlice(now.Object, "status", "addresses"); host == "" && len(addresses) > 0 {
			first, _ := addresses[0].(map[string]any)
			host, _ = first["value"].(string)
		}
		return host != "", noAddress, nil
	})
	if what, yes := tooLate(err); yes && what == noAddress {
		return "", fmt.Errorf("a Gateway is programmed, and its status does not say where: name the address (gateway_address)")
	}
	return net.JoinHostPort(host, strconv.Itoa(g.options.GatewayPort)), err
}

const noAddress = "a Gateway has an address"

// state gives the Gateway, and what it lacks of a condition.
func (g gateway) state(ctx context.Context, condition string) (now *unstructured.Unstructured, lack string, err error) {
	now, err = g.dynamic.Resource(g.kinds.gateways).Namespace(g.namespace).Get(ctx, g.name, metav1.GetOptions{})
	if err != nil {
		return nil, "", err
	}
	status, _, _ := unstructured.NestedMap(now.Object, "status")
	if ok, reason := passive.Holds(status, now.GetGeneration(), condition); !ok {
		return now, reason, nil
	}
	return now, "", nil
}

// attached waits until the controller has accepted the route and found its backends.
func (g gateway) attached() error {
	controller, _, _ := unstructured.NestedString(g.class.Object, "spec", "controllerName")
	return g.within(min(g.options.step(), g.options.GatewayPatience), func(ctx context.Context) (bool, string, error) {
		route, err := g.dynamic.Resource(g.kinds.routes).Namespace(g.namespace).Get(ctx, g.name, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		parents, _, _ := unstructured.NestedSlice(route.Object, "status", "parents")
		for _, p := range parents {
			parent, _ := p.(map[string]any)
			if parent["controllerName"] != controller {
				continue
			}
			for _, condition := range []string{"Accepted", "ResolvedRefs"} {
				if ok, reason := passive.Holds(parent, route.GetGeneration(), condition); !ok {
					return false, fmt.Sprintf("an HTTPRoute is attached (%s: %s)", condition, reason), nil
				}
			}
			return true, "", nil
		}
		return false, "an HTTPRoute is attached (no controller says so)", nil
	})
}
