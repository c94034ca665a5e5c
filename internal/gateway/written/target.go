package written

import "github.com/hashicorp/hcl/v2"

// Target is something that agents call through the gateway.
type Target struct {
	Name       string    `hcl:"name,label"`
	NameAt     hcl.Range `hcl:"name,label_range"`
	Protocol   string    `hcl:"protocol"`
	ProtocolAt hcl.Range `hcl:"protocol,attr_value_range"`
	URL        string    `hcl:"url,optional"`
	URLAt      hcl.Range `hcl:"url,attr_value_range"`
	Path       string    `hcl:"path,optional"`
	PathAt     hcl.Range `hcl:"path,attr_value_range"`
	Mode       string    `hcl:"mode,optional"`
	ModeAt     hcl.Range `hcl:"mode,attr_value_range"`
	Versions   []string  `hcl:"versions,optional"`
	VersionsAt hcl.Range `hcl:"versions,attr_value_range"`
	KeepHost   bool      `hcl:"keep_host,optional"`

	Services      []string  `hcl:"services,optional"`
	ServicesAt    hcl.Range `hcl:"services,attr_value_range"`
	Descriptors   string    `hcl:"descriptors,optional"`
	DescriptorsAt hcl.Range `hcl:"descriptors,attr_value_range"`

	OpenAPI        string            `hcl:"openapi,optional"`
	OpenAPIAt      hcl.Range         `hcl:"openapi,attr_value_range"`
	Unmatched      string            `hcl:"unmatched,optional"`
	UnmatchedAt    hcl.Range         `hcl:"unmatched,attr_value_range"`
	Content        []string          `hcl:"content,optional"`
	ContentAt      hcl.Range         `hcl:"content,attr_value_range"`
	Operations     []Operation       `hcl:"operation,block"`
	Command        []string          `hcl:"command,optional"`
	CommandAt      hcl.Range         `hcl:"command,attr_value_range"`
	Env            map[string]string `hcl:"env,optional"`
	EnvAt          hcl.Range         `hcl:"env,attr_value_range"`
	EnvFiles       map[string]string `hcl:"env_files,optional"`
	EnvFilesAt     hcl.Range         `hcl:"env_files,attr_value_range"`
	Directory      string            `hcl:"directory,optional"`
	DirectoryAt    hcl.Range         `hcl:"directory,attr_value_range"`
	Processes      *Processes        `hcl:"processes,block"`
	TLS            *TLS              `hcl:"tls,block"`
	Credentials    []Credential      `hcl:"credential,block"`
	Tunnel         bool              `hcl:"tunnel,optional"`
	TunnelAt       hcl.Range         `hcl:"tunnel,attr_value_range"`
	AllowPrivate   *bool             `hcl:"allow_private,optional"`
	AllowPrivateAt hcl.Range         `hcl:"allow_private,attr_value_range"`

	A2A *A2A `hcl:"a2a,block"`

	At hcl.Range `hcl:",def_range"`

	Limits *TargetLimits `hcl:"limits,block"`
}

// Operation is a method and a path of a target of REST.
type Operation struct {
	Name         string            `hcl:"name,label"`
	Method       string            `hcl:"method"`
	MethodAt     hcl.Range         `hcl:"method,attr_value_range"`
	Path         string            `hcl:"path"`
	PathAt       hcl.Range         `hcl:"path,attr_value_range"`
	Parameters   map[string]string `hcl:"parameters,optional"`
	ParametersAt hcl.Range         `hcl:"parameters,attr_value_range"`
	Content      []string          `hcl:"content,optional"`
	ContentAt    hcl.Range         `hcl:"content,attr_value_range"`
	At           hcl.Range         `hcl:",def_range"`
}

// A2A is what only a target that speaks A2A has.
type A2A struct {
	JSONRPC    string    `hcl:"jsonrpc,optional"`
	JSONRPCAt  hcl.Range `hcl:"jsonrpc,attr_value_range"`
	HTTPJSON   string    `hcl:"http_json,optional"`
	HTTPJSONAt hcl.Range `hcl:"http_json,attr_value_range"`
	GRPC       string    `hcl:"grpc,optional"`
	GRPCAt     hcl.Range `hcl:"grpc,attr_value_range"`
	Card       string    `hcl:"card,optional"`
	CardAt     hcl.Range `hcl:"card,attr_value_range"`
	Keys       string    `hcl:"card_keys,optional"`
	KeysAt     hcl.Range `hcl:"card_keys,attr_value_range"`
	Keep       string    `hcl:"card_max_age,optional"`
	KeepAt     hcl.Range `hcl:"card_max_age,attr_value_range"`
	SkillKey   string    `hcl:"skill_key,optional"`
	At         hcl.Range `hcl:",def_range"`
}

// Processes bounds the processes of a target that the gateway starts.
type Processes struct {
	Idle       string    `hcl:"idle_time,optional"`
	IdleAt     hcl.Range `hcl:"idle_time,attr_value_range"`
	PerAgent   *int64    `hcl:"per_agent,optional"`
	PerAgentAt hcl.Range `hcl:"per_agent,attr_value_range"`
	Total      *int64    `hcl:"total,optional"`
	TotalAt    hcl.Range `hcl:"total,attr_value_range"`
	Stop       string    `hcl:"stop_time,optional"`
	StopAt     hcl.Range `hcl:"stop_time,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}
