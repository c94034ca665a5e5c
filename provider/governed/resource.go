package governed

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// How long an operation may take where the resource sets no timeouts.
const (
	defaultWriteTimeout = 10 * time.Minute
	defaultReadTimeout  = 5 * time.Minute
)

var (
	_ resource.ResourceWithConfigure      = (*governed)(nil)
	_ resource.ResourceWithIdentity       = (*governed)(nil)
	_ resource.ResourceWithImportState    = (*governed)(nil)
	_ resource.ResourceWithModifyPlan     = (*governed)(nil)
	_ resource.ResourceWithValidateConfig = (*governed)(nil)
)

type governed struct {
	Definition
	provider *Provider
}

// New gives the resource of a definition.
func New(definition Definition) resource.Resource {
	return &governed{Definition: definition}
}

func (r *governed) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.TypeName
}

func (r *governed) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	s := r.Definition.Schema
	s.Attributes = maps.Clone(s.Attributes)
	s.Attributes["id"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: fmt.Sprintf("`%s`.", strings.Join(r.ImportID, "/")),
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
	s.Attributes["objects"] = schema.MapAttribute{
		Computed:    true,
		ElementType: types.StringType,
		MarkdownDescription: "Every object that this resource owns: `<group>/<version>/<Kind>/<namespace>/<name>` to the fields that we own, " +
			"as canonical JSON. Where several resources share an object, `#<part>` follows: what of it is this resource's. It is the inventory, the diff of a plan, and the drift: a field that somebody else changed shows here with its " +
			"target value, fields of others never do. Secret values are hashes; in render mode they are left out.",
	}
	s.Attributes["timeouts"] = timeouts.AttributesAll(ctx)
	resp.Schema = s
}

func (r *governed) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := map[string]identityschema.Attribute{}
	for _, name := range r.ImportID {
		attributes[name] = identityschema.StringAttribute{RequiredForImport: true}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

func (r *governed) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	provider, diags := Handed(req.ProviderData, r.TypeName)
	resp.Diagnostics.Append(diags...)
	if provider != nil {
		r.provider = provider
	}
}

func (r *governed) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		return
	}
	m := r.New()
	resp.Diagnostics.Append(req.Config.Get(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	provider := r.provider
	if provider != nil && provider.Unknown {
		provider = nil
	}
	resp.Diagnostics.Append(ProblemDiagnostics(m.Validate(provider))...)
}
