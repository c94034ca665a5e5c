package config

import "github.com/hashicorp/hcl/v2"

// file is the configuration as it is written, in either syntax. The tags are the schema.
type file struct {
	Authority    *authority    `hcl:"development_authority,block"`
	Identity     *identity     `hcl:"identity,block"`
	Trust        []trust       `hcl:"trust,block"`
	TokenService *tokenService `hcl:"token_service,block"`
	Listeners    []listener    `hcl:"listener,block"`
	Targets      []target      `hcl:"target,block"`
	Policies     []policies    `hcl:"policies,block"`
	Audit        *audit        `hcl:"audit,block"`
	Limits       *limits       `hcl:"limits,block"`
	Admin        *admin        `hcl:"admin,block"`
	Suspended    []string      `hcl:"suspended,optional"`
	SuspendedAt  hcl.Range     `hcl:"suspended,attr_value_range"`
}

type authority struct {
	TrustDomain   string    `hcl:"trust_domain"`
	TrustDomainAt hcl.Range `hcl:"trust_domain,attr_value_range"`
	Directory     string    `hcl:"directory"`
	At            hcl.Range `hcl:",def_range"`
}

type identity struct {
	Certificate string    `hcl:"certificate"`
	Key         string    `hcl:"key"`
	At          hcl.Range `hcl:",def_range"`
}

type trust struct {
	Domain   string    `hcl:"trust_domain,label"`
	Bundle   string    `hcl:"bundle"`
	BundleAt hcl.Range `hcl:"bundle,attr_value_range"`
	At       hcl.Range `hcl:",def_range"`
}

type tokenService struct {
	Secret     string    `hcl:"secret_file,optional"`
	Lifetime   string    `hcl:"lifetime,optional"`
	LifetimeAt hcl.Range `hcl:"lifetime,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}

type listener struct {
	Name           string    `hcl:"name,label"`
	Address        string    `hcl:"address"`
	AddressAt      hcl.Range `hcl:"address,attr_value_range"`
	URL            string    `hcl:"url,optional"`
	URLAt          hcl.Range `hcl:"url,attr_value_range"`
	MinimumTLS     string    `hcl:"minimum_tls,optional"`
	MinimumTLSAt   hcl.Range `hcl:"minimum_tls,attr_value_range"`
	Authenticate   []string  `hcl:"authenticate,optional"`
	AuthenticateAt hcl.Range `hcl:"authenticate,attr_value_range"`
	Nonces         bool      `hcl:"dpop_nonces,optional"`
	At             hcl.Range `hcl:",def_range"`
}

type target struct {
	Name       string    `hcl:"name,label"`
	NameAt     hcl.Range `hcl:"name,label_range"`
	Protocol   string    `hcl:"protocol"`
	ProtocolAt hcl.Range `hcl:"protocol,attr_value_range"`
	URL        string    `hcl:"url"`
	URLAt      hcl.Range `hcl:"url,attr_value_range"`
	Path       string    `hcl:"path,optional"`
	PathAt     hcl.Range `hcl:"path,attr_value_range"`
	Mode       string    `hcl:"mode,optional"`
	ModeAt     hcl.Range `hcl:"mode,attr_value_range"`
	Versions   []string  `hcl:"versions,optional"`
	VersionsAt hcl.Range `hcl:"versions,attr_value_range"`
	KeepHost   bool      `hcl:"keep_host,optional"`
	At         hcl.Range `hcl:",def_range"`
}

type policies struct {
	Files   []string  `hcl:"files,optional"`
	FilesAt hcl.Range `hcl:"files,attr_value_range"`
	Text    string    `hcl:"text,optional"`
	TextAt  hcl.Range `hcl:"text,attr_value_range"`
	At      hcl.Range `hcl:",def_range"`
}

type audit struct {
	Stdout    bool       `hcl:"stdout,optional"`
	Queue     *int       `hcl:"queue,optional"`
	QueueAt   hcl.Range  `hcl:"queue,attr_value_range"`
	WhenFull  string     `hcl:"when_full,optional"`
	FullAt    hcl.Range  `hcl:"when_full,attr_value_range"`
	Arguments []string   `hcl:"arguments,optional"`
	File      *auditFile `hcl:"file,block"`
	At        hcl.Range  `hcl:",def_range"`
}

type auditFile struct {
	Path      string    `hcl:"path"`
	MaxSize   *int64    `hcl:"max_size,optional"`
	MaxSizeAt hcl.Range `hcl:"max_size,attr_value_range"`
	Keep      *int      `hcl:"keep,optional"`
	KeepAt    hcl.Range `hcl:"keep,attr_value_range"`
	At        hcl.Range `hcl:",def_range"`
}

type limits struct {
	Body         *int64    `hcl:"body,optional"`
	BodyAt       hcl.Range `hcl:"body,attr_value_range"`
	Answer       *int64    `hcl:"answer,optional"`
	AnswerAt     hcl.Range `hcl:"answer,attr_value_range"`
	Header       *int64    `hcl:"header,optional"`
	HeaderAt     hcl.Range `hcl:"header,attr_value_range"`
	Depth        *int64    `hcl:"json_depth,optional"`
	DepthAt      hcl.Range `hcl:"json_depth,attr_value_range"`
	Concurrent   *int64    `hcl:"concurrent_requests,optional"`
	ConcurrentAt hcl.Range `hcl:"concurrent_requests,attr_value_range"`
	Streams      *int64    `hcl:"streams_per_connection,optional"`
	StreamsAt    hcl.Range `hcl:"streams_per_connection,attr_value_range"`
	HeaderTime   string    `hcl:"header_time,optional"`
	HeaderTimeAt hcl.Range `hcl:"header_time,attr_value_range"`
	BodyTime     string    `hcl:"body_time,optional"`
	BodyTimeAt   hcl.Range `hcl:"body_time,attr_value_range"`
	Idle         string    `hcl:"idle_time,optional"`
	IdleAt       hcl.Range `hcl:"idle_time,attr_value_range"`
	Total        string    `hcl:"total_time,optional"`
	TotalAt      hcl.Range `hcl:"total_time,attr_value_range"`
	Drain        string    `hcl:"drain_time,optional"`
	DrainAt      hcl.Range `hcl:"drain_time,attr_value_range"`
	At           hcl.Range `hcl:",def_range"`
}

type admin struct {
	Address   string    `hcl:"address"`
	AddressAt hcl.Range `hcl:"address,attr_value_range"`
	At        hcl.Range `hcl:",def_range"`
}
