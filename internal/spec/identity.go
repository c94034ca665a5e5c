// Package spec holds the stack-neutral description of the four layers in plain Go values, never null and never unknown, and
// validates it.
package spec

import "time"

// Registration says who writes an agent's registration entries.
type Registration string

// The ways to register an identity with SPIRE.
const (
	// RegistrationController leaves the entries to spire-controller-manager, which reads ClusterSPIFFEID objects.
	RegistrationController Registration = "controller"
	// RegistrationServer writes the entries through the SPIRE server API.
	RegistrationServer Registration = "server"
)

// Identity describes who an agent is: one SPIFFE ID and X.509-SVID for each of its instances.
type Identity struct {
	Name         string // DNS label, the agent's logical name
	Namespace    string // Kubernetes namespace, DNS label
	TrustDomain  string // SPIFFE trust domain, without scheme
	Registration Registration

	ServiceAccount ServiceAccount
	PodSelector    LabelSelector // empty: the pods labelled as instances of the agent; controller only
	// LogicalID adds the ID without the instance beside the per-instance one, under the hint "logical".
	LogicalID bool

	X509TTL      time.Duration // 0 leaves the server's default
	JWTTL        time.Duration // 0 leaves the server's default
	DNSNames     []string      // templates with the controller, plain names with the server
	AutoDNSNames bool          // the DNS names of the Services that select the pod; controller only
	ClassName    string        // spire-controller-manager class; controller only
	Federation   []Federation

	Suspended bool // the whole agent
	// SuspendedInstances are the UIDs of single pods; controller only (with the server each instance says it of itself).
	SuspendedInstances []string
	// Gateways refuse what is suspended: agent_gateway resources as "namespace/name".
	Gateways []string

	// Instances are the registration entries by instance name; server registration only.
	Instances map[string]Instance

	Labels, Annotations map[string]string // for every rendered Kubernetes object

	Google *GoogleIdentity // what is Google Cloud's alone; nil on the open-source stack
}

// ServiceAccount is the Kubernetes account that the agent's pods run under.
type ServiceAccount struct {
	Create bool
	Name   string
	// AutomountToken lets pods get a Kubernetes API token without asking for one.
	AutomountToken bool
}

// LabelSelector is a Kubernetes label selector.
type LabelSelector struct {
	MatchLabels      map[string]string
	MatchExpressions []LabelRequirement
}

// LabelRequirement is one expression of a label selector.
type LabelRequirement struct {
	Key      string
	Operator string // In, NotIn, Exists, DoesNotExist
	Values   []string
}

// Instance is one running copy of an agent that the SPIRE server knows by its selectors.
type Instance struct {
	ParentID  string   // SPIFFE ID of the SPIRE agent (or alias) that may issue to the instance
	Selectors []string // "type:value", as in "k8s:pod-uid:…" or "unix:uid:5000"
	// Suspended withdraws this one instance.
	Suspended bool
}

// Federation is a foreign trust domain whose SVIDs the agent is to verify.
type Federation struct {
	TrustDomain string
	// The endpoint is optional: without it the relationship is expected to exist already.
	BundleEndpointURL string
	EndpointSPIFFEID  string // set for profile https_spiffe, empty for https_web
	TrustDomainBundle string // SPIFFE bundle JSON, the first one for https_spiffe
}
