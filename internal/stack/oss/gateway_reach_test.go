package oss

import (
	"encoding/json"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// place is where traffic comes from or goes to: a pod, or, without a namespace, what is outside of the cluster's pods.
type place struct {
	namespace string
	labels    labels.Set
}

var (
	agent    = place{"agents", labels.Set{"app": "billing"}}
	tester   = place{"agents", labels.Set{"app": "tester"}} // a pod beside the agents that is none
	replica  = place{"gateways", labels.Set{GatewayLabel: "tools"}}
	other    = place{"gateways", labels.Set{GatewayLabel: "other"}}
	bank     = place{"mcp", labels.Set{"app": "bank"}}
	open     = place{"mcp", labels.Set{"app": "open"}} // a target whose workload is not named
	web      = place{"web", labels.Set{"app": "client"}}
	dns      = place{"kube-system", labels.Set{"k8s-app": "kube-dns"}}
	api      = place{"kube-system", labels.Set{"component": "kube-apiserver"}}
	server   = place{"spire", labels.Set{"app": "spire-server"}}
	internet = place{}
)

// reached is a gateway with agents in front of it and a target behind it.
func reached(change func(*spec.Gateway)) spec.Gateway {
	g := spec.Gateway{
		Name: "tools", Namespace: "gateways", TrustDomain: "example.org", Mode: spec.ClientToAgent,
		Listeners: map[string]spec.Listener{"agents": {Port: 8443}, "partners": {Port: 9443}},
		Targets: map[string]spec.Target{
			"bank": {Protocol: "mcp", URL: "http://bank.mcp.svc", Workload: &spec.PodSet{Namespace: "mcp", Selector: spec.LabelSelector{MatchLabels: map[string]string{"app": "bank"}}}},
			"open": {Protocol: "mcp", URL: "http://open.mcp.svc"},
		},
		AuditLog:   spec.AuditLog{Stdout: true},
		Deployment: spec.Deployment{Image: "x:1", Replicas: 1, WorkloadAPI: spec.WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "s"}},
		Network: spec.Network{
			Agents: []spec.PodSet{{Namespace: "agents", Selector: spec.LabelSelector{MatchLabels: map[string]string{"app": "billing"}}}},
		},
	}
	if change != nil {
		change(&g)
	}
	return g
}

// hop is traffic of TCP, unless said otherwise.
type hop struct {
	from, to place
	port     int32
	udp      bool
}

