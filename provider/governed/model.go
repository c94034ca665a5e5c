// Package governed drives every resource of the provider from HCL to the objects of its stack and back: one plan, one apply,
// one read and one delete for all of them. A resource adds its schema and its Model.
package governed

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Definition describes a resource type.
type Definition struct {
	TypeName string // agent_identity
	Noun     string // in diagnostics: agent identity
	// Schema is the resource's own schema; stack, id, objects and timeouts are added to it.
	Schema schema.Schema
	// ImportID lists the attributes that name the resource. Joined by slashes they are its id; they are its identity too.
	ImportID []string
	// Google says that the resource renders to the gcp stack too.
	Google bool
	// FromFullName reads, for an import, the full resource name of what the resource is on the gcp stack: the service's host name, ""
	// where it was left out, and the relative name. It gives the attributes that the name tells, or an error that says which names it
	// takes. Nil for a resource that no one name stands for.
	FromFullName func(service, name string) ([]Told, error)
	// New gives an empty model.
	New func() Model
}

// Told is an attribute that the name under which a resource is imported tells.
type Told struct {
	Path  path.Path
	Value string
}

// Base holds the attributes that every resource has. A model embeds it.
type Base struct {
	ID       types.String   `tfsdk:"id"`
	Stack    types.String   `tfsdk:"stack"`
	Objects  types.Map      `tfsdk:"objects"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func (b *Base) base() *Base { return b }

// On is the stack that the resource is on: its own stack, or else the provider's. It is "" where terraform validate knows no provider
// and the resource names no stack: then only what holds on every stack can be checked.
func (b *Base) On() spec.Stack { return spec.Stack(b.Stack.ValueString()) }

// on settles the stack of a model by what its configuration says.
func (b *Base) on(configured types.String, provider *Provider) {
	b.Stack = configured
	if configured.IsNull() && provider != nil && !provider.Unknown {
		b.Stack = types.StringValue(provider.Stack)
	}
}

// Model is a pointer to a resource's attributes as Go values. Its methods are called only when every configured value is known,
// so nested attributes may be decoded into structs and slices.
type Model interface {
	base() *Base
	// Label names the resource in diagnostics and is its id: those of the attributes of Definition.ImportID that are set, joined by slashes.
	Label() string
	// Validate checks the configuration. provider is nil where the provider is not configured (terraform validate); what
	// depends on it is then left to the plan.
	Validate(provider *Provider) spec.Problems
	// Computed gives the computed attributes that follow from configuration alone, by name: always all of
	// them, though without values where the model is empty and provider nil. Terraform shows them at plan.
	Computed(provider *Provider) map[string]attr.Value
	// Render gives the desired objects in the order in which they are to be applied. The model has been validated.
	Render(provider *Provider) ([]stack.Object, error)
	// Observed gives the computed attributes that only live objects tell, by name: always all of them, null where nothing
	// tells. live lacks the objects that are gone, and is empty in render mode.
	Observed(live map[stack.Key]stack.Live) map[string]attr.Value
	// ImportKeys lists where this resource's objects would be, given the attributes of Definition.ImportID alone.
	ImportKeys(provider *Provider) []stack.Key
}

// Secretive is a model with write-only attributes, which Terraform leaves out of plan and state.
type Secretive interface {
	// TakeSecrets copies the write-only values from the model of the configuration.
	TakeSecrets(config Model)
}

// Warner is a model that has something to say at plan that is no error.
type Warner interface {
	PlanWarnings(ctx context.Context, provider *Provider) diag.Diagnostics
}

// Lasting is a model with observed attributes that stay what they are for as long as an object is there. An update then does not make
// them unknown, which would plan anew whatever is made of them.
type Lasting interface {
	// Lasting gives the key of that object for each such attribute, which is a string.
	Lasting(provider *Provider) map[string]stack.Key
}

// Keeper is a model of whose objects some stay when the resource goes.
type Keeper interface {
	// Kept says whether the object stays, neither deleted nor put back, when it leaves the plan or the resource is destroyed.
	Kept(key stack.Key) bool
}

// Switcher is a model that can say what a move to another stack means.
type Switcher interface {
	// Switched says, for a person, what others have to do when the resource leaves the stack from for the one that it is on.
	Switched(from spec.Stack) string
}

// Adopter is a model of whose ImportKeys one resource has only some.
type Adopter interface {
	// Adopted gives those of the objects found under ImportKeys that an import takes in. The others are left alone.
	Adopted(provider *Provider, live map[stack.Key]stack.Live) map[stack.Key]stack.Live
}

// Leaver is a model whose destruction means more than that its objects go.
type Leaver interface {
	// Leaving says, for a person who reads the plan, what that is. provider may be nil.
	Leaving(provider *Provider) diag.Diagnostics
}
