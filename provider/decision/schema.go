package decision

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/gateway"
)

func decisionSchema() schema.Schema {
	attributes := attribute.InDataSource(questionAttributes())
	attributes["policies"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Cedar policies, by a name for each text, such as its file's.",
		Validators:          []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.AtLeastOneOf(path.MatchRoot("policies"), path.MatchRoot("allow"))},
	}
	attributes["allow"] = gateway.AllowInDataSource("Permissions in typed form, by name, as `allow` of an `agent_gateway`: what it compiles to is among the policies. Needs `trust_domain`.")
	return schema.Schema{
		MarkdownDescription: "How `agent-gateway` would decide a call, by the same engine and without any gateway: tests of Cedar policies for `terraform test` and `check` blocks. " +
			"The policies are checked against the gateway's schema; one that could not be loaded is an error with its line and column.",
		Attributes: attributes,
	}
}

// questionAttributes are what is asked, and the answer.
func questionAttributes() attribute.Set {
	object := func(description string) resource.StringAttribute { return attribute.Text(description, jsonObject{}) }
	hint := func(description string) resource.BoolAttribute {
		return attribute.Flag(description + " Default: `false`.")
	}
	return attribute.Set{
		"trust_domain": attribute.Text("Trust domain of the gateway, without `spiffe://`, of which `allow` speaks."),
		"principal": attribute.RequiredBlock("Who calls: an agent by its SPIFFE ID, or somebody else by a subject.", attribute.Set{
			"spiffe_id":   attribute.Text("SPIFFE ID, as `spiffe://example.org/ns/payments/agent/billing`, with or without an instance."),
			"subject":     attribute.Text("Subject of the access token, or a DID."),
			"issuer":      attribute.Text("Issuer of the access token."),
			"user":        attribute.Text("Whom the agent acts for."),
			"user_issuer": attribute.Text("Who gave the user that name."),
			"labels":      attribute.Texts("Labels that the gateway's configuration gives the agent."),
			"methods":     attribute.List("What was proven, as the gateway names it: `mtls`, `dpop` and so on."),
			"claims":      object("Further claims of the token, as a JSON object."),
		}),
		"call": attribute.RequiredBlock("What is asked for.", attribute.Set{
			"protocol":  attribute.Required("`mcp`, `a2a`, `rest` or `grpc`.", attribute.OneOf(string(call.MCP), string(call.A2A), string(call.REST), string(call.GRPC))),
			"version":   attribute.Text("Revision of the protocol."),
			"direction": attribute.Text("`to_target`, or `to_agent` for what an MCP server asks of the agent. Default: `to_target`.", attribute.OneOf(string(call.ToTarget), string(call.ToAgent))),
			"method":    attribute.Required("Method as the protocol writes it: `tools/call`, `SendMessage`, `GET`."),
			"target":    attribute.Required("Name of the gateway's target."),
			"operation": attribute.Text("Id of the operation of a REST target, where its configuration or its OpenAPI document gives one."),
			"kind":      attribute.Text("What the call is about: `tool`, `prompt`, `resource`, `skill`, `task`, `path` or `rpc`. Default: the method alone."),
			"name":      attribute.Text("Name of what it is about: of the tool, the URI of the resource, the path template."),
			"arguments": object("What is passed, as a JSON object."),
			"message":   object("What an A2A message is like, as a JSON object with the names of the policies' `context.message`."),
			"annotations": attribute.Block("What the target says of the tool. Default: nothing.", attribute.Set{
				"read_only":   hint("It changes nothing."),
				"destructive": hint("It may destroy."),
				"idempotent":  hint("Doing it twice is doing it once."),
				"open_world":  hint("It reaches beyond the target."),
			}),
		}),
		"time":      attribute.Text("When the call is made, as RFC 3339. Default: now, so that what depends on the time may change from plan to plan."),
		"source_ip": attribute.Text("Address that the call comes from."),
		"mtls":      hint("The connection carries a verified client certificate."),
		"listing":   hint("Ask instead whether a list shows what the call is about: whether some arguments could be allowed."),

		"allowed":    attribute.ComputedFlag("Whether the call is allowed."),
		"reason":     attribute.Computed("Why, for a person."),
		"decided_by": attribute.ComputedList("Ids of the policies that made the decision, sorted. Empty where no policy permits the call."),
		"audited":    attribute.ComputedList("Ids of the policies in audit mode that would have had a say, sorted."),
		"error":      attribute.Computed("Why no decision could be made, which denies; null otherwise."),
	}
}

// jsonObject is a string that is a JSON object.
type jsonObject struct{}

func (jsonObject) Description(context.Context) string           { return "must be a JSON object" }
func (v jsonObject) MarkdownDescription(context.Context) string { return "must be a JSON object" }

func (v jsonObject) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(req.ConfigValue.ValueString()), &object); err != nil || object == nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a JSON object", fmt.Sprintf("%s: write it with jsonencode({ … }).", req.Path))
	}
}