func TestAgentsHaveNoWayAroundTheGateway(t *testing.T) {
	clients := func(g *spec.Gateway) {
		g.Network.Clients = []spec.LabelSelector{{MatchLabels: map[string]string{namespaceName: "web"}}}
	}
	for name, c := range map[string]struct {
		change  func(*spec.Gateway)
		yes, no map[string]hop
	}{
		"before targets": {
			nil,
			map[string]hop{
				"agent to the gateway": {from: agent, to: replica, port: 8443}, "to its other listener": {from: agent, to: replica, port: 9443},
				"agent to names": {from: agent, to: dns, port: 53, udp: true}, "to names by TCP": {from: agent, to: dns, port: 53},
				"gateway to the target": {from: replica, to: bank, port: 3000}, "gateway to anywhere": {from: replica, to: internet, port: 443},
				"anybody to the gateway": {from: web, to: replica, port: 8443}, "from outside": {from: internet, to: replica, port: 8443},
				"anybody to metrics": {from: web, to: replica, port: 9090}, "others to an open target": {from: web, to: open, port: 3000},
				"others beside the agents to anywhere": {from: tester, to: internet, port: 443}, "others to the agent": {from: web, to: agent, port: 8080},
			},
			map[string]hop{
				"agent to the target": {from: agent, to: bank, port: 3000}, "to a target that is open": {from: agent, to: open, port: 3000},
				"agent to the internet": {from: agent, to: internet, port: 443}, "to the metadata address": {from: agent, to: internet, port: 80},
				"agent to the API server": {from: agent, to: api, port: 6443}, "to another agent": {from: agent, to: tester, port: 8080},
				"agent to the gateway's metrics": {from: agent, to: replica, port: 9090}, "to another gateway": {from: agent, to: other, port: 8443},
				"agent to DNS by another port": {from: agent, to: dns, port: 443}, "to SPIRE's server": {from: agent, to: server, port: 8081},
				"agent to the gateway by UDP": {from: agent, to: replica, port: 8443, udp: true}, "others to the target": {from: web, to: bank, port: 3000},
				"another gateway to the target": {from: other, to: bank, port: 3000}, "from outside to the target": {from: internet, to: bank, port: 3000},
				"anybody to another port of the gateway": {from: web, to: replica, port: 22},
			},
		},
		"with clients": {
			clients,
			map[string]hop{"agent": {from: agent, to: replica, port: 8443}, "client": {from: web, to: replica, port: 8443}},
			map[string]hop{"anybody else": {from: bank, to: replica, port: 8443}, "from outside": {from: internet, to: replica, port: 8443}, "beside the agents": {from: tester, to: replica, port: 8443}},
		},
		"as the way out": {
			func(g *spec.Gateway) { g.Mode = spec.AgentToAnywhere },
			map[string]hop{"agent": {from: agent, to: replica, port: 8443}, "metrics": {from: web, to: replica, port: 9090}},
			map[string]hop{"anybody else": {from: web, to: replica, port: 8443}, "from outside": {from: internet, to: replica, port: 8443}, "around it": {from: agent, to: internet, port: 443}},
		},
		"with SPIRE in the network": {
			func(g *spec.Gateway) { g.Network.SPIRE = &spec.PodSet{Namespace: "spire"} },
			map[string]hop{"agent to SPIRE": {from: agent, to: server, port: 8081}},
			map[string]hop{"elsewhere": {from: agent, to: internet, port: 443}},
		},
		"with names from elsewhere": {
			func(g *spec.Gateway) { g.Network.DNS = spec.PodSet{Namespace: "spire"} },
			map[string]hop{"agent to names": {from: agent, to: server, port: 53, udp: true}},
			map[string]hop{"the usual ones": {from: agent, to: dns, port: 53, udp: true}},
		},
		"without policies": {
			func(g *spec.Gateway) {
				g.Network, g.Targets = spec.Network{Disabled: true}, map[string]spec.Target{"open": g.Targets["open"]}
			},
			map[string]hop{"agent to the internet": {from: agent, to: internet, port: 443}},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := reached(c.change)
			if problems := g.Validate(); len(problems) > 0 {
				t.Fatal(problems)
			}
			policies := policiesOf(t, g)
			for what, h := range c.yes {
				if !passes(t, policies, h) {
					t.Errorf("kept back: %s", what)
				}
			}
			for what, h := range c.no {
				if passes(t, policies, h) {
					t.Errorf("let through: %s", what)
				}
			}
		})
	}
}

func policiesOf(t *testing.T, g spec.Gateway) []networkingv1.NetworkPolicy {
	t.Helper()
	objects, err := Gateway(g)
	if err != nil {
		t.Fatal(err)
	}
	var policies []networkingv1.NetworkPolicy
	for _, o := range objects {
		if o.Key.Kind != "NetworkPolicy" {
			continue
		}
		text, err := json.Marshal(o.Body)
		if err != nil {
			t.Fatal(err)
		}
		var p networkingv1.NetworkPolicy
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		policies = append(policies, p)
	}
	return policies
}

// passes says what a network that enforces the policies does, as Kubernetes describes them: a pod that no policy of a direction
// selects is open in it, and others are open to what one of those policies lets through.
func passes(t *testing.T, policies []networkingv1.NetworkPolicy, h hop) bool {
	t.Helper()
	out, in := true, true
	for _, direction := range []struct {
		of   networkingv1.PolicyType
		pod  place
		open *bool
	}{{networkingv1.PolicyTypeEgress, h.from, &out}, {networkingv1.PolicyTypeIngress, h.to, &in}} {
		selected, through := false, false
		for _, p := range policies {
			if p.Namespace != direction.pod.namespace || !slices.Contains(p.Spec.PolicyTypes, direction.of) || !matches(t, &p.Spec.PodSelector, direction.pod.labels) {
				continue
			}
			selected = true
			if direction.of == networkingv1.PolicyTypeEgress {
				through = through || slices.ContainsFunc(p.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return lets(t, r.To, r.Ports, h.to, h) })
			} else {
				through = through || slices.ContainsFunc(p.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool { return lets(t, r.From, r.Ports, h.from, h) })
			}
		}
		*direction.open = !selected || through
	}
	return out && in
}

func lets(t *testing.T, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, peer place, h hop) bool {
	t.Helper()
	protocol := map[bool]string{false: "TCP", true: "UDP"}[h.udp]
	port := len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		return string(*p.Protocol) == protocol && p.Port.IntVal == h.port
	})
	return port && (len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		return peer.namespace != "" && (p.PodSelector == nil || matches(t, p.PodSelector, peer.labels)) &&
			matches(t, p.NamespaceSelector, labels.Set{namespaceName: peer.namespace})
	}))
}

func matches(t *testing.T, selector *metav1.LabelSelector, of labels.Set) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return s.Matches(of)
}
