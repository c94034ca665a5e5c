package governed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func (r *governed) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	w := writer{governed: r, verb: "create", state: &resp.State, identity: resp.Identity, private: resp.Private}
	resp.Diagnostics.Append(w.write(ctx, req.Plan, req.Config)...)
}

func (r *governed) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	w := writer{governed: r, verb: "update", state: &resp.State, identity: resp.Identity, private: resp.Private}
	w.former = r.New()
	resp.Diagnostics.Append(req.State.Get(ctx, w.former)...)
	w.objects, w.from = inventory(w.former.base().Objects), w.former.base().On()
	var diags diag.Diagnostics
	w.ledger, diags = readLedger(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(w.write(ctx, req.Plan, req.Config)...)
}

// timeout is how long the write may take.
func (w *writer) timeout(ctx context.Context, m Model) (time.Duration, diag.Diagnostics) {
	if w.verb == "create" {
		return m.base().Timeouts.Create(ctx, writeTimeout(m.base().On()))
	}
	return m.base().Timeouts.Update(ctx, writeTimeout(m.base().On(), w.from))
}

// writer carries one create or update: what is there so far, and where to record it.
type writer struct {
	*governed
	verb     string
	state    *tfsdk.State
	identity *tfsdk.ResourceIdentity
	private  privateWriter

	former  Model             // in state before an update
	from    spec.Stack        // its stack
	objects map[string]string // see inventory
	ledger  ledger
	live    map[stack.Key]stack.Live
}

// write applies what the plan renders, then removes what it no longer renders. Whatever happens, state says what is there. A create
// waits for nothing: an error would taint what came out as it should.
func (w *writer) write(ctx context.Context, plan tfsdk.Plan, config tfsdk.Config) diag.Diagnostics {
	m, diags := w.decode(ctx, plan, config)
	if diags.HasError() {
		return diags
	}
	timeout, more := w.timeout(ctx, m)
	diags.Append(more...)
	if problems := w.validate(m, w.provider); len(problems) > 0 {
		diags.Append(ProblemDiagnostics(problems)...)
	}
	if diags.HasError() {
		return diags
	}
	desired, err := m.Render(w.provider)
	if err != nil {
		diags.Append(Unable(w.verb, w.Noun, m.Label(), err))
		return diags
	}
	planned := m.base().Objects
	if w.objects == nil {
		w.objects = map[string]string{}
	}
	w.live = map[stack.Key]stack.Live{}

	writeCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	own, more := w.applyAll(writeCtx, m, desired, planned)
	diags.Append(more...)
	if own {
		diags.Append(w.prune(writeCtx, m, desired)...)
	}
	w.ledger = w.ledger.inOrder(desired)
	on := m.base().On()
	if w.from != "" && len(w.leaving(desired)) > 0 {
		on = w.from // a move is not done before all of it is gone
	}
	if w.verb == "create" && len(w.objects) == 0 && diags.HasError() {
		return diags // nothing was written: there is nothing to remember
	}
	diags.Append(w.record(ctx, m, plan, on)...)
	if !diags.HasError() {
		diags.Append(w.settle(ctx, writeCtx, m)...)
	}
	return diags
}

// applyAll applies objects until one of the resource's own fails; own says that none did. A part in somebody else's object holds
// nothing up: a suspension that one gateway cannot be told of must reach the others, and end the registration.
func (w *writer) applyAll(ctx context.Context, m Model, desired []stack.Object, planned types.Map) (own bool, diags diag.Diagnostics) {
	want := inventory(planned)
	for _, object := range desired {
		key := object.Key.String()
		live, err := w.apply(ctx, object, want[key])
		if err != nil {
			w.noteLeft(object.Key, err)
			diags.Append(Unable(w.verb, w.Noun, m.Label(), err))
			if object.Key.Part != "" {
				continue
			}
			return false, diags
		}
		w.live[object.Key] = live
		w.objects[key] = live.Projection
		if expected, known := want[key]; known && live.Projection != expected {
			diags.AddError(fmt.Sprintf("Unable to %s %s %q as planned", w.verb, w.Noun, m.Label()),
				fmt.Sprintf("%s changed between plan and apply, and came out otherwise than planned. It is recorded as it is now: plan and apply again.\n  planned: %s\n  now:     %s",
					object.Key.Describe(), expected, live.Projection))
			return false, diags
		}
	}
	return true, diags
}

