package governed

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Settler is a model whose objects are taken over by something that runs.
type Settler interface {
	// Settle waits, after an update, until what was written is in force, at most until ctx ends. The update is recorded already:
	// an error says what is not in force, and undoes nothing. The plans that follow are updates which wait again, until one of them ends well.
	Settle(ctx context.Context, provider *Provider) diag.Diagnostics
}

// unsettledKey is where private state says whether the last update ended before it was in force.
const unsettledKey = "unsettled"

// settle waits until the update is in force, where something takes it over, and remembers where it is not. ctx outlives the wait.
func (w *writer) settle(ctx, within context.Context, m Model) diag.Diagnostics {
	s, ok := m.(Settler)
	if !ok || w.verb != "update" || w.provider.Render {
		return nil
	}
	diags := s.Settle(within, w.provider)
	raw, err := json.Marshal(diags.HasError())
	if err != nil {
		diags.AddError("Unable to write the private state", err.Error())
		return diags
	}
	return append(diags, w.private.SetKey(ctx, unsettledKey, raw)...)
}

// unsettled says whether the last update is to be waited for again, although everything that it wrote is there, and tells whoever reads
// the plan.
func (r *governed) unsettled(ctx context.Context, m Model, req resource.ModifyPlanRequest) (bool, diag.Diagnostics) {
	if _, ok := m.(Settler); !ok || req.State.Raw.IsNull() || r.provider.Render {
		return false, nil
	}
	raw, diags := req.Private.GetKey(ctx, unsettledKey)
	if string(raw) != "true" {
		return false, diags
	}
	diags.AddWarning(fmt.Sprintf("The last update of %s %q was not seen in force", r.Noun, m.Label()),
		"What it wrote is there, but its apply ended before everything that runs had taken it over. The next apply writes what this plan shows, and waits again.")
	return true, diags
}
