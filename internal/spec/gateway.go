package spec

import "time"

// GatewayMode says on which side of the agents a gateway stands.
type GatewayMode string

// The modes of a gateway.
const (
	// ClientToAgent takes the calls of clients, agents among them, to targets that it names.
	ClientToAgent GatewayMode = "client_to_agent"
	// AgentToAnywhere is a forward proxy as well: agents reach by it what lies beyond, as far as targets and policies go.
	AgentToAnywhere GatewayMode = "agent_to_anywhere"
)

// Gateway describes one gateway: replicas of the data plane that share a configuration.
type Gateway struct {
	Name, Namespace string // DNS labels
	TrustDomain     string
	Mode            GatewayMode
	Audit           bool // decides and records everything and denies nothing

	Listeners      map[string]Listener // at least one
	Targets        map[string]Target
	Policies       map[string]string            // Cedar text by name
	Allow          map[string]Allow             // compiled to Cedar, by name
	AgentLabels    map[string]map[string]string // labels that policies see, by SPIFFE ID
	TokenService   *TokenService                // nil for none
	Issuers        map[string]Issuer            // foreign authorization servers by their issuer URL
	Trust          map[string]TrustedDomain     // foreign trust domains by name
	DIDs           []string                     // did:key that may call
	Suspended      []string                     // SPIFFE IDs of agents or instances, besides those that agent_identity suspends
	Keys           SharedKeys
	Store          *Store // nil: each replica keeps its own state, which is for one replica alone
	Limits         GatewayLimits
	AuditLog       AuditLog
	Telemetry      *Telemetry
	Deployment     Deployment
	Network        Network
	ServiceMonitor *ServiceMonitor // nil for none

	Labels, Annotations map[string]string // for every rendered object

	Google *GoogleGateway // nil on the open-source stack
}

// Listener is a port that agents call.
type Listener struct {
	Port         int      // 1 to 65535
	URL          string   // origin as agents see it; "" for that of the Service
	Authenticate []string // combinations such as "mtls+dpop"; nil for what the gateway asks for by itself
	MinimumTLS   string   // "1.2" or "1.3"; "" for 1.3
	Nonces       bool
	Origins      []string
	Targets      []string // nil for all
	Audit        bool
}

// Target is something that agents call through the gateway.
type Target struct {
	Protocol     string // mcp, a2a, rest, grpc
	URL          string
	Path         string // of the listeners; "" for "/" and the name
	Versions     []string
	KeepHost     bool
	Tunnel       bool
	AllowPrivate *bool // nil for the gateway's default: true where the URL's host is a Service of the cluster
	Audit        bool

	OpenAPI     string // document, JSON or YAML
	Operations  map[string]Operation
	Unmatched   string
	Content     []string
	Services    []string // of gRPC
	Descriptors []byte   // FileDescriptorSet
	A2A         *A2ATarget

	TLS         *UpstreamTLS
	Credentials []Credential
	Limits      *TargetLimits
	// Workload are the pods that serve the target; where set, only the gateway may reach them.
	Workload *PodSet
	Google   *GoogleTarget // how Google Cloud knows it; nil for an entry of Agent Registry made of what is above
}

// Operation is one of a REST API without an OpenAPI document.
type Operation struct {
	Method, Path string
	Parameters   map[string]string
	Content      []string
}

// A2ATarget says where an A2A agent serves its bindings, as the gateway's a2a block does.
type A2ATarget struct {
	JSONRPC, HTTPJSON, GRPC, Card string
	CardKeys                      string // JWK Set
	CardMaxAge                    time.Duration
	SkillKey                      string
}

// UpstreamTLS is how a target of https is verified, and what it is shown.
type UpstreamTLS struct {
	CA         string // PEM; "" for the system's authorities
	ServerName string
	SPIFFEIDs  []string
	ClientSVID bool
	Minimum    string
	Client     *SecretPair // certificate and key to show; nil for none
}

// SecretPair names a Secret of type kubernetes.io/tls in the gateway's namespace.
type SecretPair struct{ Name string }

// Credential is what a target is shown, as the gateway's credential block has it.
type Credential struct {
	Kind                                     string  // static, client_credentials, token_exchange
	Header                                   string  // of static
	Prefix                                   *string // of static; nil for the gateway's default
	Value                                    SecretValue
	TokenURL, ClientID, ClientAuthentication string
	ClientKey                                SecretValue // of private_key_jwt
	KeyID                                    string
	Scopes                                   []string
	Resource, Audience, Subject              string
}

// SecretValue is a secret: one of the two ways, or neither.
type SecretValue struct {
	Secret, Key string // a Secret of the gateway's namespace and the key in its data
	Value       string // write-only, kept in a Secret of the gateway's own
	Version     string // of Value
}

// Allow is a permission in typed form.
type Allow struct {
	Agents []string // SPIFFE IDs without instance; "ns:<namespace>" for all of a namespace; "*" for all of the trust domain
	// Users are "issuer#subject", or a DID. With Agents, the agents must act for one of them; without, they call by themselves.
	Users  []string
	Target string
	// What may be used of the target, each an exact name; "*" alone for everything of its kind. An operation is named by its id, or
	// as "<METHOD> <path template>".
	Tools, Prompts, Resources, Skills, Operations, Methods []string
	Arguments                                              map[string]ArgumentCondition // by path, "transfer.amount"; all must hold
	// Conditions on messages of A2A: nothing but these. Without any, parts may be anything; "*" alone says so of hosts.
	PartKinds, MediaTypes, URLHosts []string
	// PushHosts are hosts that a task's news may be sent to: none where nothing is said, since what is sent there leaves the
	// gateway's sight; "*" alone for any.
	PushHosts      []string
	ReadOnly       bool     // only tools that their server calls read-only
	Authentication []string // all of which must have been proven
}

