package spec

import "time"

// The data planes of a gateway on Google Cloud.
const (
	// GoogleManaged is the Agent Gateway that Google runs before Agent Runtime and Gemini Enterprise: generally available.
	GoogleManaged = "google_managed"
	// GoogleGKE is a gateway over proxies of one's own before agents on GKE: Preview.
	GoogleGKE = "gke"
	// GoogleCloudRun is a gateway over proxies of one's own before agents on Cloud Run: Preview, by allowlist.
	GoogleCloudRun = "cloud_run"
)

// GoogleGateway is what a gateway has on Google Cloud alone. Mode, Audit, Targets and Allow are those of Gateway; what runs the
// open-source data plane (listeners, deployment, policies in Cedar, ...) must not be set beside it. Nothing of it has a default
// that the zero value does not have, unless its comment says so.
type GoogleGateway struct {
	// Project is where the gateway is: its location is a region. The number is needed.
	Project     GoogleProject
	ID          string // of the AgentGateway; "" for the gateway's name
	Description string // up to 1024 characters
	Labels      map[string]string
	DataPlane   string // GoogleManaged, GoogleGKE or GoogleCloudRun; "" for GoogleManaged
	// Registries are those whose entries the gateway governs, "//agentregistry.googleapis.com/projects/p/locations/l": at most two,
	// of which exactly one is global. Nil for the project's global one and that of the gateway's location.
	Registries []string
	// NetworkAttachment leads to private networks, "projects/p/regions/r/networkAttachments/a"; "" for none.
	NetworkAttachment string
	DNSPeering        *GoogleDNSPeering
	// ResourceURIs are the load balancers and Secure Web Proxies that a gateway over proxies of one's own attaches to.
	ResourceURIs []string
	// ConnectivityTemplate says how agents reach the gateway, and how it reaches beyond; nil for Google's default.
	ConnectivityTemplate *GoogleConnectivityTemplate
	// Protocols is deprecated by Google and must be empty.
	Protocols []string

	// IAP asks who may call what. Nil for the default: version V2 where Mode is AgentToAnywhere, none where it is ClientToAgent.
	IAP        *GoogleIAP
	ModelArmor *GoogleModelArmor // nil for no inspection of content
	Extensions map[string]GoogleExtension
	// AuthzPolicies are rules of Google's own, for what allow cannot say, by name.
	AuthzPolicies map[string]GoogleAuthzPolicy
	// AllowUnmatched lets through what no policy is about. The default is a policy with the action DENY_BY_DEFAULT.
	AllowUnmatched bool
	// AccessPolicy holds what the permissions of IAP V2 need beside allow.
	AccessPolicy GoogleEgressPolicy
	// IAPGrants are permissions of IAP V1, by name.
	IAPGrants map[string]GoogleIAPGrant
	// Services are entries of Agent Registry that are no target: the Google APIs that agents need, by id.
	Services map[string]GoogleRegistryService
	// Bindings say with whose authorization agents call targets, by id.
	Bindings map[string]GoogleRegistryBinding
	// ExtensionBindings are those of a gateway over proxies of one's own, by id, beside those of IAP and Model Armor.
	ExtensionBindings map[string]GoogleExtensionBinding
	// Principals are IAM principals of agents by SPIFFE ID, for agents whose principal does not follow from it: those of GKE with an
	// agent identity.
	Principals map[string]string
}

// GoogleDNSPeering forwards names to a private network.
type GoogleDNSPeering struct {
	Domains       []string // with a dot at the end, "internal.example.org."
	TargetProject string   // of TargetNetwork; "" for the gateway's. A template has none
	TargetNetwork string   // "projects/p/global/networks/n"
}

// GoogleConnectivityTemplate is one that exists, or one that is made with the gateway.
type GoogleConnectivityTemplate struct {
	// Name is that of a template that exists, "projects/<number>/locations/l/agentConnectivityTemplates/t". Alone.
	Name string

	ID                string // of one that is made; "" for the gateway's
	Description       string
	Labels            map[string]string
	AccessTypes       []string // PUBLIC, PRIVATE
	AgentCompute      string   // GKE, CLOUD_RUN, GCE_VM, BORG; "" for that of the data plane where it has one
	DeploymentModel   string   // CENTRALIZED, AMBIENT
	NetworkAttachment string
	VPCEgress         string // ALL_TRAFFIC, PRIVATE_RANGES_ONLY
	DNSPeering        *GoogleDNSPeering
	TrustConfig       string // "projects/p/locations/l/trustConfigs/t"
	AdditionalRoots   string // NO_ADDITIONAL_ROOTS, PUBLICLY_TRUSTED_ROOTS
}

