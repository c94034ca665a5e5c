package conformance

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/internal/kars/product"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// clusterName is the name of a cluster in GKE.
var clusterName = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/clusters/[^/]+$`)

const named = "Terraform takes a resource's provider from the first word of its type, which here is not this provider's name: write `provider = agent` on it."

func resourceSchema(ctx context.Context) schema.Schema {
	attributes := lookAttributes()
	attributes["id"] = schema.StringAttribute{
		Computed: true, MarkdownDescription: "`kars-<version>`.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
	attributes["probe"] = attribute.Text("`passive` (default): read what the API server serves and lists. `active`: with each create and update, also make objects in the cluster, each requirement's in a namespace of its own that goes with it, "+
		"and watch what becomes of them. A plan only ever reads: what an active probe has verified stays so until the cluster shows otherwise.",
		attribute.OneOf(string(kars.Passive), string(kars.Active)))
	attributes["active"] = activeAttribute()
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true})
	return schema.Schema{
		MarkdownDescription: "A gate that opens when a cluster meets the requirements of CNCF Kubernetes AI Conformance (KARs), and the drift when it does so no more.\n\n" +
			"Each plan reads the cluster anew. A requirement that was met and is not any more shows in `unmet`, and the apply that follows fails with what to install until it is met again. " +
			"What `depends_on` the resource is not made on a cluster that cannot carry it. The resource owns nothing in the cluster, and destroying it removes nothing.\n\n" +
			"It says what the cluster shows, and is no certification: that CNCF gives, to what a vendor submits.\n\n" + named,
		Attributes: attributes,
	}
}

// lookAttributes are those of the resource and of the data source.
func lookAttributes() attribute.Set {
	return attribute.Set{
		"version": attribute.Required("Version of the checklist: "+words(kars.Versions())+".", attribute.OneOf(kars.Versions()...)),
		"require": attribute.List("What has to be met: `must`, `should` (both levels), and ids of requirements. Default: `[\"must\"]`.",
			listvalidator.SizeAtLeast(1), listvalidator.UniqueValues()),
		"strict": attribute.Flag("Count what the cluster does not tell as unmet. Default: false, since unknown hardware is neither a pass nor a failure. What could not be read for want of permissions is unmet either way."),
		"accepted_gaps": attribute.Named("Requirements that you live without for a while, by id.", attribute.Set{
			"reason":  attribute.Required("Why.", stringvalidator.LengthAtLeast(1)),
			"expires": attribute.Required("Until when: a day (`2027-03-31`, in UTC, and that day included) or a time as RFC 3339. After it the requirement counts again."),
		}),
		"gke_cluster": attribute.Text("The same cluster's name in GKE, `projects/<project>/locations/<location>/clusters/<cluster>` (`id` of a `google_container_cluster`). What runs on the side that Google manages, such as its autoscaler, "+
			"does not show in the cluster: GKE is asked too, what it says stands among the evidence as `GKE: …`, and settles what was `unknown` otherwise. It takes `container.clusters.get`, and the provider's `gcp` block.",
			stringvalidator.RegexMatches(clusterName, "write projects/<project>/locations/<location>/clusters/<cluster>")),
		"product": productAttribute(),

		"conforms":     attribute.ComputedFlag("Whether nothing that is required is unmet. With the resource it is true after every apply, and false in between while the cluster does not conform."),
		"unmet":        schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "What is required and not met, by id: level, status, reason, and what to do. Accepted gaps are not in it."},
		"undetermined": attribute.ComputedList("Ids of what is required and what the cluster does not tell."),
		"results": attribute.ComputedNamed("What was found of each requirement of the checklist, by id.", attribute.Set{
			"title":    attribute.Computed("The requirement in a few words."),
			"category": attribute.Computed("Its part of the checklist."),
			"level":    attribute.Computed("`MUST` or `SHOULD`."),
			"kar":      attribute.ComputedNumber("Its number; null for one without."),
			"status":   attribute.Computed("`verified` (an active probe saw it work), `detected` (the cluster's objects speak for it), `not_detected`, `unknown` (the cluster does not tell), `not_applicable`."),
			"probe":    attribute.Computed("`passive` or `active`: how it was found."),
			"reason":   attribute.Computed("Why, for a person."),
			"evidence": attribute.ComputedList("What was seen."),
			"unread":   attribute.ComputedList("What could not be read, each with why."),
			"remedy":   attribute.Computed("What to install or to enable where it is not met."),
		}),
		"proposed": attribute.ComputedNamed("What agents need and no checklist asks for yet, by id. It is no part of conformance and cannot be required.", attribute.Set{
			"title":    attribute.Computed("What it is in a few words."),
			"status":   attribute.Computed("As that of a result."),
			"probe":    attribute.Computed("`passive` or `active`: how it was found."),
			"reason":   attribute.Computed("Why, for a person."),
			"evidence": attribute.ComputedList("What was seen."),
			"sources":  attribute.ComputedList("Where it is discussed."),
		}),
		"totals":             schema.MapAttribute{Computed: true, ElementType: types.Int64Type, MarkdownDescription: "How many requirements of the checklist have each status."},
		"kubernetes_version": attribute.Computed("Version of the API server."),
		"json":               attribute.Computed("The report as JSON. Its times are those of when the cluster was first seen as it is."),
		"junit":              attribute.Computed("The report as a JUnit file. What is not required never fails in it."),
		"html":               attribute.Computed("The report as one page of HTML that needs nothing from elsewhere."),
		"product_yaml":       attribute.Computed("Draft of a submission's `PRODUCT.yaml`; null without `product`. Statuses are what `claims` says and nothing else: what probes found stands in the notes."),
		"product_problems":   attribute.ComputedList("What the program's own validator would find wrong with `product_yaml`, save what it asks of the network."),
	}
}

func activeAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What active probes cannot know of the cluster.", attribute.Set{
		"image":                  attribute.Text("Image of the pods that look around. Default: `" + active.DefaultImage + "`."),
		"spire_socket":           attribute.Text("Folder of the nodes that holds the socket of SPIRE's Workload API (`spire-agent.sock`), where the cluster has no driver `csi.spiffe.io`. Default: `/run/spire/agent-sockets`."),
		"spire_class":            attribute.Text("Class that SPIRE's controller manager answers to, where it has one."),
		"agent_namespace_labels": attribute.Texts("Labels of namespaces for agents. Default: `workload-type = \"ai-agent\"`."),
		"approved_labels":        attribute.Texts("Labels of an approved agent's pod. Default: `\"agentward.dev/approved\" = \"true\"`."),
		"gateway_class":          attribute.Text("GatewayClass to try. Default: all that are accepted, one after the other, until one routes as it should."),
		"gateway_port": attribute.Number("Port of the listener of the Gateway that is tried, where an implementation has few to choose from (Traefik: the ports of its entry points). Default: `80`.",
			int64validator.Between(1, 65535)),
		"gateway_address": attribute.Text("Where the Gateway that is tried answers the pods of the cluster, where no status says so."),
	})
}

func productAttribute() schema.SingleNestedAttribute {
	return attribute.Block("What the vendor says, for `product_yaml`.", attribute.Set{
		"checklist": attribute.Required("Text of the checklist as published (`docs/AIConformance-<version>.yaml` of [cncf/k8s-ai-conformance](https://github.com/cncf/k8s-ai-conformance)), whose descriptions a submission carries unchanged."),
		"metadata":  attribute.Texts("The submission's metadata by its own names: `platformName`, `platformVersion`, `vendorName`, `websiteUrl`, `repoUrl`, `documentationUrl`, `productLogoUrl`, `description`, `contactEmailAddress`, `k8sConformanceUrl`."),
		"claims": attribute.Named("What you say of requirements, by id. A claim that a probe contradicts is an error.", attribute.Set{
			"status":   attribute.Required(words(product.Statuses)+".", attribute.OneOf(product.Statuses...)),
			"evidence": attribute.List("URLs, or names of files beside the submission."),
			"notes":    attribute.Text("What goes before the probes' own notes."),
		}),
	})
}

func words(list []string) string {
	quoted := make([]string, len(list))
	for i, word := range list {
		quoted[i] = fmt.Sprintf("`%s`", word)
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
