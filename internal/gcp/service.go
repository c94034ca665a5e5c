package gcp

import "strings"

// Service is one of Google's APIs, as a key names it and as the provider's configuration does.
type Service struct {
	// Host is the API's name, which a key has as its service: "networkservices.googleapis.com".
	Host string
	// Name is what hashicorp/google calls it, as in <name>_custom_endpoint and GOOGLE_<NAME>_CUSTOM_ENDPOINT.
	Name string
}

// The APIs that carry objects.
const (
	NetworkServices     = "networkservices.googleapis.com"
	NetworkSecurity     = "networksecurity.googleapis.com"
	ModelArmor          = "modelarmor.googleapis.com"
	AgentRegistry       = "agentregistry.googleapis.com"
	AgentIdentity       = "agentidentity.googleapis.com"
	IAM                 = "iam.googleapis.com"
	IAP                 = "iap.googleapis.com"
	VertexAI            = "aiplatform.googleapis.com"
	BinaryAuthorization = "binaryauthorization.googleapis.com"
	Container           = "container.googleapis.com"
	IAMCredentials      = "iamcredentials.googleapis.com"
)

// Services are all APIs that are asked, ordered by name.
var Services = []Service{
	{Host: AgentIdentity, Name: "agent_identity"},
	{Host: AgentRegistry, Name: "agent_registry"},
	{Host: BinaryAuthorization, Name: "binary_authorization"},
	{Host: Container, Name: "container"},
	{Host: IAM, Name: "iam"},
	{Host: IAMCredentials, Name: "iam_credentials"},
	{Host: IAP, Name: "iap"},
	{Host: ModelArmor, Name: "model_armor"},
	{Host: NetworkSecurity, Name: "network_security"},
	{Host: NetworkServices, Name: "network_services"},
	{Host: VertexAI, Name: "vertex_ai"},
}

// Attribute is the provider's attribute that sets another endpoint.
func (s Service) Attribute() string { return s.Name + "_custom_endpoint" }

// Variable is the environment variable that sets another endpoint.
func (s Service) Variable() string { return "GOOGLE_" + strings.ToUpper(s.Attribute()) }

// defaultUniverse is the domain of Google's public cloud.
const defaultUniverse = "googleapis.com"
