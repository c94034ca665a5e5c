package oss

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Whatever a user names things, it is refused, or becomes objects with names and keys that Kubernetes takes, each of its own, and a
// configuration that the gateway can read.
func FuzzGatewayNames(f *testing.F) {
	f.Add("bank", "transfers", "agents", "bank-api", "token", "2026-11", "payments")
	f.Add("a_b..c", "x", "a", "s.t", "..", "1", "p")
	f.Add(strings.Repeat("t", 100), strings.Repeat("p", 100), "l", "s", "..k", "k", "n")
	f.Fuzz(func(t *testing.T, target, policy, listener, secret, key, id, namespace string) {
		g := spec.Gateway{
			Name: "tools", Namespace: "gateways", TrustDomain: "example.org", Mode: spec.ClientToAgent,
			Listeners: map[string]spec.Listener{listener: {Port: 8443}},
			Targets: map[string]spec.Target{
				target: {
					Protocol: "mcp", URL: "https://bank.svc/mcp", Workload: &spec.PodSet{Namespace: namespace},
					TLS:         &spec.UpstreamTLS{Client: &spec.SecretPair{Name: secret}},
					Credentials: []spec.Credential{{Kind: "static", Value: spec.SecretValue{Secret: secret, Key: key}}, {Kind: "static", Header: "X", Value: spec.SecretValue{Value: key}}},
				},
				"other": {Protocol: "mcp", URL: "http://other.svc/mcp"},
			},
			Policies:   map[string]string{policy: "permit (principal, action, resource);"},
			Allow:      map[string]spec.Allow{policy: {Agents: []string{"*"}, Target: "other", Tools: []string{key}}},
			Keys:       spec.SharedKeys{IDs: []string{id}},
			AuditLog:   spec.AuditLog{Stdout: true},
			Deployment: spec.Deployment{Image: "x:1", Replicas: 1, WorkloadAPI: spec.WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "s"}},
			Network:    spec.Network{Agents: []spec.PodSet{{Namespace: namespace, Selector: spec.LabelSelector{MatchLabels: map[string]string{"app": "a"}}}}},
		}
		if len(g.Validate()) > 0 {
			return
		}
		objects, err := Gateway(g)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, o := range objects {
			if msgs := validation.IsDNS1123Subdomain(o.Key.Name); len(msgs) > 0 {
				t.Errorf("%s: %v", o.Key, msgs)
			}
			if seen[o.Key.String()] {
				t.Errorf("%s is there twice", o.Key)
			}
			seen[o.Key.String()] = true
			data, _ := o.Body["data"].(map[string]any)
			for key := range data {
				if msgs := validation.IsConfigMapKey(key); len(msgs) > 0 {
					t.Errorf("%s has the key %q: %v", o.Key, key, msgs)
				}
			}
		}
		c, err := GatewayConfig(g)
		if err != nil {
			t.Fatal(err)
		}
		source := config.Memory{Texts: map[string][]byte{}, Later: []string{directory + "/secrets/" + secret, directory + "/credentials", directory + "/keys", directory + "/suspended"}}
		for name, text := range c.Files {
			source.Texts[ConfigFolder+"/"+name] = text
		}
		if _, diagnostics := config.ParseFrom(source, ConfigFolder+"/"+ConfigFile, c.Files[ConfigFile]); diagnostics.HasErrors() {
			t.Errorf("%v in\n%s", diagnostics, c.Files[ConfigFile])
		}
	})
}
