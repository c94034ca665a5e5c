package gcptest

import (
	"fmt"
	"strings"
)

// The deny policies of iam/v2. Sources: the discovery document's prose and https://cloud.google.com/iam/docs/deny-access.
func init() {
	register(&kind{
		api: "iam", collection: "policies", ids: policyIDs, bare: true,
		numbered: true, // "For projects, requests can use the alphanumeric or the numeric ID. Responses always contain the numeric ID."
		check:    checkDenyPolicy,
		made: func(_ *Server, _ *stored, answer map[string]any) {
			answer["kind"] = "DenyPolicy"
		},
	})
}

func checkDenyPolicy(c *check) {
	c.atMost("displayName", 63)
	if !strings.Contains(c.name, "/denypolicies/") || !strings.HasPrefix(c.name, "policies/cloudresourcemanager.googleapis.com%2F") {
		c.refuse("name", "the policy is named policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{project}/denypolicies/{id}")
	}
	rules, _ := c.body["rules"].([]any)
	for i, r := range rules {
		at, rule := fmt.Sprintf("rules[%d]", i), asObject(r)
		c.ruleDescription(at, rule)
		if rule["denyRule"] == nil {
			c.refuse(at+".denyRule", "a rule of a deny policy denies")
			continue
		}
		at += ".denyRule"
		deny := asObject(rule["denyRule"])
		for _, field := range []string{"deniedPrincipals", "deniedPermissions"} {
			if deny[field] == nil {
				c.refuse(at+"."+field, "the list has at least one element")
			}
		}
		c.principals(at+".deniedPrincipals", texts(deny, "deniedPrincipals"))
		c.principals(at+".exceptionPrincipals", texts(deny, "exceptionPrincipals"))
		for j, name := range texts(deny, "exceptionPrincipals") {
			if name == "principalSet://goog/public:all" {
				c.refuse(fmt.Sprintf("%s.exceptionPrincipals[%d]", at, j), "all users are no exception")
			}
		}
		c.permissions(at+".deniedPermissions", texts(deny, "deniedPermissions"))
		c.permissions(at+".exceptionPermissions", texts(deny, "exceptionPermissions"))
		if deny["denialCondition"] != nil {
			c.expression(at+".denialCondition", deny["denialCondition"])
		}
	}
}
