package oss

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// The hints by which a workload with several SVIDs tells them apart.
const (
	HintInstance = "instance" // the ID of this one instance
	HintLogical  = "logical"  // the ID of the agent, shared by its instances
)

// EntryIDPrefix starts every entry id of ours. Its dot matters: a spire-controller-manager that cleans up ids without a prefix
// (entryIDPrefixCleanup: "") takes those without a dot for its own.
const EntryIDPrefix = "agentward."

// maxEntryID is the length of an entry id that the SPIRE server accepts, in bytes (pkg/server/datastore/sqlstore,
// validateRegistrationEntry). Its alphabet is that of a SPIFFE ID's path segments: letters, digits, '.', '-' and '_'.
const maxEntryID = 255

// Registration renders an identity that is registered with the SPIRE server: the federation relationships whose endpoint is
// given, because an entry may name only trust domains whose bundle is there, and then the entries of each instance, sorted by
// name. A suspended identity or instance has no entries. With another registration there is nothing to render.
func Registration(id spec.Identity) ([]stack.Object, error) {
	if id.Registration != spec.RegistrationServer {
		return nil, nil
	}
	objects := serverRelationships(id.Federation)
	if id.Suspended {
		return objects, nil
	}
	td, err := spiffeid.TrustDomainFromString(id.TrustDomain)
	if err != nil {
		return nil, fmt.Errorf("trust_domain %q: %w", id.TrustDomain, err)
	}
	for _, name := range slices.Sorted(maps.Keys(id.Instances)) {
		instance := id.Instances[name]
		if instance.Suspended {
			continue
		}
		entries, err := instanceEntries(id, td, name, instance)
		if err != nil {
			return nil, fmt.Errorf("instance %q: %w", name, err)
		}
		objects = append(objects, entries...)
	}
	return objects, nil
}

// EntryID is the id of the entry that gives one instance the SVID of this hint. It is the same for the same arguments and
// different for different ones; what is too long for the server ends in a hash of the whole.
func EntryID(namespace, agent, hint, instance string) string {
	full := EntryIDPrefix + strings.Join([]string{namespace, agent, hint, instance}, ".")
	if len(full) <= maxEntryID {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	tail := "." + hex.EncodeToString(sum[:16])
	return full[:maxEntryID-len(tail)] + tail
}

func instanceEntries(id spec.Identity, td spiffeid.TrustDomain, name string, instance spec.Instance) ([]stack.Object, error) {
	logical, err := spiffeid.FromSegments(td, "ns", id.Namespace, "agent", id.Name)
	if err != nil {
		return nil, err
	}
	own, err := logical.AppendSegments("instance", name)
	if err != nil {
		return nil, err
	}
	object, err := serverEntry(id, own, HintInstance, name, instance)
	if err != nil {
		return nil, err
	}
	objects := []stack.Object{object}
	if id.LogicalID {
		if object, err = serverEntry(id, logical, HintLogical, name, instance); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

func serverEntry(id spec.Identity, spiffeID spiffeid.ID, hint, name string, instance spec.Instance) (stack.Object, error) {
	body := map[string]any{
		"spiffe_id": spiffeID.String(),
		"parent_id": instance.ParentID,
		"selectors": jsonStrings(slices.Sorted(slices.Values(instance.Selectors))),
		"hint":      hint,
	}
	if err := setTTL(body, "x509_svid_ttl", id.X509TTL); err != nil {
		return stack.Object{}, err
	}
	if err := setTTL(body, "jwt_svid_ttl", id.JWTTL); err != nil {
		return stack.Object{}, err
	}
	if len(id.DNSNames) > 0 {
		// In the user's order: the first is the common name of the X509-SVID.
		body["dns_names"] = jsonStrings(id.DNSNames)
	}
	if len(id.Federation) > 0 {
		domains := make([]string, 0, len(id.Federation))
		for _, f := range id.Federation {
			domains = append(domains, f.TrustDomain)
		}
		slices.Sort(domains)
		body["federates_with"] = jsonStrings(slices.Compact(domains))
	}
	return stack.Object{Key: stack.SPIREKey(stack.SPIREEntry, EntryID(id.Namespace, id.Name, hint, name)), Body: body}, nil
}

func setTTL(body map[string]any, field string, ttl time.Duration) error {
	if ttl < 0 || ttl%time.Second != 0 || ttl/time.Second > math.MaxInt32 {
		return fmt.Errorf("%s: %s is no whole number of seconds that SPIRE can store", field, ttl)
	}
	if ttl > 0 {
		body[field] = int64(ttl / time.Second)
	}
	return nil
}

func serverRelationships(federation []spec.Federation) []stack.Object {
	sorted := slices.Clone(federation)
	slices.SortFunc(sorted, func(a, b spec.Federation) int { return strings.Compare(a.TrustDomain, b.TrustDomain) })
	var objects []stack.Object
	for _, f := range sorted {
		if f.BundleEndpointURL == "" {
			continue
		}
		body := map[string]any{
			"trust_domain":            f.TrustDomain,
			"bundle_endpoint_url":     f.BundleEndpointURL,
			"bundle_endpoint_profile": "https_web",
		}
		if f.EndpointSPIFFEID != "" {
			body["bundle_endpoint_profile"] = "https_spiffe"
			body["endpoint_spiffe_id"] = f.EndpointSPIFFEID
		}
		if f.TrustDomainBundle != "" {
			body["trust_domain_bundle"] = f.TrustDomainBundle
		}
		objects = append(objects, stack.Object{Key: stack.SPIREKey(stack.SPIREFederationRelationship, f.TrustDomain), Body: body})
	}
	return objects
}

func jsonStrings(values []string) []any {
	out := make([]any, 0, len(values))
	for _, v := range values {
		out = append(out, v)
	}
	return out
}
