package spec

import (
	"strings"
	"testing"
	"time"
)

// googleAgent is a valid identity of each runtime.
func googleAgent(runtime GoogleRuntime) Identity {
	id := Identity{
		Name: "billing", Namespace: "agents", Registration: RegistrationController, ServiceAccount: ServiceAccount{Name: "billing"},
		Google: &GoogleIdentity{
			Project:      GoogleProject{ID: "acme-agents", Number: "123456789", Location: "us-central1"},
			Organization: "987654321",
			Runtime:      runtime,
		},
	}
	switch runtime {
	case RuntimeGKE:
		id.ServiceAccount.Create = true
		id.Google.GKE = &GoogleAgentPods{
			FunctionalType: FunctionalTypeAgent, Principal: "principal://agents.global.org-987654321.system.id.goog/resources/x",
			IdentityAnnotation: GKEIdentityAnnotation, IdentityValue: GKEIdentityValue, FunctionalTypeLabel: GKEFunctionalTypeLabel,
			AgentCardAnnotation: GKEAgentCardAnnotation, MCPURLsAnnotation: GKEMCPURLsAnnotation, MCPCapabilitiesAnnotation: GKEMCPCapabilitiesAnnotation,
		}
	case RuntimeAgentRuntime:
		id.Google.AgentRuntime = &GoogleAgentRuntime{}
	case RuntimeManaged:
		id.Google.Managed = &GoogleManagedIdentity{Pool: GooglePool{ID: "agents", Create: true}, CreateNamespace: true, Namespace: "agents", ID: "billing"}
	}
	return id
}

func withAPIKey(id *Identity) *GoogleAuthProvider {
	id.Google.AuthProvider = &GoogleAuthProvider{ID: "agents-billing", APIKey: &GoogleAPIKey{Key: GoogleSecret{Value: "s3cret", Version: "1"}}}
	return id.Google.AuthProvider
}

func withTwoLegged(id *Identity) *GoogleTwoLegged {
	o := &GoogleTwoLegged{ClientID: "c", ClientSecret: GoogleSecret{Value: "s3cret", Version: "1"}, TokenURL: "https://auth.example.org/token"}
	id.Google.AuthProvider = &GoogleAuthProvider{ID: "agents-billing", TwoLegged: o}
	return o
}

func withBoundary(id *Identity) *GoogleAccessBoundary {
	id.Google.Boundary = &GoogleAccessBoundary{
		Rules:  []GoogleBoundaryRule{{Resources: []string{"projects/acme-agents"}}},
		BindTo: "projects/acme-agents", Condition: "principal.type == 'iam.googleapis.com/AgentPoolIdentity'",
	}
	return id.Google.Boundary
}

func withAccess(id *Identity) *GoogleIdentityAccessRule {
	id.Google.AccessPolicy = &GoogleIdentityAccess{Rules: []GoogleIdentityAccessRule{{Effect: "ALLOW", Permissions: []string{"iap.googleapis.com/resources.egressViaIAP"}}}}
	return &id.Google.AccessPolicy.Rules[0]
}

func withDeny(id *Identity) *GoogleDenyRule {
	id.Google.Deny = &GoogleDenyPolicy{Rules: []GoogleDenyRule{{Permissions: []string{"storage.googleapis.com/objects.delete"}}}}
	return &id.Google.Deny.Rules[0]
}

func TestGoogleIdentitiesThatAreValid(t *testing.T) {
	for _, runtime := range []GoogleRuntime{RuntimeGKE, RuntimeAgentRuntime, RuntimeManaged} {
		id := googleAgent(runtime)
		id.Suspended = true
		withTwoLegged(&id)
		withBoundary(&id).Condition = "principal.type in ['iam.googleapis.com/AgentPoolIdentity'] && !principal.subject.startsWith('a')"
		withAccess(&id).Conditions = map[string]string{"iap.googleapis.com": "destination.agent_registry.mcp_server.method == 'tools' && destination.agent_registry.mcp_server.tool.name == 'x'"}
		withDeny(&id).Condition = "resource.matchTag('1/env', 'prod') && !resource.hasTagKey('1/free')"
		if problems := id.ValidateGoogle(); len(problems) > 0 {
			t.Errorf("a good identity on %s has problems: %v", runtime, problems)
		}
	}
}

