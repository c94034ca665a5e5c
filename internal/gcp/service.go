package gcp

import (
	"regexp"
	"strings"
)

// Service is one of Google's APIs, as a key names it and as the provider's configuration does.
type Service struct {
	// Host is the API's name, which a key has as its service: "networkservices.googleapis.com".
	Host string
	// Name is what hashicorp/google calls it, as in <name>_custom_endpoint and GOOGLE_<NAME>_CUSTOM_ENDPOINT.
	Name string
	// regional is the host of a location, where every location has its own; "" where one host serves all.
	regional string
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
	{Host: ModelArmor, Name: "model_armor", regional: "modelarmor.{location}.rep.googleapis.com"},
	{Host: NetworkSecurity, Name: "network_security"},
	{Host: NetworkServices, Name: "network_services"},
	{Host: VertexAI, Name: "vertex_ai", regional: "{location}-aiplatform.googleapis.com"},
}

// Attribute is the provider's attribute that sets another endpoint.
func (s Service) Attribute() string { return s.Name + "_custom_endpoint" }

// Variable is the environment variable that sets another endpoint.
func (s Service) Variable() string { return "GOOGLE_" + strings.ToUpper(s.Attribute()) }

// defaultUniverse is the domain of Google's public cloud.
const defaultUniverse = "googleapis.com"

// apiVersion is how hashicorp/google has an endpoint end. Google's clients write the version themselves.
var apiVersion = regexp.MustCompile(`/v\d+[a-z0-9]*/?$`)

// Endpoint gives the base URL of an API for a location, with a slash at its end and without the API's version. A custom endpoint may
// end with a version, as hashicorp/google wants it, and name the location as {{location}} or {{region}}.
func (c *Config) Endpoint(host, location string) string {
	if custom := c.Endpoints[host]; custom != "" {
		custom = strings.NewReplacer("{{location}}", location, "{{region}}", location).Replace(custom)
		return strings.TrimSuffix(apiVersion.ReplaceAllString(custom, "/"), "/") + "/"
	}
	for _, service := range Services {
		if service.Host == host && service.regional != "" && location != "" && location != "global" {
			host = strings.ReplaceAll(service.regional, "{location}", location)
			break
		}
	}
	if c.UniverseDomain != "" {
		host = strings.TrimSuffix(host, defaultUniverse) + c.UniverseDomain
	}
	return "https://" + host + "/"
}
