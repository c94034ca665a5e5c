package spec

import "time"

// Engine names what enforces an admission policy.
type Engine string

// The engines of an admission policy.
const (
	EngineKyverno    Engine = "kyverno"    // policies.kyverno.io/v1 ValidatingPolicy, ImageValidatingPolicy
	EngineNative     Engine = "native"     // admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy and binding
	EngineGatekeeper Engine = "gatekeeper" // templates.gatekeeper.sh/v1 ConstraintTemplate and its constraint
)

// Action says what happens to an object that violates a policy.
type Action string

// The actions of an admission policy.
const (
	ActionDeny  Action = "deny"
	ActionAudit Action = "audit"
	ActionWarn  Action = "warn"
)

// AdmissionPolicy describes what agent pods must be like to be let into the cluster. Every rule that is set must hold.
type AdmissionPolicy struct {
	Name    string // DNS subdomain; names the cluster-scoped objects
	Engine  Engine
	Actions []Action // sorted, at least one; deny and warn exclude each other

	NamespaceSelector LabelSelector
	ObjectSelector    LabelSelector

	Rules      AdmissionRules
	Exceptions []AdmissionException

	// Sidecar is added to the pods that the policy selects and that carry the approval label, where it asks for one; nil for none.
	Sidecar *Sidecar

	// FailClosed refuses requests that the engine cannot evaluate (failurePolicy Fail).
	FailClosed bool

	Labels, Annotations map[string]string // for every rendered object

	// BinaryAuthorization is Google Cloud's alone, beside the objects of the engine; nil for none.
	BinaryAuthorization *GoogleBinaryAuthorization
}

// AdmissionRules are the typed rules. A nil or empty rule asks for nothing.
type AdmissionRules struct {
	ApprovalLabel *ApprovalLabel
	// AllowedRegistries are image prefixes that end at a path boundary: "registry.example.org/agents".
	AllowedRegistries []string
	// AllowedMCPServerImages are the images, by reference prefix or exact digest, that a pod labelled as an MCP server may run.
	MCPServers          *MCPServers
	SignedImages        *SignedImages
	SPIFFEIdentity      *SPIFFEIdentity
	SecurityContext     *SecurityContext
	RuntimeClasses      []string // sandbox RuntimeClasses, one of which the pod must name
	NoAutomountedTokens bool
	ResourceLimits      *ResourceLimits
	Custom              []CustomRule
}

// ApprovalLabel asks for a label on the pod. Values empty: any value will do.
type ApprovalLabel struct {
	Key    string
	Values []string
}

// MCPServers restricts the images of pods that carry the given label.
type MCPServers struct {
	LabelKey      string
	LabelValue    string // "" for any
	AllowedImages []string
}

// SignedImages asks for a verified signature on every image that matches; the Kyverno engine alone can check one.
type SignedImages struct {
	Images    []string // glob patterns
	PublicKey string   // PEM; or keyless below
	Keyless   *KeylessIdentity
	// RekorURL of the transparency log. Empty: the public one.
	RekorURL string
	// IgnoreTlog accepts a signature that no transparency log holds; key only.
	IgnoreTlog bool
	// Registry holds the credentials that read the signatures.
	Registry *RegistryCredentials
}

// KeylessIdentity is who signed, as Fulcio's certificate says.
type KeylessIdentity struct {
	Issuer  string
	Subject string
}

// RegistryCredentials read a private registry. Password is a secret: it never enters state, logs or errors.
type RegistryCredentials struct {
	Server   string
	Username string
	Password string
	// Version of the password, chosen by the user. The rendered Secret carries it, so that a new version shows as a change
	// where the password itself may not. Empty for none.
	Version   string
	Namespace string // of the rendered Secret, the engine's own: "kyverno"
}

// SPIFFEIdentity asks that a pod gets its SVID: through the SPIFFE CSI driver, or an annotation that says so.
type SPIFFEIdentity struct {
	CSIDriver  string // "csi.spiffe.io"; empty where the annotation is asked for
	Annotation string
}

// SecurityContext asks every container (init and ephemeral ones too) to be confined. Each true field is a requirement.
type SecurityContext struct {
	RunAsNonRoot             bool
	NoPrivilegeEscalation    bool
	NoPrivileged             bool
	ReadOnlyRootFilesystem   bool
	DropAllCapabilities      bool
	SeccompRuntimeDefault    bool // RuntimeDefault or Localhost
	NoHostNamespaces         bool // hostNetwork, hostPID, hostIPC
	NoHostPath               bool
	AllowedAddedCapabilities []string
}

// ResourceLimits asks every container for limits, and optionally bounds them.
type ResourceLimits struct {
	Required  []string // resource names: "cpu", "memory"
	MaxCPU    string   // Kubernetes quantity, empty for none
	MaxMemory string   // Kubernetes quantity, empty for none
}

// CustomRule is a free CEL rule over object, oldObject, request, namespaceObject and the policy's variables (AdmissionVariables).
// It is asked on every creation, and on an update that changes labels, annotations or spec. To tell the two apart it should use
// variables.isUpdate: on a creation oldObject is null to API servers and Gatekeeper, but an empty map to Kyverno.
type CustomRule struct {
	Name       string
	Expression string // CEL, bool; true lets the object pass
	Message    string
}

// AdmissionException lets matching objects through until it expires.
type AdmissionException struct {
	Name       string
	Namespaces []string // empty for all
	Names      []string // object names, a trailing * matches a prefix; empty for all
	Reason     string
	ExpiresAt  time.Time // zero: never
	// Expression is an optional CEL condition beside the lists.
	Expression string
}
