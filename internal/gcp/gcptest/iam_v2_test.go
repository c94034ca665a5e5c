package gcptest_test

import (
	"strings"
	"testing"

	"google.golang.org/api/iam/v2"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const attachedToProject = "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fagents-1/denypolicies"

func denyPolicy() *iam.GoogleIamV2Policy {
	return &iam.GoogleIamV2Policy{
		DisplayName: "agents may not",
		Rules: []*iam.GoogleIamV2PolicyRule{{
			Description: "administer",
			DenyRule: &iam.GoogleIamV2DenyRule{
				DeniedPrincipals:  []string{"principalSet://agents.global.org-555555555555.system.id.goog/*"},
				DeniedPermissions: []string{"iam.googleapis.com/roles.create"},
				DenialCondition:   &iam.GoogleTypeExpr{Expression: "!resource.matchTag('1/env', 'test')"},
			},
		}},
	}
}

func TestDenyPolicyRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "iam", iam.NewService).Policies
	type policy = iam.GoogleIamV2Policy
	checkRefusals(t, denyPolicy, func(id string, body *policy) error {
		_, err := service.CreatePolicy(attachedToProject, body).PolicyId(id).Do()
		return err
	}, []refused[policy]{
		{"a rule that denies nothing", func(p *policy) { p.Rules[0].DenyRule = nil }, "rules[0].deny_rule"},
		{"nobody", func(p *policy) { p.Rules[0].DenyRule.DeniedPrincipals = nil }, "rules[0].deny_rule.denied_principals"},
		{"no permissions", func(p *policy) { p.Rules[0].DenyRule.DeniedPermissions = nil }, "rules[0].deny_rule.denied_permissions"},
		{"a principal of allow policies", func(p *policy) {
			p.Rules[0].DenyRule.DeniedPrincipals[0] = "user:alice@example.com"
		}, "rules[0].deny_rule.denied_principals[0]"},
		{"a permission of allow policies", func(p *policy) {
			p.Rules[0].DenyRule.DeniedPermissions[0] = "iam.roles.create"
		}, "rules[0].deny_rule.denied_permissions[0]"},
		{"everybody but everybody", func(p *policy) {
			p.Rules[0].DenyRule.ExceptionPrincipals = []string{"principalSet://goog/public:all"}
		}, "rules[0].deny_rule.exception_principals[0]"},
		{"a condition that is no CEL", func(p *policy) {
			p.Rules[0].DenyRule.DenialCondition.Expression = "resource.("
		}, "rules[0].deny_rule.denial_condition.expression"},
		{"a long name", func(p *policy) { p.DisplayName = strings.Repeat("a", 64) }, "display_name"},
		{"what the server says", func(p *policy) { p.Kind = "DenyPolicy" }, "kind"},
	})

	const name = attachedToProject + "/valid"
	got, err := service.Get(name).Do()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(name, "agents-1", "111111111111", 1); got.Name != want || got.Kind != "DenyPolicy" || got.Uid == "" {
		t.Errorf("the policy is %+v, its name is to be %s", got, want)
	}
	listed, err := service.ListPolicies(attachedToProject).Do()
	if err != nil || len(listed.Policies) != 1 {
		t.Errorf("listed: %+v, %v", listed, err)
	}

	// PUT leaves nothing of what was but what the server has set.
	if _, err := service.Update(name, &policy{Etag: got.Etag, Rules: got.Rules}).Do(); err != nil {
		t.Fatal(err)
	}
	replaced, err := service.Get(name).Do()
	if err != nil || replaced.DisplayName != "" || replaced.Uid != got.Uid || replaced.CreateTime != got.CreateTime {
		t.Errorf("replaced: %+v, %v", replaced, err)
	}
	_, err = service.Update(name, &policy{Etag: got.Etag, Rules: got.Rules}).Do()
	checkStatus(t, err, "ABORTED")
	_, err = service.Delete(name).Etag(got.Etag).Do()
	checkStatus(t, err, "ABORTED")
	if _, err := service.Delete(name).Etag(replaced.Etag).Do(); err != nil {
		t.Fatal(err)
	}
	_, err = service.Get(name).Do()
	checkStatus(t, err, "NOT_FOUND")
}