func TestGoogleIdentityProblemsNameTheAttribute(t *testing.T) {
	for name, test := range map[string]struct {
		runtime GoogleRuntime
		change  func(*Identity)
		want    string
	}{
		"no project":                {RuntimeGKE, func(id *Identity) { id.Google.Project.ID = "" }, `gcp.project: is not set`},
		"number for the project":    {RuntimeGKE, func(id *Identity) { id.Google.Project.ID = "123" }, `gcp.project: "123" is a project's number`},
		"project that is none":      {RuntimeGKE, func(id *Identity) { id.Google.Project.ID = "A" }, `gcp.project: "A" is no project ID`},
		"project number with text":  {RuntimeGKE, func(id *Identity) { id.Google.Project.Number = "x" }, `gcp.project_number: "x" is no project number`},
		"no number for a principal": {RuntimeAgentRuntime, func(id *Identity) { id.Google.Project.Number = "" }, `gcp.project_number: is not set, and the agent's principal`},
		"no number for a suspension": {
			RuntimeGKE, func(id *Identity) { id.Google.Project.Number = ""; id.Suspended = true },
			`gcp.project_number: is not set, and the principals that a suspension is for`,
		},
		"organization by its domain":         {RuntimeGKE, func(id *Identity) { id.Google.Organization = "acme.org" }, `gcp.organization: "acme.org" is no number`},
		"no location for an engine":          {RuntimeAgentRuntime, func(id *Identity) { id.Google.Project.Location = "" }, `gcp.location: is not set, and a reasoning engine`},
		"engine everywhere":                  {RuntimeAgentRuntime, func(id *Identity) { id.Google.Project.Location = "global" }, `gcp.location: is "global"`},
		"zone for a location":                {RuntimeGKE, func(id *Identity) { id.Google.Project.Location = "us-central1-a" }, `gcp.location: "us-central1-a" is no location`},
		"runtime that is none":               {RuntimeGKE, func(id *Identity) { id.Google.Runtime = "cloud" }, `gcp.runtime: "cloud" is no runtime`},
		"part of another runtime":            {RuntimeAgentRuntime, func(id *Identity) { id.Google.GKE = &GoogleAgentPods{} }, `gcp.gke: is of another runtime`},
		"trust domain":                       {RuntimeGKE, func(id *Identity) { id.TrustDomain = "a.org" }, `trust_domain: is of the open-source stack alone`},
		"registration with a server":         {RuntimeGKE, func(id *Identity) { id.Registration = RegistrationServer }, `registration: is of the open-source`},
		"pod selector":                       {RuntimeGKE, func(id *Identity) { id.PodSelector.MatchLabels = map[string]string{"a": "b"} }, `pod_selector: is of the open-source`},
		"logical id":                         {RuntimeGKE, func(id *Identity) { id.LogicalID = true }, `logical_id: is of the open-source`},
		"lifetime":                           {RuntimeGKE, func(id *Identity) { id.X509TTL = time.Hour }, `x509_ttl: is of the open-source`},
		"federation":                         {RuntimeGKE, func(id *Identity) { id.Federation = []Federation{{}} }, `federates_with: is of the open-source`},
		"single instances":                   {RuntimeGKE, func(id *Identity) { id.SuspendedInstances = []string{"a"} }, `suspended_instances: is of the open-source`},
		"gateways":                           {RuntimeGKE, func(id *Identity) { id.Gateways = []string{"a/b"} }, `gateways: is of the open-source`},
		"account on Agent Runtime":           {RuntimeAgentRuntime, func(id *Identity) { id.ServiceAccount.Create = true }, `service_account: is for runtime = "gke" alone`},
		"default account":                    {RuntimeGKE, func(id *Identity) { id.ServiceAccount.Name = "default" }, `service_account.name: is "default"`},
		"functional type that is none":       {RuntimeGKE, func(id *Identity) { id.Google.GKE.FunctionalType = "TOOL" }, `gcp.gke.functional_type: "TOOL"`},
		"card of an MCP server":              {RuntimeGKE, func(id *Identity) { id.Google.GKE.FunctionalType = "MCP_SERVER"; id.Google.GKE.AgentCard = "c" }, `gcp.gke.agent_card: says nothing`},
		"URLs of an agent":                   {RuntimeGKE, func(id *Identity) { id.Google.GKE.MCPURLs = "u" }, `gcp.gke.mcp_urls: says nothing`},
		"SPIFFE ID for a principal":          {RuntimeGKE, func(id *Identity) { id.Google.GKE.Principal = "spiffe://a/b" }, `gcp.gke.principal: "spiffe://a/b" is a SPIFFE ID, which policies do not take: write "principal://a/b"`},
		"set for a principal":                {RuntimeGKE, func(id *Identity) { id.Google.GKE.Principal = "principalSet://a/b" }, `gcp.gke.principal: "principalSet://a/b" is a set`},
		"key that is none":                   {RuntimeGKE, func(id *Identity) { id.Google.GKE.IdentityAnnotation = "a b" }, `gcp.gke.keys.identity_annotation: "a b"`},
		"suspension of whom nobody can name": {RuntimeGKE, func(id *Identity) { id.Google.GKE.Principal = ""; id.Suspended = true }, `suspended: nothing published says how Google names an agent on GKE`},
		"engine by another name":             {RuntimeAgentRuntime, func(id *Identity) { id.Google.AgentRuntime.Engine = "123" }, `gcp.agent_runtime.engine: "123" is no reasoning engine`},
		"engine of another project by its ID": {RuntimeAgentRuntime, func(id *Identity) {
			id.Google.AgentRuntime.Engine = "projects/others/locations/us-central1/reasoningEngines/1"
		}, `gcp.agent_runtime.engine: is of another project`},
		"gateway of an engine that exists": {RuntimeAgentRuntime, func(id *Identity) {
			id.Google.AgentRuntime = &GoogleAgentRuntime{Engine: "projects/p/locations/us-central1/reasoningEngines/1", ClientToAgent: "projects/p/locations/us-central1/agentGateways/g"}
		}, `gcp.agent_runtime.client_to_agent_gateway: binds an engine that is created here`},
		"force on an engine that exists": {RuntimeAgentRuntime, func(id *Identity) {
			id.Google.AgentRuntime = &GoogleAgentRuntime{Engine: "projects/p/locations/us-central1/reasoningEngines/1", ForceDelete: true}
		}, `gcp.agent_runtime.force_delete: is about an engine that is created here`},
		"gateway of another region": {RuntimeAgentRuntime, func(id *Identity) {
			id.Google.AgentRuntime.AgentToAnywhere = "projects/p/locations/europe-west1/agentGateways/g"
		}, `gcp.agent_runtime.agent_to_anywhere_gateway: is in "europe-west1" and the engine in "us-central1"`},
		"managed without a pool":        {RuntimeManaged, func(id *Identity) { id.Google.Managed = nil }, `gcp.managed: is missing`},
		"pool's id that is too short":   {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.ID = "abc" }, `gcp.managed.pool.id: "abc" is no id of a pool`},
		"pool's id of Google's":         {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.ID = "gcp-agents" }, `gcp.managed.pool.id: "gcp-agents" begins with gcp-`},
		"field of a pool that exists":   {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.Create = false; id.Google.Managed.Pool.DisplayName = "x" }, `gcp.managed.pool.display_name: is of a pool that is created here`},
		"pool's name that is too long":  {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.DisplayName = strings.Repeat("a", 33) }, `gcp.managed.pool.display_name: has 33 characters, 32 are allowed`},
		"managed identity's id":         {RuntimeManaged, func(id *Identity) { id.Google.Managed.ID = "-a" }, `gcp.managed.id: "-a" is no id`},
		"attestation rule that is none": {RuntimeManaged, func(id *Identity) { id.Google.Managed.AttestationRules = []string{"instance"} }, `gcp.managed.attestation_rules[0]: "instance" is no full resource name`},
		"too many attestation rules":    {RuntimeManaged, func(id *Identity) { id.Google.Managed.AttestationRules = make([]string, 51) }, `gcp.managed.attestation_rules: has 51 rules, 50 are allowed`},
		"CA pool of another region": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{CAPools: map[string]string{"us-central1": "projects/p/locations/europe-west1/caPools/c"}}
		}, `gcp.managed.pool.certificate_issuance.ca_pools["us-central1"]: is a CA pool in "europe-west1"`},
		"nobody signs": {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{} }, `ca_pools: is empty, so that nobody signs`},
		"two signers": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{SharedCA: true, CAPools: map[string]string{"a": "b"}}
		}, `shared_ca: excludes ca_pools`},
		"lifetime of an hour": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{SharedCA: true, Lifetime: time.Hour}
		}, `lifetime: 1h0m0s is out of range`},
		"early rotation": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{SharedCA: true, Rotation: 20}
		}, `rotation_window_percentage: 20 is out of range: 50 to 80`},
		"key algorithm": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Issuance = &GoogleCertificateIssuance{SharedCA: true, KeyAlgorithm: "DSA"}
		}, `key_algorithm: "DSA"`},
		"trust without roots": {RuntimeManaged, func(id *Identity) { id.Google.Managed.Pool.Trust = map[string]GoogleTrust{"a.org": {SharedCA: true}} }, `gcp.managed.pool.trust["a.org"].trust_anchors: is empty`},
		"root that is none": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Trust = map[string]GoogleTrust{"a.org": {Anchors: []string{"x"}}}
		}, `trust_anchors[0]: is no certificate in PEM`},
		"others' pool disabled": {RuntimeManaged, func(id *Identity) {
			id.Google.Managed.Pool.Create = false
			id.Google.Suspension.Disable = []string{DisablePool}
		}, `gcp.suspension.disable[0]: the pool is not this identity's own`},
		"disabled part that is none": {RuntimeManaged, func(id *Identity) { id.Google.Suspension.Disable = []string{"all"} }, `gcp.suspension.disable[0]: "all" is nothing that can be disabled`},
		"suspension by a role's permission": {
			RuntimeGKE, func(id *Identity) { id.Google.Suspension.Permissions = []string{"storage.objects.get"} },
			`gcp.suspension.permissions[0]: "storage.objects.get" is how roles write a permission: write "storage.googleapis.com/objects.get" here`,
		},
		"auth provider of no kind":       {RuntimeGKE, func(id *Identity) { withAPIKey(id).APIKey = nil }, `gcp.auth_provider: has 0 ways to authenticate`},
		"auth provider's id":             {RuntimeGKE, func(id *Identity) { withAPIKey(id).ID = "a.b" }, `gcp.auth_provider.id: "a.b" is no id`},
		"auth provider without a region": {RuntimeGKE, func(id *Identity) { withAPIKey(id); id.Google.Project.Location = "" }, `gcp.location: is not set, and an auth provider is in a region`},
		"secret without a version":       {RuntimeGKE, func(id *Identity) { withTwoLegged(id).ClientSecret.Version = "" }, `gcp.auth_provider.two_legged_oauth.client_secret_wo: has no version`},
		"version that no label takes":    {RuntimeGKE, func(id *Identity) { withTwoLegged(id).ClientSecret.Version = "V1" }, `gcp.auth_provider.two_legged_oauth.client_secret_wo_version: "V1" is no version`},
		"token endpoint in the clear":    {RuntimeGKE, func(id *Identity) { withTwoLegged(id).TokenURL = "http://a.org" }, `gcp.auth_provider.two_legged_oauth.token_url: "http://a.org" is not https`},
		"scopes of an API key":           {RuntimeGKE, func(id *Identity) { withAPIKey(id).AllowedScopes = []string{"a"} }, `gcp.auth_provider.allowed_scopes: and blocked_scopes are of OAuth`},
		"scope that is allowed and not": {RuntimeGKE, func(id *Identity) {
			withTwoLegged(id)
			a := id.Google.AuthProvider
			a.AllowedScopes, a.BlockedScopes = []string{"s"}, []string{"s"}
		}, `gcp.auth_provider.allowed_scopes[0]: "s" is blocked as well`},
		"too many scopes":                  {RuntimeGKE, func(id *Identity) { withTwoLegged(id); id.Google.AuthProvider.BlockedScopes = make([]string, 201) }, `gcp.auth_provider.blocked_scopes: has 201 scopes, 200 are allowed`},
		"workload that is no agent":        {RuntimeGKE, func(id *Identity) { withAPIKey(id).Workloads = []string{"user:a"} }, `gcp.auth_provider.workloads[0]: "user:a" is no principal`},
		"description of 256 characters":    {RuntimeGKE, func(id *Identity) { withAPIKey(id).Description = strings.Repeat("é", 256) }, `gcp.auth_provider.description: has 256 characters, 255`},
		"boundary without an organization": {RuntimeGKE, func(id *Identity) { withBoundary(id); id.Google.Organization = "" }, `gcp.principal_access_boundary: is of an organization, and none is given`},
		"boundary of a network":            {RuntimeGKE, func(id *Identity) { withBoundary(id).Rules[0].Resources = []string{"networks/1"} }, `gcp.principal_access_boundary.rules[0].resources[0]: "networks/1" is no project`},
		"boundary of nothing":              {RuntimeGKE, func(id *Identity) { withBoundary(id).Rules = nil }, `gcp.principal_access_boundary.rules: is empty`},
		"boundary's version":               {RuntimeGKE, func(id *Identity) { withBoundary(id).EnforcementVersion = "v1" }, `gcp.principal_access_boundary.enforcement_version: "v1" is no version`},
		"too many resources":               {RuntimeGKE, func(id *Identity) { withBoundary(id).Rules[0].Resources = make([]string, 501) }, `gcp.principal_access_boundary.rules: name 501 resources, 500`},
		"pool of no managed identity":      {RuntimeGKE, func(id *Identity) { withBoundary(id).BindTo = BindToPool }, `gcp.principal_access_boundary.bind_to: "pool" is a managed identity's`},
		"condition that does not parse":    {RuntimeGKE, func(id *Identity) { withBoundary(id).Condition = "principal.type ==" }, `gcp.principal_access_boundary.condition: is no CEL expression`},
		"condition on something else":      {RuntimeGKE, func(id *Identity) { withBoundary(id).Condition = "request.time < x" }, `gcp.principal_access_boundary.condition: may only compare principal.type`},
		"condition on a type that is none": {RuntimeGKE, func(id *Identity) { withBoundary(id).Condition = "principal.type == 'Agent'" }, `"Agent" is no type of principal`},
		"type by its beginning":            {RuntimeGKE, func(id *Identity) { withBoundary(id).Condition = "principal.type.startsWith('iam')" }, `may only compare principal.type`},
		"condition that is too long": {RuntimeGKE, func(id *Identity) {
			withBoundary(id).Condition = "principal.subject == '" + strings.Repeat("a", 250) + "'"
		}, `has 273 characters, 250 are allowed`},
		"too many subexpressions": {RuntimeGKE, func(id *Identity) {
			withBoundary(id).Condition = strings.Repeat("principal.subject=='a'||", 10) + "principal.subject=='a'"
		}, `has 11 subexpressions, 10 are allowed`},
		"access rule of no effect":         {RuntimeGKE, func(id *Identity) { withAccess(id).Effect = "" }, `gcp.access_policy.rules[0].effect: "" is no effect`},
		"access rule for nobody":           {RuntimeGKE, func(id *Identity) { withAccess(id); id.Google.GKE.Principal = "" }, `gcp.access_policy.rules[0].principals: is empty, which is for the agent itself`},
		"member of an allow policy":        {RuntimeGKE, func(id *Identity) { withAccess(id).Principals = []string{"group:g@a.org"} }, `here it is principalSet://goog/group/g@a.org`},
		"agent by its name in a catalogue": {RuntimeGKE, func(id *Identity) { withAccess(id).Principals = []string{"urn:agent:x"} }, `gcp.access_policy.rules[0].principals[0]: "urn:agent:x" names an agent in Agent Registry`},
		"access rule without permissions":  {RuntimeGKE, func(id *Identity) { withAccess(id).Permissions = nil }, `gcp.access_policy.rules[0].permissions: is empty`},
		"condition of no service":          {RuntimeGKE, func(id *Identity) { withAccess(id).Conditions = map[string]string{"iap": "true"} }, `gcp.access_policy.rules[0].conditions["iap"]: "iap" is no service`},
		"tool without its method": {RuntimeGKE, func(id *Identity) {
			withAccess(id).Conditions = map[string]string{"iap.googleapis.com": "destination.agent_registry.mcp_server.tool.name == 'x'"}
		}, `asks about a tool without asking first`},
		"deny rule for nobody":                         {RuntimeGKE, func(id *Identity) { withDeny(id); id.Google.GKE.Principal = "" }, `gcp.deny_policy.rules[0].principals: is empty`},
		"deny rule that spares everyone":               {RuntimeGKE, func(id *Identity) { withDeny(id).ExceptionPrincipals = []string{"principalSet://goog/public:all"} }, `gcp.deny_policy.rules[0].exception_principals[0]: is everybody`},
		"deny condition on the request":                {RuntimeGKE, func(id *Identity) { withDeny(id).Condition = "request.time > x" }, `gcp.deny_policy.rules[0].condition: may only ask resource.matchTag`},
		"title of no condition":                        {RuntimeGKE, func(id *Identity) { withDeny(id).ConditionTitle = "x" }, `gcp.deny_policy.rules[0].condition_title: is the title of no condition`},
		"deny policy on an organization by its domain": {RuntimeGKE, func(id *Identity) { withDeny(id); id.Google.Deny.AttachPoints = []string{"organizations/acme.org"} }, `gcp.deny_policy.attach_points[0]: "organizations/acme.org" is no project`},
	} {
		t.Run(name, func(t *testing.T) {
			id := googleAgent(test.runtime)
			test.change(&id)
			var all []string
			for _, p := range id.ValidateGoogle() {
				all = append(all, p.Error())
			}
			joined := strings.Join(all, "\n")
			if !strings.Contains(joined, test.want) {
				t.Errorf("problems are %q, want one with %q", all, test.want)
			}
			if strings.Contains(joined, "s3cret") {
				t.Errorf("a problem tells a secret: %q", all)
			}
		})
	}
}

// Whatever a user writes is either refused or valid; it never panics.
func FuzzGoogleIdentityValidate(f *testing.F) {
	f.Add("acme-agents", "projects/p/locations/l/reasoningEngines/1", "principal.type == 'a'", "https://a.org", "storage.googleapis.com/objects.get")
	f.Fuzz(func(_ *testing.T, project, name, condition, url, permission string) {
		for _, runtime := range []GoogleRuntime{RuntimeGKE, RuntimeAgentRuntime, RuntimeManaged} {
			id := googleAgent(runtime)
			id.Google.Project.ID = project
			withBoundary(&id).Condition = condition
			withDeny(&id).Condition = condition
			withAccess(&id).Conditions = map[string]string{name: condition}
			withTwoLegged(&id).TokenURL = url
			id.Google.Suspension.Permissions = []string{permission}
			id.Google.Deny.Rules[0].Principals = []string{name}
			if id.Google.AgentRuntime != nil {
				id.Google.AgentRuntime.Engine, id.Google.AgentRuntime.ClientToAgent = name, name
			}
			id.ValidateGoogle()
		}
	})
}