// ArgumentCondition is what one argument must be like. Where Optional, it may be absent; otherwise it must be there.
type ArgumentCondition struct {
	Optional bool
	Equals   any    // string, bool, int64
	OneOf    []any  // of one type
	Like     string // with * for any characters
	Min, Max *int64
}

// TokenService issues access tokens to agents.
type TokenService struct {
	Lifetime time.Duration // 0 for the gateway's default
	Listener string
	Bind     string
	Exchange []string
}

// Issuer is a foreign authorization server.
type Issuer struct {
	JWKSURI, CA                          string
	Algorithms, Audiences, Types, Scopes []string
	TrustDomains                         []string
	Unbound                              bool
	UserClaim                            string
}

// TrustedDomain is a foreign trust domain: a bundle, or where it is served, or neither where the Workload API has it by federation.
type TrustedDomain struct {
	Bundle                       string // SPIFFE JSON or PEM
	EndpointURL, EndpointProfile string
	EndpointSPIFFEID             string
}

// SharedKeys are the secrets that sign tokens and seal sessions, alike for all replicas.
type SharedKeys struct {
	// IDs name the entries of the Secret, the first of which signs. Entries that are not there yet are made.
	IDs []string
	// ExistingSecret is one that somebody else keeps; "" for the gateway's own.
	ExistingSecret string
}

// Store is what replicas share their state by.
type Store struct {
	URL      string
	Password SecretValue
	CA       string
	Prefix   *string
	Timeout  time.Duration
}

// GatewayLimits are those of the gateway's limits block; nil and 0 leave its defaults.
type GatewayLimits struct {
	Body, Answer, Header, Depth, Concurrent, Streams, OpenStreams *int64
	AgentRate, AgentBurst, AgentConcurrent, AgentStreams          *int64
	UnauthenticatedRate, UnauthenticatedBurst                     *int64
	HeaderTime, BodyTime, Idle, Total, Drain                      time.Duration
}

// TargetLimits are those of one target.
type TargetLimits struct {
	Body, Answer, Depth, AgentRate, AgentBurst, AgentConcurrent, AgentStreams *int64
	BodyTime, Idle, Total                                                     time.Duration
}

// AuditLog says where the audit log goes: to stdout, unless Stdout is false.
type AuditLog struct {
	Stdout    bool
	Queue     *int
	WhenFull  string
	Arguments []string
	OTLP      *OTLP
}

// Telemetry says where traces and metrics go.
type Telemetry struct {
	OTLP            *OTLP
	Traces, Metrics *bool
	SampleRatio     *float64
	Traceparent     string
	Every           time.Duration
	Resource        map[string]string
}

// OTLP is a collector.
type OTLP struct {
	Endpoint, Protocol string
	Headers            SecretValue
	CA                 string
	Timeout            time.Duration
}

// Deployment is how the gateway runs.
type Deployment struct {
	Image                     string // with a tag or digest
	PullPolicy                string
	Replicas                  int // 1 or more; ignored where Autoscaling is set
	Autoscaling               *Autoscaling
	Resources                 Resources
	NodeSelector              map[string]string
	Tolerations               []Toleration
	ZoneSpread                bool // spreads replicas over zones as well as nodes
	PriorityClass             string
	PodLabels, PodAnnotations map[string]string
	ServiceType               string // ClusterIP, LoadBalancer, NodePort; "" for ClusterIP
	ServiceAnnotations        map[string]string
	WorkloadAPI               WorkloadAPI
	ClassName                 string // of the spire-controller-manager
	AdminPort                 int    // 0 for 9090
}

// Autoscaling is a HorizontalPodAutoscaler.
type Autoscaling struct {
	Min, Max       int
	CPUUtilization int // percent; 0 for 70
}

// Resources are the container's requests and limits, as Kubernetes quantities by resource name.
type Resources struct{ Requests, Limits map[string]string }

// Toleration is that of a pod.
type Toleration struct {
	Key, Operator, Value, Effect string
	Seconds                      *int64
}

// WorkloadAPI is where pods find the SPIFFE Workload API.
type WorkloadAPI struct {
	CSIDriver string // "csi.spiffe.io"; "" for HostPath
	HostPath  string // folder of the node that holds the socket
	Socket    string // its file name in the folder
}

// Network says what the rendered NetworkPolicies let through.
type Network struct {
	// Disabled renders none.
	Disabled bool
	// Agents are the pods that may reach DNS, the gateway and SPIRE and nothing else, and who alone reach its listeners besides Clients.
	Agents []PodSet
	// Clients are namespaces, by label, whose pods may reach the listeners too; empty: anyone may, where Mode is ClientToAgent.
	Clients []LabelSelector
	DNS     PodSet // default: kube-system, k8s-app=kube-dns
	SPIRE   *PodSet
}

// PodSet are pods of one namespace; an empty selector is all of them.
type PodSet struct {
	Namespace string
	Selector  LabelSelector
}

// ServiceMonitor is that of the Prometheus operator.
type ServiceMonitor struct {
	Labels   map[string]string
	Interval time.Duration
}

// SuspendedObject is the name of the ConfigMap, in a gateway's namespace, that lists whom the gateway is to refuse: each value holds
// SPIFFE IDs, one a line.
func SuspendedObject(gateway string) string { return gateway + "-suspended" }
