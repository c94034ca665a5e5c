package gcptest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const poolsCollection = "projects.locations.workloadIdentityPools"

// The pools, namespaces and managed identities of iam/v1. Sources: the discovery document's prose and https://cloud.google.com/iam/docs/managed-workload-identity.
func init() {
	verbs := map[string]func(*call) (map[string]any, *refusal){
		"addAttestationRule": (*call).addAttestationRule, "removeAttestationRule": (*call).removeAttestationRule,
		"setAttestationRules": (*call).setAttestationRules, "listAttestationRules": (*call).listAttestationRules,
	}
	register(
		&kind{
			api: "iam", collection: poolsCollection, ids: regexp.MustCompile(`^[a-z0-9-]{4,32}$`), numbered: true, soft: true,
			check: checkPool, made: softState, verbs: verbs, deleting: takeAlong,
			defaults: func(body map[string]any) {
				if body["mode"] == nil {
					body["mode"] = "FEDERATION_ONLY"
				}
			},
		},
		&kind{
			api: "iam", collection: poolsCollection + ".namespaces", ids: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
			numbered: true, soft: true, check: checkNamespace, made: softState, deleting: takeAlong,
		},
		&kind{
			api: "iam", collection: poolsCollection + ".namespaces.managedIdentities", ids: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
			numbered: true, soft: true, check: checkManagedIdentity, made: softState, verbs: verbs,
		},
	)
}

// softState: a deleted object can be read, and undeleted, for 30 days.
func softState(_ *Server, o *stored, answer map[string]any) {
	answer["state"] = "ACTIVE"
	if o.deleted {
		answer["state"], answer["expireTime"] = "DELETED", "2026-12-01T00:00:00Z"
	}
}

// takeAlong deletes what is below an object that is deleted.
func takeAlong(c *call, o *stored) *refusal {
	for _, other := range c.server.objects {
		if other.api == o.api && other != o && within(other.name, o.name) {
			other.deleted = true
		}
	}
	return nil
}

func (c *check) identity() {
	c.atMost("description", 256)
	_, id, _ := cutLast(c.name, "/")
	if strings.HasPrefix(id, "gcp-") {
		c.refuse("name", `the prefix "gcp-" is reserved for use by Google`)
	}
	if location(c.name) != "global" {
		c.refuse("name", "the only supported location is global")
	}
}

func checkPool(c *check) {
	c.identity()
	c.atMost("displayName", 32)
	switch mode := text(c.body, "mode"); {
	case mode == "SYSTEM_TRUST_DOMAIN":
		c.refuse("mode", "pools of this mode are Google's own")
	case mode != "TRUST_DOMAIN":
		for _, field := range []string{"inlineCertificateIssuanceConfig", "inlineTrustConfig"} {
			if c.has(field) {
				c.refuse(field, "the field is for pools in the mode TRUST_DOMAIN")
			}
		}
		return
	}
	const issuance = "inlineCertificateIssuanceConfig"
	if c.has(issuance) {
		c.exactlyOne(issuance+".caPools", issuance+".useDefaultSharedCa")
	}
	pools := asObject(dig(c.body, issuance+".caPools"))
	for _, region := range sorted(pools) {
		name, _ := pools[region].(string)
		if !caPool.MatchString(name) || location(name) != region {
			c.refuse(fmt.Sprintf("%s.caPools[%q]", issuance, region), fmt.Sprintf("%q is no CA pool in %s", name, region))
		}
	}
	if lifetime := text(c.body, issuance+".lifetime"); lifetime != "" {
		if d, err := time.ParseDuration(lifetime); err != nil || d < 24*time.Hour || d > 30*24*time.Hour {
			c.refuse(issuance+".lifetime", "the lifetime is between 24 hours and 30 days")
		}
	}
	if window := dig(c.body, issuance+".rotationWindowPercentage"); window != nil {
		if n, err := strconv.Atoi(fmt.Sprint(window)); err != nil || n < 50 || n > 80 {
			c.refuse(issuance+".rotationWindowPercentage", "the percentage is between 50 and 80")
		}
	}
	if len(asObject(dig(c.body, "inlineTrustConfig.additionalTrustBundles"))) > 10 {
		c.refuse("inlineTrustConfig.additionalTrustBundles", "there are at most 10 trust domains")
	}
}

var (
	caPool              = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/caPools/[^/]+$`)
	attestationResource = regexp.MustCompile(`^//[a-z]+\.googleapis\.com/projects/[^/]+/.+$`)
)

func checkNamespace(c *check) {
	c.identity()
	above, _, _ := cutLast(c.name, "/namespaces/")
	if pool := c.server.lookup("iam", above); pool != nil && text(pool.body, "mode") != "TRUST_DOMAIN" {
		c.refuse("name", "only a pool in the mode TRUST_DOMAIN has namespaces")
	}
}

func checkManagedIdentity(c *check) { c.identity() }

func (c *call) addAttestationRule() (map[string]any, *refusal) {
	rule := asObject(c.body["attestationRule"])
	return c.attest(append(slices.Clone(c.server.attestations[c.api+"/"+c.name]), rule))
}

func (c *call) removeAttestationRule() (map[string]any, *refusal) {
	rules := c.server.attestations[c.api+"/"+c.name]
	kept := slices.DeleteFunc(slices.Clone(rules), func(rule any) bool { return reflect.DeepEqual(rule, c.body["attestationRule"]) })
	if len(kept) == len(rules) {
		return nil, refuse("NOT_FOUND", "'%s' has no such attestation rule", c.name)
	}
	return c.attest(kept)
}

func (c *call) setAttestationRules() (map[string]any, *refusal) {
	rules, _ := c.body["attestationRules"].([]any)
	return c.attest(rules)
}

// attest sets the attestation rules of a pool or a managed identity, of which there are at most 50 (SetAttestationRulesRequest).
func (c *call) attest(rules []any) (map[string]any, *refusal) {
	o, r := c.existing()
	switch {
	case r != nil:
		return nil, r
	case o.deleted:
		return nil, refuse("FAILED_PRECONDITION", "'%s' is deleted", c.name)
	}
	var wrong []violation
	if len(rules) > 50 {
		wrong = append(wrong, violation{"attestation_rules", "there are at most 50 rules"})
	}
	for i, rule := range rules {
		at := fmt.Sprintf("attestation_rules[%d].google_cloud_resource", i)
		switch resource := text(asObject(rule), "googleCloudResource"); {
		case !attestationResource.MatchString(resource):
			wrong = append(wrong, violation{at, fmt.Sprintf("%q is no full resource name of a workload", resource)})
		case slices.ContainsFunc(rules[:i], func(other any) bool { return reflect.DeepEqual(rule, other) }):
			wrong = append(wrong, violation{at, "the rule is there twice"})
		}
	}
	if r := invalid(wrong); r != nil {
		return nil, r
	}
	return c.changeTo(o, func() map[string]any {
		c.server.attestations[o.key()] = rules
		return map[string]any{}
	})
}

func (c *call) listAttestationRules() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	answer := map[string]any{}
	if rules := c.server.attestations[o.key()]; len(rules) > 0 {
		answer["attestationRules"] = clone(rules)
	}
	return answer, nil
}
