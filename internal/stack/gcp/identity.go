// Package gcp renders the GCP-native stack: resources of Google's own APIs.
package gcp

import (
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// Identity renders an agent's identity on Google Cloud. What denies the agent everything comes first where it is suspended, since it
// takes effect at once while credentials that were issued live on; then the identity itself, what bounds it, the credentials that it
// may use elsewhere, and what it is granted at the very end. A reasoning engine that is created stands before all: the policies name
// it by an id that Google chooses, and a suspension does not change it.
func Identity(id spec.Identity) ([]stack.Object, error) {
	var objects []stack.Object
	if createsEngine(id) {
		objects = append(objects, engine(id))
	}
	if id.Suspended {
		denial, err := suspension(id)
		if err != nil {
			return nil, err
		}
		objects = append(objects, denial...)
	}
	switch id.Google.Runtime {
	case spec.RuntimeGKE:
		if id.ServiceAccount.Create {
			objects = append(objects, oss.ServiceAccount(id))
		}
	case spec.RuntimeManaged:
		objects = append(objects, managed(id)...)
	}
	objects = append(objects, boundary(id)...)
	for _, render := range []func(spec.Identity) ([]stack.Object, error){denyPolicy, authProvider, accessPolicy, egressSuspension} {
		more, err := render(id)
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	return objects, nil
}

func createsEngine(id spec.Identity) bool {
	return id.Google.Runtime == spec.RuntimeAgentRuntime && agentRuntime(id).Engine == ""
}

func agentRuntime(id spec.Identity) spec.GoogleAgentRuntime {
	if id.Google.AgentRuntime == nil {
		return spec.GoogleAgentRuntime{}
	}
	return *id.Google.AgentRuntime
}

// EngineKey names the reasoning engine that is created for the identity.
func EngineKey(id spec.Identity) stack.Key {
	return stack.GoogleKey(vertexAI, regional(id, "reasoningEngines/{"+id.Namespace+"."+id.Name+"}"))
}

// engine renders a reasoning engine that has an identity and no code.
func engine(id spec.Identity) stack.Object {
	a := agentRuntime(id)
	s := map[string]any{"identityType": "AGENT_IDENTITY"}
	config := map[string]any{}
	if a.ClientToAgent != "" {
		config["clientToAgentConfig"] = map[string]any{"agentGateway": a.ClientToAgent}
	}
	if a.AgentToAnywhere != "" {
		config["agentToAnywhereConfig"] = map[string]any{"agentGateway": a.AgentToAnywhere}
	}
	if len(config) > 0 {
		s["deploymentSpec"] = map[string]any{"agentGatewayConfig": config}
	}
	labels := marks(id)
	if a.ForceDelete {
		labels[stack.ForceDeleteLabel] = "true"
	}
	body := map[string]any{"displayName": id.Namespace + "." + id.Name, "labels": labels, "spec": s}
	setText(body, "description", a.Description)
	return stack.Object{Key: EngineKey(id), Body: body}
}

// marks are the labels that say whose a resource is, so that a resource that another identity made under the same id is told from it.
func marks(id spec.Identity) map[string]any {
	return map[string]any{"agentward-agent": id.Name, "agentward-namespace": id.Namespace}
}
