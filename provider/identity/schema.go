package identity

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func resourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Who an agent is: one SPIFFE ID and one short X.509 certificate for each running instance of it, not one for all. " +
			"A compromised instance is cut off alone, and no two instances can pass for each other.\n\n" +
			"On the open-source stack (`oss`) this renders a ServiceAccount and a `ClusterSPIFFEID`, from which spire-controller-manager registers each " +
			"pod with SPIRE; or, with `registration = \"server\"`, entries in the SPIRE server itself, for agents that are no pods.\n\n" +
			"On Google Cloud (`gcp`) it renders what the agent's `gcp.runtime` has for it: a ServiceAccount on GKE, a reasoning engine on Agent Runtime, or a managed workload identity; " +
			"and, if asked, an auth provider, a principal access boundary, an access policy and a deny policy. Attributes that only one stack has are an error on the other.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The agent's logical name, a DNS label. It is part of every SPIFFE ID; another name is another agent.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The namespace that the agent's pods run in, a DNS label. It must exist before the apply.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"trust_domain": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "SPIFFE trust domain, without `spiffe://`. The provider's `trust_domain` where not set. It must be the one that SPIRE runs with, or no SVID is issued (`status.render_failures`).",
			},
			"registration": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(string(spec.RegistrationController)),
				MarkdownDescription: "Who writes the registration entries: `controller` (spire-controller-manager, from `ClusterSPIFFEID` objects) or `server` " +
					"(this provider, through the SPIRE server API; see `instances`).",
				Validators: []validator.String{stringvalidator.OneOf(string(spec.RegistrationController), string(spec.RegistrationServer))},
			},
			"service_account": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The ServiceAccount that the agent's pods run under. A pod of another account gets no SVID, whatever its labels.",
				Attributes: map[string]schema.Attribute{
					"create":          schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to create it. Default: true with `registration = \"controller\"`, false with `server`."},
					"name":            schema.StringAttribute{Optional: true, MarkdownDescription: "Its name. Default: the agent's."},
					"automount_token": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether pods get a Kubernetes API token without asking. Default: false."},
				},
			},
			"pod_selector": governed.LabelSelectorAttribute("The pods of the namespace that are instances of the agent. Default: those with the label `agentward.dev/agent = <name>`."),
			"logical_id": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Also issue the ID without the instance (`principal`), under the hint `logical`, for peers that match IDs exactly. The per-instance one has the hint `instance`.",
			},
			"x509_ttl":       schema.StringAttribute{Optional: true, MarkdownDescription: "Lifetime of an X.509-SVID, `1m` to `24h`. Default: the SPIRE server's (1h). SPIRE caps it at a sixth of its CA's lifetime."},
			"jwt_ttl":        schema.StringAttribute{Optional: true, MarkdownDescription: "Lifetime of a JWT-SVID, `1m` to `24h`. Default: the SPIRE server's (5m)."},
			"dns_names":      schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "DNS names in the SVID. With the controller these are templates, as `{{ .PodMeta.Name }}.example.org`."},
			"auto_dns_names": schema.BoolAttribute{Optional: true, MarkdownDescription: "Add the DNS names of the Services that select the pod. Controller only."},
			"class_name":     schema.StringAttribute{Optional: true, MarkdownDescription: "The class of the spire-controller-manager that is to act (`className`). Controller only."},
			"federates_with": federatesWith(),
			"instances":      instances(),
			"suspended": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "The kill switch: withdraws the identity and nothing else. No instance gets a new SVID, and the gateways named in `gateways` refuse " +
					"the agent from then on. Elsewhere an SVID that was already issued is good until it ends.",
			},
			"suspended_instances": suspendedInstances(),
			"gateways":            gateways(),
			"gcp":                 googleAttribute(),
			"spiffe_id_template": attribute.Computed("The SPIFFE ID of an instance, with the instance as a template field. On `gcp` an agent's instances share one; " +
				"the number of a reasoning engine that is created is a template field. Null for an agent on GKE whose `gcp.gke.principal` is not given."),
			"principal": attribute.Computed("What policies match. On `oss` the part of the SPIFFE ID that all instances share; on `gcp` the agent's IAM principal, `principal://…`, " +
				"known after apply for a reasoning engine that is created, and null for an agent on GKE whose `gcp.gke.principal` is not given."),
			"principal_set": attribute.Computed("On `gcp`, the IAM principals of all agents that are where this one is, `principalSet://…`: on Agent Runtime in the project, in the project, or in the pool. " +
				"Null on `oss`, and where the project's number is not known."),
			"certificate_lifetime": attribute.Computed("How long a certificate of the agent lives: on `oss` the `x509_ttl`, null where the SPIRE server decides; on `gcp` `24h0m0s`, or that of the pool, null where the pool is not created here."),
			"pod_labels":           schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels that the agent's pods carry: on `oss` those by which they are found."},
			"pod_annotations":      schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Annotations that the agent's pods carry. On GKE they ask for an agent identity; while it is suspended they do not."},
			"workload_labels":      schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels that the agent's Deployment carries, by which GKE registers it with Agent Registry."},
			"workload_annotations": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Annotations that the agent's Deployment carries."},
			"status":               statusAttribute(),
		},
	}
}

