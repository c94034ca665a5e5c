package spire

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// entry is the part of a registration entry that we own, which is also its projection. A field that is zero is left out, so that
// one which somebody sets shows as an addition.
type entry struct {
	SPIFFEID      string   `json:"spiffe_id"`
	ParentID      string   `json:"parent_id"`
	Selectors     []string `json:"selectors"`                // "type:value", sorted
	X509SVIDTTL   int32    `json:"x509_svid_ttl,omitempty"`  // seconds
	JWTSVIDTTL    int32    `json:"jwt_svid_ttl,omitempty"`   // seconds
	FederatesWith []string `json:"federates_with,omitempty"` // trust domain names, sorted
	Admin         bool     `json:"admin,omitempty"`
	Downstream    bool     `json:"downstream,omitempty"`
	ExpiresAt     int64    `json:"expires_at,omitempty"` // seconds since the Unix epoch
	DNSNames      []string `json:"dns_names,omitempty"`  // in order: the first is the common name
	StoreSVID     bool     `json:"store_svid,omitempty"`
	Hint          string   `json:"hint,omitempty"`
}

// liveEntry is an entry as the server holds it.
type liveEntry struct {
	entry
	ID        string
	Revision  int64
	CreatedAt int64 // seconds since the Unix epoch; 0 where the server does not say
}

func decodeEntry(body map[string]any) (entry, error) {
	var e entry
	if err := decodeStrictly(body, &e); err != nil {
		return e, err
	}
	_, err := e.toWire("") // before the selectors are sorted: an error counts them as they were given
	e.normalise()
	return e, err
}

func (e *entry) normalise() {
	slices.Sort(e.Selectors)
	slices.Sort(e.FederatesWith)
	e.FederatesWith = slices.Compact(e.FederatesWith)
}

// toWire checks the fields that have a form of their own, and names the one that is wrong.
func (e entry) toWire(id string) (*types.Entry, error) {
	spiffeID, err := spiffeid.FromString(e.SPIFFEID)
	if err != nil {
		return nil, fmt.Errorf("spiffe_id %q: %w", e.SPIFFEID, err)
	}
	parentID, err := spiffeid.FromString(e.ParentID)
	if err != nil {
		return nil, fmt.Errorf("parent_id %q: %w", e.ParentID, err)
	}
	if len(e.Selectors) == 0 {
		return nil, errors.New("selectors: at least one is needed")
	}
	selectors := make([]*types.Selector, 0, len(e.Selectors))
	for i, text := range e.Selectors {
		kind, value, err := spec.ParseSelector(text)
		if err != nil {
			return nil, fmt.Errorf("selectors[%d] %q: %w", i, text, err)
		}
		selectors = append(selectors, &types.Selector{Type: kind, Value: value})
	}
	return &types.Entry{
		Id:       id,
		SpiffeId: &types.SPIFFEID{TrustDomain: spiffeID.TrustDomain().Name(), Path: spiffeID.Path()},
		ParentId: &types.SPIFFEID{TrustDomain: parentID.TrustDomain().Name(), Path: parentID.Path()},

		Selectors: selectors, X509SvidTtl: e.X509SVIDTTL, JwtSvidTtl: e.JWTSVIDTTL, FederatesWith: e.FederatesWith, Admin: e.Admin,
		Downstream: e.Downstream, ExpiresAt: e.ExpiresAt, DnsNames: e.DNSNames, StoreSvid: e.StoreSVID, Hint: e.Hint,
	}, nil
}

func fromWire(w *types.Entry) liveEntry {
	live := liveEntry{
		entry: entry{
			SPIFFEID: idFromWire(w.GetSpiffeId()), ParentID: idFromWire(w.GetParentId()),
			X509SVIDTTL: w.GetX509SvidTtl(), JWTSVIDTTL: w.GetJwtSvidTtl(),
			FederatesWith: slices.Clone(w.GetFederatesWith()), Admin: w.GetAdmin(), Downstream: w.GetDownstream(),
			ExpiresAt: w.GetExpiresAt(), DNSNames: slices.Clone(w.GetDnsNames()), StoreSVID: w.GetStoreSvid(), Hint: w.GetHint(),
		},
		ID: w.GetId(), Revision: w.GetRevisionNumber(), CreatedAt: w.GetCreatedAt(),
	}
	for _, s := range w.GetSelectors() {
		live.Selectors = append(live.Selectors, s.GetType()+":"+s.GetValue())
	}
	live.normalise()
	return live
}

func idFromWire(id *types.SPIFFEID) string {
	if id == nil {
		return ""
	}
	return "spiffe://" + id.GetTrustDomain() + id.GetPath()
}

func (e entry) same(other entry) bool {
	a, errA := fieldsOf(e)
	b, errB := fieldsOf(other)
	return errA == nil && errB == nil && reflect.DeepEqual(a, b)
}

func (l liveEntry) toLive() (stack.Live, error) {
	fields, err := fieldsOf(l.entry)
	if err != nil {
		return stack.Live{}, err
	}
	projection, err := stack.CanonicalJSON(fields)
	if err != nil {
		return stack.Live{}, err
	}
	fields["id"], fields["revision_number"], fields["created_at"] = l.ID, l.Revision, l.CreatedAt
	return stack.Live{Projection: projection, Body: fields}, nil
}

func (c *Client) readEntry(ctx context.Context, key stack.Key) (stack.Live, error) {
	live, err := c.api.entry(ctx, key.Name)
	if err != nil {
		return stack.Live{}, err
	}
	return live.toLive()
}

