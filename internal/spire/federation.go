package spire

import (
	"context"
	"errors"
	"fmt"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// The profiles of a bundle endpoint.
const (
	profileWeb    = "https_web"
	profileSPIFFE = "https_spiffe"
)

// relationship is the part of a federation relationship that we own. In a body TrustDomainBundle is a SPIFFE bundle in JSON; in a
// projection it is the digest of the bundle that was given, because the server replaces the bundle itself with what the endpoint
// serves and a rotated key is no drift.
type relationship struct {
	TrustDomain           string `json:"trust_domain"`
	BundleEndpointURL     string `json:"bundle_endpoint_url"`
	BundleEndpointProfile string `json:"bundle_endpoint_profile"` // https_web or https_spiffe
	EndpointSPIFFEID      string `json:"endpoint_spiffe_id,omitempty"`
	TrustDomainBundle     string `json:"trust_domain_bundle,omitempty"`
}

// liveRelationship is a relationship as the server holds it, its TrustDomainBundle empty.
type liveRelationship struct {
	relationship
	Bundle *spiffebundle.Bundle // nil where the server holds none
}

// decodeRelationship gives the desired relationship with the digest of its bundle, and that bundle (nil where none is given).
func decodeRelationship(body map[string]any) (relationship, *spiffebundle.Bundle, error) {
	var r relationship
	if err := decodeStrictly(body, &r); err != nil {
		return r, nil, err
	}
	td, err := spiffeid.TrustDomainFromString(r.TrustDomain)
	if err != nil {
		return r, nil, fmt.Errorf("trust_domain %q: %w", r.TrustDomain, err)
	}
	if r.TrustDomainBundle == "" {
		_, err = r.toWire(nil)
		return r, nil, err
	}
	bundle, err := spiffebundle.Parse(td, []byte(r.TrustDomainBundle))
	if err != nil {
		return r, nil, fmt.Errorf("trust_domain_bundle: %w", err)
	}
	if len(bundle.X509Authorities()) == 0 {
		return r, nil, errors.New("trust_domain_bundle: it holds no X.509 authority")
	}
	if r.TrustDomainBundle, err = digest(bundle); err != nil {
		return r, nil, err
	}
	_, err = r.toWire(bundle)
	return r, bundle, err
}

func (r relationship) toWire(bundle *spiffebundle.Bundle) (*types.FederationRelationship, error) {
	wire := &types.FederationRelationship{TrustDomain: r.TrustDomain, BundleEndpointUrl: r.BundleEndpointURL}
	switch r.BundleEndpointProfile {
	case profileWeb:
		if r.EndpointSPIFFEID != "" {
			return nil, fmt.Errorf("endpoint_spiffe_id %q: an endpoint of profile %s has none", r.EndpointSPIFFEID, profileWeb)
		}
		wire.BundleEndpointProfile = &types.FederationRelationship_HttpsWeb{HttpsWeb: &types.HTTPSWebProfile{}}
	case profileSPIFFE:
		if _, err := spiffeid.FromString(r.EndpointSPIFFEID); err != nil {
			return nil, fmt.Errorf("endpoint_spiffe_id %q: %w", r.EndpointSPIFFEID, err)
		}
		wire.BundleEndpointProfile = &types.FederationRelationship_HttpsSpiffe{
			HttpsSpiffe: &types.HTTPSSPIFFEProfile{EndpointSpiffeId: r.EndpointSPIFFEID},
		}
	default:
		return nil, fmt.Errorf("bundle_endpoint_profile %q: it is %s or %s", r.BundleEndpointProfile, profileWeb, profileSPIFFE)
	}
	var err error
	if bundle != nil {
		wire.TrustDomainBundle, err = bundleToWire(bundle)
	}
	return wire, err
}

func relationshipFromWire(w *types.FederationRelationship) (liveRelationship, error) {
	live := liveRelationship{relationship: relationship{
		TrustDomain: w.GetTrustDomain(), BundleEndpointURL: w.GetBundleEndpointUrl(), BundleEndpointProfile: profileWeb,
	}}
	if s := w.GetHttpsSpiffe(); s != nil {
		live.BundleEndpointProfile, live.EndpointSPIFFEID = profileSPIFFE, s.GetEndpointSpiffeId()
	}
	if w.GetTrustDomainBundle() == nil {
		return live, nil
	}
	var err error
	live.Bundle, err = bundleFromWire(w.GetTrustDomainBundle())
	return live, err
}

// recorded is the live relationship as it is projected: with the digest of the bundle that was given, as long as the server
// holds any bundle. An object without a stored projection was imported, and then the server's own bundle counts as given.
func (l liveRelationship) recorded(prior string) (relationship, error) {
	r := l.relationship
	if l.Bundle == nil {
		return r, nil
	}
	if prior == "" {
		given, err := digest(l.Bundle)
		r.TrustDomainBundle = given
		return r, err
	}
	given, err := givenBundle(prior)
	r.TrustDomainBundle = given
	return r, err
}

func givenBundle(prior string) (string, error) {
	if prior == "" {
		return "", nil
	}
	fields, err := parseFields([]byte(prior))
	if err != nil {
		return "", err
	}
	given, _ := fields["trust_domain_bundle"].(string)
	return given, nil
}

func (r relationship) toLive(bundle *spiffebundle.Bundle) (stack.Live, error) {
	fields, err := fieldsOf(r)
	if err != nil {
		return stack.Live{}, err
	}
	projection, err := stack.CanonicalJSON(fields)
	if err == nil && bundle != nil {
		var text []byte
		text, err = bundle.Marshal()
		fields["trust_domain_bundle"] = string(text)
	}
	return stack.Live{Projection: projection, Body: fields}, err
}

func (c *Client) readRelationship(ctx context.Context, key stack.Key, prior string) (stack.Live, error) {
	live, err := c.api.relationship(ctx, key.Name)
	if err != nil {
		return stack.Live{}, err
	}
	r, err := live.recorded(prior)
	if err != nil {
		return stack.Live{}, err
	}
	return r.toLive(live.Bundle)
}

// lookAtRelationship decodes the desired relationship and reads the present one, nil where there is none.
func (c *Client) lookAtRelationship(ctx context.Context, desired stack.Object) (relationship, *spiffebundle.Bundle, *liveRelationship, error) {
	r, bundle, err := decodeRelationship(desired.Body)
	if err != nil {
		return r, nil, nil, err
	}
	domain, err := c.serverDomain(ctx)
	if err != nil {
		return r, nil, nil, err
	}
	if domain == r.TrustDomain {
		return r, nil, nil, fmt.Errorf("trust_domain %q: it is the SPIRE server's own, and federation is with others", domain)
	}
	live, err := c.api.relationship(ctx, r.TrustDomain)
	if errors.Is(err, stack.ErrNotFound) {
		return r, bundle, nil, nil
	}
	return r, bundle, &live, err
}

func (c *Client) planRelationship(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	r, _, live, err := c.lookAtRelationship(ctx, desired)
	if err != nil {
		return stack.Live{}, err
	}
	result, err := r.toLive(nil)
	if err != nil {
		return stack.Live{}, err
	}
	result.Body = nil
	result.Reclaimed, err = live.reclaimed(r, prior)
	return result, err
}

func (l *liveRelationship) reclaimed(desired relationship, prior string) ([]string, error) {
	if l == nil {
		return nil, nil
	}
	now, err := l.recorded(prior)
	if err != nil {
		return nil, err
	}
	return reclaimed(now, desired, prior)
}

func (c *Client) applyRelationship(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	r, bundle, live, err := c.lookAtRelationship(ctx, desired)
	if err != nil {
		return stack.Live{}, err
	}
	back, err := live.reclaimed(r, prior)
	if err != nil {
		return stack.Live{}, err
	}
	held, err := c.writeRelationship(ctx, r, bundle, live, prior)
	if err != nil {
		return stack.Live{}, err
	}
	result, err := r.toLive(held)
	result.Reclaimed = back
	return result, err
}

// writeRelationship writes what differs and gives the bundle that the server then holds.
func (c *Client) writeRelationship(ctx context.Context, r relationship, bundle *spiffebundle.Bundle, live *liveRelationship, prior string) (*spiffebundle.Bundle, error) {
	if live == nil {
		created, err := c.api.createRelationship(ctx, r, bundle)
		return created.Bundle, err
	}
	given, err := givenBundle(prior)
	if err != nil {
		return nil, err
	}
	// The server's bundle is as a rule newer than ours, which only was the first. It is replaced where it is missing, or where a
	// bundle that was not given before holds an authority that it lacks.
	if bundle != nil && live.Bundle != nil && (given == r.TrustDomainBundle || covers(live.Bundle, bundle)) {
		bundle = nil
	}
	present := live.relationship
	present.TrustDomainBundle = r.TrustDomainBundle
	if bundle == nil && present == r {
		return live.Bundle, nil
	}
	updated, err := c.api.updateRelationship(ctx, r, bundle)
	return updated.Bundle, err
}

// deleteRelationship also removes the bundle that came with it. A relationship belongs to the server, not to one identity: as
// long as an entry federates with the trust domain it stays, because without it the bundle would not be kept fresh and that
// entry's workload could one day verify nobody. Whoever removes the last such entry and then the relationship removes it.
func (c *Client) deleteRelationship(ctx context.Context, trustDomain string) error {
	needed, err := c.api.federates(ctx, trustDomain)
	if err != nil || needed {
		return err
	}
	if err := c.api.deleteRelationship(ctx, trustDomain); err != nil {
		return err
	}
	return c.api.deleteBundle(ctx, trustDomain)
}
