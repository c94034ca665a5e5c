package admission

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/agentward/terraform-provider-agent/internal/reports"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func violationsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "What the policy engines of the cluster report of the objects that are there, whether or not they were there before the policy: " +
			"the reports of `wgpolicyk8s.io/v1alpha2` and of its successor `openreports.io/v1alpha1`. Kyverno writes them; Gatekeeper and the API server's own policies need a reporter that does.\n\n" +
			"An empty `sources` means that nothing in the cluster reports, not that nothing is wrong.",
		Attributes: attribute.InDataSource(violationsAttributes()),
	}
}

func violationsAttributes() attribute.Set {
	return attribute.Set{
		"policies": attribute.List("Names of the policies to look at, as the reports spell them. Default: all.", listvalidator.SizeAtLeast(1)),
		"namespaces": attribute.List("Namespaces to look at; only their reports are then read. Default: all, and the objects of the cluster.",
			listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))),
		"include": attribute.List("Which results to list: of `pass`, `fail`, `warn`, `error` (the policy could not be evaluated) and `skip`. Default: `fail`, `warn` and `error`.",
			listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(attribute.OneOf(reports.All...))),
		"limit": attribute.Number(fmt.Sprintf("The most results to list, 0 to 100000. With 0 there are `totals` alone. Default: %d.", defaultLimit), int64validator.Between(0, 100_000)),

		"sources":   attribute.ComputedList("The API groups of reports that the cluster serves."),
		"truncated": attribute.ComputedFlag("Whether there are more results than `limit`."),
		"totals": attribute.ComputedBlock("How often each result was given for the policies and namespaces that were asked for, listed or not.", attribute.Set{
			"pass":  attribute.ComputedNumber("The object keeps the rule."),
			"fail":  attribute.ComputedNumber("The object breaks the rule."),
			"warn":  attribute.ComputedNumber("The object breaks a rule that does not count."),
			"error": attribute.ComputedNumber("The rule could not be evaluated."),
			"skip":  attribute.ComputedNumber("The rule was not for this object."),
		}),
		"results": attribute.ComputedBlocks("What was found, one entry for each object and rule. What a report leaves out is null.", attribute.Set{
			"policy":   attribute.Computed("The policy."),
			"rule":     attribute.Computed("The rule of it."),
			"result":   attribute.Computed("`fail`, `warn`, `error`, `pass` or `skip`."),
			"severity": attribute.Computed("`critical`, `high`, `medium`, `low` or `info`."),
			"category": attribute.Computed("The category of the policy."),
			"message":  attribute.Computed("What is wrong."),
			"source":   attribute.Computed("The engine that says so."),
			"resource": attribute.ComputedBlock("The object.", attribute.Set{
				"api_version": attribute.Computed("Its API version."),
				"kind":        attribute.Computed("Its kind."),
				"namespace":   attribute.Computed("Its namespace."),
				"name":        attribute.Computed("Its name."),
			}),
			"timestamp": attribute.Computed("When it was evaluated, as RFC 3339."),
		}),
	}
}
