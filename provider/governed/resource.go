package governed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// How long an operation may take where the resource sets no timeouts. Google takes up to six minutes for a gateway and about four for
// each of its policies, one after the other.
const (
	defaultWriteTimeout = 10 * time.Minute
	googleWriteTimeout  = 60 * time.Minute
	defaultReadTimeout  = 5 * time.Minute
)

// writeTimeout is that of a resource which is, or was, on these stacks.
func writeTimeout(stacks ...spec.Stack) time.Duration {
	if slices.Contains(stacks, spec.GCP) {
		return googleWriteTimeout
	}
	return defaultWriteTimeout
}

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
	// A resource that was imported by its full name learns the rest of its names from the configuration.
	resp.ResourceBehavior.MutableIdentity = r.FromFullName != nil
}

func (r *governed) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	s := r.Definition.Schema
	s.Attributes = maps.Clone(s.Attributes)
	s.Attributes["id"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: fmt.Sprintf("`%s`.", strings.Join(r.ImportID, "/")),
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
	s.Attributes["stack"] = schema.StringAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "The stack that it renders to, `oss` or `gcp`. Default: the provider's `stack`. A change is one update, which makes everything on the new " +
			"stack before it deletes what is on the old one.",
		Validators: []validator.String{stringvalidator.OneOf(string(spec.OSS), string(spec.GCP))},
	}
	s.Attributes["objects"] = schema.MapAttribute{
		Computed:    true,
		ElementType: types.StringType,
		MarkdownDescription: "Every object that this resource owns: `<group>/<version>/<Kind>/<namespace>/<name>` to the fields that we own, " +
			"as canonical JSON. A resource of Google's has its full name there, `//<service>/<resource name>`. Where several resources share an object, `#<part>` follows: what of it is this resource's. It is the inventory, the diff of a plan, and the drift: a field that somebody else changed shows here with its " +
			"target value, fields of others never do. What is null may be there: an apply that made it was cut off before anybody saw it, and the next one settles that. Secret values are hashes; in render mode they are left out.",
	}
	s.Attributes["timeouts"] = timeouts.AttributesAll(ctx)
	resp.Schema = s
}

func (r *governed) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := map[string]identityschema.Attribute{}
	for _, name := range r.ImportID {
		attributes[name] = r.identityAttribute(name)
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

// identityAttribute is required for an import where the schema requires the attribute.
func (r *governed) identityAttribute(name string) identityschema.StringAttribute {
	required := r.Definition.Schema.Attributes[name].IsRequired()
	return identityschema.StringAttribute{RequiredForImport: required, OptionalForImport: !required}
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
	m.base().on(m.base().Stack, provider)
	resp.Diagnostics.Append(ProblemDiagnostics(r.validate(m, provider))...)
}

func (r *governed) validate(m Model, provider *Provider) spec.Problems {
	if m.base().On() == spec.GCP && !r.Google {
		return spec.Problems{{Path: []any{"stack"}, Detail: fmt.Sprintf("nothing renders %s to %q in this version; use stack = %q", r.TypeName, spec.GCP, spec.OSS)}}
	}
	return m.Validate(provider)
}
