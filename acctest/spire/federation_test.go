package spire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	trustdomainv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/trustdomain/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/spire"
)

const partnerDomain = "partner.example.net"

// federated is an identity that federates with the partner over the partner's own endpoint.
func federated(t *testing.T, server, partner *spiretest.Server) spec.Identity {
	t.Helper()
	id := identity(server, "billing")
	id.Federation = []spec.Federation{{
		TrustDomain: partner.TrustDomain(), BundleEndpointURL: partner.BundleEndpointURL(),
		EndpointSPIFFEID: partner.SPIFFEID(), TrustDomainBundle: partner.Bundle(t),
	}}
	if problems := append(id.ValidateInstances(), spec.ValidateFederation(id.Federation)...); len(problems) > 0 {
		t.Fatal(problems)
	}
	return id
}

// quiet points the relationship at an endpoint that nobody serves, so that the server's own polling changes no bundle while a
// test looks.
func quiet(id spec.Identity) spec.Identity {
	id.Federation[0].BundleEndpointURL = "https://127.0.0.1:1"
	return id
}

func startPartner(t *testing.T) *spiretest.Server {
	t.Helper()
	return spiretest.StartServer(t, spiretest.ServerOptions{TrustDomain: partnerDomain, BundleEndpoint: true})
}

func TestFederationComesBeforeTheEntriesThatNeedIt(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	objects := render(t, federated(t, server, partner))

	prior := make([]string, len(objects))
	for i, object := range objects { // in the order of rendering
		planned := plan(t, client, object, "")
		applied := apply(t, client, object, "")
		if planned.Projection != applied.Projection {
			t.Errorf("the plan said\n%s\nand the apply gave\n%s", planned.Projection, applied.Projection)
		}
		prior[i] = applied.Projection
	}
	for i, object := range objects {
		settled(t, client, object, prior[i])
	}
	if held := server.Entry(t, objects[1].Key.Name); !slices.Equal(held.GetFederatesWith(), []string{partnerDomain}) {
		t.Errorf("the entry federates with %v", held.GetFederatesWith())
	}
	// The real endpoint, over https_spiffe: the server fetches the bundle anew with the one that we gave.
	if _, err := trustdomainv1.NewTrustDomainClient(server.Conn()).RefreshBundle(t.Context(),
		&trustdomainv1.RefreshBundleRequest{TrustDomain: partnerDomain}); err != nil {
		t.Errorf("the server cannot fetch the partner's bundle: %v", err)
	}
	settled(t, client, objects[0], prior[0])

	for _, object := range slices.Backward(objects) {
		for range 2 {
			if err := client.Delete(t.Context(), object.Key, ""); err != nil {
				t.Fatalf("Delete: %v", err)
			}
		}
	}
	if server.FederationRelationship(t, partnerDomain) != nil {
		t.Error("the relationship is still there")
	}
	if bundles := federatedBundles(t, server); len(bundles) != 0 {
		t.Errorf("the bundles of %v are still there", bundles)
	}
}

func TestEntryWithoutItsFederatedBundleNamesTheTrustDomain(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, "billing")
	id.Federation = []spec.Federation{{TrustDomain: partnerDomain}} // expected to exist already
	object := render(t, id)[0]

	_, err := client.Apply(t.Context(), object, "")
	var missing *spire.MissingBundleError
	if !errors.As(err, &missing) || missing.TrustDomain != partnerDomain {
		t.Fatalf("Apply: %v, want a missing bundle of %s", err, partnerDomain)
	}
	for _, part := range []string{object.Key.Name, "federates_with", "bundle_endpoint_url"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
	if entries := server.Entries(t, ""); len(entries) != 0 {
		t.Errorf("an entry was written: %v", entries)
	}
}

func TestUnreachableBundleEndpointIsSaidWithTheEntry(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, "billing")
	id.Federation = []spec.Federation{{TrustDomain: partnerDomain, BundleEndpointURL: "https://127.0.0.1:1/bundle"}}
	objects := render(t, id)
	apply(t, client, objects[0], "")

	_, err := client.Apply(t.Context(), objects[1], "")
	var missing *spire.MissingBundleError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("Apply: %v, want the endpoint's own failure", err)
	}
}

