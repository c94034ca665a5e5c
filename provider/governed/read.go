package governed

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Read looks at every object in state through the fields that we own. An object that is gone, or that was replaced by another
// of its name, leaves the map; an API that does not answer leaves it as it was, and the plan says what is not known. What may be there
// stays in doubt until it shows, or is removed.
func (r *governed) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	resp.Diagnostics.Append(r.setIdentity(ctx, resp.Identity, &resp.State)...)
	m := r.New()
	resp.Diagnostics.Append(req.State.Get(ctx, m)...)
	l, diags := readLedger(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.rememberStack(ctx, m, resp)...)
	if resp.Diagnostics.HasError() || r.provider == nil || r.provider.Render || r.provider.Unknown {
		return
	}
	timeout, diags := m.base().Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	prior := inventory(m.base().Objects)
	imported := m.base().Objects.IsNull()
	if imported {
		for _, key := range m.ImportKeys(r.provider) {
			prior[key.String()] = ""
		}
	}
	live, answered, err := r.readAll(ctx, prior, imported, l)
	if err != nil {
		resp.Diagnostics.Append(Unable("read", r.Noun, m.Label(), err))
		return
	}
	if a, ok := m.(Adopter); ok && imported {
		live = a.Adopted(r.provider, live)
	}
	if imported && len(live) == 0 {
		resp.State.RemoveResource(ctx)
		return
	}
	r.provider.contact.noteRead(r.contactID(m), answered)
	now, learned := map[string]string{}, false
	for key, object := range live {
		text := key.String()
		now[text] = object.Projection
		_, known := l.find(text)
		first := prior[text] == ""
		if !known || first {
			l = l.with(entry{Key: text, UID: object.UID})
		}
		learned = learned || first
	}
	for text, projection := range prior {
		if _, there := now[text]; !there && projection == "" && !imported {
			now[text] = "" // it may show yet
		}
	}
	r.provider.contact.noteHeld(now)
	objects, diags := attribute(now)
	resp.Diagnostics.Append(diags...)
	values := m.Observed(live)
	values["objects"] = objects
	values["id"] = types.StringValue(m.Label())
	values["stack"] = m.base().Stack
	resp.State.Raw, diags = withAttributes(ctx, resp.State.Raw, values)
	resp.Diagnostics.Append(diags...)
	if learned {
		resp.Diagnostics.Append(writeLedger(ctx, resp.Private, l)...)
	}
}

// rememberStack settles the stack of a model in state. State has none where it was written before there were several, when all was
// open source, and where an import by the naming attributes leaves the stack to the provider.
func (r *governed) rememberStack(ctx context.Context, m Model, resp *resource.ReadResponse) (diags diag.Diagnostics) {
	b := m.base()
	switch {
	case !b.Stack.IsNull():
		return nil
	case b.Objects.IsNull():
		b.on(b.Stack, r.provider)
		return nil
	}
	b.Stack = types.StringValue(string(spec.OSS))
	resp.State.Raw, diags = withAttributes(ctx, resp.State.Raw, map[string]attr.Value{"stack": b.Stack})
	return diags
}

// readAll gives the objects that are there, and whether the API answered for all of them.
func (r *governed) readAll(ctx context.Context, prior map[string]string, imported bool, l ledger) (found map[stack.Key]stack.Live, answered bool, err error) {
	found, answered = make(map[stack.Key]stack.Live, len(prior)), true
	var hidden error
	for text, projection := range prior {
		key, err := stack.ParseKey(text)
		if err != nil {
			return nil, false, err
		}
		backend, err := r.provider.Backend(ctx, key)
		if err != nil && imported {
			// An import looks in more APIs than the resource needs: a cluster for an agent that has none.
			hidden = err
			continue
		}
		if err != nil {
			return nil, false, err
		}
		live, err := backend.Read(ctx, key, projection)
		var unknown *stack.UnknownError
		switch {
		case errors.Is(err, stack.ErrNotFound):
			continue
		case imported && errors.Is(err, stack.ErrForbidden):
			// An import looks at more kinds than the resource needs credentials for.
			tflog.Debug(ctx, "object may be there but may not be read, and is not imported", map[string]any{"object": text, "reason": err.Error()})
			hidden = err
			continue
		case errors.As(err, &unknown) && unknown.Unreachable && !imported:
			tflog.Debug(ctx, "object could not be read and is kept as it was", map[string]any{"object": text, "reason": unknown.Err.Error()})
			answered = false
			if projection == "" {
				continue
			}
			live = stack.Live{Projection: projection}
		case err != nil:
			return nil, false, err
		default:
			r.provider.contact.noteReached(key)
			if e, ok := l.find(text); ok && e.UID != "" && live.UID != e.UID {
				continue
			}
		}
		found[key] = live
	}
	if len(found) == 0 && hidden != nil {
		return nil, false, hidden
	}
	return found, answered, nil
}

// ordered gives a ledger that has all objects, in the order in which the model renders them. Terraform does not hand over what was kept
// of a resource that it replaces because it is tainted, and an import knows no order.
func (r *governed) ordered(m Model, objects map[string]string, l ledger) ledger {
	desired, err := m.Render(r.provider)
	if err != nil {
		return l // what cannot be rendered any more goes as far as it is remembered
	}
	for _, object := range desired {
		key := object.Key.String()
		_, there := objects[key]
		if _, known := l.find(key); there && !known {
			l = l.with(entry{Key: key})
		}
	}
	return l.inOrder(desired)
}

// Delete removes every object, the last applied first.
func (r *governed) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	m := r.New()
	resp.Diagnostics.Append(req.State.Get(ctx, m)...)
	l, diags := readLedger(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := m.base().Timeouts.Delete(ctx, writeTimeout(m.base().On()))
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	objects := inventory(m.base().Objects)
	l = r.ordered(m, objects, l)
	for _, key := range deletionOrder(objects, l) {
		if err := r.remove(ctx, m, key, objects, l); err != nil {
			resp.Diagnostics.Append(Unable("delete", r.Noun, m.Label(), err))
			return
		}
	}
}
