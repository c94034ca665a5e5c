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
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/internal/kars/product"
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
	attributes["probe"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "`passive` (default): read what the API server serves and lists. `active`: with each create and update, also make objects in the cluster, each requirement's in a namespace of its own that goes with it, " +
			"and watch what becomes of them. A plan only ever reads: what an active probe has verified stays so until the cluster shows otherwise.",
		Validators: []validator.String{stringvalidator.OneOf(string(kars.Passive), string(kars.Active))},
	}
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
func lookAttributes() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	texts := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"version": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Version of the checklist: " + words(kars.Versions()) + ".",
			Validators:          []validator.String{stringvalidator.OneOf(kars.Versions()...)},
		},
		"require": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "What has to be met: `must`, `should` (both levels), and ids of requirements. Default: `[\"must\"]`.",
			Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues()},
		},
		"strict": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Count what the cluster does not tell as unmet. Default: false, since unknown hardware is neither a pass nor a failure. What could not be read for want of permissions is unmet either way.",
		},
		"accepted_gaps": schema.MapNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Requirements that you live without for a while, by id.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"reason":  schema.StringAttribute{Required: true, MarkdownDescription: "Why.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
				"expires": schema.StringAttribute{Required: true, MarkdownDescription: "Until when: a day (`2027-03-31`, in UTC, and that day included) or a time as RFC 3339. After it the requirement counts again."},
			}},
		},
		"gke_cluster": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The same cluster's name in GKE, `projects/<project>/locations/<location>/clusters/<cluster>` (`id` of a `google_container_cluster`). What runs on the side that Google manages, such as its autoscaler, " +
				"does not show in the cluster: GKE is asked too, what it says stands among the evidence as `GKE: …`, and settles what was `unknown` otherwise. It takes `container.clusters.get`, and the provider's `gcp` block.",
			Validators: []validator.String{stringvalidator.RegexMatches(clusterName, "write projects/<project>/locations/<location>/clusters/<cluster>")},
		},
		"product": productAttribute(),

		"conforms":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether nothing that is required is unmet. With the resource it is true after every apply, and false in between while the cluster does not conform."},
		"unmet":        schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "What is required and not met, by id: level, status, reason, and what to do. Accepted gaps are not in it."},
		"undetermined": texts("Ids of what is required and what the cluster does not tell."),
		"results": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What was found of each requirement of the checklist, by id.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"title":    text("The requirement in a few words."),
				"category": text("Its part of the checklist."),
				"level":    text("`MUST` or `SHOULD`."),
				"kar":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Its number; null for one without."},
				"status":   text("`verified` (an active probe saw it work), `detected` (the cluster's objects speak for it), `not_detected`, `unknown` (the cluster does not tell), `not_applicable`."),
				"probe":    text("`passive` or `active`: how it was found."),
				"reason":   text("Why, for a person."),
				"evidence": texts("What was seen."),
				"unread":   texts("What could not be read, each with why."),
				"remedy":   text("What to install or to enable where it is not met."),
			}},
		},
		"proposed": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What agents need and no checklist asks for yet, by id. It is no part of conformance and cannot be required.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"title":    text("What it is in a few words."),
				"status":   text("As that of a result."),
				"probe":    text("`passive` or `active`: how it was found."),
				"reason":   text("Why, for a person."),
				"evidence": texts("What was seen."),
				"sources":  texts("Where it is discussed."),
			}},
		},
		"totals":             schema.MapAttribute{Computed: true, ElementType: types.Int64Type, MarkdownDescription: "How many requirements of the checklist have each status."},
		"kubernetes_version": text("Version of the API server."),
		"json":               text("The report as JSON. Its times are those of when the cluster was first seen as it is."),
		"junit":              text("The report as a JUnit file. What is not required never fails in it."),
		"html":               text("The report as one page of HTML that needs nothing from elsewhere."),
		"product_yaml":       text("Draft of a submission's `PRODUCT.yaml`; null without `product`. Statuses are what `claims` says and nothing else: what probes found stands in the notes."),
		"product_problems":   texts("What the program's own validator would find wrong with `product_yaml`, save what it asks of the network."),
	}
}

func activeAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "What active probes cannot know of the cluster.",
		Attributes: map[string]schema.Attribute{
			"image":                  schema.StringAttribute{Optional: true, MarkdownDescription: "Image of the pods that look around. Default: `" + active.DefaultImage + "`."},
			"spire_socket":           schema.StringAttribute{Optional: true, MarkdownDescription: "Folder of the nodes that holds the socket of SPIRE's Workload API (`spire-agent.sock`), where the cluster has no driver `csi.spiffe.io`. Default: `/run/spire/agent-sockets`."},
			"spire_class":            schema.StringAttribute{Optional: true, MarkdownDescription: "Class that SPIRE's controller manager answers to, where it has one."},
			"agent_namespace_labels": schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Labels of namespaces for agents. Default: `workload-type = \"ai-agent\"`."},
			"approved_labels":        schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Labels of an approved agent's pod. Default: `\"agentward.dev/approved\" = \"true\"`."},
			"gateway_class":          schema.StringAttribute{Optional: true, MarkdownDescription: "GatewayClass to try. Default: all that are accepted, one after the other, until one routes as it should."},
			"gateway_port": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(1, 65535)},
				MarkdownDescription: "Port of the listener of the Gateway that is tried, where an implementation has few to choose from (Traefik: the ports of its entry points). Default: `80`.",
			},
			"gateway_address": schema.StringAttribute{Optional: true, MarkdownDescription: "Where the Gateway that is tried answers the pods of the cluster, where no status says so."},
		},
	}
}

func productAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "What the vendor says, for `product_yaml`.",
		Attributes: map[string]schema.Attribute{
			"checklist": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Text of the checklist as published (`docs/AIConformance-<version>.yaml` of [cncf/k8s-ai-conformance](https://github.com/cncf/k8s-ai-conformance)), whose descriptions a submission carries unchanged.",
			},
			"metadata": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The submission's metadata by its own names: `platformName`, `platformVersion`, `vendorName`, `websiteUrl`, `repoUrl`, `documentationUrl`, `productLogoUrl`, `description`, `contactEmailAddress`, `k8sConformanceUrl`.",
			},
			"claims": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "What you say of requirements, by id. A claim that a probe contradicts is an error.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"status": schema.StringAttribute{
						Required: true, MarkdownDescription: words(product.Statuses) + ".",
						Validators: []validator.String{stringvalidator.OneOf(product.Statuses...)},
					},
					"evidence": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "URLs, or names of files beside the submission."},
					"notes":    schema.StringAttribute{Optional: true, MarkdownDescription: "What goes before the probes' own notes."},
				}},
			},
		},
	}
}

func words(list []string) string {
	quoted := make([]string, len(list))
	for i, word := range list {
		quoted[i] = fmt.Sprintf("`%s`", word)
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