func TestDeletedBundleIsGivenAgain(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	objects := render(t, quiet(federated(t, server, partner)))
	applied := apply(t, client, objects[0], "")
	if _, err := bundlev1.NewBundleClient(server.Conn()).BatchDeleteFederatedBundle(t.Context(),
		&bundlev1.BatchDeleteFederatedBundleRequest{TrustDomains: []string{partnerDomain}}); err != nil {
		t.Fatal(err)
	}

	live, err := client.Read(t.Context(), objects[0].Key, applied.Projection)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(live.Projection, "trust_domain_bundle") {
		t.Errorf("Read does not see that the bundle is gone: %s", live.Projection)
	}
	planned := plan(t, client, objects[0], applied.Projection)
	if planned.Projection != applied.Projection || !slices.Equal(planned.Reclaimed, []string{"trust_domain_bundle"}) {
		t.Errorf("Plan takes back %v for %s", planned.Reclaimed, planned.Projection)
	}
	apply(t, client, objects[0], applied.Projection)
	if held := server.FederationRelationship(t, partnerDomain); held.GetTrustDomainBundle() == nil {
		t.Error("the bundle was not given again")
	}
	apply(t, client, objects[1], "")
}

func TestDriftOfAFederationRelationshipIsSeenAndTakenBack(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	object := render(t, federated(t, server, partner))[0]
	applied := apply(t, client, object, "")

	for name, test := range map[string]struct {
		edit *types.FederationRelationship
		mask *types.FederationRelationshipMask
		want []string
	}{
		"the endpoint's URL": {
			&types.FederationRelationship{BundleEndpointUrl: "https://evil.example.com/bundle", BundleEndpointProfile: web},
			&types.FederationRelationshipMask{BundleEndpointUrl: true},
			[]string{"bundle_endpoint_url"},
		},
		"the endpoint's profile": {
			&types.FederationRelationship{BundleEndpointUrl: partner.BundleEndpointURL(), BundleEndpointProfile: web},
			&types.FederationRelationshipMask{BundleEndpointProfile: true},
			[]string{"bundle_endpoint_profile", "endpoint_spiffe_id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.edit.TrustDomain = partnerDomain
			answer, err := trustdomainv1.NewTrustDomainClient(server.Conn()).BatchUpdateFederationRelationship(t.Context(),
				&trustdomainv1.BatchUpdateFederationRelationshipRequest{FederationRelationships: []*types.FederationRelationship{test.edit}, InputMask: test.mask})
			if err != nil || answer.GetResults()[0].GetStatus().GetCode() != 0 {
				t.Fatalf("edit: %v %v", err, answer)
			}
			live, err := client.Read(t.Context(), object.Key, applied.Projection)
			if err != nil || live.Projection == applied.Projection {
				t.Errorf("Read shows no drift: %v", err)
			}
			again := apply(t, client, object, applied.Projection)
			if !slices.Equal(again.Reclaimed, test.want) || again.Projection != applied.Projection {
				t.Errorf("Apply took back %v and gave %s", again.Reclaimed, again.Projection)
			}
			settled(t, client, object, again.Projection)
		})
	}
}

// The server replaces a bundle with what its endpoint serves. A rotated key must neither show as drift nor be undone by the
// bundle in the configuration, which only was the first.
func TestRotatedBundleIsNoDriftAndIsKept(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	object := render(t, quiet(federated(t, server, partner)))[0]
	applied := apply(t, client, object, "")
	rotated := otherBundle(t, partner, partnerDomain)
	setBundle(t, server, rotated)
	settled(t, client, object, applied.Projection)

	object.Body["bundle_endpoint_url"] = "https://127.0.0.1:1/moved"
	moved := apply(t, client, object, applied.Projection)
	held := server.FederationRelationship(t, partnerDomain)
	if held.GetBundleEndpointUrl() != "https://127.0.0.1:1/moved" {
		t.Errorf("the URL was not changed: %v", held)
	}
	if got := held.GetTrustDomainBundle().GetX509Authorities(); len(got) != 1 || !slices.Equal(got[0].GetAsn1(), rotated.GetX509Authorities()[0].GetAsn1()) {
		t.Error("changing the URL put back the first bundle")
	}

	// A bundle that was not given before is given: that is how a person repairs one.
	object.Body["trust_domain_bundle"] = startPartner(t).Bundle(t)
	if changed := apply(t, client, object, moved.Projection); changed.Projection == moved.Projection {
		t.Error("another bundle does not show in the projection")
	}
	held = server.FederationRelationship(t, partnerDomain)
	if got := held.GetTrustDomainBundle().GetX509Authorities(); len(got) != 1 || slices.Equal(got[0].GetAsn1(), rotated.GetX509Authorities()[0].GetAsn1()) {
		t.Error("the new bundle was not given to the server")
	}
}

