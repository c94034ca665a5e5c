package gcp

import (
	"slices"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// AttestationRules is the part of a managed identity that says which workloads may have it. Google keeps the rules beside the
// identity's other fields, under calls of their own.
const AttestationRules = "attestationRules"

// managed renders the pool and the namespace where they are the identity's own, the managed identity and its attestation rules.
func managed(id spec.Identity) []stack.Object {
	m := id.Google.Managed
	pool := global(ownProject(id), "workloadIdentityPools/"+m.Pool.ID)
	var objects []stack.Object
	if m.Pool.Create {
		objects = append(objects, stack.Object{Key: stack.GoogleKey(iam, pool), Body: poolBody(m.Pool, disabled(id, spec.DisablePool))})
	}
	namespace := pool + "/namespaces/" + m.Namespace
	if m.CreateNamespace {
		objects = append(objects, stack.Object{Key: stack.GoogleKey(iam, namespace), Body: map[string]any{"disabled": disabled(id, spec.DisableNamespace)}})
	}
	key := stack.GoogleKey(iam, namespace+"/managedIdentities/"+m.ID)
	body := map[string]any{"disabled": disabled(id, spec.DisableManagedIdentity)}
	setText(body, "description", m.Description)
	objects = append(objects, stack.Object{Key: key, Body: body})
	if len(m.AttestationRules) > 0 {
		rules := make([]any, len(m.AttestationRules))
		for i, resource := range slices.Sorted(slices.Values(m.AttestationRules)) {
			rules[i] = map[string]any{"googleCloudResource": resource}
		}
		key.Part = AttestationRules
		objects = append(objects, stack.Object{Key: key, Body: map[string]any{AttestationRules: rules}})
	}
	return objects
}

// disabled says whether a part is disabled: the managed identity alone, where the suspension says nothing else.
func disabled(id spec.Identity, part string) bool {
	parts := id.Google.Suspension.Disable
	if len(parts) == 0 {
		parts = []string{spec.DisableManagedIdentity}
	}
	return id.Suspended && slices.Contains(parts, part)
}

func poolBody(p spec.GooglePool, disabled bool) map[string]any {
	body := map[string]any{"mode": "TRUST_DOMAIN", "disabled": disabled}
	setText(body, "displayName", p.DisplayName)
	setText(body, "description", p.Description)
	if c := p.Issuance; c != nil {
		body["inlineCertificateIssuanceConfig"] = issuanceConfig(*c)
	}
	if len(p.Trust) > 0 {
		bundles := map[string]any{}
		for domain, trust := range p.Trust {
			bundles[domain] = trustStore(trust)
		}
		body["inlineTrustConfig"] = map[string]any{"additionalTrustBundles": bundles}
	}
	return body
}

func issuanceConfig(c spec.GoogleCertificateIssuance) map[string]any {
	config := map[string]any{}
	if c.SharedCA {
		config["useDefaultSharedCa"] = true
	}
	if len(c.CAPools) > 0 {
		pools := map[string]any{}
		for region, pool := range c.CAPools {
			pools[region] = pool
		}
		config["caPools"] = pools
	}
	setText(config, "keyAlgorithm", c.KeyAlgorithm)
	if c.Lifetime > 0 {
		config["lifetime"] = strconv.FormatInt(int64(c.Lifetime.Seconds()), 10) + "s"
	}
	if c.Rotation > 0 {
		config["rotationWindowPercentage"] = c.Rotation
	}
	return config
}

func trustStore(t spec.GoogleTrust) map[string]any {
	store := map[string]any{}
	if t.SharedCA {
		store["trustDefaultSharedCa"] = true
	}
	if len(t.Anchors) > 0 {
		anchors := make([]any, len(t.Anchors))
		for i, certificate := range t.Anchors {
			anchors[i] = map[string]any{"pemCertificate": certificate}
		}
		store["trustAnchors"] = anchors
	}
	return store
}
