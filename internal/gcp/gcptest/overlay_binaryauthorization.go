package gcptest

import (
	"fmt"
	"regexp"
	"slices"
)

// The policy of binaryauthorization/v1, of which every project has one that cannot be deleted, and the attestors that it names. Sources:
// the discovery document's prose.
func init() {
	register(
		&kind{
			api: "binaryauthorization", collection: "projects", check: checkAdmission,
			singleton: map[string]any{
				"globalPolicyEvaluationMode": "ENABLE",
				"defaultAdmissionRule":       map[string]any{"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"},
			},
			references: func(_ string, body map[string]any) []reference {
				var references []reference
				for _, rule := range admissionRules(body) {
					for _, attestor := range texts(rule.body, "requireAttestationsBy") {
						references = append(references, named(snake(rule.field)+".require_attestations_by", "binaryauthorization", attestor)...)
					}
				}
				return references
			},
		},
		&kind{
			api: "binaryauthorization", collection: "projects.attestors", ids: regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`),
			check: func(c *check) {
				if !c.has("userOwnedGrafeasNote") {
					c.refuse("userOwnedGrafeasNote", "the field is required")
				}
			},
		},
	)
}

// ruleMaps are the maps of which only one has rules, with what their keys look like.
var ruleMaps = map[string]*regexp.Regexp{
	"clusterAdmissionRules":                  regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`),
	"kubernetesNamespaceAdmissionRules":      regexp.MustCompile(`^[a-z0-9.-]+$`),
	"kubernetesServiceAccountAdmissionRules": regexp.MustCompile(`^[a-z0-9.-]+:[a-z0-9.-]+$`),
	"istioServiceIdentityAdmissionRules":     regexp.MustCompile(`^(spiffe://)?[^/]+/ns/[^/]+/sa/[^/]+$`),
}

type admissionRule struct {
	field string
	body  map[string]any
}

func admissionRules(body map[string]any) []admissionRule {
	rules := []admissionRule{{"defaultAdmissionRule", asObject(body["defaultAdmissionRule"])}}
	for _, field := range sorted(ruleMaps) {
		entries := asObject(body[field])
		for _, key := range sorted(entries) {
			rules = append(rules, admissionRule{fmt.Sprintf("%s[%q]", field, key), asObject(entries[key])})
		}
	}
	return rules
}

func checkAdmission(c *check) {
	fields := sorted(ruleMaps)
	c.atMostOne(fields...)
	for _, field := range fields {
		for _, key := range sorted(asObject(c.body[field])) {
			if !ruleMaps[field].MatchString(key) {
				c.refuse(field, fmt.Sprintf("the key %q does not match %s", key, ruleMaps[field]))
			}
		}
	}
	for _, rule := range admissionRules(c.body) {
		attested := text(rule.body, "evaluationMode") == "REQUIRE_ATTESTATION"
		attestors := texts(rule.body, "requireAttestationsBy")
		if attested != (len(attestors) > 0) {
			c.refuse(rule.field+".requireAttestationsBy", "attestors are named if, and only if, the evaluation mode is REQUIRE_ATTESTATION")
		}
		if slices.ContainsFunc(attestors, func(name string) bool { return !attestorName.MatchString(name) }) {
			c.refuse(rule.field+".requireAttestationsBy", "an attestor is named projects/{project}/attestors/{attestor}")
		}
	}
}

var attestorName = regexp.MustCompile(`^projects/[^/]+/attestors/[^/]+$`)
