package gcptest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	iam "cloud.google.com/go/iam/apiv3"
	"cloud.google.com/go/iam/apiv3/iampb"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const organization = "organizations/555555555555/locations/global"

// gapic makes one of Google's generated REST clients. They take an endpoint without a slash at its end.
func gapic[C any](t *testing.T, s *gcptest.Server, create func(context.Context, ...option.ClientOption) (*C, error)) *C {
	t.Helper()
	client, err := create(t.Context(), option.WithEndpoint(strings.TrimSuffix(s.Endpoint("iam"), "/")), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func boundary() *iampb.PrincipalAccessBoundaryPolicy {
	return &iampb.PrincipalAccessBoundaryPolicy{
		DisplayName: "only what agents need",
		Details: &iampb.PrincipalAccessBoundaryPolicyDetails{Rules: []*iampb.PrincipalAccessBoundaryPolicyRule{{
			Resources: []string{"//cloudresourcemanager.googleapis.com/projects/agents-1"},
			Effect:    iampb.PrincipalAccessBoundaryPolicyRule_ALLOW,
		}}},
	}
}

// TestBoundaryRefusals also shows that operations of IAM v3, with their answers of any type and their enums as numbers, are what Google's
// client understands.
func TestBoundaryRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 1})
	client := gapic(t, s, iam.NewPrincipalAccessBoundaryPoliciesRESTClient)
	ctx := t.Context()
	type policy = iampb.PrincipalAccessBoundaryPolicy
	create := func(id string, body *policy) error {
		op, err := client.CreatePrincipalAccessBoundaryPolicy(ctx, &iampb.CreatePrincipalAccessBoundaryPolicyRequest{
			Parent: organization, PrincipalAccessBoundaryPolicyId: id, PrincipalAccessBoundaryPolicy: body,
		})
		if err != nil {
			return err
		}
		_, err = op.Poll(ctx)
		return err
	}
	checkRefusals(t, boundary, create, []refused[policy]{
		{"no resources", func(p *policy) { p.Details.Rules[0].Resources = nil }, "details.rules[0].resources"},
		{"no effect", func(p *policy) { p.Details.Rules[0].Effect = 0 }, "details.rules[0].effect"},
		{"an effect that does not exist", func(p *policy) { p.Details.Rules[0].Effect = 7 }, "details.rules[0].effect"},
		{"no rules", func(p *policy) { p.Details.Rules = nil }, "details.rules"},
		{"a resource of another service", func(p *policy) {
			p.Details.Rules[0].Resources[0] = "//storage.googleapis.com/buckets/b"
		}, "details.rules[0].resources[0]"},
		{"501 resources", func(p *policy) {
			for range 500 {
				p.Details.Rules[0].Resources = append(p.Details.Rules[0].Resources, p.Details.Rules[0].Resources[0])
			}
		}, "details.rules"},
		{"a long display name", func(p *policy) { p.DisplayName = strings.Repeat("a", 64) }, "display_name"},
		{"an output-only field", func(p *policy) { p.Uid = "1" }, "uid"},
	})
	checkRefused(t, create("PAB", boundary()), "principal_access_boundary_policy_id")

	got, err := client.GetPrincipalAccessBoundaryPolicy(ctx, &iampb.GetPrincipalAccessBoundaryPolicyRequest{Name: organization + "/principalAccessBoundaryPolicies/valid"})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetEtag() == "" || got.GetUid() == "" || got.GetDetails().GetEnforcementVersion() == "" || got.GetDetails().GetRules()[0].GetEffect() != iampb.PrincipalAccessBoundaryPolicyRule_ALLOW {
		t.Errorf("what the server makes, and the effect, are missing: %v", got)
	}
	stale := proto.CloneOf(got)
	update := func(p *policy) error {
		op, err := client.UpdatePrincipalAccessBoundaryPolicy(ctx, &iampb.UpdatePrincipalAccessBoundaryPolicyRequest{
			PrincipalAccessBoundaryPolicy: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
		})
		if err != nil {
			return err
		}
		_, err = op.Poll(ctx)
		return err
	}
	if err := update(&policy{Name: got.GetName(), Etag: got.GetEtag(), DisplayName: "renamed"}); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, update(&policy{Name: stale.GetName(), Etag: stale.GetEtag(), DisplayName: "renamed again"}), "ABORTED")
}

