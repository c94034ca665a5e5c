package governed

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// switchWarning says at plan what it means that a resource moves to another stack. A move is an update: the objects of the new stack
// are made first, and those of the old one deleted after them. Until that is done the state names the old stack, so that the next
// plan says it again.
func (r *governed) switchWarning(ctx context.Context, m Model, state tfsdk.State) diag.Diagnostics {
	if state.Raw.IsNull() || r.provider.Render {
		return nil
	}
	var before types.String
	diags := state.GetAttribute(ctx, path.Root("stack"), &before)
	from := spec.Stack(before.ValueString())
	if diags.HasError() || from == "" || from == m.base().On() {
		return diags
	}
	text := fmt.Sprintf("This update makes what the %s is on stack %q, and then deletes what it is on stack %q: see objects. For a while there are both. "+
		"An apply that fails in between keeps both in state, and the next one goes on.", r.Noun, m.base().On(), from)
	if s, ok := m.(Switcher); ok {
		text += "\n\n" + s.Switched(from)
	}
	diags.AddAttributeWarning(path.Root("stack"), fmt.Sprintf("The %s %q moves to another stack", r.Noun, m.Label()), text)
	return diags
}
