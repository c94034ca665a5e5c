// Package config reads the configuration of the gateway: HCL in native or JSON syntax, by one schema.
package config

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rest"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Config is a configuration that is whole and valid. Paths are relative to nothing: they have been joined with the folder of the file.
type Config struct {
	// File is where it was read from, and Files all that it was read from, policies and glob patterns included.
	File  string
	Files []string
	// Revision is what its author calls it, "" where it has no name.
	Revision string

	Authority    *Authority    // nil where the gateway's identity is another
	Identity     *Identity     // nil where the development authority issues the gateway's own
	Trust        []Trust       // trust domains besides the one that the gateway's identity is of
	Issuers      []Issuer      // whose access tokens are taken besides those of the token service
	DIDs         []string      // did:key that may call
	Agents       []Agent       // what is said of agents
	Labels       Labels        // of Agents
	TokenService *TokenService // nil for none
	Listeners    []Listener
	Targets      []Target
	// CardSecretFile holds what the key that signs agent cards is derived from; "" for a secret of the authority's or of this process alone.
	CardSecretFile string
	// SecretFiles hold what replicas share: the first signs, what any has signed is taken. Empty for secrets of the authority's or of this process alone.
	SecretFiles []string
	Policies    *policy.Engine
	Suspended   []string // SPIFFE IDs of agents, or of instances of them, that may do nothing; and names of users, and of callers without a SPIFFE ID
	// SuspendedFiles are the patterns of files that name more, who are in Suspended as they were when it was read.
	SuspendedFiles []string
	Audit          Audit
	Telemetry      Telemetry
	Store          Store
	Limits         Limits
	Admin          string // address, "" for none
}

// Target is something that agents call through the gateway.
type Target struct {
	Name, Protocol string
	URL            string
	Path           string // of the listener, "/" and the name where nothing is said
	Audit          bool   // decides and records, and denies nothing
	Versions       []string
	KeepHost       bool     // passes the Host header of the caller on
	Services       []string // of gRPC, "package.Service": their methods are paths of the listener
	Limits         *Limits  // its own, whole; nil where those of the gateway hold
	// Descriptors say what the messages of the services look like; nil where they are not read.
	Descriptors *rpc.Descriptors
	// API are the operations of a target of REST; nil for any other.
	API *rest.API
	A2A *A2A // nil for a target of another protocol

	Process      *Process     // that the gateway starts and speaks MCP with, instead of a URL; nil for none
	TLS          *TLS         // for an https URL; nil verifies the name by the system's authorities
	Credentials  []Credential // that the target is shown, each in a header of its own
	Tunnel       bool         // agents may be given a tunnel to its host and port, if policies allow that
	AllowPrivate bool         // its name may lead to private networks
	Guarded      bool         // its name may not lead to this machine, its links, or, without AllowPrivate, private networks
}

// Load reads a configuration of this machine. Without an error among the diagnostics it is valid: policies are parsed and checked, addresses and URLs
// are usable. A name that ends in .json is read as HCL's JSON syntax.
func Load(path string) (*Config, hcl.Diagnostics) {
	c, _, diagnostics := Try(path)
	return c, diagnostics
}

// Known is what can be said of a configuration whether it is valid or not.
type Known struct {
	Revision string   // "" where it has none, or where that cannot be read
	Files    []string // that it was read from, as far as that went; see Config
}

// Try is Load which tells of a configuration that cannot be used what is known of it.
func Try(path string) (*Config, Known, hcl.Diagnostics) {
	text, err := os.ReadFile(path)
	if err != nil {
		diagnostic := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Configuration cannot be read", Detail: err.Error()}
		return nil, Known{Files: []string{path}}, hcl.Diagnostics{diagnostic}
	}
	return try(machine{}, path, text)
}

// Parse is Load for text that has been read. The path still says what other paths are relative to.
func Parse(path string, text []byte) (*Config, hcl.Diagnostics) {
	return ParseFrom(machine{}, path, text)
}

// ParseFrom is Parse for a configuration whose other files are in source.
func ParseFrom(source Source, path string, text []byte) (*Config, hcl.Diagnostics) {
	c, _, diagnostics := try(source, path, text)
	return c, diagnostics
}

func try(source Source, path string, text []byte) (*Config, Known, hcl.Diagnostics) {
	known := Known{Files: []string{path}}
	parse := hclparse.NewParser().ParseHCL
	if strings.HasSuffix(path, ".json") {
		parse = hclparse.NewParser().ParseJSON
	}
	parsed, diagnostics := parse(text, path)
	known.Revision = revision(parsed)
	if diagnostics.HasErrors() {
		return nil, known, diagnostics
	}
	var f written.File
	diagnostics = append(diagnostics, gohcl.DecodeBody(parsed.Body, nil, &f)...)
	if diagnostics.HasErrors() {
		return nil, known, diagnostics
	}
	r := &reading{Config: Config{File: path, Files: []string{path}, Limits: Defaults()}, source: source, folder: filepath.Dir(path), text: text}
	r.file(&f)
	known.Files = r.Files
	if r.diagnostics.HasErrors() {
		return nil, known, append(diagnostics, r.diagnostics...)
	}
	return &r.Config, known, append(diagnostics, r.diagnostics...)
}

// revision gives what a configuration calls itself, whatever else is wrong with it.
func revision(parsed *hcl.File) string {
	if parsed == nil || parsed.Body == nil {
		return ""
	}
	content, _, _ := parsed.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "revision"}}})
	if content == nil || content.Attributes["revision"] == nil {
		return ""
	}
	var name string
	if gohcl.DecodeExpression(content.Attributes["revision"].Expr, nil, &name).HasErrors() {
		return ""
	}
	return name
}