// GoogleIAP is Identity-Aware Proxy as a gateway asks it for a decision on each request.
type GoogleIAP struct {
	Disabled bool
	Version  string        // V1, V2; "" for V2
	Timeout  time.Duration // 10 ms to 10 s; 0 for a second
	FailOpen bool          // lets requests through where IAP does not answer
}

// GoogleModelArmor inspects prompts and answers.
type GoogleModelArmor struct {
	// RequestTemplate and ResponseTemplate are templates that exist, "projects/p/locations/l/templates/t". Empty where Template is set.
	RequestTemplate, ResponseTemplate string
	Template                          *GoogleModelArmorTemplate // made with the gateway; for both directions
	Timeout                           time.Duration             // 10 ms to 10 s; 0 for a second
	FailOpen                          bool
}

// GoogleModelArmorTemplate says what is looked for. Confidence is LOW_AND_ABOVE, MEDIUM_AND_ABOVE or HIGH.
type GoogleModelArmorTemplate struct {
	ID          string // "" for the gateway's
	Labels      map[string]string
	InspectOnly bool // finds and logs, and blocks nothing

	// ResponsibleAI is the confidence by kind: SEXUALLY_EXPLICIT, HATE_SPEECH, HARASSMENT, DANGEROUS.
	ResponsibleAI map[string]string
	// PromptInjection is the confidence from which an injection or a jailbreak counts; "" looks for none.
	PromptInjection string
	MaliciousURIs   bool
	// SensitiveData looks for what Google calls sensitive by default. With an InspectTemplate ("projects/p/locations/l/inspectTemplates/t"),
	// and a DeidentifyTemplate, it looks for what they say.
	SensitiveData                       bool
	InspectTemplate, DeidentifyTemplate string

	MultiLanguage                bool
	LogOperations, LogSanitizing bool
}

// GoogleExtension is an authorization extension of one's own.
type GoogleExtension struct {
	// Service is the host name of a server that speaks HTTP/2 over TLS at port 443, whose certificate Google does not verify, or the
	// URL of a regional backend service.
	Service             string
	Profile             string        // REQUEST_AUTHZ, CONTENT_AUTHZ; "" for REQUEST_AUTHZ
	Timeout             time.Duration // 10 ms to 10 s; 0 for a second
	FailOpen            bool
	ForwardHeaders      []string // nil for all
	ForwardAttributes   []string
	Metadata            map[string]string
	Authority           string // of calls to a backend service
	LoadBalancingScheme string // INTERNAL_MANAGED, EXTERNAL_MANAGED: where Service is a backend service
	WireFormat          string // EXT_PROC_GRPC, EXT_AUTHZ_GRPC; "" for Google's default
	Description         string
}

// GoogleAuthzPolicy is an AuthzPolicy with rules. It applies where one of them matches.
type GoogleAuthzPolicy struct {
	Action      string // ALLOW, DENY
	Description string
	Rules       []GoogleAuthzRule // 1 to 5
}

// GoogleAuthzRule matches requests that fit all that is set.
type GoogleAuthzRule struct {
	// Principals are exact SPIFFE IDs of the client's certificate.
	Principals []string
	// NotPrincipals are those whom the rule is not about.
	NotPrincipals []string
	Hosts, Paths  []GoogleStringMatch
	Methods       []string // of HTTP
	MCP           *GoogleMCPMatch
	When          string // CEL
}

// GoogleMCPMatch is what a request says in MCP.
type GoogleMCPMatch struct {
	BaseProtocolMethods string // MATCH_BASE_PROTOCOL_METHODS, SKIP_BASE_PROTOCOL_METHODS; "" for the latter
	Methods             []GoogleMCPMethod
}

// GoogleMCPMethod is a method or a group of them, as in "tools/call" and "tools"; Params are names of tools, prompts or URIs of
// resources, for methods that use one of them.
type GoogleMCPMethod struct {
	Name   string
	Params []GoogleStringMatch
}

// GoogleStringMatch is one of four.
type GoogleStringMatch struct {
	Exact, Prefix, Suffix, Contains string
	IgnoreCase                      bool
}

