package gcp

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

const binaryAuthorization = "binaryauthorization.googleapis.com"

// Admission gives the objects that enforce the policy on GKE: those of the open-source stack, which are Kubernetes' own, and what the
// policy has in the project's Binary Authorization policy.
func Admission(p spec.AdmissionPolicy) ([]stack.Object, error) {
	objects, err := oss.Admission(p)
	return append(objects, BinaryAuthorization(p)...), err
}

// BinaryAuthorization renders the attestors, which rules refer to, and each rule as a part of the project's one policy, so that what
// others have in it stays theirs; nothing where the policy asks for none.
func BinaryAuthorization(p spec.AdmissionPolicy) []stack.Object {
	b := p.BinaryAuthorization
	if b == nil {
		return nil
	}
	project := "projects/" + b.Project.ID
	var objects []stack.Object
	for _, id := range slices.Sorted(maps.Keys(b.Attestors)) {
		key := stack.GoogleKey(binaryAuthorization, project+"/attestors/"+id)
		objects = append(objects, stack.Object{Key: key, Body: attestor(b.Attestors[id])})
	}
	part := func(name string, body map[string]any) {
		key := stack.GoogleKey(binaryAuthorization, project+"/policy")
		key.Part = name
		objects = append(objects, stack.Object{Key: key, Body: body, Adopt: b.Adopt})
	}
	// What is let in unseen comes before the rules that would refuse it.
	for _, pattern := range b.ExemptImages {
		part("admissionWhitelistPatterns/"+pattern, map[string]any{"namePattern": pattern})
	}
	if b.SystemImages != nil {
		mode := "DISABLE"
		if *b.SystemImages {
			mode = "ENABLE"
		}
		part("globalPolicyEvaluationMode", map[string]any{"globalPolicyEvaluationMode": mode})
	}
	for _, rules := range []struct {
		field string
		rules map[string]spec.GoogleAdmissionRule
	}{
		{"clusterAdmissionRules", b.Clusters},
		{"kubernetesNamespaceAdmissionRules", b.Namespaces},
		{"kubernetesServiceAccountAdmissionRules", b.ServiceAccounts},
	} {
		for _, name := range slices.Sorted(maps.Keys(rules.rules)) {
			part(rules.field+"/"+name, admissionRule(*b, rules.rules[name]))
		}
	}
	if b.Default != nil {
		part("defaultAdmissionRule", admissionRule(*b, *b.Default))
	}
	return objects
}

func admissionRule(b spec.GoogleBinaryAuthorization, r spec.GoogleAdmissionRule) map[string]any {
	body := map[string]any{"evaluationMode": r.Evaluation, "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
	if r.Enforcement == spec.EnforcementAudit {
		body["enforcementMode"] = "DRYRUN_AUDIT_LOG_ONLY"
	}
	attestors := make([]string, len(r.Attestors))
	for i, attestor := range r.Attestors {
		if _, ours := b.Attestors[attestor]; ours {
			attestor = "projects/" + b.Project.ID + "/attestors/" + attestor
		}
		attestors[i] = attestor
	}
	setTexts(body, "requireAttestationsBy", attestors)
	return body
}

func attestor(a spec.GoogleAttestor) map[string]any {
	keys := make([]any, len(a.Keys))
	for i, k := range a.Keys {
		key := map[string]any{}
		setText(key, "id", k.ID)
		setText(key, "comment", k.Comment)
		setText(key, "asciiArmoredPgpPublicKey", k.PGP)
		if k.PEM != "" {
			key["pkixPublicKey"] = map[string]any{"publicKeyPem": k.PEM, "signatureAlgorithm": k.Algorithm}
		}
		keys[i] = key
	}
	body := map[string]any{"userOwnedGrafeasNote": map[string]any{"noteReference": a.Note, "publicKeys": keys}}
	setText(body, "description", a.Description)
	return body
}
