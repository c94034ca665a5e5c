package spec

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"k8s.io/apimachinery/pkg/api/resource"
)

// targetPath is a path that needs no escaping and names one place, without empty segments, "." and "..", and services of gRPC behind it.
var targetPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+(#[A-Za-z_][A-Za-z0-9_.]*(,[A-Za-z_][A-Za-z0-9_.]*)*)?$`)

func (v *admissionValidator) sidecar(path []any, s Sidecar) {
	if v.policy.Engine == EngineGatekeeper {
		v.add(path, "engine %q adds nothing to pods in this provider: use %q or %q for the policy with a sidecar", EngineGatekeeper, EngineNative, EngineKyverno)
	}
	v.image(at(path, "image"), s.Image)
	v.origin(at(path, "gateway"), s.Gateway)
	if id, err := spiffeid.FromString(s.GatewayID); err != nil || id.Path() == "" {
		v.add(at(path, "gateway_spiffe_id"), "%q is no SPIFFE ID of a gateway, such as \"spiffe://example.org/ns/gateways/gateway/edge\"", s.GatewayID)
	}
	var urls []string
	for i, target := range s.URLs() {
		if !targetPath.MatchString(strings.TrimPrefix(target, s.Gateway)) {
			v.add(at(path, "targets", i), "%q is no target of the gateway: write its path, such as \"/bank\", or its URL at %s; services of gRPC may follow, as in \"/ledger#bank.v1.Ledger\"",
				s.Targets[i], s.Gateway)
		}
		target, _, _ = strings.Cut(target, "#")
		urls = append(urls, target)
		v.duplicate(at(path, "targets", i), urls, i)
	}
	if s.TokenEndpoint != "" {
		if u, err := url.Parse(s.TokenEndpoint); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			v.add(at(path, "token_endpoint"), "%q is no URL of https, such as \"%s/oauth/token\"", s.TokenEndpoint, s.Gateway)
		}
		if len(s.Targets) == 0 {
			v.add(at(path, "targets"), "is empty, and a token is for one target, so that it is of no use at another: name the targets that agents call")
		}
	}
	if s.Port < 1024 || s.Port > 65534 {
		v.add(at(path, "port"), "%d cannot be listened on without a capability, or has none after it for probes: use one from 1024 to 65534", s.Port)
	}
	v.workloadAPI(at(path, "workload_api"), s.WorkloadAPI)
	v.quantities(at(path, "resources", "requests"), s.Resources.Requests)
	v.quantities(at(path, "resources", "limits"), s.Resources.Limits)
	v.requestsWithinLimits(at(path, "resources", "requests"), s.Resources)
	v.sidecarKeepsRules(path, s)
}

func (v *admissionValidator) origin(path []any, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path+u.RawQuery+u.Fragment != "" || u.String() != text {
		v.add(path, "%q is no origin: write scheme, host and port alone, as in \"https://edge.gateways.svc:8443\"", text)
	}
}

// sidecarKeepsRules refuses a sidecar that the policy's own rules would refuse, and every pod with it.
func (v *admissionValidator) sidecarKeepsRules(path []any, s Sidecar) {
	r := v.policy.Rules
	if len(r.AllowedRegistries) > 0 && !fromRegistries(s.Image, r.AllowedRegistries) {
		v.add(at(path, "image"), "%q is from none of rules.allowed_registries, so that every pod with the sidecar would be refused: add its repository there", s.Image)
	}
	if m := r.MCPServers; m != nil && !isAllowed(s.Image, m.AllowedImages) {
		v.add(at(path, "image"), "%q is none of rules.mcp_servers.allowed_images, so that an MCP server with the sidecar would be refused: add it there", s.Image)
	}
	if c := r.SecurityContext; c != nil && c.NoHostPath && s.WorkloadAPI.HostPath != "" {
		v.add(at(path, "workload_api", "host_path"), "mounts a folder of the node, which rules.security_context.no_host_path refuses: use csi_driver")
	}
	if l := r.ResourceLimits; l != nil {
		v.sidecarLimits(at(path, "resources", "limits"), s.ResourcesOrDefault().Limits, *l)
	}
}

func (v *admissionValidator) sidecarLimits(path []any, limits map[string]string, l ResourceLimits) {
	required := append([]string(nil), l.Required...)
	bounds := map[string]string{"cpu": l.MaxCPU, "memory": l.MaxMemory}
	for _, name := range sortedKeys(bounds) {
		if bounds[name] != "" {
			required = append(required, name)
		}
	}
	said := map[string]bool{}
	for _, name := range required {
		limit, err := resource.ParseQuantity(limits[name])
		bound, boundErr := resource.ParseQuantity(bounds[name])
		switch {
		case said[name]:
		case limits[name] == "":
			v.add(path, "has no %s, which rules.resource_limits asks of every container: add it", name)
		case err == nil && boundErr == nil && limit.Cmp(bound) > 0:
			v.add(at(path, MapKey(name)), "%s is more than rules.resource_limits lets a container have, which is %s", limits[name], bounds[name])
		}
		said[name] = true
	}
}

// repository is an image's name without tag and digest.
func repository(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		name = name[:colon]
	}
	return name
}

// fromRegistries says of an image what the rule of allowed registries says of it.
func fromRegistries(image string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(repository(image)+"/", strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}

// isAllowed says of an image what the rule of MCP servers says of it: a repository allows all that is below it, and a tag or a digest
// that alone.
func isAllowed(image string, allowed []string) bool {
	for _, a := range allowed {
		name, digest, hasDigest := strings.Cut(a, "@")
		switch {
		case image == a, !hasDigest && repository(a) == a && fromRegistries(image, []string{a}):
			return true
		case hasDigest && repository(name) == name && repository(image) == name && strings.HasSuffix(image, "@"+digest):
			return true
		case !hasDigest && repository(a) != a && strings.HasPrefix(image, a+"@"):
			return true
		}
	}
	return false
}
