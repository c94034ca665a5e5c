package gateway

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// The values of enforcement.
const (
	enforce = "enforce"
	audit   = "audit"
)

func resourceSchema() schema.Schema {
	s := schema.Schema{
		MarkdownDescription: "What stands between agents and what they use: tools of MCP servers, other agents by A2A, REST APIs and gRPC services. Every call is " +
			"authenticated, decided by Cedar policies, shown the target's credential in place of the agent's, and written to the audit log.\n\n" +
			"On the open-source stack this renders the deployment of `agent-gateway` with all that belongs to it, NetworkPolicies included that leave agents no way around " +
			"it. Policies and configuration are checked at plan by the gateway's own code. A change of them rolls nothing: the gateway takes it over within two " +
			"seconds, and an update waits until every replica has.\n\n" +
			"On Google's stack it renders an Agent Gateway with its extensions and policies, the access policy of IAM, and entries of Agent Registry. The same `allow` compiles to " +
			"them; what Google cannot say is an error at plan (see the data source `agent_portability`). Google takes minutes for each, one after the other.",
		Attributes: attribute.Set{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "The gateway's name, a DNS label. Its objects bear it, and its SPIFFE ID; another name is another gateway.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The namespace that it runs in, a DNS label. It must exist before the apply. Needed on `oss`; on `gcp`, where a gateway has its name in its project and " +
					"location, it does nothing, and may stand there for the sake of the other stack.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(namespaceMatters, "On the open-source stack, a gateway in another namespace is another gateway.", "")},
			},
			"trust_domain": attribute.Text("SPIFFE trust domain, without `spiffe://`, that the gateway is of and whose agents may call. The provider's `trust_domain` where not set."),
			"mode": attribute.Text("`client_to_agent` (default): callers reach the targets, each at its path of the listeners. `agent_to_anywhere`: a forward proxy as well, by which "+
				"agents reach the targets by their own URLs, and nothing else.",
				attribute.OneOf(string(spec.ClientToAgent), string(spec.AgentToAnywhere))),
			"enforcement": attribute.Text("`enforce` (default): what no policy permits is denied. `audit`: everything is decided and recorded, and nothing denied.", attribute.OneOf(enforce, audit)),
			"targets":     targetsAttribute(),
			"policies": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Cedar policies by name, one text or more policies each: `{ bank = file(\"bank.cedar\") }`. Names consist of letters, digits, `-`, `_` and `.`. " +
					"They are checked against the gateway's schema at plan, and an error has its line and column.",
			},
			"allow": allowAttribute(),
			"agent_labels": schema.MapAttribute{
				Optional: true, ElementType: types.MapType{ElemType: types.StringType},
				MarkdownDescription: "Labels of agents by SPIFFE ID (`principal` of an `agent_identity`), which policies see: `principal.getTag(\"team\")`.",
			},
			"dids":      attribute.List("`did:key` of Ed25519 that may call listeners that take `did`. Default: none."),
			"suspended": attribute.List("Who may do nothing: SPIFFE IDs of agents or of single instances, and users by name. An `agent_identity` that is suspended and names this gateway in `gateways` adds to them."),
			"limits":    limitsAttribute(),
			"gcp":       googleAttribute(),
		},
	}
	for _, more := range []attribute.Set{accessAttributes(), recordAttributes(), deploymentAttributes(), computedAttributes()} {
		for name, attribute := range more {
			s.Attributes[name] = attribute
		}
	}
	return s
}

// namespaceMatters says whether another namespace makes another gateway: not on the gcp stack, nor on the way there or back.
func namespaceMatters(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	var before, configured types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("stack"), &before)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("stack"), &configured)...)
	google := string(spec.GCP)
	resp.RequiresReplace = !req.PlanValue.IsNull() && before.ValueString() != google && configured.ValueString() != google
}

func computedAttributes() attribute.Set {
	return attribute.Set{
		"spiffe_id": attribute.Computed("The gateway's own SPIFFE ID: what its targets see with `client_svid`. Null on `gcp`."),
		"url":       attribute.Computed("Where agents call it: the URL of its first listener by name. On `gcp` the endpoint that Google gives it, known after apply."),
		"endpoints": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Where agents call each target, by the target's name: at that listener, or on `gcp` by the target's own URL.",
		},
		"token_endpoint":    attribute.Computed("Where agents get access tokens. Null without `token_service`."),
		"revision":          attribute.Computed("Name of the configuration, made of its content. Replicas report the one that they have in force. Null on `gcp`."),
		"resource_name":     attribute.Computed("On `gcp`, the gateway's name, `projects/<project>/locations/<location>/agentGateways/<id>`, by which agents are bound to it. Null on `oss`."),
		"root_certificates": attribute.ComputedList("On `gcp`, certificates in PEM that agents verify the gateway by. Null on `oss`."),
		"service_account":   attribute.Computed("On `gcp`, whom the gateway's extensions act as: what must be permitted to call Model Armor. Null on `oss`."),
		"required_roles":    requiredRolesAttribute(),
		"rendered_policies": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The Cedar that each of `allow` compiles to, as `allow.<name>`. Empty on `gcp`, where it compiles to what `objects` shows.",
		},
		"status": statusAttribute(),
	}
}
