package written

import "github.com/hashicorp/hcl/v2"

// Issuer is an authorization server whose access tokens are taken.
type Issuer struct {
	Name           string    `hcl:"issuer,label"`
	JWKS           string    `hcl:"jwks_uri,optional"`
	JWKSAt         hcl.Range `hcl:"jwks_uri,attr_value_range"`
	Roots          string    `hcl:"ca_file,optional"`
	RootsAt        hcl.Range `hcl:"ca_file,attr_value_range"`
	Algorithms     []string  `hcl:"algorithms,optional"`
	AlgorithmsAt   hcl.Range `hcl:"algorithms,attr_value_range"`
	Audiences      []string  `hcl:"audiences,optional"`
	AudiencesAt    hcl.Range `hcl:"audiences,attr_value_range"`
	Types          []string  `hcl:"types,optional"`
	TypesAt        hcl.Range `hcl:"types,attr_value_range"`
	TrustDomains   []string  `hcl:"trust_domains,optional"`
	TrustDomainsAt hcl.Range `hcl:"trust_domains,attr_value_range"`
	Unbound        bool      `hcl:"unbound,optional"`
	User           string    `hcl:"user_claim,optional"`
	Scopes         []string  `hcl:"scopes,optional"`
	ScopesAt       hcl.Range `hcl:"scopes,attr_value_range"`
	At             hcl.Range `hcl:",def_range"`
}

// TokenService issues access tokens to agents.
type TokenService struct {
	Secret     string    `hcl:"secret_file,optional"`
	SecretAt   hcl.Range `hcl:"secret_file,attr_value_range"`
	Secrets    []string  `hcl:"secret_files,optional"`
	SecretsAt  hcl.Range `hcl:"secret_files,attr_value_range"`
	Lifetime   string    `hcl:"lifetime,optional"`
	LifetimeAt hcl.Range `hcl:"lifetime,attr_value_range"`
	Listener   string    `hcl:"listener,optional"`
	ListenerAt hcl.Range `hcl:"listener,attr_value_range"`
	Bind       string    `hcl:"bind,optional"`
	BindAt     hcl.Range `hcl:"bind,attr_value_range"`
	Exchange   []string  `hcl:"exchange,optional"`
	ExchangeAt hcl.Range `hcl:"exchange,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}
