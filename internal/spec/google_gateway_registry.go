package spec

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

var (
	googleRegistryResource = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/(mcpServers|agents|endpoints)/[^/]+$`)
	googleAuthProvider     = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/authProviders/[^/]+$`)
	googleURN              = regexp.MustCompile(`^urn:(mcp|agent|endpoint):[^\s]+$`)
)

// The limits of entries of Agent Registry, as their schemas give them.
const (
	maxRegistryDisplayName = 63
	maxRegistryDescription = 2048
	maxRegistryContent     = 10 << 10
)

// RegistryCollection is where Agent Registry has what speaks a protocol.
func RegistryCollection(protocol string) string {
	switch protocol {
	case "mcp":
		return "mcpServers"
	case "a2a":
		return "agents"
	}
	return "endpoints"
}

func (v *googleGatewayValidator) googleTargets() {
	addresses := map[string]string{}
	for _, name := range sortedKeys(v.gateway.Targets) {
		t := v.gateway.Targets[name]
		path := []any{"targets", MapKey(name)}
		if !targetName.MatchString(name) || len(name) > 100 {
			v.add(path, "%q cannot name a target: use up to 100 lower case letters and digits, with - _ . between them", name)
		}
		if !slices.Contains([]string{"mcp", "a2a", "rest", "grpc"}, t.Protocol) {
			v.add(at(path, "protocol"), "%q is no protocol: use \"mcp\", \"a2a\", \"rest\" or \"grpc\"", t.Protocol)
		}
		authority, base, err := t.Address()
		if err != nil {
			v.add(at(path, "url"), "%q %v", t.URL, err)
		} else if other := addresses[authority+base]; other != "" {
			v.add(at(path, "url"), "%q is target %q as well, and Google tells targets by their URLs: leave one of them out", t.URL, other)
		}
		addresses[authority+base] = name
		v.openSourceTarget(path, t)
		if t.Google != nil {
			v.registered(at(path, "gcp"), t)
		}
	}
}

// registered checks how a target is known to Agent Registry.
func (v *googleGatewayValidator) registered(path []any, t Target) {
	g := *t.Google
	own := g.Service.ID != "" || g.Service.DisplayName != "" || g.Service.Description != "" || len(g.Service.Interfaces) > 0 || g.Service.Content != "" || g.Service.Location != ""
	switch {
	case g.RegistryResource != "" && (own || g.Unregistered):
		v.add(at(path, "registry_resource"), "is an entry that exists, beside what would be of a new one or of none: leave one of them out")
	case g.Unregistered && own:
		v.add(at(path, "service"), "describes an entry, and unregistered says that there is none: leave one of them out")
	case g.Unregistered && (t.Protocol == "mcp" || t.Protocol == "a2a"):
		v.add(at(path, "unregistered"), "is for REST and gRPC alone: Google knows %s by Agent Registry", t.Protocol)
	case g.RegistryResource != "":
		match := googleRegistryResource.FindStringSubmatch(g.RegistryResource)
		if want := RegistryCollection(t.Protocol); match == nil || match[2] != want {
			v.add(at(path, "registry_resource"), "%q is no entry for %s: write projects/<project>/locations/<location>/%s/<id>, with the id that Agent Registry gave", g.RegistryResource, t.Protocol, want)
		}
	default:
		v.service(at(path, "service"), g.Service, t.Protocol)
	}
}

func (v *googleGatewayValidator) registryServices(path []any) {
	for _, id := range sortedKeys(v.g.Services) {
		s := v.g.Services[id]
		path := at(path, MapKey(id))
		v.googleID(path, id)
		if len(s.Interfaces) == 0 {
			v.add(at(path, "interfaces"), "is empty: name the URL, as { url = \"https://logging.googleapis.com\", protocol_binding = \"GRPC\" }")
		}
		v.service(path, s, "rest")
		for _, name := range sortedKeys(v.gateway.Targets) {
			target := v.gateway.Targets[name]
			if host := overlapping((Target{Google: &GoogleTarget{Service: s}}).registryHosts(), target.registryHosts()); host != "" && !target.google().Unregistered {
				v.add(at(path, "interfaces"), "have the host %q, which is target %q as well, and Agent Registry tells what is called by its host: leave one of them out", host, name)
			}
		}
	}
}

