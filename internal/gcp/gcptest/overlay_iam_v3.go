package gcptest

import (
	"fmt"
	"regexp"
	"strings"
)

// The resources of iam/v3 that the gcp stack has: principal access boundaries, access policies, and what binds them. Sources: the comments
// of iam/v3's protos, and Google's documentation of access policies for agents.
func init() {
	register(&kind{
		api: "iam", collection: "organizations.locations.principalAccessBoundaryPolicies", ids: policyIDs, check: checkBoundary,
		defaults: func(body map[string]any) {
			// "If empty, the PAB policy version will be set to the most recent version number at the time of the policy's creation."
			if details, ok := body["details"].(map[string]any); ok && details["enforcementVersion"] == nil {
				details["enforcementVersion"] = "3"
			}
		},
	})
	for _, parent := range []string{"projects", "folders", "organizations"} {
		register(
			&kind{api: "iam", collection: parent + ".locations.accessPolicies", ids: policyIDs, check: checkAccessPolicy},
			&kind{
				api: "iam", collection: parent + ".locations.policyBindings", ids: policyIDs, lingers: true,
				check: checkBinding, refuses: refuseBinding, made: boundPolicy,
				references: func(_ string, body map[string]any) []reference {
					return named("policy", "iam", text(body, "policy"))
				},
			})
	}
}

// boundPolicy: a binding's answer says which policy it has.
func boundPolicy(s *Server, o *stored, answer map[string]any) {
	policy := text(o.body, "policy")
	answer["policyKind"] = policyKind(policy)
	if bound := s.lookup("iam", policy); bound != nil {
		answer["policyUid"] = bound.body["uid"]
	}
}

var (
	policyIDs       = regexp.MustCompile(`^[a-z][a-z0-9.-]{2,62}$`)
	boundedResource = regexp.MustCompile(`^//cloudresourcemanager\.googleapis\.com/(organizations/[0-9]+|folders/[0-9]+|projects/[^/]+)$`)
	fullName        = regexp.MustCompile(`^//[a-z0-9.-]+\.googleapis\.com/.+$`)
	permission      = regexp.MustCompile(`^[a-z0-9.-]+\.googleapis\.com/[a-zA-Z*]+(\.[a-zA-Z*]+)+$`)
	// https://cloud.google.com/iam/docs/principal-identifiers, as deny and access policies have them.
	principal    = regexp.MustCompile(`^(principal|principalSet)://[^/]+/.+$`)
	boundName    = regexp.MustCompile(`^(projects|folders|organizations)/[^/]+/locations/[^/]+/(principalAccessBoundaryPolicies|accessPolicies)/[^/]+$`)
	quoted       = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	attribute    = regexp.MustCompile(`[a-z_]+(\.[a-z_]+)+`)
	typeCompared = regexp.MustCompile(`principal\.type\s*(?:==|!=|in)\s*\[?((?:\s*(?:'[^']*'|"[^"]*")\s*,?)+)`)
)

func (c *check) described() {
	c.atMost("displayName", 63)
	if location(c.name) != "global" {
		c.refuse("name", "the only location of IAM's policies is global")
	}
}

func checkBoundary(c *check) {
	c.described()
	c.count("details.rules", 500)
	resources := 0
	rules, _ := dig(c.body, "details.rules").([]any)
	for i, rule := range rules {
		at := fmt.Sprintf("details.rules[%d]", i)
		c.ruleDescription(at, rule)
		for j, resource := range texts(asObject(rule), "resources") {
			resources++
			if !boundedResource.MatchString(resource) {
				c.refuse(fmt.Sprintf("%s.resources[%d]", at, j), "the resource is an organisation, a folder or a project: //cloudresourcemanager.googleapis.com/projects/…")
			}
		}
	}
	if resources > 500 {
		c.refuse("details.rules", "there are at most 500 resources in all rules")
	}
}

func (c *check) ruleDescription(at string, rule any) {
	if len(text(asObject(rule), "description")) > 256 {
		c.refuse(at+".description", "the text has more than 256 characters")
	}
}

func checkAccessPolicy(c *check) {
	c.described()
	rules, _ := dig(c.body, "details.rules").([]any)
	for i, r := range rules {
		at, rule := fmt.Sprintf("details.rules[%d]", i), asObject(r)
		c.ruleDescription(at, rule)
		c.principals(at+".principals", texts(rule, "principals"))
		c.principals(at+".excludedPrincipals", texts(rule, "excludedPrincipals"))
		if dig(rule, "operation.permissions") == nil {
			c.refuse(at+".operation.permissions", "a rule is about at least one permission")
		}
		c.permissions(at+".operation.permissions", texts(rule, "operation.permissions"))
		c.permissions(at+".operation.excludedPermissions", texts(rule, "operation.excludedPermissions"))
		conditions := asObject(rule["conditions"])
		for _, service := range sorted(conditions) {
			below := fmt.Sprintf("%s.conditions[%q]", at, service)
			switch service {
			case "eventarc.googleapis.com", "iam.googleapis.com", "iap.googleapis.com": // the last one is in the documentation alone
			default:
				c.refuse(below, "the service has no conditions")
			}
			c.expression(below, conditions[service])
		}
	}
}

