package identity

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func googleAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What the identity has on Google Cloud alone (`stack = \"gcp\"`).", attribute.Set{
		"project":        attribute.Text("ID of the project. Default: the provider's."),
		"project_number": attribute.Text("Number of the project, which principals have in their names. Default: the provider's, where the project is the provider's too."),
		"location":       attribute.Text("Region of the reasoning engine and of the auth provider. Default: the provider's."),
		"organization":   attribute.Text("Number of the organization that the project is in. It is part of the trust domain, and a principal access boundary belongs to it. Leave it out for a project without one."),
		"runtime": attribute.Text("Where the agent runs: `gke` (pods of GKE with an agent identity), `agent_runtime` (Agent Runtime, as a reasoning engine) or `managed` (a managed workload "+
			"identity in a pool that is a trust domain). Default: that whose block is set, else `gke`.",
			attribute.OneOf(string(spec.RuntimeGKE), string(spec.RuntimeAgentRuntime), string(spec.RuntimeManaged))),
		"agent_runtime":             agentRuntimeAttribute(),
		"gke":                       gkeAttribute(),
		"managed":                   managedAttribute(),
		"auth_provider":             authProviderAttribute(),
		"principal_access_boundary": boundaryAttribute(),
		"access_policy":             accessPolicyAttribute(),
		"deny_policy":               denyPolicyAttribute(),
		"suspension":                suspensionAttribute(),
	})
}

func agentRuntimeAttribute() schema.SingleNestedAttribute {
	return attribute.Block("An agent on Agent Runtime. Without `engine`, a reasoning engine is created that has an identity and no code, so that the agent can be granted and denied things "+
		"before it is there; code is deployed to it by others, and stays.", attribute.Set{
		"engine":      attribute.Text("An engine that exists: `projects/<project>/locations/<location>/reasoningEngines/<number>`. It is left as it is."),
		"description": attribute.Text("Description of the engine that is created."),
		"client_to_agent_gateway": attribute.Text("The Agent Gateway that traffic to the created engine takes: `projects/<project>/locations/<location>/agentGateways/<name>`. " +
			"All engines of a project and region that are bound share one. A change deploys the engine anew, which takes minutes."),
		"agent_to_anywhere_gateway": attribute.Text("The Agent Gateway that traffic of the created engine takes, as before."),
		"force_delete": attribute.Flag("Delete the created engine together with the sessions, memories and whatever else is in it. It stands on the engine as a label, and so takes an apply before " +
			"the destroy. Default: `false`, and an engine that has any is not deleted: they are somebody's data."),
	})
}

func gkeAttribute() schema.SingleNestedAttribute {
	return attribute.Block("An agent in pods of GKE (1.37.0-gke.3503000 or later, with Workload Identity Federation). Google reads all of this from the Deployment, whose template has to carry "+
		"`pod_labels` and `pod_annotations`, and itself `workload_labels` and `workload_annotations`.", attribute.Set{
		"functional_type":  attribute.Text("What the workload is to Agent Registry: `AGENT` (default) or `MCP_SERVER`.", attribute.OneOf(spec.FunctionalTypeAgent, spec.FunctionalTypeMCPServer)),
		"agent_card":       attribute.Text("The A2A agent card of an agent, as its annotation is to have it."),
		"mcp_urls":         attribute.Text("The URLs of an MCP server, as its annotation is to have them."),
		"mcp_capabilities": attribute.Text("The capabilities of an MCP server, as its annotation is to have them."),
		"principal": attribute.Text("How policies name the agent: `principal://…`. Nothing published says how it is made up, so that it cannot be computed: Agent Registry has it in the agent's attribute " +
			"`agentregistry.googleapis.com/system/RuntimeIdentity` once the Deployment runs. Policies that name no principals, and a suspension, need it."),
		"keys": attribute.Block("Other keys of labels and annotations than those of GKE 1.37. Earlier previews had others.", attribute.Set{
			"identity_annotation":         attribute.Text("Annotation of pods that asks for an agent identity. Default: `" + spec.GKEIdentityAnnotation + "`."),
			"identity_value":              attribute.Text("Its value. Default: `" + spec.GKEIdentityValue + "`."),
			"functional_type_label":       attribute.Text("Label of the Deployment. Default: `" + spec.GKEFunctionalTypeLabel + "`."),
			"agent_card_annotation":       attribute.Text("Annotation of the Deployment. Default: `" + spec.GKEAgentCardAnnotation + "`."),
			"mcp_urls_annotation":         attribute.Text("Annotation of the Deployment. Default: `" + spec.GKEMCPURLsAnnotation + "`."),
			"mcp_capabilities_annotation": attribute.Text("Annotation of the Deployment. Default: `" + spec.GKEMCPCapabilitiesAnnotation + "`."),
		}),
	})
}

func suspensionAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What `suspended = true` does. An IAM deny policy on the agent's principal comes first, since it takes effect on credentials that were issued already; then the managed identity and "+
		"the auth provider are disabled. On GKE the pods' Kubernetes account is denied too, and `pod_annotations` ask for no identity any more.", attribute.Set{
		"permissions": attribute.List("What is denied: permissions as deny policies write them, or groups of them, as `secretmanager.googleapis.com/*.*`. A permission that deny policies do not support has the " +
			"whole policy refused: see the list of Google's. Default: `" + strings.Join(spec.GoogleSuspendedPermissions(), "`, `") + "`."),
		"attach_points": attribute.List("Where it is denied: `projects/<id>`, `folders/<number>`, `organizations/<number>`. Default: the project. What an agent may do in other projects, only a deny policy above both denies."),
		"deny_egress": attribute.Flag("Also deny all calls through an Agent Gateway (`iap.googleapis.com/resources.egressViaIAP`), by an access policy that is bound to the attach points. Default: false, as the constraint " +
			"`iam.managed.disableAccessPolicyBinding`, which new organizations have, forbids to bind one."),
		"disable": attribute.List("Parts of a managed identity that are disabled: `managed_identity`, `namespace`, `pool`; the latter two where they are this identity's own. Default: `managed_identity` alone, which " +
			"ends the issuing of certificates. Only a disabled pool takes back what was issued."),
	})
}
