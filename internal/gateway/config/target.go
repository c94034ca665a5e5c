package config

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

type target struct {
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
	Operations     []operation       `hcl:"operation,block"`
	Command        []string          `hcl:"command,optional"`
	CommandAt      hcl.Range         `hcl:"command,attr_value_range"`
	Env            map[string]string `hcl:"env,optional"`
	EnvAt          hcl.Range         `hcl:"env,attr_value_range"`
	EnvFiles       map[string]string `hcl:"env_files,optional"`
	EnvFilesAt     hcl.Range         `hcl:"env_files,attr_value_range"`
	Directory      string            `hcl:"directory,optional"`
	DirectoryAt    hcl.Range         `hcl:"directory,attr_value_range"`
	Processes      *processes        `hcl:"processes,block"`
	TLS            *upstreamTLS      `hcl:"tls,block"`
	Credentials    []credential      `hcl:"credential,block"`
	Tunnel         bool              `hcl:"tunnel,optional"`
	TunnelAt       hcl.Range         `hcl:"tunnel,attr_value_range"`
	AllowPrivate   *bool             `hcl:"allow_private,optional"`
	AllowPrivateAt hcl.Range         `hcl:"allow_private,attr_value_range"`

	A2A *a2aBlock `hcl:"a2a,block"`

	At hcl.Range `hcl:",def_range"`

	Limits *targetLimits `hcl:"limits,block"`
}

// protocols are those that a target can speak.
var protocols = []string{"mcp", "a2a", "rest", "grpc"}

// name is what may be part of an identifier in a policy: a slash would make Tool::"a/b" two things.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`)

func (r *reading) target(t *target) {
	if !name.MatchString(t.Name) {
		r.wrong(t.NameAt, t.At, "Not a name of a target", "%q: use lower case letters, digits, and - _ . between them.", t.Name)
	}
	if !slices.Contains(protocols, t.Protocol) {
		r.wrong(t.ProtocolAt, t.At, "Protocol is not known", "%q: it may be one of %s.", t.Protocol, strings.Join(protocols, ", "))
	}
	if u, err := url.Parse(t.URL); t.Command == nil && (err != nil || !hosted(u) || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "") {
		r.wrong(t.URLAt, t.At, "Not a URL of a target", "%q: use one such as \"https://tools.example.org/mcp\", without user or fragment.", redacted(t.URL))
	}
	made := Target{Name: t.Name, Protocol: t.Protocol, URL: t.URL, Path: t.Path, Audit: r.audits(t.Mode, t.ModeAt, t.At), Versions: t.Versions, KeepHost: t.KeepHost}
	r.beyond(t, &made)
	if made.Path == "" {
		made.Path = "/" + t.Name
	}
	if !strings.HasPrefix(made.Path, "/") || path.Clean(made.Path) != made.Path || strings.ContainsAny(made.Path, "?#%{}") || made.Path == "/" && made.Protocol == "mcp" ||
		strings.HasPrefix(made.Path, "/.well-known") || strings.HasPrefix(made.Path+"/", "/oauth/") {
		r.wrong(t.PathAt, t.At, "Not a path of a target", "%q: use one such as \"/tools\", without a slash at the end. /.well-known and /oauth are the gateway's.", t.Path)
	}
	known := mcp.Versions()
	if t.Protocol == "a2a" {
		known = a2a.Versions()
	}
	for _, v := range t.Versions {
		if !slices.Contains(known, v) {
			r.wrong(t.VersionsAt, t.At, "Version is not known", "%q: it may be one of %s.", v, strings.Join(known, ", "))
		}
	}
	r.services(t, &made)
	r.api(t, &made)
	made.Limits = r.targetLimits(t.Limits)
	r.a2a(t, &made)
	for _, other := range r.Targets {
		if other.Name == made.Name {
			r.wrong(t.NameAt, t.At, "Target is there twice", "There is another target %q. Give each a name of its own.", t.Name)
		} else if other.Path == made.Path {
			r.wrong(t.PathAt, t.At, "Path is taken", "Target %q has the path %q already.", other.Name, made.Path)
		}
	}
	r.Targets = append(r.Targets, made)
}
