package admission

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/reports"
)

func violationsSchema() schema.Schema {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	total := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "What the policy engines of the cluster report of the objects that are there, whether or not they were there before the policy: " +
			"the reports of `wgpolicyk8s.io/v1alpha2` and of its successor `openreports.io/v1alpha1`. Kyverno writes them; Gatekeeper and the API server's own policies need a reporter that does.\n\n" +
			"An empty `sources` means that nothing in the cluster reports, not that nothing is wrong.",
		Attributes: map[string]schema.Attribute{
			"policies": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the policies to look at, as the reports spell them. Default: all.",
				Validators:          []validator.List{listvalidator.SizeAtLeast(1)},
			},
			"namespaces": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Namespaces to look at; only their reports are then read. Default: all, and the objects of the cluster.",
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
				},
			},
			"include": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Which results to list: of `pass`, `fail`, `warn`, `error` (the policy could not be evaluated) and `skip`. Default: `fail`, `warn` and `error`.",
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(stringvalidator.OneOf(reports.All...)),
				},
			},
			"limit": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("The most results to list, 0 to 100000. With 0 there are `totals` alone. Default: %d.", defaultLimit),
				Validators:          []validator.Int64{int64validator.Between(0, 100_000)},
			},
			"sources": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The API groups of reports that the cluster serves.",
			},
			"truncated": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether there are more results than `limit`."},
			"totals": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "How often each result was given for the policies and namespaces that were asked for, listed or not.",
				Attributes: map[string]schema.Attribute{
					"pass":  total("The object keeps the rule."),
					"fail":  total("The object breaks the rule."),
					"warn":  total("The object breaks a rule that does not count."),
					"error": total("The rule could not be evaluated."),
					"skip":  total("The rule was not for this object."),
				},
			},
			"results": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What was found, one entry for each object and rule. What a report leaves out is null.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"policy":   computed("The policy."),
					"rule":     computed("The rule of it."),
					"result":   computed("`fail`, `warn`, `error`, `pass` or `skip`."),
					"severity": computed("`critical`, `high`, `medium`, `low` or `info`."),
					"category": computed("The category of the policy."),
					"message":  computed("What is wrong."),
					"source":   computed("The engine that says so."),
					"resource": schema.SingleNestedAttribute{
						Computed:            true,
						MarkdownDescription: "The object.",
						Attributes: map[string]schema.Attribute{
							"api_version": computed("Its API version."),
							"kind":        computed("Its kind."),
							"namespace":   computed("Its namespace."),
							"name":        computed("Its name."),
						},
					},
					"timestamp": computed("When it was evaluated, as RFC 3339."),
				}},
			},
		},
	}
}
