package oss

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// networkPolicies leave agents no way around the gateway. Ports are those of pods, which is what a NetworkPolicy sees: a Service's
// port has been replaced by then.
func (g gateway) networkPolicies() []stack.Object {
	if g.Network.Disabled {
		return nil
	}
	objects := []stack.Object{g.ownPolicy()}
	for _, set := range g.Network.Agents {
		objects = append(objects, g.agentPolicy(set))
	}
	for _, name := range slices.Sorted(maps.Keys(g.Targets)) {
		if w := g.Targets[name].Workload; w != nil {
			objects = append(objects, g.targetPolicy(name, *w))
		}
	}
	slices.SortStableFunc(objects, func(a, b stack.Object) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return slices.CompactFunc(objects, func(a, b stack.Object) bool { return a.Key == b.Key })
}

// ownPolicy says who reaches the gateway: its listeners those who are named, and probes and metrics everybody.
func (g gateway) ownPolicy() stack.Object {
	var rules []any
	var from []any
	for _, set := range g.Network.Agents {
		from = append(from, podPeer(set))
	}
	for _, s := range g.Network.Clients {
		from = append(from, map[string]any{"namespaceSelector": labelSelector(s)})
	}
	listeners := map[string]any{"ports": g.listenerPorts()}
	switch {
	case g.Mode == spec.ClientToAgent && len(g.Network.Clients) == 0:
		rules = append(rules, listeners)
	case len(from) > 0: // without anybody in it a rule would be for everybody
		listeners["from"] = from
		rules = append(rules, listeners)
	}
	rules = append(rules, map[string]any{"ports": []any{port("TCP", g.adminPort())}})
	return g.policy(g.Namespace, g.Name, spec.LabelSelector{MatchLabels: map[string]string{GatewayLabel: g.Name}}, map[string]any{
		"policyTypes": []any{"Ingress"}, "ingress": rules,
	})
}

// agentPolicy lets agents reach names, the gateway and SPIRE, and nothing else.
func (g gateway) agentPolicy(set spec.PodSet) stack.Object {
	dns := g.Network.DNS
	if dns.Namespace == "" {
		dns = spec.PodSet{Namespace: "kube-system", Selector: spec.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}}}
	}
	own := spec.PodSet{Namespace: g.Namespace, Selector: spec.LabelSelector{MatchLabels: map[string]string{GatewayLabel: g.Name}}}
	rules := []any{
		map[string]any{"to": []any{podPeer(dns)}, "ports": []any{port("UDP", 53), port("TCP", 53)}},
		map[string]any{"to": []any{podPeer(own)}, "ports": g.listenerPorts()},
	}
	if g.Network.SPIRE != nil {
		rules = append(rules, map[string]any{"to": []any{podPeer(*g.Network.SPIRE)}})
	}
	return g.policy(set.Namespace, g.beyond("agents", selectorName(set.Selector)), set.Selector, map[string]any{
		"policyTypes": []any{"Egress"}, "egress": rules,
	})
}

// targetPolicy lets the gateway alone reach the pods of a target, at whatever port its URL leads to.
func (g gateway) targetPolicy(name string, workload spec.PodSet) stack.Object {
	own := spec.PodSet{Namespace: g.Namespace, Selector: spec.LabelSelector{MatchLabels: map[string]string{GatewayLabel: g.Name}}}
	return g.policy(workload.Namespace, g.beyond("target", name), workload.Selector, map[string]any{
		"policyTypes": []any{"Ingress"}, "ingress": []any{map[string]any{"from": []any{podPeer(own)}}},
	})
}

func (g gateway) policy(namespace, name string, pods spec.LabelSelector, content map[string]any) stack.Object {
	key := stack.Key{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy", Namespace: namespace, Name: name}
	content["podSelector"] = labelSelector(pods)
	return g.object(key, map[string]any{"spec": content})
}

func (g gateway) listenerPorts() []any {
	var ports []any
	for _, name := range g.listenerNames() {
		ports = append(ports, port("TCP", int64(g.Listeners[name].Port)))
	}
	return ports
}

func port(protocol string, number int64) map[string]any {
	return map[string]any{"protocol": protocol, "port": number}
}

func podPeer(set spec.PodSet) map[string]any {
	return map[string]any{
		"namespaceSelector": map[string]any{"matchLabels": map[string]any{namespaceName: set.Namespace}},
		"podSelector":       labelSelector(set.Selector),
	}
}

// beyond names an object in another namespace, where gateways of other namespaces may have theirs. A hash stands for what cannot
// be part of a name.
func (g gateway) beyond(kind, name string) string {
	full := strings.TrimSuffix(strings.Join([]string{g.Name, g.Namespace, kind, name}, "."), ".")
	if len(validation.IsDNS1123Subdomain(full)) == 0 {
		return full
	}
	return strings.Join([]string{g.Name, g.Namespace, kind, shortHash(name)}, ".")
}

// selectorName tells the selectors of one namespace apart, whatever their order in the configuration; "" selects all.
func selectorName(s spec.LabelSelector) string {
	if s.Empty() {
		return ""
	}
	text, err := stack.CanonicalJSON(labelSelector(s))
	if err != nil {
		panic("a label selector is made of strings: " + err.Error())
	}
	return shortHash(text)
}

// shortHash is long enough for the objects of one gateway.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:5])
}

func isDNSName(host string) bool {
	return len(validation.IsDNS1123Subdomain(host)) == 0 && strings.ContainsFunc(host, isLetter)
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' }
