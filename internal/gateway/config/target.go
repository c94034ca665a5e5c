package config

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// protocols are those that a target can speak.
var protocols = []string{"mcp", "a2a", "rest", "grpc"}

// name is what may be part of an identifier in a policy: a slash would make Tool::"a/b" two things.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`)

func (r *reading) target(t *written.Target) {
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
