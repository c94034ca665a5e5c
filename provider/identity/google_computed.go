package identity

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// googleComputed gives what follows from configuration on Google Cloud.
func (m *model) googleComputed(id spec.Identity) map[string]attr.Value {
	values := map[string]attr.Value{
		"spiffe_id_template":   orNull(gcp.SPIFFEIDTemplate(id)),
		"principal_set":        orNull(gcp.PrincipalSet(id)),
		"certificate_lifetime": types.StringNull(),
	}
	if lifetime := gcp.CertificateLifetime(id); lifetime > 0 {
		values["certificate_lifetime"] = types.StringValue(lifetime.String())
	}
	if !m.createsEngine() {
		values["principal"] = orNull(gcp.Principal(id))
	}
	podAnnotations, labels, annotations := map[string]string{}, map[string]string{}, map[string]string{}
	if pods := id.Google.GKE; pods != nil {
		if !id.Suspended {
			podAnnotations[pods.IdentityAnnotation] = pods.IdentityValue
		}
		labels[pods.FunctionalTypeLabel] = pods.FunctionalType
		for key, value := range map[string]string{
			pods.AgentCardAnnotation: pods.AgentCard, pods.MCPURLsAnnotation: pods.MCPURLs, pods.MCPCapabilitiesAnnotation: pods.MCPCapabilities,
		} {
			if value != "" {
				annotations[key] = value
			}
		}
	}
	values["pod_annotations"], values["workload_labels"], values["workload_annotations"] = stringMap(podAnnotations), stringMap(labels), stringMap(annotations)
	return values
}

// createsEngine says whether the identity has a reasoning engine of its own, so that only Google knows its principal.
func (m *model) createsEngine() bool {
	return m.On() == spec.GCP && m.Google != nil && m.Google.runtime() == spec.RuntimeAgentRuntime &&
		(m.Google.AgentRuntime == nil || m.Google.AgentRuntime.Engine.IsNull())
}

// Lasting says that the principal of an engine stays for as long as the engine does.
func (m *model) Lasting(provider *governed.Provider) map[string]stack.Key {
	if !m.createsEngine() {
		return nil
	}
	return map[string]stack.Key{"principal": gcp.EngineKey(m.spec(provider))}
}

// enginePrincipal is the principal of the reasoning engine that was created; null where it is not there.
func enginePrincipal(live map[stack.Key]stack.Live) types.String {
	for key, object := range live {
		if key.Collection() != "reasoningEngines" {
			continue
		}
		engine, _ := object.Body["spec"].(map[string]any)
		if identity, _ := engine["effectiveIdentity"].(string); identity != "" {
			return types.StringValue("principal://" + strings.TrimPrefix(identity, "//"))
		}
	}
	return types.StringNull()
}

func orNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
