package gcptest_test

import (
	"fmt"
	"testing"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/networksecurity/v1"
	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func networkSecurity(t *testing.T, s *gcptest.Server) *networksecurity.ProjectsLocationsAuthzPoliciesService {
	t.Helper()
	return client(t, s, "networksecurity", networksecurity.NewService).Projects.Locations.AuthzPolicies
}

// gateways makes a gateway for what agents reach, "egress", one for what reaches them, "ingress", and an extension for IAP, "iap".
func gateways(t *testing.T, s *gcptest.Server) {
	t.Helper()
	service := networkServices(t, s)
	for name, path := range map[string]string{"egress": "AGENT_TO_ANYWHERE", "ingress": "CLIENT_TO_AGENT"} {
		body := &networkservices.AgentGateway{GoogleManaged: &networkservices.AgentGatewayGoogleManaged{GovernedAccessPath: path}}
		if _, err := service.AgentGateways.Create(parent, body).AgentGatewayId(name).Do(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := service.AuthzExtensions.Create(parent, iapExtension()).AuthzExtensionId("iap").Do(); err != nil {
		t.Fatal(err)
	}
}

func on(gateway string) *networksecurity.AuthzPolicyTarget {
	return &networksecurity.AuthzPolicyTarget{Resources: []string{parent + "/agentGateways/" + gateway}}
}

func exactly(value string) *networksecurity.AuthzPolicyAuthzRuleStringMatch {
	return &networksecurity.AuthzPolicyAuthzRuleStringMatch{Exact: value}
}

// allowTool lets one agent call one tool.
func allowTool() *networksecurity.AuthzPolicy {
	return &networksecurity.AuthzPolicy{
		Action: "ALLOW", Target: on("egress"),
		HttpRules: []*networksecurity.AuthzPolicyAuthzRule{{
			From: &networksecurity.AuthzPolicyAuthzRuleFrom{Sources: []*networksecurity.AuthzPolicyAuthzRuleFromRequestSource{{
				Principals: []*networksecurity.AuthzPolicyAuthzRulePrincipal{{Principal: exactly("spiffe://example.com/agent")}},
			}}},
			To: &networksecurity.AuthzPolicyAuthzRuleTo{Operations: []*networksecurity.AuthzPolicyAuthzRuleToRequestOperation{{
				Hosts: []*networksecurity.AuthzPolicyAuthzRuleStringMatch{exactly("mcp.example.com")},
				Mcp: &networksecurity.AuthzPolicyAuthzRuleToRequestOperationMCP{
					BaseProtocolMethodsOption: "MATCH_BASE_PROTOCOL_METHODS",
					Methods: []*networksecurity.AuthzPolicyAuthzRuleToRequestOperationMCPMethod{{
						Name: "tools/call", Params: []*networksecurity.AuthzPolicyAuthzRuleStringMatch{exactly("lookup")},
					}},
				},
			}}},
			When: `request.headers["x-team"] == "payments"`,
		}},
	}
}

func custom(gateway, extension string) *networksecurity.AuthzPolicy {
	return &networksecurity.AuthzPolicy{
		Action: "CUSTOM", PolicyProfile: "REQUEST_AUTHZ", Target: on(gateway),
		CustomProvider: &networksecurity.AuthzPolicyCustomProvider{
			AuthzExtension: &networksecurity.AuthzPolicyCustomProviderAuthzExtension{Resources: []string{parent + "/authzExtensions/" + extension}},
		},
	}
}

func TestAuthzPolicyRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	gateways(t, s)
	service := networkSecurity(t, s)
	type policy = networksecurity.AuthzPolicy
	operation := func(p *policy) *networksecurity.AuthzPolicyAuthzRuleToRequestOperation {
		return p.HttpRules[0].To.Operations[0]
	}
	source := func(p *policy) *networksecurity.AuthzPolicyAuthzRuleFromRequestSource {
		return p.HttpRules[0].From.Sources[0]
	}
	const (
		toOperation = "http_rules[0].to.operations[0]"
		fromSource  = "http_rules[0].from.sources[0]"
	)
	checkRefusals(t, allowTool, func(id string, body *policy) error {
		_, err := service.Create(parent, body).AuthzPolicyId(id).Do()
		return err
	}, []refused[policy]{
		{"no action", func(p *policy) { p.Action = "" }, "action"},
		{"another action", func(p *policy) { p.Action = "AUDIT" }, "action"},
		{"no target", func(p *policy) { p.Target = nil }, "target"},
		{"a target without resources", func(p *policy) { p.Target.Resources = nil }, "target.resources"},
		{"a gateway of another location", func(p *policy) {
			p.Target.Resources[0] = "projects/agents-1/locations/europe-west1/agentGateways/egress"
		}, "target.resources"},
		{"a load balancing scheme", func(p *policy) { p.Target.LoadBalancingScheme = "INTERNAL_MANAGED" }, "target.load_balancing_scheme"},
		{"ALLOW without rules", func(p *policy) { p.HttpRules = nil }, "http_rules"},
		{"DENY without rules", func(p *policy) { p.Action, p.HttpRules = "DENY", nil }, "http_rules"},
		{"DENY_BY_DEFAULT with rules", func(p *policy) { p.Action = "DENY_BY_DEFAULT" }, "http_rules"},
		{"rules for HTTP and for networks", func(p *policy) { p.NetworkRules = p.HttpRules }, "network_rules"},
		{"six rules", func(p *policy) {
			for range 5 {
				p.HttpRules = append(p.HttpRules, p.HttpRules[0])
			}
		}, "http_rules"},
		{"two sources", func(p *policy) {
			p.HttpRules[0].From.Sources = append(p.HttpRules[0].From.Sources, source(p))
		}, "http_rules[0].from.sources"},
		{"a source of nothing", func(p *policy) { source(p).Principals = nil }, fromSource},
		{"from nowhere", func(p *policy) { p.HttpRules[0].From.Sources = nil }, "http_rules[0].from"},
		{"a principal by prefix", func(p *policy) {
			source(p).Principals[0].Principal = &networksecurity.AuthzPolicyAuthzRuleStringMatch{Prefix: "spiffe://"}
		}, fromSource + ".principals[0].principal"},
		{"a principal that is nobody", func(p *policy) { source(p).Principals[0].Principal = nil }, fromSource + ".principals[0].principal"},
		{"51 principals", func(p *policy) {
			for range 50 {
				source(p).Principals = append(source(p).Principals, source(p).Principals[0])
			}
		}, "http_rules"},
		{"six tags of a resource", func(p *policy) {
			source(p).Resources = []*networksecurity.AuthzPolicyAuthzRuleRequestResource{{
				TagValueIdSet: &networksecurity.AuthzPolicyAuthzRuleRequestResourceTagValueIdSet{Ids: googleapi.Int64s{1, 2, 3, 4, 5, 6}},
			}}
		}, fromSource + ".resources[0].tag_value_id_set.ids"},
		{"two operations", func(p *policy) {
			p.HttpRules[0].To.Operations = append(p.HttpRules[0].To.Operations, operation(p))
		}, "http_rules[0].to.operations"},
		{"to nowhere", func(p *policy) { p.HttpRules[0].To.Operations = nil }, "http_rules[0].to"},
		{"eleven hosts", func(p *policy) {
			for range 10 {
				operation(p).Hosts = append(operation(p).Hosts, exactly("b.example.com"))
			}
		}, "http_rules"},
		{"a host matched in two ways", func(p *policy) { operation(p).Hosts[0].Suffix = ".com" }, toOperation + ".hosts[0]"},
		{"a method that HTTP does not have", func(p *policy) { operation(p).Methods = []string{"FETCH"} }, toOperation + ".methods[0]"},
		{"a method that MCP rules do not know", func(p *policy) { operation(p).Mcp.Methods[0].Name = "initialize" }, toOperation + ".mcp.methods[0].name"},
		{"params of a list", func(p *policy) { operation(p).Mcp.Methods[0].Name = "tools/list" }, toOperation + ".mcp.methods[0].params"},
		{"params of a group of methods", func(p *policy) { operation(p).Mcp.Methods[0].Name = "tools" }, toOperation + ".mcp.methods[0].params"},
		{"eleven params", func(p *policy) {
			for range 10 {
				operation(p).Mcp.Methods[0].Params = append(operation(p).Mcp.Methods[0].Params, exactly("other"))
			}
		}, "http_rules"},
		{"MCP on another target", func(p *policy) {
			p.Target.Resources[0] = "projects/agents-1/locations/us-central1/gateways/proxy"
		}, toOperation + ".mcp"},
		{"a condition that is no CEL", func(p *policy) { p.HttpRules[0].When = "request.headers[" }, "http_rules[0].when"},
		{"a provider of ALLOW", func(p *policy) { p.CustomProvider = custom("egress", "iap").CustomProvider }, "custom_provider"},
		{"CUSTOM without a provider", func(p *policy) { p.Action = "CUSTOM" }, "custom_provider"},
		{"Cloud IAP on an agent gateway", func(p *policy) {
			p.Action = "CUSTOM"
			p.CustomProvider = &networksecurity.AuthzPolicyCustomProvider{CloudIap: &networksecurity.AuthzPolicyCustomProviderCloudIap{}}
		}, "custom_provider.cloud_iap"},
		{"two providers", func(p *policy) {
			*p = *custom("egress", "iap")
			p.CustomProvider.CloudIap = &networksecurity.AuthzPolicyCustomProviderCloudIap{}
		}, "custom_provider.cloud_iap"},
		{"two extensions", func(p *policy) {
			*p = *custom("egress", "iap")
			p.CustomProvider.AuthzExtension.Resources = append(p.CustomProvider.AuthzExtension.Resources, "b")
		}, "custom_provider.authz_extension.resources"},
		{"IAP for contents", func(p *policy) {
			*p = *custom("egress", "iap")
			p.PolicyProfile = "CONTENT_AUTHZ"
		}, "custom_provider.authz_extension.resources"},
		{"IAP on what clients call", func(p *policy) { *p = *custom("ingress", "iap") }, "policy_profile"},
	})
	t.Run("a gateway that is not there", func(t *testing.T) {
		body := allowTool()
		body.Target = on("none")
		_, err := service.Create(parent, body).AuthzPolicyId("lost").Do()
		checkStatus(t, err, "NOT_FOUND")
	})
	t.Run("an extension that is not there", func(t *testing.T) {
		_, err := service.Create(parent, custom("egress", "none")).AuthzPolicyId("lost").Do()
		checkStatus(t, err, "NOT_FOUND")
	})
	t.Run("an update without a mask", func(t *testing.T) {
		_, err := service.Patch(parent+"/authzPolicies/valid", allowTool()).Do()
		checkRefused(t, err, "update_mask")
	})
	t.Run("another profile", func(t *testing.T) {
		_, err := service.Patch(parent+"/authzPolicies/valid", &policy{PolicyProfile: "CONTENT_AUTHZ"}).UpdateMask("policyProfile").Do()
		checkRefused(t, err, "policy_profile")
	})
}

func TestDenyByDefaultIsTaken(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	gateways(t, s)
	service := networkSecurity(t, s)
	body := &networksecurity.AuthzPolicy{Action: "DENY_BY_DEFAULT", Target: on("egress")}
	if _, err := service.Create(parent, body).AuthzPolicyId("default").Do(); err != nil {
		t.Fatal(err)
	}
	got, err := service.Get(parent + "/authzPolicies/default").Do()
	if err != nil {
		t.Fatal(err)
	}
	if got.PolicyProfile != "REQUEST_AUTHZ" {
		t.Errorf("the profile is %q, not the default", got.PolicyProfile)
	}
}

func TestAGatewayHasFourCustomPolicies(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	gateways(t, s)
	service := networkSecurity(t, s)
	for i := range 4 {
		if _, err := service.Create(parent, custom("egress", "iap")).AuthzPolicyId(fmt.Sprintf("custom-%d", i)).Do(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := service.Create(parent, custom("egress", "iap")).AuthzPolicyId("custom-5").Do()
	checkRefused(t, err, "target.resources")
	if _, err := service.Delete(parent + "/authzPolicies/custom-0").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Create(parent, custom("egress", "iap")).AuthzPolicyId("custom-5").Do(); err != nil {
		t.Errorf("after one is gone: %v", err)
	}
}
