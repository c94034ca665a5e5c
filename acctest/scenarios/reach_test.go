package scenarios_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// end is one end of a connection as a NetworkPolicy sees it: a pod, by the labels of it and of its namespace, or what is none, by its
// address alone.
type end struct {
	namespace       string // "" for what is no pod
	namespaceLabels map[string]string
	labels          map[string]string
	ports           map[string]int32 // of a pod, by name
	address         netip.Addr
}

// network is what decides on connections: all NetworkPolicies of a cluster (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
type network []networkingv1.NetworkPolicy

// allows says whether a connection comes about: its beginning must be let out, and its end let in.
func (n network) allows(from, to end, protocol corev1.Protocol, port int32) bool {
	return n.lets(from, networkingv1.PolicyTypeEgress, to, to, protocol, port) && n.lets(to, networkingv1.PolicyTypeIngress, from, to, protocol, port)
}

// lets says whether the policies of a pod let the peer through. A pod that no policy of the direction selects is open; otherwise one rule
// of one policy is enough.
func (n network) lets(pod end, direction networkingv1.PolicyType, peer, to end, protocol corev1.Protocol, port int32) bool {
	isolated := false
	for _, policy := range n {
		if pod.namespace == "" || policy.Namespace != pod.namespace || !selects(&policy.Spec.PodSelector, pod.labels) || !hasType(policy.Spec, direction) {
			continue
		}
		isolated = true
		if direction == networkingv1.PolicyTypeEgress {
			for _, rule := range policy.Spec.Egress {
				if anyPeer(rule.To, policy.Namespace, peer) && anyPort(rule.Ports, to, protocol, port) {
					return true
				}
			}
			continue
		}
		for _, rule := range policy.Spec.Ingress {
			if anyPeer(rule.From, policy.Namespace, peer) && anyPort(rule.Ports, to, protocol, port) {
				return true
			}
		}
	}
	return !isolated
}

// hasType knows the API server's default: ingress always, and egress where there are rules for it.
func hasType(s networkingv1.NetworkPolicySpec, direction networkingv1.PolicyType) bool {
	if len(s.PolicyTypes) == 0 {
		return direction == networkingv1.PolicyTypeIngress || len(s.Egress) > 0
	}
	return slices.Contains(s.PolicyTypes, direction)
}

// anyPeer says whether a rule is for a peer; one without peers is for everybody.
func anyPeer(peers []networkingv1.NetworkPolicyPeer, namespace string, peer end) bool {
	if len(peers) == 0 {
		return true
	}
	for _, p := range peers {
		switch {
		case p.IPBlock != nil:
			if inBlock(*p.IPBlock, peer.address) {
				return true
			}
		case peer.namespace == "": // selectors are for pods
		case p.NamespaceSelector == nil && peer.namespace != namespace:
		case p.NamespaceSelector != nil && !selects(p.NamespaceSelector, peer.namespaceLabels):
		case p.PodSelector == nil || selects(p.PodSelector, peer.labels):
			return true
		}
	}
	return false
}

func inBlock(b networkingv1.IPBlock, address netip.Addr) bool {
	if !netip.MustParsePrefix(b.CIDR).Contains(address) {
		return false
	}
	for _, except := range b.Except {
		if netip.MustParsePrefix(except).Contains(address) {
			return false
		}
	}
	return true
}

// anyPort says whether a rule is for a port of the connection's end; one without ports is for all.
func anyPort(ports []networkingv1.NetworkPolicyPort, to end, protocol corev1.Protocol, port int32) bool {
	if len(ports) == 0 {
		return true
	}
	for _, p := range ports {
		first := corev1.ProtocolTCP
		if p.Protocol != nil {
			first = *p.Protocol
		}
		if first != protocol {
			continue
		}
		if p.Port == nil {
			return true
		}
		low := p.Port.IntVal
		if p.Port.StrVal != "" {
			named, ok := to.ports[p.Port.StrVal]
			if !ok {
				continue
			}
			low = named
		}
		high := low
		if p.EndPort != nil {
			high = *p.EndPort
		}
		if low <= port && port <= high {
			return true
		}
	}
	return false
}

