package spec

import (
	"strings"
	"testing"
	"time"
)

const googleBilling = "spiffe://agents.global.org-1.system.id.goog/resources/aiplatform/projects/42/locations/us-central1/reasoningEngines/7"

// rightGoogleGateway is valid, with everything that a gateway may have at once where Google runs it.
func rightGoogleGateway() Gateway {
	return Gateway{
		Name: "tools", TrustDomain: "agents.global.org-1.system.id.goog", Mode: AgentToAnywhere,
		Targets: map[string]Target{
			"bank": {
				Protocol: "mcp", URL: "https://bank.example.org/mcp",
				Google: &GoogleTarget{Service: GoogleRegistryService{ID: "bank", DisplayName: "Bank", Content: `{"tools": [{"name": "pay"}]}`}},
			},
			"orders":  {Protocol: "rest", URL: "https://orders.example.org/v1", Operations: map[string]Operation{"getOrder": {Method: "GET", Path: "/orders/{id}"}, "list": {Method: "GET", Path: "/orders"}}, Google: &GoogleTarget{Unregistered: true}},
			"reports": {Protocol: "a2a", URL: "https://reports.example.org", Google: &GoogleTarget{Coarse: true, RegistryResource: "projects/acme-agents/locations/global/agents/agentregistry-1"}},
		},
		Allow: map[string]Allow{
			"pay":    {Agents: []string{googleBilling}, Target: "bank", Tools: []string{"pay"}, ReadOnly: true},
			"orders": {Agents: []string{"*"}, Target: "orders", Operations: []string{"getOrder", "GET /orders"}},
			"report": {Agents: []string{googleBilling}, Target: "reports", Skills: []string{"*"}, PushHosts: []string{"*"}},
		},
		Google: &GoogleGateway{
			Project: GoogleProject{ID: "acme-agents", Number: "42", Location: "us-central1"}, ID: "egress", Labels: map[string]string{"team": "a"},
			Registries:        []string{"//agentregistry.googleapis.com/projects/acme-agents/locations/global", "//agentregistry.googleapis.com/projects/acme-agents/locations/us-central1"},
			NetworkAttachment: "projects/acme-agents/regions/us-central1/networkAttachments/a",
			DNSPeering:        &GoogleDNSPeering{Domains: []string{"internal.example.org."}, TargetNetwork: "projects/acme-agents/global/networks/n"},
			IAP:               &GoogleIAP{Timeout: time.Second},
			ModelArmor:        &GoogleModelArmor{Template: &GoogleModelArmorTemplate{PromptInjection: "HIGH", ResponsibleAI: map[string]string{"DANGEROUS": "HIGH"}, SensitiveData: true}},
			Extensions:        map[string]GoogleExtension{"own": {Service: "authz.example.org", Profile: "CONTENT_AUTHZ", WireFormat: "EXT_PROC_GRPC"}},
			AuthzPolicies: map[string]GoogleAuthzPolicy{"no-deletes": {Action: "DENY", Rules: []GoogleAuthzRule{{
				Principals: []string{googleBilling}, MCP: &GoogleMCPMatch{Methods: []GoogleMCPMethod{{Name: "tools/call", Params: []GoogleStringMatch{{Prefix: "delete"}}}}},
			}}}},
			AccessPolicy: GoogleEgressPolicy{Rules: []GoogleEgressRule{{
				Description: "Google APIs", Principals: []string{"principalSet://agents.global.org-1.system.id.goog/*"}, Condition: `destination.unregistered.host.endsWith('.googleapis.com')`,
			}}},
			Services: map[string]GoogleRegistryService{"logging": {Interfaces: []GoogleInterface{{URL: "https://logging.googleapis.com", ProtocolBinding: "GRPC"}}}},
			Bindings: map[string]GoogleRegistryBinding{"bank": {Source: "urn:agent:x", Target: "bank", AuthProvider: "projects/acme-agents/locations/us-central1/authProviders/a"}},
		},
	}
}