// GoogleEgressPolicy is the IAM access policy that the permissions of allow are written into, and how it is bound to the project.
type GoogleEgressPolicy struct {
	ID    string // of the policy and its binding; "" for one made of the gateway's and its location
	Rules []GoogleEgressRule
}

// GoogleEgressRule is one rule of an access policy in Google's own terms.
type GoogleEgressRule struct {
	Description        string
	Effect             string   // ALLOW, DENY; "" for ALLOW
	Principals         []string // "principal://..." and "principalSet://..."
	ExcludedPrincipals []string
	Condition          string // CEL on destination; "" for any destination
}

// GoogleIAPGrant permits egress by IAP V1.
type GoogleIAPGrant struct {
	// Resource is "mcpServers/<id>", "agents/<id>" or "endpoints/<id>" with the id that Agent Registry gave, or "" for all of a registry.
	Resource string
	Location string   // of the registry; "" for the gateway's
	Members  []string // "principal://..." and "principalSet://..."
	// Condition is CEL on api.getAttribute('iap.googleapis.com/mcp.toolName', '') and its like; "" for none.
	Condition      string
	ConditionTitle string // "" for the grant's name
}

// GoogleTarget is how a target is known to Agent Registry.
type GoogleTarget struct {
	// Unregistered leaves the target out of the registry: it is known by its host, which tells no tools apart. Not for MCP and A2A.
	Unregistered bool
	// RegistryResource is an entry that exists: "projects/p/locations/l/mcpServers/m", or agents or endpoints. Nothing is registered then.
	RegistryResource string
	// Service is the entry that is made otherwise.
	Service GoogleRegistryService
	// Coarse accepts that Google tells less apart than an allow says: all methods of an A2A agent are one, those that no allow permits
	// among them; all that is on one host of Agent Registry; completions from what they complete; and values of variables.
	Coarse bool
}

// google is what only Google has of a target; the zero value where nothing is set.
func (t Target) google() GoogleTarget {
	if t.Google == nil {
		return GoogleTarget{}
	}
	return *t.Google
}

// GoogleRegistryService is an entry of Agent Registry.
type GoogleRegistryService struct {
	ID          string // "" for the gateway's and the target's, or the key of Services
	Location    string // a region or global; "" for the gateway's
	DisplayName string // up to 63 characters
	Description string // up to 2048 characters
	// Interfaces are where it is called: nil for the target's URL.
	Interfaces []GoogleInterface
	// Content is JSON: the tools of an MCP server, {"tools": [...]}, or an A2A agent card, up to 10 KB. Google never looks again at the
	// server itself.
	Content string
}

// GoogleInterface is a URL and what is spoken there: JSONRPC, GRPC or HTTP_JSON.
type GoogleInterface struct {
	URL, ProtocolBinding string
}

// GoogleRegistryBinding says that an agent calls a target with authorization that an auth provider gives (delegated OAuth). It permits nothing.
type GoogleRegistryBinding struct {
	Location                 string // "" for the gateway's
	DisplayName, Description string
	Source                   string // "urn:agent:..."; "" for any agent
	// Target is a target's name, whose entry is made with the gateway, or "urn:mcp:...", "urn:agent:..." or "urn:endpoint:...".
	Target       string
	AuthProvider string // "projects/p/locations/l/authProviders/a"
	Scopes       []string
	ContinueURI  string
}

// GoogleExtensionBinding attaches an extension to gateways over proxies of one's own.
type GoogleExtensionBinding struct {
	Description string
	Extension   string // "iap.googleapis.com", "modelarmor.us-central1.rep.googleapis.com"
	Metadata    map[string]string
	FailOpen    bool
	// Resource is what it attaches to; "" for all resources of ResourceType in the project and location.
	Resource     string
	ResourceType string // AGENT_GATEWAY, AI_APPLICATION; "" for AGENT_GATEWAY
	// Match says which requests the extension sees: those that one of the conditions fits, all where there is none.
	Match []GoogleMatchCondition
}

// GoogleMatchCondition fits requests to Destination that are none to NotDestination.
type GoogleMatchCondition struct {
	Destination, NotDestination *GoogleDestination
}

// GoogleDestination fits requests that fit one of each list that is set.
type GoogleDestination struct {
	Hosts, Paths, Resources []GoogleStringMatch
	Headers                 map[string]GoogleStringMatch // all of them
}