// noteLeft remembers what a failed application may have made: it could hold others, which a destruction would wait for. Its UID is not
// known, and it is the last that was applied.
func (w *writer) noteLeft(key stack.Key, err error) {
	var doubt *stack.DoubtError
	if !errors.As(err, &doubt) {
		return
	}
	text := key.String()
	w.objects[text] = ""
	w.ledger = w.ledger.without(text).with(entry{Key: text})
}

// apply brings one object to what was planned, and only looks at it where it is so already.
func (w *writer) apply(ctx context.Context, object stack.Object, planned string) (stack.Live, error) {
	key := object.Key.String()
	prior := w.objects[key]
	if w.provider.Render {
		return rendered(object)
	}
	backend, err := w.provider.Backend(ctx, object.Key)
	if err != nil {
		return stack.Live{}, err
	}
	if prior != "" && prior == planned && w.ledger.unchanged(object, w.provider.FieldManager, prior) {
		return backend.Read(ctx, object.Key, prior)
	}
	live, err := backend.Apply(ctx, object, prior)
	if err != nil {
		return stack.Live{}, err
	}
	w.provider.contact.noteReached(object.Key)
	w.ledger = w.ledger.with(entryFor(object, w.provider.FieldManager, live))
	return live, nil
}

// prune deletes the objects that left the plan, the last applied first.
func (w *writer) prune(ctx context.Context, m Model, desired []stack.Object) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, key := range w.leaving(desired) {
		if err := w.remove(ctx, w.former, key, w.objects, w.ledger); err != nil {
			diags.Append(Unable(w.verb, w.Noun, m.Label(), err))
			return diags
		}
		delete(w.objects, key)
		w.ledger = w.ledger.without(key)
	}
	return diags
}

// leaving gives the objects that are there and not desired, the last applied first.
func (w *writer) leaving(desired []stack.Object) []string {
	kept := map[string]bool{}
	for _, object := range desired {
		kept[object.Key.String()] = true
	}
	return slices.DeleteFunc(deletionOrder(w.objects, w.ledger), func(key string) bool { return kept[key] })
}

// deletionOrder gives the keys in reverse order of application; those of unknown order, which were imported, go last.
func deletionOrder(objects map[string]string, l ledger) []string {
	position := map[string]int{}
	for i, e := range l {
		position[e.Key] = i + 1
	}
	keys := make([]string, 0, len(objects))
	for key := range objects {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := position[b] - position[a]; d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	return keys
}

// remove deletes an object, unless the model in state says that it stays.
func (r *governed) remove(ctx context.Context, former Model, text string, objects map[string]string, l ledger) error {
	key, err := stack.ParseKey(text)
	if err != nil || r.provider.Render {
		return err
	}
	if k, ok := former.(Keeper); ok && k.Kept(key) {
		return nil
	}
	backend, err := r.provider.Backend(ctx, key)
	if err != nil {
		return err
	}
	if a, ok := backend.(stack.Awaiter); ok && objects[text] == "" {
		if err := a.Await(ctx, key); err != nil {
			return err
		}
	}
	e, _ := l.find(text)
	return backend.Delete(ctx, key, e.UID)
}

// record writes state, identity and private state. on is the stack that state names.
func (w *writer) record(ctx context.Context, m Model, plan tfsdk.Plan, on spec.Stack) diag.Diagnostics {
	values := m.Computed(w.provider)
	for name, value := range m.Observed(w.live) {
		values[name] = value
	}
	values["id"], values["stack"] = types.StringValue(m.Label()), types.StringValue(string(on))
	objects, diags := attribute(w.objects)
	values["objects"] = objects
	var more diag.Diagnostics
	w.state.Raw, more = withAttributes(ctx, plan.Raw, values)
	diags.Append(more...)
	diags.Append(w.setIdentity(ctx, w.identity, w.state)...)
	return append(diags, writeLedger(ctx, w.private, w.ledger)...)
}

// setIdentity copies the naming attributes from state. Clients that know no identity give none to set.
func (r *governed) setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, state *tfsdk.State) diag.Diagnostics {
	var diags diag.Diagnostics
	if identity == nil {
		return diags
	}
	for _, name := range r.ImportID {
		var value types.String
		diags.Append(state.GetAttribute(ctx, path.Root(name), &value)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(name), value)...)
	}
	return diags
}
