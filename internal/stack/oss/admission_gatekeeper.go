package oss

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// gatekeeperPolicy renders a ConstraintTemplate and its one Constraint. Gatekeeper makes the Constraint's kind from the
// template, so the template comes first.
//
// A fail-closed policy also asks Gatekeeper for a ValidatingAdmissionPolicy made from the template: Gatekeeper's webhook is
// installed to be ignored when it does not answer, the API server's own engine is always there.
func gatekeeperPolicy(p spec.AdmissionPolicy, list []rule) []stack.Object {
	kind := constraintKind(p.Name)
	templateKey := stack.Key{Group: "templates.gatekeeper.sh", Version: "v1", Kind: "ConstraintTemplate", Name: strings.ToLower(kind)}
	template := object(p, templateKey, map[string]any{"spec": map[string]any{
		"crd": map[string]any{"spec": map[string]any{"names": map[string]any{"kind": kind}}},
		"targets": []any{map[string]any{
			"target": "admission.k8s.gatekeeper.sh",
			"code": []any{map[string]any{
				"engine": "K8sNativeValidation",
				"source": map[string]any{
					"failurePolicy": failurePolicy(p),
					"generateVAP":   p.FailClosed,
					// Singular: so Gatekeeper spells it. Its webhook can also be set up for deletions, which have no object.
					"matchCondition": []any{map[string]any{
						"name": "creates-or-updates", "expression": `!(request.operation in ["DELETE", "CONNECT"])`,
					}},
					"variables":   variables(p),
					"validations": validations(p, list),
				},
			}},
		}},
	}})

	match := map[string]any{"kinds": []any{map[string]any{"apiGroups": []any{""}, "kinds": []any{"Pod"}}}}
	if !p.NamespaceSelector.Empty() {
		match["namespaceSelector"] = labelSelector(p.NamespaceSelector)
	}
	if !p.ObjectSelector.Empty() {
		match["labelSelector"] = labelSelector(p.ObjectSelector)
	}
	constraintKey := stack.Key{Group: "constraints.gatekeeper.sh", Version: "v1beta1", Kind: kind, Name: p.Name}
	constraint := object(p, constraintKey, map[string]any{"spec": map[string]any{
		"enforcementAction": enforcementAction(p.Actions),
		"match":             match,
	}})
	return []stack.Object{template, constraint}
}

// enforcementAction gives the one action of a constraint: Gatekeeper's audit reports violations of every constraint, so audit
// alone is what it calls a dry run, and beside another action needs no word.
func enforcementAction(actions []spec.Action) string {
	switch {
	case slices.Contains(actions, spec.ActionDeny):
		return "deny"
	case slices.Contains(actions, spec.ActionWarn):
		return "warn"
	}
	return "dryrun"
}

// constraintKind makes a kind from the policy's name. The hash keeps names apart that differ only in what a kind cannot
// hold: dashes, dots and, as Gatekeeper lowers it, case. The whole stays below the 63 characters of a CRD's plural.
func constraintKind(name string) string {
	var b strings.Builder
	b.WriteString("Agent")
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '.' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	sum := sha256.Sum256([]byte(name))
	return b.String()[:min(b.Len(), 54)] + hex.EncodeToString(sum[:4])
}