func accessPolicy() *iampb.AccessPolicy {
	effect := iampb.AccessPolicyRule_ALLOW
	return &iampb.AccessPolicy{Details: &iampb.AccessPolicyDetails{Rules: []*iampb.AccessPolicyRule{{
		Effect:     &effect,
		Principals: []string{"principalSet://agents.global.org-555555555555.system.id.goog/*"},
		Operation:  &iampb.AccessPolicyRule_Operation{Permissions: []string{"iap.googleapis.com/resources.egressViaIAP"}},
		Conditions: map[string]*expr.Expr{"iap.googleapis.com": {Expression: "destination.is_registered"}},
	}}}}
}

func TestAccessPolicyAndBinding(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{LingeringReads: 2})
	ctx := t.Context()
	policies := gapic(t, s, iam.NewAccessPoliciesRESTClient)
	bindings := gapic(t, s, iam.NewPolicyBindingsRESTClient)
	boundaries := gapic(t, s, iam.NewPrincipalAccessBoundaryPoliciesRESTClient)
	const location = "projects/agents-1/locations/global"

	type policy = iampb.AccessPolicy
	checkRefusals(t, accessPolicy, func(id string, body *policy) error {
		_, err := policies.CreateAccessPolicy(ctx, &iampb.CreateAccessPolicyRequest{Parent: location, AccessPolicyId: id, AccessPolicy: body})
		return err
	}, []refused[policy]{
		{"no effect", func(p *policy) { p.Details.Rules[0].Effect = nil }, "details.rules[0].effect"},
		{"no principals", func(p *policy) { p.Details.Rules[0].Principals = nil }, "details.rules[0].principals"},
		{"a SPIFFE ID", func(p *policy) { p.Details.Rules[0].Principals[0] = "spiffe://example.com/agent" }, "details.rules[0].principals[0]"},
		{"no operation", func(p *policy) { p.Details.Rules[0].Operation = nil }, "details.rules[0].operation"},
		{"a permission without its service", func(p *policy) {
			p.Details.Rules[0].Operation.Permissions[0] = "iap.webServiceVersions.egressViaIAP"
		}, "details.rules[0].operation.permissions[0]"},
		{"a condition for another service", func(p *policy) {
			p.Details.Rules[0].Conditions["storage.googleapis.com"] = &expr.Expr{Expression: "true"}
		}, `details.rules[0].conditions["storage.googleapis.com"]`},
		{"a condition that is no CEL", func(p *policy) {
			p.Details.Rules[0].Conditions["iap.googleapis.com"].Expression = "destination.("
		}, `details.rules[0].conditions["iap.googleapis.com"].expression`},
	})
	if _, err := boundaries.CreatePrincipalAccessBoundaryPolicy(ctx, &iampb.CreatePrincipalAccessBoundaryPolicyRequest{
		Parent: organization, PrincipalAccessBoundaryPolicyId: "boundary", PrincipalAccessBoundaryPolicy: boundary(),
	}); err != nil {
		t.Fatal(err)
	}

	type binding = iampb.PolicyBinding
	bind := func(id string, body *binding) error {
		_, err := bindings.CreatePolicyBinding(ctx, &iampb.CreatePolicyBindingRequest{Parent: location, PolicyBindingId: id, PolicyBinding: body})
		return err
	}
	agents := &iampb.PolicyBinding_Target{Target: &iampb.PolicyBinding_Target_PrincipalSet{PrincipalSet: "//cloudresourcemanager.googleapis.com/projects/agents-1"}}
	checkRefusals(t, func() *binding {
		return &binding{
			Target: agents, Policy: organization + "/principalAccessBoundaryPolicies/boundary",
			PolicyKind: iampb.PolicyBinding_PRINCIPAL_ACCESS_BOUNDARY,
			Condition:  &expr.Expr{Expression: `principal.type == 'iam.googleapis.com/AgentPoolIdentity' && principal.subject.startsWith("a")`},
		}
	}, bind, []refused[binding]{
		{"no target", func(b *binding) { b.Target = nil }, "target"},
		{"no policy", func(b *binding) { b.Policy = "" }, "policy"},
		{"another kind than the policy's", func(b *binding) { b.PolicyKind = iampb.PolicyBinding_ACCESS }, "policy_kind"},
		{"a boundary on a resource", func(b *binding) {
			b.Target = &iampb.PolicyBinding_Target{Target: &iampb.PolicyBinding_Target_Resource{Resource: "//cloudresourcemanager.googleapis.com/projects/agents-1"}}
		}, "target.principal_set"},
		{"a condition on something else", func(b *binding) { b.Condition.Expression = "resource.name == 'x'" }, "condition.expression"},
		{"a type of principals that does not exist", func(b *binding) { b.Condition.Expression = "principal.type == 'iam.googleapis.com/Agent'" }, "condition.expression"},
		{"11 subexpressions", func(b *binding) {
			b.Condition.Expression = strings.Repeat("principal.type!='' && ", 10) + "principal.type!=''"
		}, "condition.expression"},
		{"a long condition", func(b *binding) {
			b.Condition.Expression = fmt.Sprintf("principal.subject == '%s'", strings.Repeat("a", 250))
		}, "condition.expression"},
	})

	access := func() *binding {
		return &binding{
			Target: &iampb.PolicyBinding_Target{Target: &iampb.PolicyBinding_Target_Resource{Resource: "//cloudresourcemanager.googleapis.com/projects/agents-1"}},
			Policy: location + "/accessPolicies/valid",
		}
	}
	conditional := access()
	conditional.Condition = &expr.Expr{Expression: "principal.subject == 'a'"}
	checkRefused(t, bind("conditional", conditional), "condition")
	lost := access()
	lost.Policy = location + "/accessPolicies/none"
	checkStatus(t, bind("lost", lost), "NOT_FOUND")
	if err := bind("access", access()); err != nil {
		t.Fatal(err)
	}

	// The policy goes only when its binding is gone, and that is some reads after its deletion.
	remove := func() error {
		_, err := policies.DeleteAccessPolicy(ctx, &iampb.DeleteAccessPolicyRequest{Name: location + "/accessPolicies/valid"})
		return err
	}
	checkStatus(t, remove(), "FAILED_PRECONDITION")
	name := location + "/policyBindings/access"
	if _, err := bindings.DeletePolicyBinding(ctx, &iampb.DeletePolicyBindingRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, remove(), "FAILED_PRECONDITION")
	got, err := bindings.GetPolicyBinding(ctx, &iampb.GetPolicyBindingRequest{Name: name})
	if err != nil {
		t.Fatalf("the deleted binding is to be seen once more: %v", err)
	}
	if got.GetPolicyKind() != iampb.PolicyBinding_ACCESS {
		t.Errorf("the binding's kind is %v", got.GetPolicyKind())
	}
	_, err = bindings.GetPolicyBinding(ctx, &iampb.GetPolicyBindingRequest{Name: name})
	checkStatus(t, err, "NOT_FOUND")
	if err := remove(); err != nil {
		t.Error(err)
	}
}

func TestOrganizationsForbidBindingAccessPolicies(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{NoAccessPolicyBindings: true})
	ctx := t.Context()
	const location = "projects/agents-1/locations/global"
	if _, err := gapic(t, s, iam.NewAccessPoliciesRESTClient).CreateAccessPolicy(ctx, &iampb.CreateAccessPolicyRequest{
		Parent: location, AccessPolicyId: "policy", AccessPolicy: accessPolicy(),
	}); err != nil {
		t.Fatal(err)
	}
	_, err := gapic(t, s, iam.NewPolicyBindingsRESTClient).CreatePolicyBinding(ctx, &iampb.CreatePolicyBindingRequest{
		Parent: location, PolicyBindingId: "binding", PolicyBinding: &iampb.PolicyBinding{
			Target: &iampb.PolicyBinding_Target{Target: &iampb.PolicyBinding_Target_Resource{Resource: "//cloudresourcemanager.googleapis.com/projects/agents-1"}},
			Policy: location + "/accessPolicies/policy",
		},
	})
	checkStatus(t, err, "FAILED_PRECONDITION")
}