func TestGatewayOnGoogleCloudThatIsRight(t *testing.T) {
	ingress := rightGoogleGateway()
	ingress.Mode, ingress.Google.IAP, ingress.Google.Extensions = ClientToAgent, nil, nil
	ingress.Google.AccessPolicy.Rules = nil
	ingress.Allow = map[string]Allow{"pay": {Agents: []string{googleBilling}, Target: "bank", Tools: []string{"pay"}, Prompts: []string{"*"}, Resources: []string{"*"}}}
	own := rightGoogleGateway()
	own.Google.DataPlane, own.Google.Extensions, own.Google.NetworkAttachment, own.Google.DNSPeering = GoogleGKE, nil, "", nil
	own.Google.ConnectivityTemplate = &GoogleConnectivityTemplate{DeploymentModel: "AMBIENT", AccessTypes: []string{"PRIVATE"}}
	own.Google.AuthzPolicies = nil
	own.Google.ExtensionBindings = map[string]GoogleExtensionBinding{"audit": {
		Extension: "audit.example.org", Metadata: map[string]string{"a": "b"}, Match: []GoogleMatchCondition{{Destination: &GoogleDestination{Hosts: []GoogleStringMatch{{Suffix: ".example.org"}}}}},
	}}
	first := rightGoogleGateway()
	first.Allow, first.Google.IAP, first.Google.AccessPolicy.Rules = nil, &GoogleIAP{Version: "V1"}, nil
	first.Google.IAPGrants = map[string]GoogleIAPGrant{"pay": {
		Resource: "mcpServers/agentregistry-1", Members: []string{"principal://x"}, Condition: `api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['pay', '']`,
	}}
	for name, g := range map[string]Gateway{"egress": rightGoogleGateway(), "ingress": ingress, "own proxies": own, "IAP V1": first} {
		t.Run(name, func(t *testing.T) {
			for _, p := range g.ValidateGoogle() {
				t.Error(p)
			}
		})
	}
}

