package gateway

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// secretModel is a secret: a reference to one that the cluster holds, or a value that only the cluster will hold.
type secretModel struct {
	Secret         types.String `tfsdk:"secret"`
	Key            types.String `tfsdk:"key"`
	ValueWO        types.String `tfsdk:"value_wo"`
	ValueWOVersion types.Int64  `tfsdk:"value_wo_version"`
}

func secretAttribute(description string) schema.SingleNestedAttribute {
	block := attribute.Block(description+" Either `secret` and `key`, or `value_wo` and `value_wo_version`.", attribute.Set{
		"secret": attribute.Text("Name of a Secret in the gateway's namespace. The gateway follows its changes.", stringvalidator.AlsoRequires(sibling("key"))),
		"key":    attribute.Text("Key in the Secret's data.", stringvalidator.AlsoRequires(sibling("secret"))),
		"value_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "The value itself, kept in a Secret of the gateway's own. Write-only: it is in neither plan nor state, and may come from an ephemeral resource.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(sibling("value_wo_version"))},
		},
		"value_wo_version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Version of `value_wo`. A new one writes the Secret; a new value alone does not, as nothing that Terraform keeps shows it.",
			Validators:          []validator.Int64{int64validator.AlsoRequires(sibling("value_wo"))},
		},
	})
	block.Validators = []validator.Object{oneSource{}}
	return block
}

// oneSource has a secret come from one place.
type oneSource struct{}

func (oneSource) Description(context.Context) string {
	return "either secret and key, or value_wo and value_wo_version"
}

func (v oneSource) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (oneSource) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	secret, value := req.ConfigValue.Attributes()["secret"], req.ConfigValue.Attributes()["value_wo"]
	if secret.IsUnknown() || value.IsUnknown() {
		return
	}
	why := "comes from nowhere"
	switch {
	case secret.IsNull() != value.IsNull():
		return
	case !secret.IsNull():
		why = "comes from two places"
	}
	resp.Diagnostics.AddAttributeError(req.Path, fmt.Sprintf("Invalid %s", req.Path),
		why+": set either secret and key, for a Secret that is there, or value_wo and value_wo_version, for a value of your own")
}

// sibling is the attribute of a name beside the one that has a validator.
func sibling(name string) path.Expression { return path.MatchRelative().AtParent().AtName(name) }

func (m *secretModel) spec() spec.SecretValue {
	if m == nil {
		return spec.SecretValue{}
	}
	value := spec.SecretValue{Secret: m.Secret.ValueString(), Key: m.Key.ValueString(), Value: m.ValueWO.ValueString()}
	if !m.ValueWOVersion.IsNull() {
		value.Version = strconv.FormatInt(m.ValueWOVersion.ValueInt64(), 10)
	}
	return value
}
