package gcptest

import (
	"fmt"
	"strconv"
	"strings"
)

// The reasoning engines of aiplatform/v1: what Agent Runtime calls an agent. Sources: the discovery document's prose, and
// https://docs.cloud.google.com/gemini-enterprise-agent-platform/scale/runtime/agent-gateway-runtime-deploy.
func init() {
	engines := &kind{
		api: "aiplatform", collection: "projects.locations.reasoningEngines", numbered: true,
		made: effectiveIdentity,
		references: func(_ string, body map[string]any) []reference {
			var references []reference
			for _, direction := range directions {
				references = append(references, named(snake(direction.field), "networkservices", text(body, direction.field))...)
			}
			return references
		},
	}
	engines.check = func(c *check) { checkReasoningEngine(c, engines) }
	register(engines)
}

// directions are the two gateways that an engine can have, and which path each of them governs.
var directions = []struct{ field, path string }{
	{"spec.deploymentSpec.agentGatewayConfig.agentToAnywhereConfig.agentGateway", "AGENT_TO_ANYWHERE"},
	{"spec.deploymentSpec.agentGatewayConfig.clientToAgentConfig.agentGateway", "CLIENT_TO_AGENT"},
}

// effectiveIdentity: the identity is there as soon as the engine is, code or not (documentation of Agent Runtime, "agent
// identity").
func effectiveIdentity(s *Server, o *stored, answer map[string]any) {
	number := strings.Split(s.byNumber(o.name), "/")[1]
	spec, ok := answer["spec"].(map[string]any)
	if !ok {
		return
	}
	switch {
	case text(o.body, "spec.identityType") == "AGENT_IDENTITY":
		spec["effectiveIdentity"] = fmt.Sprintf("agents.global.org-%s.system.id.goog/resources/aiplatform/%s", s.options.Organization, s.byNumber(o.name))
	case text(o.body, "spec.serviceAccount") != "":
		spec["effectiveIdentity"] = text(o.body, "spec.serviceAccount")
	default:
		spec["effectiveIdentity"] = "service-" + number + "@gcp-sa-aiplatform-re.googleapis.com"
	}
}

func checkReasoningEngine(c *check, engines *kind) {
	c.labels()
	if location(c.name) == "global" {
		c.refuse("name", "a reasoning engine is in a region")
	}
	if text(c.body, "spec.identityType") == "AGENT_IDENTITY" && c.has("spec.serviceAccount") {
		c.refuse("spec.serviceAccount", "an engine with the identity type AGENT_IDENTITY has no service account")
	}
	c.atMostOne("spec.packageSpec", "spec.sourceCodeSpec", "spec.containerSpec")
	const source = "spec.sourceCodeSpec"
	if c.has(source) {
		c.exactlyOne(source+".inlineSource", source+".developerConnectSource", source+".agentConfigSource")
		c.atMostOne(source+".pythonSpec", source+".imageSpec")
	}
	c.between("spec.deploymentSpec.minInstances", 0, 75)
	c.between("spec.deploymentSpec.maxInstances", 1, 1000)
	for _, direction := range directions {
		c.engineGateway(direction.field, direction.path, engines)
	}
}

// between limits a number.
func (c *check) between(path string, least, most int) {
	value := dig(c.body, path)
	if value == nil {
		return
	}
	if n, err := strconv.Atoi(fmt.Sprint(value)); err != nil || n < least || n > most {
		c.refuse(path, fmt.Sprintf("the number is between %d and %d", least, most))
	}
}

// engineGateway: "It must be set to a Google-managed gateway whose governed_access_path is …", in the engine's location; and all engines
// of a project and location share one gateway for each path ("Limitations" of the
// page on routing Agent Runtime through Agent Gateway).
func (c *check) engineGateway(field, path string, engines *kind) {
	gateway := c.server.byID(relative(text(c.body, field)))
	if gateway == "" {
		return
	}
	switch target := c.server.lookup("networkservices", gateway); {
	case !gatewayName.MatchString(gateway):
		c.refuse(field, "the gateway is named projects/{project}/locations/{location}/agentGateways/{agent_gateway}")
	case location(gateway) != location(c.name):
		c.refuse(field, "the gateway is in the engine's location")
	case target != nil && text(target.body, "googleManaged.governedAccessPath") != path:
		c.refuse(field, "the gateway is managed by Google and governs "+path)
	}
	parent, _, _ := cutLast(c.name, "/reasoningEngines/")
	for _, other := range c.server.in(engines) {
		theirs := c.server.byID(relative(text(other.body, field)))
		if other.name != c.name && within(other.name, parent) && theirs != "" && theirs != gateway {
			c.refuse(field, fmt.Sprintf("all engines of a project and location share one gateway, and '%s' has '%s'", other.name, theirs))
			return
		}
	}
}