func suspendedInstances() schema.ListAttribute {
	return schema.ListAttribute{
		Optional:    true,
		ElementType: types.StringType,
		MarkdownDescription: "Single pods to suspend, by their UIDs, which is how their SPIFFE IDs end (`kubectl get pod NAME -o jsonpath={.metadata.uid}`). " +
			"A pod of this list loses its registration, and the gateways named in `gateways` refuse it; the agent's other pods go on. " +
			"While such a pod runs, the controller counts it in `status.render_failures`. A UID may stay in the list when its pod is gone, since none is used again. " +
			"Controller only: with `registration = \"server\"` set `suspended` in `instances`. " +
			"With `logical_id = true` the pod also has an SVID that all pods share; gateways know a call with it only by the agent, and let it pass until that SVID ends.",
	}
}

func gateways() schema.ListAttribute {
	return schema.ListAttribute{
		Optional:    true,
		ElementType: types.StringType,
		MarkdownDescription: "The gateways that refuse the agent, or its suspended instances, while they are suspended: `namespace/name`, which is the `id` of an `agent_gateway`. " +
			"A suspension reaches each before the registration is withdrawn, and takes effect within two seconds: open streams end, and tokens that were issued count no more. " +
			"It lies in the ConfigMap `<gateway>-suspended` in the gateway's namespace, under a key of this identity's own; the ConfigMap may come before the gateway, and outlives it. " +
			"While nothing is suspended there is no such key, and no rights in that namespace are needed. " +
			"Destroying a suspended identity lifts the suspension, and the plan warns of it: do it when its last SVID has ended (`x509_ttl`), or put its `principal` into `suspended` of the gateways first.",
	}
}

func federatesWith() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Foreign trust domains whose SVIDs the agent is to verify.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"trust_domain": schema.StringAttribute{Required: true, MarkdownDescription: "The foreign trust domain, without `spiffe://`."},
			"bundle_endpoint_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Where its bundle is served (https). Sets the federation up; without it the relationship is expected to be there.",
			},
			"endpoint_spiffe_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The endpoint's SPIFFE ID: profile `https_spiffe`. Without it the endpoint has a web certificate: profile `https_web`.",
			},
			"trust_domain_bundle": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The first bundle, as SPIFFE bundle JSON. `https_spiffe` needs it to authenticate the endpoint.",
			},
		}},
	}
}

func instances() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The instances by name, with `registration = \"server\"`. Each gets the SPIFFE ID `<principal>/instance/<name>`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"parent_id": schema.StringAttribute{Required: true, MarkdownDescription: "SPIFFE ID of the SPIRE agent or node alias that issues to the instance."},
			"selectors": schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "What the workload must match, all of it: `k8s:pod-uid:…`, `unix:uid:5000`."},
			"suspended": schema.BoolAttribute{Optional: true, MarkdownDescription: "Withdraws this one instance, and has it refused by the gateways named in `gateways`."},
		}},
	}
}
