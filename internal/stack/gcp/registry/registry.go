// Package registry names a gateway's targets in Agent Registry.
package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Service is the API of Agent Registry.
const Service = "agentregistry.googleapis.com"

// ID joins words to the id of a resource of Google's. Where they hold what an id does not, or are too long together, it ends in a hash of
// them: other words give another id.
func ID(words ...string) string {
	text := strings.Join(words, "-")
	if plain.MatchString(text) {
		return text
	}
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	short := strings.Trim(odd.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if short == "" || short[0] < 'a' {
		short = "x" + short
	}
	return strings.TrimRight(short[:min(len(short), 54)], "-") + "-" + hex.EncodeToString(sum[:4])
}

var (
	plain = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	odd   = regexp.MustCompile(`[^a-z0-9]+`)
)

// GatewayID is the id of the gateway itself, with which the ids of what belongs to it begin.
func GatewayID(g spec.Gateway) string {
	if g.Google.ID != "" {
		return g.Google.ID
	}
	return g.Name
}

// entry says how a target is known to Agent Registry.
func entry(g spec.Gateway, target string) spec.GoogleTarget {
	if t := g.Targets[target].Google; t != nil {
		return *t
	}
	return spec.GoogleTarget{}
}

// Made says whether an entry is made for the target: it is not there already, nor left out.
func Made(g spec.Gateway, target string) bool {
	e := entry(g, target)
	return !e.Unregistered && e.RegistryResource == ""
}

// Location is where the entry of a service is.
func Location(g spec.Gateway, s spec.GoogleRegistryService) string {
	if s.Location != "" {
		return s.Location
	}
	return g.Google.Project.Location
}

// Key names the entry that is made for a target.
func Key(g spec.Gateway, target string) stack.Key {
	s := entry(g, target).Service
	id := s.ID
	switch region := g.Google.Project.Location; {
	case id != "":
	case Location(g, s) == region:
		id = ID(GatewayID(g), target)
	default: // where gateways of other regions, which may have the same name, have theirs too
		id = ID(GatewayID(g), region, target)
	}
	return ServiceKey(g, id, s)
}

// ServiceKey names an entry of this id.
func ServiceKey(g spec.Gateway, id string, s spec.GoogleRegistryService) stack.Key {
	return stack.GoogleKey(Service, "projects/"+g.Google.Project.ID+"/locations/"+Location(g, s)+"/services/"+id)
}

// Names are all ways in which Google may write the name of what a target's entry stands for: with the project's ID or its number, and
// with a slash before it or without. The id of an entry that is made is Google's, so that it stands there as an output.
func Names(g spec.Gateway, target string) []string {
	name := entry(g, target).RegistryResource
	if name == "" {
		collection := spec.RegistryCollection(g.Targets[target].Protocol)
		location := Location(g, entry(g, target).Service)
		name = "projects/" + g.Google.Project.ID + "/locations/" + location + "/" + collection + "/" + stack.Output(Key(g, target), "registryResource/id")
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(name, "projects/"), "/")
	project := strings.TrimSuffix(strings.TrimPrefix(name, "projects/"), "/"+rest)
	projects := []string{project}
	if own := []string{g.Google.Project.ID, g.Google.Project.Number}; slices.Contains(own, project) {
		projects = own
	}
	var names []string
	for _, p := range projects {
		names = append(names, "projects/"+p+"/"+rest, "/projects/"+p+"/"+rest)
	}
	return names
}

// URN names a target as bindings do. It is for targets whose entry is made.
func URN(g spec.Gateway, target string) string {
	kind := map[string]string{"mcpServers": "mcp", "agents": "agent", "endpoints": "endpoint"}[spec.RegistryCollection(g.Targets[target].Protocol)]
	key := Key(g, target)
	number := g.Google.Project.Number
	parts := strings.Split(key.Name, "/")
	return "urn:" + kind + ":projects-" + number + ":projects:" + number + ":locations:" + parts[3] + ":agentregistry:services:" + parts[5]
}
