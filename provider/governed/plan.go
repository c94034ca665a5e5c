package governed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// ModifyPlan makes the objects known at plan. Terraform calls it again while it applies.
func (r *governed) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.leaving(ctx, req.State)...)
		return
	}
	if r.provider == nil {
		return
	}
	if r.provider.Unknown && req.ClientCapabilities.DeferralAllowed {
		resp.Deferred = &resource.Deferred{Reason: resource.DeferredReasonProviderConfigUnknown}
		return
	}
	if r.provider.Unknown || !req.Config.Raw.IsFullyKnown() {
		resp.Diagnostics.Append(r.planUnknown(ctx, req, resp)...)
		return
	}
	m, diags := r.decode(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if problems := r.validate(m, r.provider); len(problems) > 0 {
		resp.Diagnostics.Append(ProblemDiagnostics(problems)...)
		return
	}
	computed := m.Computed(r.provider)
	computed["id"] = types.StringValue(m.Label())
	computed["stack"] = m.base().Stack
	if w, ok := m.(Warner); ok && !r.provider.Render {
		resp.Diagnostics.Append(w.PlanWarnings(ctx, r.provider)...)
	}
	resp.Diagnostics.Append(r.switchWarning(ctx, m, req.State)...)
	state, ledger, diags := r.remembered(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	planned, diags := r.planObjects(ctx, m, state, ledger, !req.State.Raw.IsNull())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	computed["objects"], diags = types.MapValue(types.StringType, planned)
	resp.Diagnostics.Append(diags...)
	observed := m.Observed(nil)
	lasting, diags := r.lasting(ctx, m, state, req.State)
	resp.Diagnostics.Append(diags...)
	for name, value := range lasting {
		computed[name] = value
		delete(observed, name)
	}
	resp.Plan.Raw, diags = withAttributes(ctx, resp.Plan.Raw, computed)
	resp.Diagnostics.Append(diags...)
	again, diags := r.unsettled(ctx, m, req)
	resp.Diagnostics.Append(diags...)
	if !resp.Diagnostics.HasError() && (again || !resp.Plan.Raw.Equal(req.State.Raw)) {
		// What only live objects tell is left to the apply.
		resp.Plan.Raw, diags = withUnknown(ctx, resp.Plan.Raw, observed)
		resp.Diagnostics.Append(diags...)
	}
}

// leaving says at plan what a destruction means beyond what it shows.
func (r *governed) leaving(ctx context.Context, state tfsdk.State) diag.Diagnostics {
	m := r.New()
	l, ok := m.(Leaver)
	if !ok || state.Raw.IsNull() || r.provider != nil && r.provider.Render {
		return nil
	}
	if diags := state.Get(ctx, m); diags.HasError() {
		return diags
	}
	return l.Leaving(r.provider)
}

// lasting gives the observed attributes that an update leaves as they are: see Lasting.
func (r *governed) lasting(ctx context.Context, m Model, objects map[string]string, state tfsdk.State) (map[string]attr.Value, diag.Diagnostics) {
	l, ok := m.(Lasting)
	if !ok || state.Raw.IsNull() {
		return nil, nil
	}
	var diags diag.Diagnostics
	values := map[string]attr.Value{}
	for name, key := range l.Lasting(r.provider) {
		var before types.String
		diags.Append(state.GetAttribute(ctx, path.Root(name), &before)...)
		if objects[key.String()] != "" && !before.IsNull() && !before.IsUnknown() {
			values[name] = before
		}
	}
	return values, diags
}

// planUnknown plans while a configured value, of the resource or of the provider, is not known: nothing can be rendered.
func (r *governed) planUnknown(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	m := r.New()
	values := m.Computed(nil)
	maps.Copy(values, m.Observed(nil))
	values["objects"] = types.MapUnknown(types.StringType)
	values["id"] = types.StringUnknown()
	var configured types.String
	diags := req.Config.GetAttribute(ctx, path.Root("stack"), &configured)
	m.base().on(configured, r.provider)
	if !req.State.Raw.IsNull() && r.namedAlike(ctx, req.Plan, req.State) {
		delete(values, "id")
	}
	var more diag.Diagnostics
	resp.Plan.Raw, more = withUnknown(ctx, resp.Plan.Raw, values)
	diags.Append(more...)
	stackValue := m.base().Stack
	if stackValue.IsNull() {
		stackValue = types.StringUnknown()
	}
	resp.Plan.Raw, more = withAttributes(ctx, resp.Plan.Raw, map[string]attr.Value{"stack": stackValue})
	return append(diags, more...)
}

// namedAlike says whether plan and state have the same naming attributes, all of them known.
func (r *governed) namedAlike(ctx context.Context, plan tfsdk.Plan, state tfsdk.State) bool {
	for _, name := range r.ImportID {
		var planned, before types.String
		diags := plan.GetAttribute(ctx, path.Root(name), &planned)
		diags.Append(state.GetAttribute(ctx, path.Root(name), &before)...)
		if diags.HasError() || planned.IsUnknown() || !planned.Equal(before) {
			return false
		}
	}
	return true
}

// source is a plan, a state or a configuration.
type source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// decode gives the model of a plan, with the write-only values of the configuration, and on the stack that the configuration says. The
// plan holds the stack of before where the configuration names none, whatever the provider's is by now.
func (r *governed) decode(ctx context.Context, plan, config source) (Model, diag.Diagnostics) {
	m, c := r.New(), r.New()
	diags := plan.Get(ctx, m)
	diags.Append(config.Get(ctx, c)...)
	if diags.HasError() {
		return m, diags
	}
	m.base().on(c.base().Stack, r.provider)
	if s, ok := m.(Secretive); ok {
		s.TakeSecrets(c)
	}
	return m, diags
}

// remembered gives the objects in state and what else was kept of them; nothing before the create.
func (r *governed) remembered(ctx context.Context, req resource.ModifyPlanRequest) (map[string]string, ledger, diag.Diagnostics) {
	if req.State.Raw.IsNull() {
		return nil, nil, nil
	}
	var objects types.Map
	diags := req.State.GetAttribute(ctx, path.Root("objects"), &objects)
	l, more := readLedger(ctx, req.Private)
	return inventory(objects), l, append(diags, more...)
}

// inventory gives the known elements of an objects attribute: projections by key. Of what is null there, and "" here, nobody knows whether
// it is there: an apply that was cut off may have made it. That is kept in plain sight because Terraform hands over no private state where
// it replaces what a failed create left.
func inventory(objects types.Map) map[string]string {
	known := map[string]string{}
	for key, value := range objects.Elements() {
		if s, ok := value.(types.String); ok && !s.IsUnknown() {
			known[key] = s.ValueString()
		}
	}
	return known
}

// attribute is inventory the other way round.
func attribute(inventory map[string]string) (types.Map, diag.Diagnostics) {
	elements := make(map[string]attr.Value, len(inventory))
	for key, projection := range inventory {
		elements[key] = types.StringValue(projection)
		if projection == "" {
			elements[key] = types.StringNull()
		}
	}
	return types.MapValue(types.StringType, elements)
}

// planObjects gives the objects attribute as an apply would leave it.
func (r *governed) planObjects(ctx context.Context, m Model, state map[string]string, l ledger, exists bool) (map[string]attr.Value, diag.Diagnostics) {
	var diags diag.Diagnostics
	desired, err := m.Render(r.provider)
	if err != nil {
		diags.Append(Unable("render", r.Noun, m.Label(), err))
		return nil, diags
	}
	planned := make(map[string]attr.Value, len(desired))
	var creates []stack.Object
	made := map[stack.Key]bool{}
	for _, object := range desired {
		key := object.Key.String()
		if state[key] == "" {
			creates = append(creates, object)
		}
		if r.leftToApply(object, state[key], exists, made) {
			made[object.Key] = made[object.Key] || state[key] == ""
			planned[key] = types.StringUnknown()
			continue
		}
		value, isMade, objectDiags := r.planObject(ctx, m, object, state[key], l, exists)
		diags.Append(objectDiags...)
		planned[key], made[object.Key] = value, isMade
	}
	if !diags.HasError() && !r.provider.Render {
		diags.Append(r.rivals(ctx, m, creates)...)
	}
	return planned, diags
}

// leftToApply says of an object of Google's that only the apply can know what becomes of it. One that has the output of an object which
// is about to be made is about that one, and not about what has its name now. One that the state of a resource had which is now planned
// anew, because it is tainted, goes with that state first.
func (r *governed) leftToApply(object stack.Object, prior string, exists bool, made map[stack.Key]bool) bool {
	if r.provider.Render || !object.Key.Google() {
		return false
	}
	if prior == "" && !exists && r.provider.contact.wasHeld(object.Key) {
		return true
	}
	return slices.ContainsFunc(stack.Outputs(object.Body), func(of stack.Key) bool { return made[of] })
}

// rivals warns of what would undo the plan, where the API can tell.
func (r *governed) rivals(ctx context.Context, m Model, creates []stack.Object) diag.Diagnostics {
	var diags diag.Diagnostics
	asked := map[stack.Rivalled]bool{}
	for _, object := range creates {
		backend, err := r.provider.Backend(ctx, object.Key)
		rivalled, tells := backend.(stack.Rivalled)
		if err != nil || !tells || asked[rivalled] {
			continue
		}
		asked[rivalled] = true
		warnings, err := rivalled.Rivals(ctx, creates)
		if err != nil {
			tflog.Debug(ctx, "cannot tell whether something would undo the plan", map[string]any{"reason": err.Error()})
		}
		for _, warning := range warnings {
			diags.AddWarning(fmt.Sprintf("The %s %q would be undone", r.Noun, m.Label()), warning)
		}
	}
	return diags
}

// planObject gives the projection of one object as an apply would leave it, and whether the apply makes the object or makes it anew.
func (r *governed) planObject(ctx context.Context, m Model, object stack.Object, prior string, l ledger, exists bool) (value attr.Value, made bool, diags diag.Diagnostics) {
	made = prior == ""
	switch {
	case r.provider.Render:
		live, err := rendered(object)
		if err != nil {
			diags.Append(Unable("render", r.Noun, m.Label(), err))
		}
		return types.StringValue(live.Projection), made, diags
	case prior != "" && l.unchanged(object, r.provider.FieldManager, prior) && !r.provider.contact.stale(r.contactID(m)):
		return types.StringValue(prior), made, diags
	case object.Secret:
		return types.StringUnknown(), made, diags
	}
	backend, err := r.provider.Backend(ctx, object.Key)
	if err != nil {
		diags.Append(Unable("plan", r.Noun, m.Label(), err))
		return types.StringUnknown(), made, diags
	}
	live, err := backend.Plan(ctx, object, prior)
	var unknown *stack.UnknownError
	switch {
	case errors.As(err, &unknown) && (!unknown.Unreachable || r.provider.contact.mayBeUnknown(r.contactID(m), object.Key, exists)):
		tflog.Debug(ctx, "object is not known before apply", map[string]any{"object": object.Key.String(), "reason": unknown.Err.Error()})
		return types.StringUnknown(), made, diags
	case err != nil:
		diags.Append(Unable("plan", r.Noun, m.Label(), err))
		return types.StringUnknown(), made, diags
	}
	r.provider.contact.noteReached(object.Key)
	if len(live.Reclaimed) > 0 {
		diags.AddWarning(fmt.Sprintf("Drift in %s", object.Key.Describe()),
			fmt.Sprintf("These fields of %s %q were changed by others and are taken back:\n  %s", r.Noun, m.Label(), strings.Join(live.Reclaimed, "\n  ")))
	}
	if len(live.Adopted) > 0 {
		diags.AddWarning(fmt.Sprintf("%s exists already", object.Key.Describe()),
			fmt.Sprintf("It is managed by %s. The apply makes it part of %s %q, whose destruction will delete it.", strings.Join(live.Adopted, ", "), r.Noun, m.Label()))
	}
	if len(live.Replaced) > 0 {
		made = true
		diags.AddWarning(fmt.Sprintf("%s is replaced", object.Key.Describe()),
			fmt.Sprintf("These fields of %s %q cannot be changed in place, so that the apply deletes the object and makes it anew:\n  %s", r.Noun, m.Label(), strings.Join(live.Replaced, "\n  ")))
	}
	return types.StringValue(live.Projection), made, diags
}

// rendered gives an object as render mode shows it: as it would be applied, without write-only values and their hashes. No ledger
// tells here whether a value is a new one, and one that is made for each run must not differ between plan and apply.
func rendered(object stack.Object) (stack.Live, error) {
	body := stack.HashSecret(object.Body)
	if object.Secret {
		body = stack.Redact(object)
	}
	text, err := stack.CanonicalJSON(body)
	return stack.Live{Projection: text}, err
}