func TestGatewayProblemsOnGoogleCloudNameTheAttribute(t *testing.T) {
	type google = *GoogleGateway
	gcp := func(change func(google)) func(*Gateway) { return func(g *Gateway) { change(g.Google) } }
	allow := func(name string, change func(*Allow)) func(*Gateway) {
		return func(g *Gateway) { a := g.Allow[name]; change(&a); g.Allow[name] = a }
	}
	target := func(name string, change func(*Target)) func(*Gateway) {
		return func(g *Gateway) { t := g.Targets[name]; change(&t); g.Targets[name] = t }
	}
	policy := func(change func(*GoogleAuthzPolicy)) func(*Gateway) {
		return gcp(func(g google) {
			p := g.AuthzPolicies["no-deletes"]
			change(&p)
			g.AuthzPolicies["no-deletes"] = p
		})
	}
	rule := func(change func(*GoogleAuthzRule)) func(*Gateway) {
		return policy(func(p *GoogleAuthzPolicy) { change(&p.Rules[0]) })
	}
	condition := func(text string) func(*Gateway) {
		return gcp(func(g google) { g.AccessPolicy.Rules[0].Condition = text })
	}
	grant := func(condition string) func(*Gateway) {
		return func(g *Gateway) {
			g.Allow, g.Google.IAP, g.Google.AccessPolicy.Rules = nil, &GoogleIAP{Version: "V1"}, nil
			g.Google.IAPGrants = map[string]GoogleIAPGrant{"x": {Members: []string{"principal://x"}, Condition: condition}}
		}
	}
	template := func(t GoogleConnectivityTemplate) func(*Gateway) {
		return gcp(func(g google) { g.NetworkAttachment, g.DNSPeering, g.ConnectivityTemplate = "", nil, &t })
	}
	ingress := func(g *Gateway) { g.Mode, g.Google.IAP, g.Google.AccessPolicy.Rules = ClientToAgent, nil, nil }
	twice := func(text string, n int) []GoogleStringMatch {
		var all []GoogleStringMatch
		for i := range n {
			all = append(all, GoogleStringMatch{Exact: text + strings.Repeat("x", i)})
		}
		return all
	}
	for name, c := range map[string]struct {
		change func(*Gateway)
		want   string
	}{
		"no project":                            {gcp(func(g google) { g.Project.ID = "" }), "gcp.project: is not set"},
		"a number for an ID":                    {gcp(func(g google) { g.Project.ID = "42" }), `gcp.project: "42" is a project's number`},
		"no number":                             {gcp(func(g google) { g.Project.Number = "" }), `gcp.project_number: is not set for project "acme-agents", and the names`},
		"number that is none":                   {gcp(func(g google) { g.Project.Number = "x" }), `gcp.project_number: "x" is no project number`},
		"in no region":                          {gcp(func(g google) { g.Project.Location = "global" }), `gcp.location: "global" is no region`},
		"id":                                    {gcp(func(g google) { g.ID = "Egress" }), `gcp.id: "Egress" cannot name`},
		"name for an id":                        {func(g *Gateway) { g.Google.ID, g.Name = "", "-x" }, `name: "-x" cannot name`},
		"description":                           {gcp(func(g google) { g.Description = strings.Repeat("x", 1025) }), "gcp.description: has 1025 characters, 1024 are allowed"},
		"label key":                             {gcp(func(g google) { g.Labels = map[string]string{"A": ""} }), `gcp.labels["A"]: "A" is no label key`},
		"label value":                           {gcp(func(g google) { g.Labels = map[string]string{"a": "B c"} }), `gcp.labels["a"]: "B c" is no label value`},
		"mode":                                  {func(g *Gateway) { g.Mode = "x" }, `mode: "x" is no mode`},
		"data plane":                            {gcp(func(g google) { g.DataPlane = "x" }), `gcp.data_plane: "x" is no data plane`},
		"proxies of Google's":                   {gcp(func(g google) { g.ResourceURIs = []string{"projects/p/locations/l/gateways/g"} }), "gcp.resource_uris: are proxies of one's own"},
		"no proxies":                            {gcp(func(g google) { g.DataPlane, g.Extensions = GoogleGKE, nil }), "gcp.resource_uris: is empty, and so is connectivity_template"},
		"rules over proxies of one's own":       {gcp(func(g google) { g.DataPlane, g.Extensions = GoogleGKE, nil }), "gcp.authz_policies: are not carried out"},
		"permissions over proxies of one's own": {func(g *Gateway) { ingress(g); g.Google.DataPlane = GoogleGKE }, `gcp.data_plane: "gke" cannot carry out allow without IAP`},
		"no proxy":                              {gcp(func(g google) { g.DataPlane, g.ResourceURIs = GoogleGKE, []string{"x"} }), `gcp.resource_uris[0]: "x" is no proxy`},
		"extensions elsewhere":                  {gcp(func(g google) { g.DataPlane = GoogleCloudRun }), "gcp.extensions: are for gateways that Google runs"},
		"bindings elsewhere":                    {gcp(func(g google) { g.ExtensionBindings = map[string]GoogleExtensionBinding{"a": {}} }), "gcp.extension_bindings: are for proxies of one's own"},
		"three registries": {gcp(func(g google) {
			g.Registries = append(g.Registries, strings.Replace(g.Registries[1], "us-central1", "eu", 1))
		}), "gcp.registries: has 3 registries, 1 of them global"},
		"no global registry":     {gcp(func(g google) { g.Registries = g.Registries[1:] }), "gcp.registries: has 1 registries, 0 of them global"},
		"two global registries":  {gcp(func(g google) { g.Registries[1] = strings.Replace(g.Registries[0], "acme", "other", 1) }), "gcp.registries: has 2 registries, 2 of them global"},
		"no registry":            {gcp(func(g google) { g.Registries[1] = "projects/p/locations/l" }), `gcp.registries[1]: "projects/p/locations/l" is no registry`},
		"attachment elsewhere":   {gcp(func(g google) { g.NetworkAttachment = "projects/p/regions/europe-west1/networkAttachments/a" }), `gcp.network_attachment: is in "europe-west1" and the gateway in "us-central1"`},
		"peering without a way":  {gcp(func(g google) { g.NetworkAttachment = "" }), "gcp.network_attachment: is missing"},
		"domain without a dot":   {gcp(func(g google) { g.DNSPeering.Domains[0] = "example.org" }), `gcp.dns_peering.domains[0]: "example.org" is no domain name`},
		"no network":             {gcp(func(g google) { g.DNSPeering.TargetNetwork = "n" }), `gcp.dns_peering.target_network: "n" is no network`},
		"deprecated":             {gcp(func(g google) { g.Protocols = []string{"MCP"} }), "gcp.protocols: is deprecated by Google"},
		"template by project ID": {template(GoogleConnectivityTemplate{Name: "projects/acme-agents/locations/us-central1/agentConnectivityTemplates/t"}), "gcp.connectivity_template.name: names the project by its ID"},
		"template elsewhere":     {template(GoogleConnectivityTemplate{Name: "projects/42/locations/us-east1/agentConnectivityTemplates/t"}), `gcp.connectivity_template.name: is in "us-east1"`},
		"template twice":         {template(GoogleConnectivityTemplate{Name: "projects/42/locations/us-central1/agentConnectivityTemplates/t", VPCEgress: "ALL_TRAFFIC"}), "gcp.connectivity_template: has a name"},
		"ambient of Google's":    {template(GoogleConnectivityTemplate{DeploymentModel: "AMBIENT"}), `gcp.connectivity_template.deployment_model: "AMBIENT" is a data plane in the agents' own cluster`},
		"ambient in no region for it": {func(g *Gateway) {
			template(GoogleConnectivityTemplate{DeploymentModel: "AMBIENT"})(g)
			g.Google.DataPlane, g.Google.Project.Location = GoogleGKE, "us-east1"
		}, `gcp.location: "us-east1" has no ambient data plane`},
		"compute of another data plane": {func(g *Gateway) {
			template(GoogleConnectivityTemplate{AgentCompute: "GKE"})(g)
			g.Google.DataPlane = GoogleCloudRun
		}, `gcp.connectivity_template.agent_compute: "GKE" is not what data_plane "cloud_run" is for`},
		"networks in two places": {gcp(func(g google) { g.ConnectivityTemplate = &GoogleConnectivityTemplate{} }), "gcp.connectivity_template: says how the gateway reaches networks, and so do"},

		"IAP on the way in":        {func(g *Gateway) { g.Mode = ClientToAgent }, `gcp.iap: is not asked by a gateway in mode "client_to_agent"`},
		"IAP version":              {gcp(func(g google) { g.IAP.Version = "V3" }), `gcp.iap.version: "V3" is not a choice`},
		"IAP timeout":              {gcp(func(g google) { g.IAP.Timeout = time.Minute }), "gcp.iap.timeout: 1m0s is no time"},
		"rules without V2":         {gcp(func(g google) { g.IAP.Version = "V1" }), "gcp.access_policy.rules: are asked by IAP V2 alone"},
		"grants without V1":        {gcp(func(g google) { g.IAPGrants = map[string]GoogleIAPGrant{"x": {}} }), "gcp.iap_grants: are asked by IAP V1 alone"},
		"audit without IAP":        {func(g *Gateway) { g.Audit, g.Google.IAP.Disabled, g.Google.AccessPolicy.Rules = true, true, nil }, `enforcement: "audit" cannot be carried out without IAP`},
		"five custom policies":     {gcp(func(g google) { g.Extensions["b"], g.Extensions["c"] = g.Extensions["own"], g.Extensions["own"] }), "gcp.extensions: make 5 policies with the action CUSTOM"},
		"two on the way in":        {ingress, "gcp.extensions: make 2 extensions that look at content"},
		"request authz on ingress": {func(g *Gateway) { ingress(g); g.Google.Extensions["own"] = GoogleExtension{Service: "a.example.org"} }, `gcp.extensions["own"].profile: "REQUEST_AUTHZ" is not carried out`},
		"content by ext_authz": {gcp(func(g google) {
			g.Extensions["own"] = GoogleExtension{Service: "a.example.org", Profile: "CONTENT_AUTHZ", WireFormat: "EXT_AUTHZ_GRPC"}
		}), `gcp.extensions["own"].wire_format: "EXT_AUTHZ_GRPC" has no content`},
		"extension that is IAP":   {gcp(func(g google) { g.Extensions["own"] = GoogleExtension{Service: "iap.googleapis.com"} }), `gcp.extensions["own"].service: is IAP`},
		"extension that is a URL": {gcp(func(g google) { g.Extensions["own"] = GoogleExtension{Service: "https://a.example.org"} }), `gcp.extensions["own"].service: "https://a.example.org" is neither`},
		"backend without authority": {gcp(func(g google) {
			g.Extensions["own"] = GoogleExtension{Service: "https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/backendServices/b"}
		}), `gcp.extensions["own"].authority: is missing`},
		"Model Armor elsewhere": {gcp(func(g google) {
			g.ModelArmor = &GoogleModelArmor{RequestTemplate: "projects/p/locations/us-east1/templates/t"}
		}), `gcp.model_armor.request_template: is in "us-east1" and the gateway in "us-central1"`},
		"Model Armor for nothing": {gcp(func(g google) { g.ModelArmor = &GoogleModelArmor{} }), "gcp.model_armor: has no template"},
		"no filter":               {gcp(func(g google) { g.ModelArmor.Template = &GoogleModelArmorTemplate{} }), "gcp.model_armor.template: has no filter"},
		"confidence":              {gcp(func(g google) { g.ModelArmor.Template.PromptInjection = "LOW" }), `gcp.model_armor.template.prompt_injection: "LOW" is no confidence`},

		"action":                      {policy(func(p *GoogleAuthzPolicy) { p.Action = "DENY_BY_DEFAULT" }), `gcp.authz_policies["no-deletes"].action: "DENY_BY_DEFAULT" is no action of a policy with rules`},
		"no rules":                    {policy(func(p *GoogleAuthzPolicy) { p.Rules = nil }), `gcp.authz_policies["no-deletes"].rules: is empty`},
		"six rules":                   {policy(func(p *GoogleAuthzPolicy) { p.Rules = make([]GoogleAuthzRule, 6) }), `gcp.authz_policies["no-deletes"].rules: has 6 rules, 5 are allowed`},
		"ALLOW without base protocol": {policy(func(p *GoogleAuthzPolicy) { p.Action = "ALLOW" }), `gcp.authz_policies["no-deletes"].rules[0].mcp.base_protocol_methods: is not MATCH_BASE_PROTOCOL_METHODS`},
		"params of a list":            {rule(func(r *GoogleAuthzRule) { r.MCP.Methods[0].Name = "tools/list" }), `gcp.authz_policies["no-deletes"].rules[0].mcp.methods[0].params: are of methods that use one thing`},
		"params of a group":           {rule(func(r *GoogleAuthzRule) { r.MCP.Methods[0].Name = "tools" }), `gcp.authz_policies["no-deletes"].rules[0].mcp.methods[0].params: are of methods that use one thing`},
		"method of A2A":               {rule(func(r *GoogleAuthzRule) { r.MCP.Methods[0].Name = "message/send" }), `gcp.authz_policies["no-deletes"].rules[0].mcp.methods[0].name: "message/send" is a method of A2A`},
		"no method":                   {rule(func(r *GoogleAuthzRule) { r.MCP.Methods[0].Name = "completion/complete" }), `gcp.authz_policies["no-deletes"].rules[0].mcp.methods[0].name: "completion/complete" is no method that a rule may name`},
		"eleven methods":              {rule(func(r *GoogleAuthzRule) { r.MCP.Methods = make([]GoogleMCPMethod, 11) }), `gcp.authz_policies["no-deletes"].rules: have 11 MCP methods together, 10 are allowed`},
		"eleven params":               {rule(func(r *GoogleAuthzRule) { r.MCP.Methods[0].Params = twice("x", 11) }), `gcp.authz_policies["no-deletes"].rules: have 11 MCP params together, 10 are allowed`},
		"eleven hosts":                {rule(func(r *GoogleAuthzRule) { r.Hosts = twice("x", 11) }), `gcp.authz_policies["no-deletes"].rules: have 11 hosts together, 10 are allowed`},
		"match in two ways":           {rule(func(r *GoogleAuthzRule) { r.Hosts = []GoogleStringMatch{{Exact: "a", Prefix: "b"}} }), `gcp.authz_policies["no-deletes"].rules[0].hosts[0]: compares in 2 ways`},
		"rule about everything":       {rule(func(r *GoogleAuthzRule) { *r = GoogleAuthzRule{} }), `gcp.authz_policies["no-deletes"].rules[0]: matches every request`},
		"principal that is no ID":     {rule(func(r *GoogleAuthzRule) { r.Principals[0] = "principal://x" }), `gcp.authz_policies["no-deletes"].rules[0].principals[0]: "principal://x" is no SPIFFE ID`},
		"when that is no CEL":         {rule(func(r *GoogleAuthzRule) { r.When = "request.host ==" }), `gcp.authz_policies["no-deletes"].rules[0].when: is no CEL expression over request`},
		"condition that is no CEL":    {condition("destination."), "gcp.access_policy.rules[0].condition: is no CEL expression over destination"},
		"condition on something else": {condition("request.host == 'x'"), "gcp.access_policy.rules[0].condition: is no CEL expression over destination"},
		"condition that is a text":    {condition("'x'"), "gcp.access_policy.rules[0].condition: gives string"},
		"condition on arguments":      {condition("destination.agent_registry.mcp_server.arguments.amount < 5"), "gcp.access_policy.rules[0].condition: asks for destination.agent_registry.mcp_server.arguments.amount, which destinations do not have"},
		"condition on A2A":            {condition("destination.agent_registry.agent.skill == 'x'"), "gcp.access_policy.rules[0].condition: asks for destination.agent_registry.agent.skill, and A2A is forwarded unread"},
		"tool without a guard":        {condition("destination.agent_registry.mcp_server.tool.name == 'x'"), "gcp.access_policy.rules[0].condition: asks about a tool without asking first"},
		"tool with a guard beside it": {condition("destination.agent_registry.mcp_server.method == 'tools' || destination.agent_registry.mcp_server.tool.name == 'x'"), "gcp.access_policy.rules[0].condition: asks about a tool without asking first"},
		"rule for nobody":             {gcp(func(g google) { g.AccessPolicy.Rules[0].Principals = nil }), "gcp.access_policy.rules[0].principals: is empty"},
		"rule for a SPIFFE ID":        {gcp(func(g google) { g.AccessPolicy.Rules[0].Principals[0] = googleBilling }), "gcp.access_policy.rules[0].principals[0]: "},
		"grant that ends sessions":    {grant("api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['pay']"), `gcp.iap_grants["x"].condition: is false where no tool is named`},
		"grant by equality":           {grant("api.getAttribute('iap.googleapis.com/mcp.toolName', '') == 'pay'"), `gcp.iap_grants["x"].condition: is false where no tool is named`},
		"grant by annotation":         {grant("api.getAttribute('iap.googleapis.com/mcp.tool.isReadOnly', false) == true && request.time.getHours() < 5"), `gcp.iap_grants["x"].condition: is false where no tool is named`},
		"grant that is no CEL":        {grant("api.get("), `gcp.iap_grants["x"].condition: is no CEL expression`},
		"principal of an agent":       {gcp(func(g google) { g.Principals = map[string]string{"ns:a": "x"} }), `gcp.principals["ns:a"]: "x" is no principal`},
		"what only oss has":           {func(g *Gateway) { g.Policies = map[string]string{"a": "permit"} }, "policies: is of the open-source stack alone"},
		"a deployment":                {func(g *Gateway) { g.Deployment.Image = "x" }, "deployment: is of the open-source stack alone"},
		"target that only oss has":    {target("bank", func(t *Target) { t.Path = "/x" }), `targets["bank"].path: is of the open-source stack alone`},
		"credentials":                 {target("bank", func(t *Target) { t.Credentials = []Credential{{}} }), `targets["bank"].credentials: is of the open-source stack alone`},
		"target that is no URL":       {target("bank", func(t *Target) { t.URL = "bank" }), `targets["bank"].url: "bank" is no http or https URL`},
		"two targets at one URL":      {target("orders", func(t *Target) { t.URL = "https://BANK.example.org:443/mcp/" }), `targets["orders"].url: "https://BANK.example.org:443/mcp/" is target "bank" as well`},
		"entry of another kind":       {target("reports", func(t *Target) { t.Google.RegistryResource = "projects/p/locations/l/mcpServers/x" }), `targets["reports"].gcp.registry_resource: `},
		"MCP outside of the registry": {target("bank", func(t *Target) { t.Google = &GoogleTarget{Unregistered: true} }), `targets["bank"].gcp.unregistered: is for REST and gRPC alone`},
		"entry twice":                 {target("reports", func(t *Target) { t.Google.Service.ID = "x" }), `targets["reports"].gcp.registry_resource: is an entry that exists`},
		"entry that nobody sees":      {target("bank", func(t *Target) { t.Google.Service.Location = "us-east1" }), `targets["bank"].gcp.service.location: "us-east1" is neither`},
		"long display name":           {target("bank", func(t *Target) { t.Google.Service.DisplayName = strings.Repeat("x", 64) }), `targets["bank"].gcp.service.display_name: has 64 characters`},
		"long content": {target("bank", func(t *Target) {
			t.Google.Service.Content = `{"tools":[{"name":"a"}],"x":"` + strings.Repeat("x", 10240) + `"}`
		}), `targets["bank"].gcp.service.content: has 10271 bytes`},
		"content without tools": {target("bank", func(t *Target) { t.Google.Service.Content = "{}" }), `targets["bank"].gcp.service.content: has no list of tools`},
		"tool without a name":   {target("bank", func(t *Target) { t.Google.Service.Content = `{"tools":[{"title":"x"}]}` }), `targets["bank"].gcp.service.content: has a tool without a name`},
		"card without a version": {target("reports", func(t *Target) {
			t.Google = &GoogleTarget{Coarse: true, Service: GoogleRegistryService{Content: `{"name":"x"}`}}
		}), `targets["reports"].gcp.service.content: is no agent card`},
		"content of an endpoint":     {gcp(func(g google) { s := g.Services["logging"]; s.Content = "{}"; g.Services["logging"] = s }), `gcp.services["logging"].content: is for MCP servers and agents`},
		"service without a URL":      {gcp(func(g google) { g.Services["logging"] = GoogleRegistryService{} }), `gcp.services["logging"].interfaces: is empty`},
		"binding to nothing":         {gcp(func(g google) { b := g.Bindings["bank"]; b.Target = "x"; g.Bindings["bank"] = b }), `gcp.bindings["bank"].target: "x" is neither a target nor a URN`},
		"binding without authority":  {gcp(func(g google) { b := g.Bindings["bank"]; b.AuthProvider = "x"; g.Bindings["bank"] = b }), `gcp.bindings["bank"].auth_provider: "x" is no auth provider`},
		"arguments":                  {allow("pay", func(a *Allow) { a.Arguments = map[string]ArgumentCondition{"amount": {}} }), `allow["pay"].arguments: cannot be said on Google Cloud: no policy there sees arguments`},
		"users":                      {allow("pay", func(a *Allow) { a.Users = []string{"https://idp.example.org#alice"} }), `allow["pay"].users: cannot be said on Google Cloud`},
		"authentication":             {allow("pay", func(a *Allow) { a.Authentication = []string{"dpop"} }), `allow["pay"].authentication: cannot be said on Google Cloud`},
		"skills":                     {allow("report", func(a *Allow) { a.Skills = []string{"x"} }), `allow["report"].skills: cannot be said on Google Cloud`},
		"push hosts":                 {allow("report", func(a *Allow) { a.PushHosts = nil }), `allow["report"].push_hosts: cannot be said on Google Cloud`},
		"all of an agent":            {target("reports", func(t *Target) { t.Google.Coarse = false }), `allow["report"]: lets through every method of target "reports"`},
		"parts":                      {allow("report", func(a *Allow) { a.PartKinds = []string{"text"} }), `allow["report"].part_kinds: cannot be said on Google Cloud`},
		"operations in the registry": {target("orders", func(t *Target) { t.Google = nil }), `allow["orders"].operations: cannot be said of an endpoint in Agent Registry`},
		"operation of a document": {func(g *Gateway) {
			target("orders", func(t *Target) { t.Operations, t.OpenAPI = nil, "{}" })(g)
			allow("orders", func(a *Allow) { a.Operations = []string{"x"} })(g)
		}, `allow["orders"].operations: are of an OpenAPI document`},
		"operation of nobody": {func(g *Gateway) {
			target("orders", func(t *Target) { t.Unmatched = "decide" })(g)
			allow("orders", func(a *Allow) { a.Operations = []string{"GET /x"} })(g)
		}, `allow["orders"].operations[0]: "GET /x" is none of the operations`},
		"operations that look alike":   {target("orders", func(t *Target) { t.Operations["x"] = Operation{Method: "GET", Path: "/{kind}/latest"} }), `allow["orders"].operations: include "GET /orders/{id}" and leave out "GET /{kind}/latest"`},
		"operation that is a tree":     {target("orders", func(t *Target) { t.Operations["getOrder"] = Operation{Method: "GET", Path: "/orders/{path...}"} }), `allow["orders"].operations: include "GET /orders/{path...}", whose last variable`},
		"operation with odd letters":   {target("orders", func(t *Target) { t.Operations["getOrder"] = Operation{Method: "GET", Path: "/örders"} }), `allow["orders"].operations: include "GET /örders", whose path`},
		"namespace of agents":          {allow("pay", func(a *Allow) { a.Agents = []string{"ns:payments"} }), `allow["pay"].agents[0]: cannot be said: the trust domain "agents.global.org-1.system.id.goog" has no namespaces`},
		"agent that is no resource":    {allow("pay", func(a *Allow) { a.Agents = []string{"spiffe://agents.global.org-1.system.id.goog/ns/a"} }), `allow["pay"].agents[0]: cannot be said: `},
		"agent of another stack":       {allow("pay", func(a *Allow) { a.Agents = []string{"spiffe://example.org/ns/a"} }), `allow["pay"].agents[0]: cannot be said: "example.org" is no trust domain of Google Cloud`},
		"annotations that nobody told": {target("bank", func(t *Target) { t.Google.Service.Content = "" }), `allow["pay"].read_only: would match no tool`},
		"permissions under V1":         {gcp(func(g google) { g.IAP.Version = "V1" }), `allow["orders"]: is written as rules of an access policy`},
		"two servers on one host":      {target("bank", func(t *Target) { t.URL = "https://REPORTS.example.org:443/mcp" }), `allow["pay"]: may permit the same of target "reports", which is on the host "reports.example.org" too`},
		"two servers in one entry": {func(g *Gateway) {
			target("bank", func(t *Target) {
				t.Google = &GoogleTarget{RegistryResource: "projects/p/locations/global/mcpServers/x"}
			})(g)
			g.Targets["safe"] = Target{Protocol: "mcp", URL: "https://safe.example.org", Google: g.Targets["bank"].Google}
		}, `allow["pay"]: permits the same of target "safe", which is the same entry of Agent Registry`},
		"host that is registered":    {target("orders", func(t *Target) { t.URL = "https://bank.example.org" }), `allow["orders"]: would permit nothing: "bank.example.org" is in Agent Registry by target "bank"`},
		"host that is a service too": {target("bank", func(t *Target) { t.URL = "https://logging.googleapis.com/mcp" }), `gcp.services["logging"].interfaces: have the host "logging.googleapis.com", which is target "bank" as well`},
		"types of variables": {target("orders", func(t *Target) {
			t.Operations["getOrder"] = Operation{Method: "GET", Path: "/orders/{id}", Parameters: map[string]string{"id": "integer"}}
		}), `allow["orders"].operations: include "GET /orders/{id}", which says of what types its parameters are`},
		"types of bodies": {target("orders", func(t *Target) {
			t.Operations["list"] = Operation{Method: "GET", Path: "/orders", Content: []string{"text/csv"}}
		}), `targets["orders"].operations["list"].content: is of the open-source stack alone`},
		"many principals of an agent": {gcp(func(g google) {
			g.Principals = map[string]string{googleBilling: "principalSet://agents.global.org-1.system.id.goog/*"}
		}), `gcp.principals["` + googleBilling + `"]: "principalSet://agents.global.org-1.system.id.goog/*" is a set of principals`},
		"what is below an agent": {func(g *Gateway) {
			ingress(g)
			target("bank", func(t *Target) { t.URL = "https://reports.example.org/mcp" })(g)
			delete(g.Allow, "orders")
		}, `allow["report"]: lets through all of target "bank" as well, which is below the URL of target "reports"`},
		"nothing that is denied": {func(g *Gateway) {
			ingress(g)
			g.Google.AllowUnmatched = true
		}, `gcp.deny_by_default: is false, so that what no policy is about is let through`},
		"completions": {func(g *Gateway) {
			ingress(g)
			g.Allow = map[string]Allow{"pay": {Agents: []string{googleBilling}, Target: "bank", Tools: []string{"pay"}}}
		}, `allow["pay"]: lets through all completions of target "bank"`},
		"everybody without IAP": {func(g *Gateway) {
			ingress(g)
			g.Allow = map[string]Allow{"orders": {Agents: []string{"*"}, Target: "orders", Operations: []string{"GET /orders"}}}
		}, `allow["orders"].agents[0]: "*" cannot be said`},
	} {
		t.Run(name, func(t *testing.T) {
			g := rightGoogleGateway()
			c.change(&g)
			var all []string
			for _, p := range g.ValidateGoogle() {
				if strings.HasPrefix(p.Error(), c.want) {
					return
				}
				all = append(all, p.Error())
			}
			t.Errorf("problems are %q, want one that begins with %s", all, c.want)
		})
	}
}
