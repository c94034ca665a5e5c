package governed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// ImportState takes the naming attributes from the identity, or from an id of the form that the schema's id has; or else all that a
// full resource name of Google's tells, which is on the gcp stack.
func (r *governed) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	told, diags := r.told(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, t := range told {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, t.Path, t.Value)...)
	}
	if resp.Identity == nil {
		return
	}
	for _, name := range r.ImportID {
		for _, t := range told {
			if t.Path.Equal(path.Root(name)) {
				resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, t.Path, t.Value)...)
			}
		}
	}
}

func (r *governed) told(ctx context.Context, req resource.ImportStateRequest) ([]Told, diag.Diagnostics) {
	var diags diag.Diagnostics
	var told []Told
	if req.ID == "" {
		for _, name := range r.ImportID {
			var value types.String
			diags.Append(req.Identity.GetAttribute(ctx, path.Root(name), &value)...)
			if value.ValueString() != "" {
				told = append(told, Told{path.Root(name), value.ValueString()})
			}
		}
		return told, diags
	}
	service, name, full := fullName(req.ID)
	parts := strings.Split(req.ID, "/")
	switch {
	case full && r.FromFullName != nil:
		told, err := r.FromFullName(service, name)
		if err != nil {
			diags.AddError("Unable to import "+r.Noun, fmt.Sprintf("The name `%s` is of nothing that can be imported: %v.", req.ID, err))
		}
		return append(told, Told{path.Root("stack"), string(spec.GCP)}), diags
	case len(parts) != len(r.ImportID) || strings.Contains("/"+req.ID+"/", "//"):
		diags.AddError("Unable to import "+r.Noun, "The id `"+req.ID+"` is not of the form "+r.importForms()+".")
		return nil, diags
	}
	for i, name := range r.ImportID {
		told = append(told, Told{path.Root(name), parts[i]})
	}
	return told, diags
}

func (r *governed) importForms() string {
	forms := strings.Join(r.ImportID, "/")
	if r.FromFullName != nil {
		forms += ", nor a full resource name of Google's"
	}
	return forms
}

// fullName reads an id that is a resource name of Google's: "//service/projects/…", or "projects/…" of at least four segments, which no
// namespace with a name is.
func fullName(id string) (service, name string, ok bool) {
	if rest, is := strings.CutPrefix(id, "//"); is {
		service, name, ok = strings.Cut(rest, "/")
		return service, name, ok && service != "" && name != ""
	}
	for _, parent := range []string{"projects/", "folders/", "organizations/"} {
		if strings.HasPrefix(id, parent) && strings.Count(id, "/") > 2 {
			return "", id, true
		}
	}
	return "", "", false
}
