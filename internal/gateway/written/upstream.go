package written

import "github.com/hashicorp/hcl/v2"

// TLS is what a server that the gateway calls is verified by, and what it is shown.
type TLS struct {
	CAFile        string    `hcl:"ca_file,optional"`
	CAFileAt      hcl.Range `hcl:"ca_file,attr_value_range"`
	ServerName    string    `hcl:"server_name,optional"`
	ServerNameAt  hcl.Range `hcl:"server_name,attr_value_range"`
	SPIFFEIDs     []string  `hcl:"spiffe_ids,optional"`
	SPIFFEIDsAt   hcl.Range `hcl:"spiffe_ids,attr_value_range"`
	Certificate   string    `hcl:"certificate,optional"`
	CertificateAt hcl.Range `hcl:"certificate,attr_value_range"`
	Key           string    `hcl:"key,optional"`
	KeyAt         hcl.Range `hcl:"key,attr_value_range"`
	ClientSVID    bool      `hcl:"client_svid,optional"`
	ClientSVIDAt  hcl.Range `hcl:"client_svid,attr_value_range"`
	Minimum       string    `hcl:"minimum,optional"`
	MinimumAt     hcl.Range `hcl:"minimum,attr_value_range"`
	At            hcl.Range `hcl:",def_range"`
}

// Credential is what a target is shown. Its kind says which attributes it has.
type Credential struct {
	Kind              string    `hcl:"kind,label"`
	KindAt            hcl.Range `hcl:"kind,label_range"`
	Header            *string   `hcl:"header,optional"`
	HeaderAt          hcl.Range `hcl:"header,attr_value_range"`
	Prefix            *string   `hcl:"prefix,optional"`
	PrefixAt          hcl.Range `hcl:"prefix,attr_value_range"`
	File              *string   `hcl:"file,optional"`
	FileAt            hcl.Range `hcl:"file,attr_value_range"`
	Env               *string   `hcl:"env,optional"`
	EnvAt             hcl.Range `hcl:"env,attr_value_range"`
	TokenURL          *string   `hcl:"token_url,optional"`
	TokenURLAt        hcl.Range `hcl:"token_url,attr_value_range"`
	ClientID          *string   `hcl:"client_id,optional"`
	ClientIDAt        hcl.Range `hcl:"client_id,attr_value_range"`
	SecretFile        *string   `hcl:"client_secret_file,optional"`
	SecretFileAt      hcl.Range `hcl:"client_secret_file,attr_value_range"`
	SecretEnv         *string   `hcl:"client_secret_env,optional"`
	SecretEnvAt       hcl.Range `hcl:"client_secret_env,attr_value_range"`
	Method            *string   `hcl:"client_authentication,optional"`
	MethodAt          hcl.Range `hcl:"client_authentication,attr_value_range"`
	KeyFile           *string   `hcl:"client_key_file,optional"`
	KeyFileAt         hcl.Range `hcl:"client_key_file,attr_value_range"`
	KeyID             *string   `hcl:"client_key_id,optional"`
	KeyIDAt           hcl.Range `hcl:"client_key_id,attr_value_range"`
	AssertionAudience *string   `hcl:"assertion_audience,optional"`
	AssertionAt       hcl.Range `hcl:"assertion_audience,attr_value_range"`
	Scopes            []string  `hcl:"scopes,optional"`
	ScopesAt          hcl.Range `hcl:"scopes,attr_value_range"`
	Resource          *string   `hcl:"resource,optional"`
	ResourceAt        hcl.Range `hcl:"resource,attr_value_range"`
	Audience          *string   `hcl:"audience,optional"`
	AudienceAt        hcl.Range `hcl:"audience,attr_value_range"`
	Subject           *string   `hcl:"subject,optional"`
	SubjectAt         hcl.Range `hcl:"subject,attr_value_range"`
	TLS               *TLS      `hcl:"tls,block"`
	At                hcl.Range `hcl:",def_range"`
}
