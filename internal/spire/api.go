package spire

import (
	"context"
	"fmt"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	trustdomainv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/trustdomain/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// api is what we ask of a SPIRE server. Every method returns stack.ErrNotFound for what is not there, ErrUnreachable where no
// answer comes, and a refusal for any other status, that of a batch's single item included.
type api interface {
	entryAPI
	federationAPI
}

type entryAPI interface {
	entry(ctx context.Context, id string) (liveEntry, error)
	// similar lists the entries with the same spiffe_id, parent_id and selectors.
	similar(ctx context.Context, e entry) ([]liveEntry, error)
	// create makes an entry, or gives back the one that is similar to it with created false.
	create(ctx context.Context, id string, e entry) (live liveEntry, created bool, err error)
	update(ctx context.Context, id string, e entry) (liveEntry, error)
	deleteEntry(ctx context.Context, id string) error
	// federates says whether any entry federates with the trust domain.
	federates(ctx context.Context, trustDomain string) (bool, error)
	// each calls f with what a census needs of every entry, until it returns false.
	each(ctx context.Context, f func(liveEntry) bool) error
}

type federationAPI interface {
	trustDomain(ctx context.Context) (string, error)
	relationship(ctx context.Context, trustDomain string) (liveRelationship, error)
	createRelationship(ctx context.Context, r relationship, bundle *spiffebundle.Bundle) (liveRelationship, error)
	// updateRelationship leaves the server's bundle as it is where bundle is nil.
	updateRelationship(ctx context.Context, r relationship, bundle *spiffebundle.Bundle) (liveRelationship, error)
	deleteRelationship(ctx context.Context, trustDomain string) error
	// refreshBundle fetches the bundle from its endpoint; it returns stack.ErrNotFound where there is no relationship.
	refreshBundle(ctx context.Context, trustDomain string) error
	hasBundle(ctx context.Context, trustDomain string) (bool, error)
	// deleteBundle removes a federated bundle, if it is there and no entry federates with it.
	deleteBundle(ctx context.Context, trustDomain string) error
}

type grpcAPI struct{ conn *connection }

// ownedEntryFields are the fields of an entry that we own: all that decide who gets which SVID. What only tunes agents
// (additional_attributes) is left to whoever sets it.
var ownedEntryFields = &types.EntryMask{
	SpiffeId: true, ParentId: true, Selectors: true, X509SvidTtl: true, JwtSvidTtl: true, FederatesWith: true, Admin: true,
	Downstream: true, ExpiresAt: true, DnsNames: true, StoreSvid: true, Hint: true,
}

func (a grpcAPI) entry(ctx context.Context, id string) (live liveEntry, err error) {
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		e, err := entryv1.NewEntryClient(conn).GetEntry(ctx, &entryv1.GetEntryRequest{Id: id})
		live = fromWire(e)
		return err
	})
	return live, err
}

func (a grpcAPI) similar(ctx context.Context, e entry) (found []liveEntry, err error) {
	wire, err := e.toWire("")
	if err != nil {
		return nil, err
	}
	request := &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{
		BySpiffeId:  wire.GetSpiffeId(),
		ByParentId:  wire.GetParentId(),
		BySelectors: &types.SelectorMatch{Selectors: wire.GetSelectors(), Match: types.SelectorMatch_MATCH_EXACT},
	}}
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := entryv1.NewEntryClient(conn).ListEntries(ctx, request)
		for _, other := range answer.GetEntries() {
			found = append(found, fromWire(other))
		}
		return err
	})
	return found, err
}

func (a grpcAPI) create(ctx context.Context, id string, e entry) (live liveEntry, created bool, err error) {
	wire, err := e.toWire(id)
	if err != nil {
		return live, false, err
	}
	err = a.conn.making(ctx, func(ctx context.Context, conn grpc.ClientConnInterface, option grpc.CallOption) error {
		answer, err := entryv1.NewEntryClient(conn).BatchCreateEntry(ctx, &entryv1.BatchCreateEntryRequest{Entries: []*types.Entry{wire}}, option)
		if err != nil {
			return err
		}
		result, err := only(answer.GetResults())
		live, created = fromWire(result.GetEntry()), err == nil
		if result.GetStatus().GetCode() == int32(codes.AlreadyExists) {
			return nil
		}
		return err
	})
	return live, created, err
}

func (a grpcAPI) update(ctx context.Context, id string, e entry) (live liveEntry, err error) {
	wire, err := e.toWire(id)
	if err != nil {
		return live, err
	}
	// Without a mask the server would replace every field, those of later versions included.
	request := &entryv1.BatchUpdateEntryRequest{Entries: []*types.Entry{wire}, InputMask: ownedEntryFields}
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := entryv1.NewEntryClient(conn).BatchUpdateEntry(ctx, request)
		if err != nil {
			return err
		}
		result, err := only(answer.GetResults())
		live = fromWire(result.GetEntry())
		return err
	})
	return live, err
}

func (a grpcAPI) deleteEntry(ctx context.Context, id string) error {
	return a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := entryv1.NewEntryClient(conn).BatchDeleteEntry(ctx, &entryv1.BatchDeleteEntryRequest{Ids: []string{id}})
		if err != nil {
			return err
		}
		_, err = only(answer.GetResults())
		return ignoreNotFound(err)
	})
}

func (a grpcAPI) federates(ctx context.Context, trustDomain string) (found bool, err error) {
	request := &entryv1.ListEntriesRequest{
		Filter: &entryv1.ListEntriesRequest_Filter{ByFederatesWith: &types.FederatesWithMatch{
			TrustDomains: []string{trustDomain}, Match: types.FederatesWithMatch_MATCH_ANY,
		}},
		PageSize: 1, OutputMask: &types.EntryMask{},
	}
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := entryv1.NewEntryClient(conn).ListEntries(ctx, request)
		found = len(answer.GetEntries()) > 0
		return err
	})
	return found, err
}

