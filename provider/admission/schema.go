package admission

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// The values of failure_policy, as Kubernetes spells them.
const (
	failureFail   = "Fail"
	failureIgnore = "Ignore"
)

// kyvernoNamespace is where Kyverno runs unless installed otherwise, and where it reads registry credentials.
const kyvernoNamespace = "kyverno"

func resourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "What agent pods must be like to be let into the cluster: approved, from known registries, with an identity of their own, " +
			"confined. Every rule that is set must hold. A pod that breaks one is refused by the API server with the rule's name and what to do about it.\n\n" +
			"The same rules give the same verdicts on three engines: the API server's own `ValidatingAdmissionPolicy`, which needs nothing installed, Kyverno and Gatekeeper.\n\n" +
			"An update of a pod is held to a rule only for what it changes, so that pods which were there before the policy can still be labelled and deleted, but not be made worse.",
		Attributes: attribute.Set{
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the policy and of its cluster-scoped objects: a DNS subdomain of at most 63 characters. " +
					"Another name is another policy: with `create_before_destroy` it is in force before the former goes.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"engine": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(string(spec.EngineNative)),
				MarkdownDescription: "What enforces the policy:\n" +
					"  - `native` (default): `ValidatingAdmissionPolicy` and its binding, evaluated by the API server itself (Kubernetes 1.30 or later).\n" +
					"  - `kyverno`: `ValidatingPolicy` of `policies.kyverno.io/v1`, and an `ImageValidatingPolicy` for `signed_images` (Kyverno 1.17 or later).\n" +
					"  - `gatekeeper`: a `ConstraintTemplate` with CEL and its constraint (Gatekeeper 3.18 or later).\n\n" +
					"  Another engine is an update: its objects are applied before those of the former are removed.",
			},
			"actions": schema.ListAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default: listdefault.StaticValue(types.ListValueMust(types.StringType, []attr.Value{types.StringValue(string(spec.ActionDeny))})),
				MarkdownDescription: "What happens to a pod that breaks a rule: `deny` refuses it (default), `warn` lets it in and tells the client, `audit` lets it in and records it " +
					"in the API server's audit log or in the engine's reports. `audit` goes with either of the others, which exclude each other.",
			},
			"failure_policy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(failureFail),
				MarkdownDescription: "What happens to a pod that the engine cannot evaluate, because a rule fails or the engine does not answer: `Fail` refuses it (default), `Ignore` lets it in. " +
					"With `Fail`, Gatekeeper is also asked for a `ValidatingAdmissionPolicy`, since its webhook is installed to be ignored when it does not answer.",
				Validators: []validator.String{stringvalidator.OneOf(failureFail, failureIgnore)},
			},
			"namespace_selector": governed.LabelSelectorAttribute("The namespaces whose pods the policy is for, by the labels of the namespace. Default: all. " +
				"One that is new is named by the label `kubernetes.io/metadata.name`, which every namespace has."),
			"object_selector": governed.LabelSelectorAttribute("The pods that the policy is for, by their own labels. Default: all. Whoever creates a pod chooses its labels: " +
				"a policy that must not be evaded selects namespaces."),
			"rules":      rulesAttribute(),
			"exceptions": exceptionsAttribute(),
			"sidecar":    sidecarAttribute(),

			"binary_authorization": binaryAuthorizationAttribute(),
		},
	}
}

func exceptionsAttribute() schema.ListNestedAttribute {
	return attribute.Blocks("Pods that need not meet the rules for now. An exception applies where all that it sets matches: at least one of `namespaces`, `names` and `expression`. "+
		"Each stands in the rendered policy with its reason, for whoever reads it in the cluster.", attribute.Set{
		"name":       attribute.Required("Name of the exception, a DNS label."),
		"namespaces": attribute.List("Names of the namespaces it applies in. Default: all."),
		"names":      attribute.List("Names of the pods it applies to; `batch-*` stands for all that begin so. Default: all."),
		"expression": attribute.Text("A CEL condition over `object`, `oldObject`, `request` and `namespaceObject`, such as `request.userInfo.username == \"break-glass\"`. It is compiled at plan."),
		"reason":     attribute.Text("Why, for the reader. A ticket belongs here."),
		"expires_at": attribute.Text("When it ends, as RFC 3339: `2027-01-31T00:00:00Z`. It then covers pods created before that moment and no update, in the cluster and without another apply. " +
			"A plan warns of one that has ended. Default: never."),
	})
}
