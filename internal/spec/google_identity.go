package spec

// GoogleRuntime says where on Google Cloud an agent runs, and so which of Google's identities it has.
type GoogleRuntime string

// The runtimes of an agent on Google Cloud.
const (
	// RuntimeGKE is an agent in pods of GKE: its identity follows from what its pods and its Deployment say of themselves.
	RuntimeGKE GoogleRuntime = "gke"
	// RuntimeAgentRuntime is an agent on Agent Runtime (Vertex AI): its identity is that of a reasoning engine.
	RuntimeAgentRuntime GoogleRuntime = "agent_runtime"
	// RuntimeManaged is a managed workload identity of a pool that is a trust domain of its own.
	RuntimeManaged GoogleRuntime = "managed"
)

// GoogleIdentity is what an agent's identity is on Google Cloud. Only the part of its runtime is set.
type GoogleIdentity struct {
	Project GoogleProject
	// Organization is the number of the organization that the project is in, "" for a project without one: it is part of the
	// trust domain, and principal access boundaries belong to it.
	Organization string
	Runtime      GoogleRuntime

	AgentRuntime *GoogleAgentRuntime
	GKE          *GoogleAgentPods
	Managed      *GoogleManagedIdentity

	AuthProvider *GoogleAuthProvider

	Boundary     *GoogleAccessBoundary
	AccessPolicy *GoogleIdentityAccess
	Deny         *GoogleDenyPolicy

	Suspension GoogleSuspension
}

// GoogleAgentRuntime is an identity on Agent Runtime: that of an engine which is there, or of one which is created without code
// and to which code may be deployed by others later.
type GoogleAgentRuntime struct {
	// Engine is an engine that exists, "projects/p/locations/l/reasoningEngines/123"; "" creates one.
	Engine      string
	Description string // of the engine that is created
	// The gateways that the created engine is bound to, "projects/p/locations/l/agentGateways/g"; "" for none.
	ClientToAgent, AgentToAnywhere string
	// ForceDelete has the created engine deleted with the sessions and memories in it, which keep it from being deleted otherwise.
	ForceDelete bool
}

// GoogleAgentPods is an agent in pods of GKE. Google reads it from the pods' and the Deployment's metadata, whose keys differ
// between releases.
type GoogleAgentPods struct {
	FunctionalType  string // AGENT or MCP_SERVER
	AgentCard       string // of an agent
	MCPURLs         string // of an MCP server
	MCPCapabilities string // of an MCP server
	// Principal is how allow and deny policies name the agent: nothing published says how it is made up of cluster, namespace
	// and account, so it is read from Agent Registry and given here. "" where it is not known.
	Principal string

	IdentityAnnotation, IdentityValue string // on pods
	FunctionalTypeLabel               string // on the Deployment, as are the following
	AgentCardAnnotation               string
	MCPURLsAnnotation                 string
	MCPCapabilitiesAnnotation         string
}

// The keys of pod and Deployment metadata that GKE reads as of its version 1.37.
const (
	GKEIdentityAnnotation        = "iam.gke.io/spiffe-identity-type"
	GKEIdentityValue             = "agent-identity"
	GKEFunctionalTypeLabel       = "registry.gke.io/functional-type"
	GKEAgentCardAnnotation       = "a2a-protocol.org/agent-card"
	GKEMCPURLsAnnotation         = "modelcontextprotocol.info/urls"
	GKEMCPCapabilitiesAnnotation = "modelcontextprotocol.info/capabilities"
)

// What a workload in GKE may be to Agent Registry.
const (
	FunctionalTypeAgent     = "AGENT"
	FunctionalTypeMCPServer = "MCP_SERVER"
)

// GoogleSuspension says how the identity is suspended when it is (Identity.Suspended).
type GoogleSuspension struct {
	// Permissions are denied to the agent: "secretmanager.googleapis.com/*.*". Empty leaves GoogleSuspendedPermissions.
	Permissions []string
	// AttachPoints are where they are denied: "projects/p", "folders/1", "organizations/1". Empty for the project.
	AttachPoints []string
	// DenyEgress also denies all that the agent calls through an Agent Gateway, by an access policy on the attach points.
	DenyEgress bool
	// Disable are the parts of a managed identity that are disabled: managed_identity, namespace, pool.
	Disable []string
}

// What of a managed identity a suspension may disable.
const (
	DisableManagedIdentity = "managed_identity"
	DisableNamespace       = "namespace"
	DisablePool            = "pool"
)

// GoogleSuspendedPermissions are denied to a suspended agent where nothing else is configured: its ways to secrets, to other
// identities and to data. Each is one that deny policies take; a single one that they do not take would have the whole policy refused.
func GoogleSuspendedPermissions() []string {
	return []string{
		"aiplatform.googleapis.com/cachedContents.get",
		"aiplatform.googleapis.com/memories.get",
		"aiplatform.googleapis.com/memories.list",
		"aiplatform.googleapis.com/memories.retrieve",
		"aiplatform.googleapis.com/sessionEvents.list",
		"aiplatform.googleapis.com/sessions.get",
		"aiplatform.googleapis.com/sessions.list",
		"bigquery.googleapis.com/tables.getData",
		"cloudkms.googleapis.com/cryptoKeyVersions.useToDecrypt",
		"iam.googleapis.com/serviceAccounts.getAccessToken",
		"iam.googleapis.com/serviceAccounts.getOpenIdToken",
		"iam.googleapis.com/serviceAccounts.signBlob",
		"iam.googleapis.com/serviceAccounts.signJwt",
		"pubsub.googleapis.com/subscriptions.consume",
		"secretmanager.googleapis.com/*.*",
		"spanner.googleapis.com/sessions.create",
		"storage.googleapis.com/objects.get",
		"storage.googleapis.com/objects.list",
	}
}