// censusPage is how many entries one call lists: the server's own default.
const censusPage = 500

func (a grpcAPI) each(ctx context.Context, f func(liveEntry) bool) error {
	request := &entryv1.ListEntriesRequest{
		PageSize:   censusPage,
		OutputMask: &types.EntryMask{SpiffeId: true, ParentId: true, Selectors: true, CreatedAt: true},
	}
	for {
		var answer *entryv1.ListEntriesResponse
		err := a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) (err error) {
			answer, err = entryv1.NewEntryClient(conn).ListEntries(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range answer.GetEntries() {
			if !f(fromWire(e)) {
				return nil
			}
		}
		if request.PageToken = answer.GetNextPageToken(); request.PageToken == "" {
			return nil
		}
	}
}

func (a grpcAPI) trustDomain(ctx context.Context) (name string, err error) {
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		b, err := bundlev1.NewBundleClient(conn).GetBundle(ctx, &bundlev1.GetBundleRequest{OutputMask: &types.BundleMask{}})
		name = b.GetTrustDomain()
		return err
	})
	return name, err
}

func (a grpcAPI) relationship(ctx context.Context, trustDomain string) (live liveRelationship, err error) {
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		r, err := trustdomainv1.NewTrustDomainClient(conn).GetFederationRelationship(ctx,
			&trustdomainv1.GetFederationRelationshipRequest{TrustDomain: trustDomain})
		if err != nil {
			return err
		}
		live, err = relationshipFromWire(r)
		return err
	})
	return live, err
}

func (a grpcAPI) createRelationship(ctx context.Context, r relationship, bundle *spiffebundle.Bundle) (live liveRelationship, err error) {
	wire, err := r.toWire(bundle)
	if err != nil {
		return live, err
	}
	request := &trustdomainv1.BatchCreateFederationRelationshipRequest{FederationRelationships: []*types.FederationRelationship{wire}}
	err = a.conn.making(ctx, func(ctx context.Context, conn grpc.ClientConnInterface, option grpc.CallOption) error {
		answer, err := trustdomainv1.NewTrustDomainClient(conn).BatchCreateFederationRelationship(ctx, request, option)
		if err != nil {
			return err
		}
		result, err := only(answer.GetResults())
		if err != nil {
			return err
		}
		live, err = relationshipFromWire(result.GetFederationRelationship())
		return err
	})
	return live, err
}

func (a grpcAPI) updateRelationship(ctx context.Context, r relationship, bundle *spiffebundle.Bundle) (live liveRelationship, err error) {
	wire, err := r.toWire(bundle)
	if err != nil {
		return live, err
	}
	request := &trustdomainv1.BatchUpdateFederationRelationshipRequest{
		FederationRelationships: []*types.FederationRelationship{wire},
		InputMask: &types.FederationRelationshipMask{
			BundleEndpointUrl: true, BundleEndpointProfile: true, TrustDomainBundle: bundle != nil,
		},
	}
	err = a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := trustdomainv1.NewTrustDomainClient(conn).BatchUpdateFederationRelationship(ctx, request)
		if err != nil {
			return err
		}
		result, err := only(answer.GetResults())
		if err != nil {
			return err
		}
		live, err = relationshipFromWire(result.GetFederationRelationship())
		return err
	})
	return live, err
}

func (a grpcAPI) deleteRelationship(ctx context.Context, trustDomain string) error {
	return a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := trustdomainv1.NewTrustDomainClient(conn).BatchDeleteFederationRelationship(ctx,
			&trustdomainv1.BatchDeleteFederationRelationshipRequest{TrustDomains: []string{trustDomain}})
		if err != nil {
			return err
		}
		_, err = only(answer.GetResults())
		return ignoreNotFound(err)
	})
}

func (a grpcAPI) refreshBundle(ctx context.Context, trustDomain string) error {
	return a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		_, err := trustdomainv1.NewTrustDomainClient(conn).RefreshBundle(ctx, &trustdomainv1.RefreshBundleRequest{TrustDomain: trustDomain})
		return err
	})
}

func (a grpcAPI) hasBundle(ctx context.Context, trustDomain string) (bool, error) {
	found := false
	err := a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		_, err := bundlev1.NewBundleClient(conn).GetFederatedBundle(ctx,
			&bundlev1.GetFederatedBundleRequest{TrustDomain: trustDomain, OutputMask: &types.BundleMask{}})
		found = err == nil
		return err
	})
	return found, ignoreNotFound(err)
}

func (a grpcAPI) deleteBundle(ctx context.Context, trustDomain string) error {
	return a.conn.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		answer, err := bundlev1.NewBundleClient(conn).BatchDeleteFederatedBundle(ctx, &bundlev1.BatchDeleteFederatedBundleRequest{
			TrustDomains: []string{trustDomain},
			Mode:         bundlev1.BatchDeleteFederatedBundleRequest_RESTRICT,
		})
		if err != nil {
			return err
		}
		result, err := only(answer.GetResults())
		if result.GetStatus().GetCode() == int32(codes.FailedPrecondition) {
			return nil
		}
		return ignoreNotFound(err)
	})
}

// only gives the one result of a batch of one, and the error that its status is. Without the one there is no result, whose fields can be
// asked for all the same.
func only[R interface{ GetStatus() *types.Status }](results []R) (R, error) {
	if len(results) != 1 {
		var none R
		return none, fmt.Errorf("the SPIRE server gave %d results for a batch of one", len(results))
	}
	status := results[0].GetStatus()
	return results[0], item(status.GetCode(), status.GetMessage())
}
