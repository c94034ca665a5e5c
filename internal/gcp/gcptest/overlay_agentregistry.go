package gcptest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// The services and bindings of agentregistry/v1, and what the registry makes of services. Sources: the discovery document's prose and
// Google's documentation of Agent Registry.
func init() {
	ids := regexp.MustCompile(`^[a-z][a-z0-9-]{2,61}[a-z0-9]$`) // "4-63 characters"
	register(
		&kind{
			api: "agentregistry", collection: "projects.locations.services", ids: ids,
			check: checkService, created: projectService, deleting: unprojectService,
			made: func(s *Server, o *stored, answer map[string]any) {
				if p := s.projection(o); p != nil {
					answer["registryResource"] = p.name
				}
			},
		},
		&kind{
			api: "agentregistry", collection: "projects.locations.bindings", ids: ids, check: checkRegistryBinding,
			references: func(_ string, body map[string]any) []reference {
				return named("auth_provider_binding.auth_provider", "agentidentity", text(body, "authProviderBinding.authProvider"))
			},
		},
	)
	for _, collection := range []string{"agents", "mcpServers", "endpoints"} {
		register(&kind{api: "agentregistry", collection: "projects.locations." + collection, derived: true, made: projected})
	}
}

// specs are the three kinds of services, by the field that makes a service one of them.
var specs = []struct{ field, collection, id, urn, described string }{
	{"agentSpec", "agents", "agentId", "agent", "A2A_AGENT_CARD"},
	{"mcpServerSpec", "mcpServers", "mcpServerId", "mcp", "TOOL_SPEC"},
	{"endpointSpec", "endpoints", "endpointId", "endpoint", ""},
}

func checkService(c *check) {
	c.atMost("displayName", 63)
	c.atMost("description", 2048)
	c.exactlyOne("agentSpec", "mcpServerSpec", "endpointSpec")
	for _, spec := range specs {
		if c.has(spec.field) {
			c.spec(spec.field, spec.described)
		}
		if c.before != nil && (c.before[spec.field] == nil) != (c.body[spec.field] == nil) {
			c.refuse(spec.field, "the type of a service cannot be changed")
		}
	}
	for i, address := range asList(c.body["interfaces"]) {
		if url := text(asObject(address), "url"); strings.Contains(url, "*") { // host names are matched exactly
			c.refuse(fmt.Sprintf("interfaces[%d].url", i), "the address has no wildcards")
		}
	}
}

// spec: content goes with the type that describes it, has its shape, and at most 10 KB.
func (c *check) spec(field, described string) {
	content, there := dig(c.body, field+".content").(map[string]any)
	if text(c.body, field+".type") != described || described == "" {
		if there {
			c.refuse(field+".content", "a spec of the type NO_SPEC has no content")
		}
		return
	}
	if !there {
		c.refuse(field+".content", "a spec of the type "+described+" has content")
		return
	}
	if encoded, err := json.Marshal(content); err != nil || len(encoded) > 10*1024 {
		c.refuse(field+".content", "the content has at most 10 KB")
	}
	switch described {
	case "TOOL_SPEC":
		tools, ok := content["tools"].([]any)
		if !ok {
			c.refuse(field+".content", "the content has a list of tools")
		}
		for i, tool := range tools {
			if text(asObject(tool), "name") == "" {
				c.refuse(field+".content", fmt.Sprintf("tools[%d] has no name", i))
			}
		}
	case "A2A_AGENT_CARD":
		for _, required := range []string{"name", "version"} { // AgentCard, of the A2A protocol
			if text(content, required) == "" {
				c.refuse(field+".content", "the agent card has no "+required)
			}
		}
	}
}

// madeFrom is where the fake keeps the service that an entry of the registry was made from.
const madeFrom = "fake:service"

// projectService makes the entry of the registry that stands for a service: what policies and IAP name.
func projectService(s *Server, o *stored) {
	parent, id, _ := cutLast(o.name, "/services/")
	number, place := strings.Split(s.byNumber(o.name), "/")[1], location(o.name)
	for _, spec := range specs {
		if o.body[spec.field] == nil {
			continue
		}
		serial := s.serial()
		body := map[string]any{
			madeFrom: o.name, "createTime": o.body["createTime"],
			spec.id: fmt.Sprintf("urn:%s:projects-%s:projects:%s:locations:%s:agentregistry:services:%s", spec.urn, number, number, place, id),
		}
		s.put(&stored{
			api: "agentregistry", kind: kinds["agentregistry.projects.locations."+spec.collection], body: body,
			name:   parent + "/" + spec.collection + "/agentregistry-00000000-0000-0000-" + serial[:4] + "-" + serial[4:16],
			hidden: o.hidden,
		})
	}
}

// projected: an entry shows what its service has.
func projected(s *Server, o *stored, answer map[string]any) {
	service := s.lookup("agentregistry", text(o.body, madeFrom))
	delete(answer, madeFrom)
	if service == nil {
		return
	}
	for _, field := range []string{"displayName", "description", "updateTime"} {
		if value, ok := service.body[field]; ok {
			answer[field] = value
		}
	}
	switch {
	case strings.Contains(o.name, "/agents/"):
		answer["protocols"] = []any{map[string]any{"type": "CUSTOM", "interfaces": service.body["interfaces"]}}
		if card, ok := dig(service.body, "agentSpec.content").(map[string]any); ok {
			answer["card"] = map[string]any{"type": "A2A_AGENT_CARD", "content": card}
		}
	default:
		answer["interfaces"] = service.body["interfaces"]
		if tools := dig(service.body, "mcpServerSpec.content.tools"); tools != nil {
			answer["tools"] = tools
		}
	}
}

func (s *Server) projection(service *stored) *stored {
	for _, key := range sorted(s.objects) {
		if o := s.objects[key]; o.kind.derived && o.body[madeFrom] == service.name {
			return o
		}
	}
	return nil
}

// unprojectService: the entry goes with its service.
func unprojectService(c *call, o *stored) *refusal {
	if p := c.server.projection(o); p != nil {
		c.server.drop(p)
	}
	return nil
}

var urns = map[string]*regexp.Regexp{
	"source.identifier": regexp.MustCompile(`^urn:agent:[^:]+:.+$`),
	"target.identifier": regexp.MustCompile(`^urn:(agent|mcp|endpoint):[^:]+:.+$`),
}

func checkRegistryBinding(c *check) {
	c.atMost("displayName", 63)
	c.atMost("description", 2048)
	if !c.has("authProviderBinding") { // the one kind of binding that there is
		c.refuse("authProviderBinding", "a binding has an auth provider")
	}
	for _, field := range sorted(urns) {
		if identifier := text(c.body, field); (identifier != "" || field == "target.identifier") && !urns[field].MatchString(identifier) {
			c.refuse(field, fmt.Sprintf("%q does not match %s", identifier, urns[field]))
		}
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}