func selects(selector *metav1.LabelSelector, of map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		panic("the API server took a selector that is none: " + err.Error())
	}
	return s.Matches(labels.Set(of))
}

// network reads all NetworkPolicies of the cluster.
func (s *stage) network() network {
	s.Helper()
	list, err := s.API.NetworkingV1().NetworkPolicies("").List(s.step(), metav1.ListOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return list.Items
}

// podEnd is one of the pods of a namespace that a selector takes. One on its node's network is seen by its address alone.
func (s *stage) podEnd(namespace string, selector *metav1.LabelSelector) end {
	s.Helper()
	pods, err := s.Pods(s.step(), namespace, selector)
	if err != nil || len(pods) == 0 {
		s.Fatalf("the pods of %s: %d, %v", namespace, len(pods), err)
	}
	of, err := s.API.CoreV1().Namespaces().Get(s.step(), namespace, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	pod := pods[0]
	address, err := netip.ParseAddr(pod.Status.PodIP)
	if err != nil {
		s.Fatal(err)
	}
	if pod.Spec.HostNetwork {
		return end{address: address}
	}
	seen := end{namespace: namespace, namespaceLabels: of.Labels, labels: maps.Clone(pod.Labels), ports: map[string]int32{}, address: address}
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			seen.ports[p.Name] = p.ContainerPort
		}
	}
	return seen
}

// The test's own reading of NetworkPolicies: what it calls closed must be open without them.
func TestReadingNetworkPolicies(t *testing.T) {
	t.Parallel()
	agent := end{namespace: "agents", namespaceLabels: map[string]string{"name": "agents"}, labels: map[string]string{"app": "agent"}, address: netip.MustParseAddr("10.0.0.1")}
	gateway := end{namespace: "gateways", namespaceLabels: map[string]string{"name": "gateways"}, labels: map[string]string{"app": "gateway"}, address: netip.MustParseAddr("10.0.0.2")}
	outside := end{address: netip.MustParseAddr("192.0.2.1")}
	out := func(rules ...networkingv1.NetworkPolicyEgressRule) networkingv1.NetworkPolicy {
		p := networkingv1.NetworkPolicy{Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, Egress: rules}}
		p.Namespace = "agents"
		return p
	}
	to := func(peers ...networkingv1.NetworkPolicyPeer) networkingv1.NetworkPolicyEgressRule {
		return networkingv1.NetworkPolicyEgressRule{To: peers}
	}
	named := func(name string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"name": name}}
	}
	for name, c := range map[string]struct {
		in   network
		to   end
		want bool
	}{
		"without a policy all is open":             {nil, outside, true},
		"one without rules closes":                 {network{out()}, gateway, false},
		"an empty rule opens":                      {network{out(to())}, outside, true},
		"a namespace opens its pods":               {network{out(to(networkingv1.NetworkPolicyPeer{NamespaceSelector: named("gateways")}))}, gateway, true},
		"and no others":                            {network{out(to(networkingv1.NetworkPolicyPeer{NamespaceSelector: named("tools")}))}, gateway, false},
		"a pod selector is of the own namespace":   {network{out(to(networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}))}, gateway, false},
		"every namespace is no address outside":    {network{out(to(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}))}, outside, false},
		"a block opens addresses":                  {network{out(to(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24"}}))}, outside, true},
		"but for those that are taken out":         {network{out(to(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"192.0.2.0/24"}}}))}, outside, false},
		"one policy of several is enough":          {network{out(), out(to())}, outside, true},
		"a policy of another namespace is nothing": {network{func() networkingv1.NetworkPolicy { p := out(); p.Namespace = "tools"; return p }()}, outside, true},
	} {
		if got := c.in.allows(agent, c.to, corev1.ProtocolTCP, 443); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	listener := intstr.FromInt32(8443)
	for _, port := range []int32{8443, 9090} {
		p := out(networkingv1.NetworkPolicyEgressRule{Ports: []networkingv1.NetworkPolicyPort{{Port: &listener}}})
		if got := (network{p}).allows(agent, gateway, corev1.ProtocolTCP, port); got != (port == 8443) {
			t.Errorf("a rule of port 8443 lets %d through: %v", port, got)
		}
	}
}
