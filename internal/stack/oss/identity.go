// Package oss renders the open-source stack: SPIRE, Kyverno, Gatekeeper and the API server's own admission policies.
package oss

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// AgentLabel names the agent that a pod is an instance of.
const AgentLabel = "agentward.dev/agent"

// Identity renders an agent's identity: what gateways are told of its suspension, its ServiceAccount, the trust domains it federates
// with, and its registration, in this order. A suspended identity is registered nowhere; everything else stays. Gateways are told
// first, since they cut off at once, while an SVID that was issued lives on.
func Identity(id spec.Identity) ([]stack.Object, error) {
	objects := suspensions(id)
	if id.ServiceAccount.Create {
		objects = append(objects, ServiceAccount(id))
	}
	if id.Registration == spec.RegistrationServer {
		registration, err := Registration(id)
		return append(objects, registration...), err
	}
	for _, f := range id.Federation {
		if f.BundleEndpointURL != "" {
			objects = append(objects, federatedTrustDomain(id, f))
		}
	}
	if id.Suspended {
		return objects, nil
	}
	objects = append(objects, clusterSPIFFEID(id, id.Namespace+"."+id.Name, unlessSuspended(id, InstanceIDTemplate(id)), HintInstance))
	if id.LogicalID {
		objects = append(objects, clusterSPIFFEID(id, id.Namespace+"."+id.Name+".logical", unlessSuspended(id, LogicalID(id)), HintLogical))
	}
	return objects, nil
}

// LogicalID is the SPIFFE ID that all instances of an agent share, and the prefix of each instance's own.
func LogicalID(id spec.Identity) string {
	return "spiffe://" + id.TrustDomain + "/ns/" + id.Namespace + "/agent/" + id.Name
}

// InstanceIDTemplate is the template of an instance's SPIFFE ID: by the pod's UID, which nothing can guess or use again, or by
// the instance's name where the SPIRE server is told of each.
func InstanceIDTemplate(id spec.Identity) string {
	if id.Registration == spec.RegistrationServer {
		return LogicalID(id) + "/instance/{{ .Instance }}"
	}
	return LogicalID(id) + "/instance/{{ .PodMeta.UID }}"
}

// PodSelector selects the pods that are instances of the agent, by AgentLabel where the identity names no selector.
func PodSelector(id spec.Identity) spec.LabelSelector {
	if id.PodSelector.Empty() {
		return spec.LabelSelector{MatchLabels: map[string]string{AgentLabel: id.Name}}
	}
	return id.PodSelector
}

// ServiceAccount renders the account that the agent's pods run under, which is the same wherever they run.
func ServiceAccount(id spec.Identity) stack.Object {
	key := stack.Key{Version: "v1", Kind: "ServiceAccount", Namespace: id.Namespace, Name: id.ServiceAccount.Name}
	return manifest(key, identityLabels(id), id.Annotations, map[string]any{"automountServiceAccountToken": id.ServiceAccount.AutomountToken})
}

func clusterSPIFFEID(id spec.Identity, name, template, hint string) stack.Object {
	s := map[string]any{
		"spiffeIDTemplate": template,
		"hint":             hint,
		"podSelector":      labelSelector(PodSelector(id)),
		"namespaceSelector": map[string]any{
			"matchLabels": map[string]any{"kubernetes.io/metadata.name": id.Namespace},
		},
		// A label alone makes no agent: the pod must run under the agent's account too.
		"workloadSelectorTemplates": []any{"k8s:ns:" + id.Namespace, "k8s:sa:" + id.ServiceAccount.Name},
	}
	if id.X509TTL > 0 {
		s["ttl"] = id.X509TTL.String()
	}
	if id.JWTTL > 0 {
		s["jwtTtl"] = id.JWTTL.String()
	}
	if len(id.DNSNames) > 0 {
		s["dnsNameTemplates"] = anySlice(id.DNSNames)
	}
	if id.AutoDNSNames {
		s["autoPopulateDNSNames"] = true
	}
	if id.ClassName != "" {
		s["className"] = id.ClassName
	}
	if len(id.Federation) > 0 {
		domains := make([]any, len(id.Federation))
		for i, f := range id.Federation {
			domains[i] = f.TrustDomain
		}
		s["federatesWith"] = domains
	}
	return manifest(controllerKey("ClusterSPIFFEID", name), identityLabels(id), id.Annotations, map[string]any{"spec": s})
}

func federatedTrustDomain(id spec.Identity, f spec.Federation) stack.Object {
	profile := map[string]any{"type": "https_web"}
	if f.EndpointSPIFFEID != "" {
		profile = map[string]any{"type": "https_spiffe", "endpointSPIFFEID": f.EndpointSPIFFEID}
	}
	s := map[string]any{
		"trustDomain":           f.TrustDomain,
		"bundleEndpointURL":     f.BundleEndpointURL,
		"bundleEndpointProfile": profile,
	}
	if f.TrustDomainBundle != "" {
		s["trustDomainBundle"] = f.TrustDomainBundle
	}
	if id.ClassName != "" {
		s["className"] = id.ClassName
	}
	return manifest(controllerKey("ClusterFederatedTrustDomain", federationName(id, f.TrustDomain)), identityLabels(id), id.Annotations, map[string]any{"spec": s})
}

// controllerKey names an object of spire-controller-manager; all of them are cluster-scoped.
func controllerKey(kind, name string) stack.Key {
	return stack.Key{Group: "spire.spiffe.io", Version: "v1alpha1", Kind: kind, Name: name}
}

// federationName gives each identity an object of its own for a trust domain: two identities may federate with the same one,
// and the end of the first must not take the bundle from the second. Names of trust domains may hold underscores and be longer
// than names of objects; a hash keeps what does not fit distinct.
func federationName(id spec.Identity, trustDomain string) string {
	name := id.Namespace + "." + id.Name + "." + trustDomain
	if len(name) <= 253 && !strings.Contains(name, "_") && !strings.Contains(name, "..") && !strings.HasSuffix(name, ".") && !strings.HasSuffix(name, "-") {
		return name
	}
	sum := sha256.Sum256([]byte(trustDomain))
	return id.Namespace + "." + id.Name + "." + hex.EncodeToString(sum[:16])
}

func identityLabels(id spec.Identity) map[string]string {
	labels := maps.Clone(id.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[AgentLabel] = id.Name
	return labels
}