func (c *check) principals(at string, names []string) {
	for i, name := range names {
		if !principal.MatchString(name) {
			c.refuse(fmt.Sprintf("%s[%d]", at, i), fmt.Sprintf("%q is no principal of the form principal://… or principalSet://…", name))
		}
	}
}

func (c *check) permissions(at string, names []string) {
	for i, name := range names {
		if !permission.MatchString(name) {
			c.refuse(fmt.Sprintf("%s[%d]", at, i), fmt.Sprintf("%q is no permission of the form {service}.googleapis.com/{resource}.{verb}", name))
		}
	}
}

// expression checks a google.type.Expr.
func (c *check) expression(at string, expr any) {
	expression := text(asObject(expr), "expression")
	if expression == "" {
		c.refuse(at+".expression", "the field is required")
		return
	}
	if err := parseCEL(expression); err != nil {
		c.refuse(at+".expression", "the expression is no CEL: "+err.Error())
	}
}

func policyKind(policy string) string {
	if strings.Contains(policy, "/principalAccessBoundaryPolicies/") {
		return "PRINCIPAL_ACCESS_BOUNDARY"
	}
	return "ACCESS"
}

func checkBinding(c *check) {
	c.described()
	c.exactlyOne("target.principalSet", "target.resource")
	policy := text(c.body, "policy")
	if !boundName.MatchString(policy) {
		c.refuse("policy", fmt.Sprintf("%q is no name of a principal access boundary policy or of an access policy", policy))
		return
	}
	kind := policyKind(policy)
	if given := text(c.body, "policyKind"); given != "" && given != kind {
		c.refuse("policyKind", "the field is empty or the policy's own kind, "+kind)
	}
	if kind == "ACCESS" {
		if c.has("condition") { // "The condition is currently only supported when bound to … principal access boundary."
			c.refuse("condition", "a binding of an access policy has no condition; its rules have")
		}
		if !fullName.MatchString(text(c.body, "target.resource")) {
			c.refuse("target.resource", "an access policy is bound to a resource by its full name, //{service}.googleapis.com/…")
		}
		return
	}
	if !c.has("target.principalSet") {
		c.refuse("target.principalSet", "a principal access boundary is bound to a set of principals")
	}
	c.bindingCondition()
}

// bindingCondition: from 1 to 10 subexpressions, at most 250 characters, on principal.type and principal.subject alone.
func (c *check) bindingCondition() {
	if !c.has("condition") {
		return
	}
	c.expression("condition", c.body["condition"])
	expression := text(c.body, "condition.expression")
	bare := quoted.ReplaceAllString(expression, "''")
	if len(expression) > 250 {
		c.refuse("condition.expression", "the expression has more than 250 characters")
	}
	if strings.Count(bare, "&&")+strings.Count(bare, "||") >= 10 {
		c.refuse("condition.expression", "the expression has more than 10 subexpressions")
	}
	for _, name := range attribute.FindAllString(bare, -1) {
		switch strings.TrimSuffix(strings.TrimSuffix(name, ".starts"), ".ends") {
		case "principal.type", "principal.subject":
		default:
			c.refuse("condition.expression", fmt.Sprintf("%q is neither principal.type nor principal.subject", name))
		}
	}
	for _, compared := range typeCompared.FindAllStringSubmatch(expression, -1) {
		for _, value := range quoted.FindAllString(compared[1], -1) {
			switch strings.Trim(value, `'"`) {
			case "iam.googleapis.com/WorkspaceIdentity", "iam.googleapis.com/WorkforcePoolIdentity", "iam.googleapis.com/WorkloadPoolIdentity",
				"iam.googleapis.com/ServiceAccount", "iam.googleapis.com/AgentPoolIdentity":
			default:
				c.refuse("condition.expression", value+" is no type of principals")
			}
		}
	}
}

// refuseBinding: the constraint that new organisations have, iam.managed.disableAccessPolicyBinding.
func refuseBinding(s *Server, body map[string]any) *refusal {
	if s.options.NoAccessPolicyBindings && policyKind(text(body, "policy")) == "ACCESS" {
		return refuse("FAILED_PRECONDITION", "Operation denied by org policy: [\"constraints/iam.managed.disableAccessPolicyBinding\": \"Binding access policies is disabled.\"].")
	}
	return nil
}