func TestImportedRelationshipNeedsNoUpdate(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	object := render(t, federated(t, server, partner))[0]
	applied := apply(t, client, object, "")

	live, err := client.Read(t.Context(), object.Key, "")
	if err != nil {
		t.Fatal(err)
	}
	if live.Projection != applied.Projection {
		t.Errorf("an import reads\n%s\nof\n%s", live.Projection, applied.Projection)
	}
}

// Two identities may federate with the same domain, and the end of the first must not take the bundle from the second.
func TestRelationshipThatAnotherIdentityNeedsStays(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	first, second := quiet(federated(t, server, partner)), quiet(federated(t, server, partner))
	second.Name = "shipping"
	for _, id := range []spec.Identity{first, second} {
		for _, object := range render(t, id) {
			apply(t, client, object, "")
		}
	}
	remove := func(id spec.Identity) {
		t.Helper()
		for _, object := range slices.Backward(render(t, id)) {
			if err := client.Delete(t.Context(), object.Key, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove(first)
	if held := server.FederationRelationship(t, partnerDomain); held.GetTrustDomainBundle() == nil {
		t.Errorf("the second identity's relationship is %v", held)
	}
	remove(second)
	if server.FederationRelationship(t, partnerDomain) != nil || len(federatedBundles(t, server)) != 0 {
		t.Error("the relationship or its bundle is still there")
	}
}

func TestBadRelationshipsAreRefusedAtPlan(t *testing.T) {
	server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
	client := connect(t, server)
	for name, test := range map[string]struct {
		field string
		value any
		want  string
	}{
		"a bundle that is none":           {"trust_domain_bundle", "{}", "trust_domain_bundle"},
		"a bundle without X.509":          {"trust_domain_bundle", `{"keys":[]}`, "no X.509 authority"},
		"the server's own trust domain":   {"trust_domain", server.TrustDomain(), "the SPIRE server's own"},
		"an unknown profile":              {"bundle_endpoint_profile", "http", "https_web or https_spiffe"},
		"an ID with the profile of names": {"bundle_endpoint_profile", "https_web", "endpoint_spiffe_id"},
	} {
		t.Run(name, func(t *testing.T) {
			object := render(t, federated(t, server, partner))[0]
			object.Body[test.field] = test.value
			if _, err := client.Plan(t.Context(), object, ""); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Plan: %v, want %q", err, test.want)
			}
		})
	}
}

var web = &types.FederationRelationship_HttpsWeb{HttpsWeb: &types.HTTPSWebProfile{}}

// otherBundle is a bundle of trustDomain with an authority that is not the partner's present one.
func otherBundle(t *testing.T, partner *spiretest.Server, trustDomain string) *types.Bundle {
	t.Helper()
	other := spiretest.StartServer(t, spiretest.ServerOptions{TrustDomain: partner.TrustDomain()})
	bundle, err := bundlev1.NewBundleClient(other.Conn()).GetBundle(t.Context(), &bundlev1.GetBundleRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return &types.Bundle{TrustDomain: trustDomain, X509Authorities: bundle.GetX509Authorities(), SequenceNumber: uint64(time.Now().Unix())}
}

func setBundle(t *testing.T, server *spiretest.Server, bundle *types.Bundle) {
	t.Helper()
	answer, err := bundlev1.NewBundleClient(server.Conn()).BatchSetFederatedBundle(t.Context(), &bundlev1.BatchSetFederatedBundleRequest{Bundle: []*types.Bundle{bundle}})
	if err != nil || answer.GetResults()[0].GetStatus().GetCode() != 0 {
		t.Fatalf("set the bundle of %s: %v %v", bundle.GetTrustDomain(), err, answer)
	}
}

func federatedBundles(t *testing.T, server *spiretest.Server) []string {
	t.Helper()
	answer, err := bundlev1.NewBundleClient(server.Conn()).ListFederatedBundles(t.Context(), &bundlev1.ListFederatedBundlesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var domains []string
	for _, bundle := range answer.GetBundles() {
		domains = append(domains, bundle.GetTrustDomain())
	}
	return domains
}
