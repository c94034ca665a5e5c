package oss

import (
	"maps"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func (g gateway) serviceAccount() stack.Object {
	return g.object(g.in("", "v1", "ServiceAccount", g.Name), map[string]any{"automountServiceAccountToken": false})
}

// role lets the gateway read and watch its own configuration by name, and nothing else. Lists and watches by name are authorised
// as reads of that name where they select metadata.name, as those of the gateway do.
func (g gateway) role() stack.Object {
	names := map[mirror.Kind][]string{}
	for _, m := range g.config.Mirrors {
		names[m.Kind] = append(names[m.Kind], m.Name)
	}
	names[mirror.ConfigMap] = append(names[mirror.ConfigMap], g.Name)
	var rules []any
	for _, kind := range []mirror.Kind{mirror.ConfigMap, mirror.Secret} {
		if len(names[kind]) == 0 {
			continue
		}
		slices.Sort(names[kind])
		rules = append(rules, map[string]any{
			"apiGroups": []any{""}, "resources": []any{strings.ToLower(string(kind)) + "s"}, "resourceNames": anySlice(names[kind]), "verbs": []any{"get", "list", "watch"},
		})
	}
	return g.object(g.in(rbac, "v1", "Role", g.Name), map[string]any{"rules": rules})
}

const rbac = "rbac.authorization.k8s.io"

func (g gateway) roleBinding() stack.Object {
	return g.object(g.in(rbac, "v1", "RoleBinding", g.Name), map[string]any{
		"roleRef":  map[string]any{"apiGroup": rbac, "kind": "Role", "name": g.Name},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": g.Name, "namespace": g.Namespace}},
	})
}

// identity registers the gateway's pods, all under one SPIFFE ID: a label alone makes no gateway, the pod must run under its
// account too. What it calls by name is verified by those names.
func (g gateway) identity() stack.Object {
	s := map[string]any{
		"spiffeIDTemplate": GatewayID(g.Gateway),
		"podSelector":      map[string]any{"matchLabels": g.podLabels()},
		"namespaceSelector": map[string]any{
			"matchLabels": map[string]any{namespaceName: g.Namespace},
		},
		"workloadSelectorTemplates": []any{"k8s:ns:" + g.Namespace, "k8s:sa:" + g.Name},
		"dnsNameTemplates":          anySlice(g.dnsNames()),
	}
	var federated []string
	for _, domain := range slices.Sorted(maps.Keys(g.Trust)) {
		if t := g.Trust[domain]; t.Bundle == "" && t.EndpointURL == "" {
			federated = append(federated, domain)
		}
	}
	if len(federated) > 0 {
		s["federatesWith"] = anySlice(federated)
	}
	if g.Deployment.ClassName != "" {
		s["className"] = g.Deployment.ClassName
	}
	// An identity of the same name has an object of its own: names of gateways have no dot.
	return g.object(controllerKey("ClusterSPIFFEID", g.Namespace+"."+g.Name+".gateway"), map[string]any{"spec": s})
}

// namespaceName is the label that every namespace has, with its name.
const namespaceName = "kubernetes.io/metadata.name"

// dnsNames are those by which agents call the gateway.
func (g gateway) dnsNames() []string {
	service := g.Name + "." + g.Namespace
	names := []string{g.Name, service, service + ".svc", service + ".svc.cluster.local"}
	for _, name := range g.listenerNames() {
		if host := hostOf(g.Listeners[name].URL); isDNSName(host) && !slices.Contains(names, host) {
			names = append(names, host)
		}
	}
	return names
}

// suspended is what agent identities write into, each under a key of its own. It is rendered without any, so that none is ours.
func (g gateway) suspended() stack.Object {
	key := g.in("", "v1", "ConfigMap", spec.SuspendedObject(g.Name))
	key.Part = "gateway" // those of identities have a dot in them
	return g.object(key, nil)
}