func (c *Client) planEntry(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	e, live, err := c.lookAtEntry(ctx, desired)
	if err != nil {
		return stack.Live{}, err
	}
	return planned(e, live, prior)
}

// planned computes the result of an apply from what was read: the server stores the fields that we own as they are given.
func planned(e entry, live *liveEntry, prior string) (stack.Live, error) {
	result, err := liveEntry{entry: e}.toLive()
	if err != nil {
		return stack.Live{}, err
	}
	result.Body = nil
	if live != nil {
		result.Reclaimed, err = reclaimed(live.entry, e, prior)
	}
	return result, err
}

// lookAtEntry decodes the desired entry, reads the present one (nil where there is none), and finds what the server would not
// say until apply, or never: a wrong trust domain, and another entry for the same workload.
func (c *Client) lookAtEntry(ctx context.Context, desired stack.Object) (entry, *liveEntry, error) {
	e, err := decodeEntry(desired.Body)
	if err != nil {
		return e, nil, err
	}
	if err := c.checkDomain(ctx, e); err != nil {
		return e, nil, err
	}
	found, err := c.api.entry(ctx, desired.Key.Name)
	if ignoreNotFound(err) != nil {
		return e, nil, err
	}
	var live *liveEntry
	if err == nil {
		live = &found
		if e.identifies(live.entry) {
			return e, live, nil // an update of other fields cannot make it similar to another
		}
	}
	// An update that makes two entries similar is not refused by the server.
	similar, err := c.api.similar(ctx, e)
	if err != nil {
		return e, nil, err
	}
	for _, other := range similar {
		if other.ID != desired.Key.Name {
			return e, nil, &ConflictError{ID: desired.Key.Name, OtherID: other.ID}
		}
	}
	return e, live, nil
}

func (e entry) identifies(other entry) bool {
	return e.SPIFFEID == other.SPIFFEID && e.ParentID == other.ParentID && slices.Equal(e.Selectors, other.Selectors)
}

func (c *Client) checkDomain(ctx context.Context, e entry) error {
	domain, err := c.serverDomain(ctx)
	if err != nil {
		return err
	}
	for _, field := range []struct{ name, id string }{{"spiffe_id", e.SPIFFEID}, {"parent_id", e.ParentID}} {
		id, err := spiffeid.FromString(field.id)
		if err != nil {
			return fmt.Errorf("%s %q: %w", field.name, field.id, err)
		}
		if id.TrustDomain().Name() != domain {
			return fmt.Errorf("%s %q: the SPIRE server is the authority of trust domain %q and registers no others: correct trust_domain, or name the server of %q",
				field.name, field.id, domain, id.TrustDomain().Name())
		}
	}
	return nil
}

func (c *Client) applyEntry(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	e, live, err := c.lookAtEntry(ctx, desired)
	if err != nil {
		return stack.Live{}, err
	}
	var back []string
	if live != nil {
		if back, err = reclaimed(live.entry, e, prior); err != nil {
			return stack.Live{}, err
		}
	}
	written, err := c.writeEntry(ctx, desired.Key.Name, e, live)
	if err != nil {
		return stack.Live{}, err
	}
	written.orderLike(e)
	result, err := written.toLive()
	result.Reclaimed = back
	return result, err
}

// orderLike puts the DNS names in the order of e, where they are the same. The server keeps the order and gives it back to a
// read, but its answer to a write has them in any.
func (l *liveEntry) orderLike(e entry) {
	if slices.Equal(slices.Sorted(slices.Values(l.DNSNames)), slices.Sorted(slices.Values(e.DNSNames))) {
		l.DNSNames = e.DNSNames
	}
}

// writeEntry writes what differs. An entry that equals e is not written: a new revision makes agents renew its SVIDs.
func (c *Client) writeEntry(ctx context.Context, id string, e entry, live *liveEntry) (liveEntry, error) {
	written, err := c.writeOnce(ctx, id, e, live)
	if refused(err, codes.Internal) && len(e.FederatesWith) > 0 {
		// INTERNAL is also the server's code for a bundle that it does not hold.
		if err := c.fetchBundles(ctx, e); err != nil {
			return written, err
		}
		written, err = c.writeOnce(ctx, id, e, live)
	}
	return written, err
}

func (c *Client) writeOnce(ctx context.Context, id string, e entry, live *liveEntry) (liveEntry, error) {
	if live == nil {
		created, err := c.createEntry(ctx, id, e)
		if err != nil {
			return created, err
		}
		live = &created
	}
	if live.same(e) {
		return *live, nil
	}
	updated, err := c.api.update(ctx, id, e)
	if errors.Is(err, stack.ErrNotFound) {
		return c.createEntry(ctx, id, e) // deleted since it was read
	}
	return updated, err
}

func (c *Client) createEntry(ctx context.Context, id string, e entry) (liveEntry, error) {
	got, created, err := c.api.create(ctx, id, e)
	if err == nil && !created && got.ID != id {
		err = &ConflictError{ID: id, OtherID: got.ID}
	}
	return got, err
}

// fetchBundles has the server fetch the bundles that e needs and that it does not hold. A relationship whose bundle comes from
// its endpoint has none until the server first polls it.
func (c *Client) fetchBundles(ctx context.Context, e entry) error {
	for _, domain := range e.FederatesWith {
		held, err := c.api.hasBundle(ctx, domain)
		if err != nil {
			return err
		}
		if held {
			continue
		}
		switch err := c.api.refreshBundle(ctx, domain); {
		case errors.Is(err, stack.ErrNotFound):
			return &MissingBundleError{TrustDomain: domain}
		case err != nil:
			return &MissingBundleError{TrustDomain: domain, Why: err.Error()}
		}
	}
	return nil
}