// service checks an entry of Agent Registry that is made.
func (v *googleGatewayValidator) service(path []any, s GoogleRegistryService, protocol string) {
	if s.ID != "" {
		v.googleID(at(path, "id"), s.ID)
	}
	if s.Location != "" && s.Location != "global" && s.Location != v.g.Project.Location {
		v.add(at(path, "location"), "%q is neither \"global\" nor the gateway's region: the gateway would not see the entry", s.Location)
	}
	if v.g.Registries != nil {
		location := s.Location
		if location == "" {
			location = v.g.Project.Location
		}
		if !slices.ContainsFunc(v.g.Registries, func(name string) bool { return strings.HasSuffix(name, "/locations/"+location) }) {
			v.add(at(path, "location"), "%q is in none of gcp.registries, so that the gateway would not see the entry", location)
		}
	}
	v.length(at(path, "display_name"), s.DisplayName, maxRegistryDisplayName)
	v.length(at(path, "description"), s.Description, maxRegistryDescription)
	for i, in := range s.Interfaces {
		path := at(path, "interfaces", i)
		if _, _, err := (Target{URL: in.URL}).Address(); err != nil {
			v.add(at(path, "url"), "%q %v", in.URL, err)
		}
		v.oneOf(at(path, "protocol_binding"), in.ProtocolBinding, "JSONRPC", "GRPC", "HTTP_JSON")
	}
	v.content(at(path, "content"), s.Content, protocol)
}

// content checks what is said of an MCP server's tools, or the card of an agent.
func (v *googleGatewayValidator) content(path []any, text, protocol string) {
	if text == "" {
		return
	}
	if n := len(text); n > maxRegistryContent {
		v.add(path, "has %d bytes, and Agent Registry takes %d", n, maxRegistryContent)
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		v.add(path, "is no JSON object")
		return
	}
	tools, _ := object["tools"].([]any)
	switch {
	case protocol == "mcp" && len(tools) == 0:
		v.add(path, "has no list of tools: write {\"tools\": [...]}, as the server answers to tools/list")
	case protocol == "mcp" && slices.ContainsFunc(tools, func(tool any) bool { return !named(tool, "name") }):
		v.add(path, "has a tool without a name")
	case protocol == "a2a" && !(named(object, "name") && named(object, "version")):
		v.add(path, "is no agent card, which has a name and a version at least")
	case protocol == "rest" || protocol == "grpc":
		v.add(path, "is for MCP servers and agents: Agent Registry takes none for an endpoint")
	}
}

// named says whether a JSON object has a text in a field.
func named(object any, field string) bool {
	fields, _ := object.(map[string]any)
	text, _ := fields[field].(string)
	return text != ""
}

func (v *googleGatewayValidator) registryBindings(path []any) {
	for _, id := range sortedKeys(v.g.Bindings) {
		b := v.g.Bindings[id]
		path := at(path, MapKey(id))
		v.googleID(path, id)
		v.length(at(path, "display_name"), b.DisplayName, maxRegistryDisplayName)
		v.length(at(path, "description"), b.Description, maxRegistryDescription)
		if b.Location != "" && !googleLocation.MatchString(b.Location) {
			v.add(at(path, "location"), "%q is no location: write a region, as \"us-central1\", or \"global\"", b.Location)
		}
		if b.Source != "" && !strings.HasPrefix(b.Source, "urn:agent:") {
			v.add(at(path, "source"), "%q is no agent of Agent Registry: write its urn:agent:...", b.Source)
		}
		v.bound(at(path, "target"), b.Target)
		if !googleAuthProvider.MatchString(b.AuthProvider) {
			v.add(at(path, "auth_provider"), "%q is no auth provider: write projects/<project>/locations/<location>/authProviders/<id>", b.AuthProvider)
		}
		for i := range b.Scopes {
			v.duplicate(at(path, "scopes", i), b.Scopes, i)
		}
	}
}

func (v *googleGatewayValidator) bound(path []any, target string) {
	t, ok := v.gateway.Targets[target]
	switch {
	case googleURN.MatchString(target):
	case !ok:
		v.add(path, "%q is neither a target nor a URN of Agent Registry, as urn:mcp:...: %s", target, known("targets", sortedKeys(v.gateway.Targets)))
	case t.google().Unregistered:
		v.add(path, "target %q is not in Agent Registry: register it", target)
	case t.google().RegistryResource != "":
		v.add(path, "target %q is an entry that exists: write its URN, urn:mcp:..., which Agent Registry shows", target)
	}
}

// spiffeIDs checks whole SPIFFE IDs.
func (v *googleGatewayValidator) spiffeIDs(path []any, ids []string) {
	for i, id := range ids {
		if _, err := spiffeid.FromString(id); err != nil {
			v.add(at(path, i), "%q is no SPIFFE ID: %v", id, err)
		}
		v.duplicate(at(path, i), ids, i)
	}
}
