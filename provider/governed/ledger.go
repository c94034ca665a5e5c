package governed

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// ledgerKey is where the ledger lies in Terraform's private state.
const ledgerKey = "ledger"

// ledger is what a resource remembers of each object it applied, in the order of application: enough to know without asking
// that nothing changed, to delete in reverse, and to tell our object from a later one of the same name.
type ledger []entry

type entry struct {
	Key string `json:"key"`
	UID string `json:"uid,omitempty"`
	// Rendered and Projection are hashes: of what was asked for, and of what came out.
	Rendered   string `json:"rendered"`
	Projection string `json:"projection"`
}

func (l ledger) find(key string) (entry, bool) {
	for _, e := range l {
		if e.Key == key {
			return e, true
		}
	}
	return entry{}, false
}

// with gives a ledger in which e stands at the place of its key, or at the end.
func (l ledger) with(e entry) ledger {
	out := append(ledger(nil), l...)
	for i := range out {
		if out[i].Key == e.Key {
			out[i] = e
			return out
		}
	}
	return append(out, e)
}

func (l ledger) without(key string) ledger {
	var out ledger
	for _, e := range l {
		if e.Key != key {
			out = append(out, e)
		}
	}
	return out
}

// inOrder gives a ledger whose entries stand in the order of keys, others first as they were.
func (l ledger) inOrder(objects []stack.Object) ledger {
	out := l
	for _, o := range objects {
		if e, ok := l.find(o.Key.String()); ok {
			out = append(out.without(e.Key), e)
		}
	}
	return out
}

// unchanged says that object was applied as it is rendered now, and that its projection is still what came out.
func (l ledger) unchanged(object stack.Object, manager, projection string) bool {
	e, ok := l.find(object.Key.String())
	return ok && e.Rendered == renderedHash(object, manager) && e.Projection == hash(projection)
}

func entryFor(object stack.Object, manager string, live stack.Live) entry {
	return entry{Key: object.Key.String(), UID: live.UID, Rendered: renderedHash(object, manager), Projection: hash(live.Projection)}
}

// renderedHash is over what is asked for. Of a secret object it is over the shape alone: a new value counts only with a new
// version, which the object carries as an annotation.
func renderedHash(object stack.Object, manager string) string {
	body := object.Body
	if object.Secret {
		body = stack.Redact(object)
	}
	text, err := stack.CanonicalJSON(body)
	if err != nil {
		// A body that does not encode never matches, and the write that follows reports why.
		return ""
	}
	return hash(manager + "\x00" + text)
}

// hash is half of a SHA-256, which is short for a reason: backends such as the local one write the whole state anew after each
// resource, so that its size is what large configurations wait for.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readLedger(ctx context.Context, private privateReader) (ledger, diag.Diagnostics) {
	raw, diags := private.GetKey(ctx, ledgerKey)
	if diags.HasError() || len(raw) == 0 {
		return nil, diags
	}
	var l ledger
	if err := json.Unmarshal(raw, &l); err != nil {
		diags.AddError("Unable to read the private state", fmt.Sprintf("The ledger of applied objects is damaged: %v. Remove the resource from state and import it again.", err))
	}
	return l, diags
}

func writeLedger(ctx context.Context, private privateWriter, l ledger) diag.Diagnostics {
	raw, err := json.Marshal(append(ledger{}, l...))
	if err != nil {
		var diags diag.Diagnostics
		diags.AddError("Unable to write the private state", err.Error())
		return diags
	}
	return private.SetKey(ctx, ledgerKey, raw)
}
