package spire

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const (
	// censusFresh is how long one look at the server's entries serves, so that a plan of many identities takes one.
	censusFresh = time.Minute
	// censusLimit bounds the look on a server with very many entries; the signs are on most entries of a manager.
	censusLimit = 5000
	// survival is the age from which an entry shows that nobody deletes what he does not know: a spire-controller-manager looks
	// every 10 s by default.
	survival = time.Minute
)

// census is what a server's entries tell about the spire-controller-managers that manage it. A manager leaves no other trace.
type census struct {
	// unprefixed counts pod entries under a plain UUID: of a manager without entryIDPrefix, which deletes every entry that is not
	// rendered from its own objects.
	unprefixed int
	// prefixes are the entryIDPrefix of managers, seen on pod entries "<prefix>.<uuid>". They leave entries of other prefixes
	// alone, and delete every federation relationship that is not rendered from their objects.
	prefixes map[string]int
	// survivor is an entry that a manager without prefix would have deleted and that has been there for a while.
	survivor string
}

// Rivals warns of a spire-controller-manager that manages the same server and would delete what a plan is about to create; pass
// only that, because what is there already has outlived such a manager. The API does not say who manages a server, so this reads
// the signs on the entries: pods' entries under a plain UUID mean a manager without entryIDPrefix, pods' entries under
// "<prefix>.<uuid>" one with a prefix. A manager that has not registered any pod yet, and one in static mode, cannot be told from
// a person at the command line, and are not seen. It returns ErrUnreachable where the server does not answer.
func (c *Client) Rivals(ctx context.Context, creates []stack.Object) ([]string, error) {
	var entries, relationships []string
	for _, object := range creates {
		switch object.Key.Kind {
		case stack.SPIREEntry:
			entries = append(entries, object.Key.Name)
		case stack.SPIREFederationRelationship:
			relationships = append(relationships, object.Key.Name)
		}
	}
	if len(entries)+len(relationships) == 0 {
		return nil, nil
	}
	seen, err := c.takeCensus(ctx)
	if err != nil {
		return nil, err
	}
	return seen.warnings(entries, relationships), nil
}

func (c *Client) takeCensus(ctx context.Context) (census, error) {
	now := c.options.Now()
	c.mu.Lock()
	if c.census != nil && now.Sub(c.taken) < censusFresh {
		defer c.mu.Unlock()
		return *c.census, nil
	}
	c.mu.Unlock()

	seen, count := census{prefixes: map[string]int{}}, 0
	err := c.api.each(ctx, func(e liveEntry) bool {
		seen.add(e, now)
		count++
		return count < censusLimit
	})
	if err != nil {
		return seen, err
	}
	c.mu.Lock()
	c.census, c.taken = &seen, now
	c.mu.Unlock()
	return seen, nil
}

func (s *census) add(e liveEntry, now time.Time) {
	prefix, named := managerID(e.ID)
	ofPod := slices.ContainsFunc(e.Selectors, func(selector string) bool { return strings.HasPrefix(selector, "k8s:pod-uid:") })
	switch {
	case named && ofPod && prefix == "":
		s.unprefixed++
	case named && ofPod:
		s.prefixes[prefix]++
	}
	// A plain UUID may be a manager's own, and aliases of join tokens are spared by every manager.
	lived := e.CreatedAt > 0 && now.Sub(time.Unix(e.CreatedAt, 0)) >= survival
	if lived && !(named && prefix == "") && !joinTokenAlias(e) {
		s.survivor = e.ID
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// managerID splits an entry id as a controller manager makes it: "<uuid>", or "<prefix>.<uuid>".
func managerID(id string) (prefix string, ok bool) {
	last := id
	if dot := strings.LastIndexByte(id, '.'); dot >= 0 {
		prefix, last = id[:dot], id[dot+1:]
	}
	return prefix, uuid.MatchString(last)
}

func joinTokenAlias(e liveEntry) bool {
	_, path, _ := strings.Cut(strings.TrimPrefix(e.ParentID, "spiffe://"), "/")
	return strings.HasPrefix(path, "spire/agent/join_token/") &&
		slices.ContainsFunc(e.Selectors, func(selector string) bool { return strings.HasPrefix(selector, "spiffe_id:") })
}

func (s census) warnings(entries, relationships []string) []string {
	var warnings []string
	if len(entries) > 0 && s.unprefixed > 0 && s.survivor == "" {
		warnings = append(warnings, fmt.Sprintf(
			"A spire-controller-manager without entryIDPrefix seems to manage this SPIRE server (%d entries of pods have a plain UUID for an id). It deletes every entry that it did not make, %s included, within seconds. Set entryIDPrefix in its configuration (controllerManager.addEntryIDPrefix in the SPIRE chart), or register this identity through it: registration = \"controller\".",
			s.unprefixed, enumerate(entries)))
	}
	for _, id := range entries {
		ours, _, _ := strings.Cut(id, ".")
		if s.prefixes[ours] > 0 {
			warnings = append(warnings, fmt.Sprintf(
				"A spire-controller-manager with entryIDPrefix %q manages this SPIRE server. That is the prefix of this provider's entries, and it deletes those that it did not make. Give it another prefix.", ours))
			break
		}
	}
	if len(relationships) > 0 && (s.unprefixed > 0 || len(s.prefixes) > 0) {
		warnings = append(warnings, fmt.Sprintf(
			"A spire-controller-manager manages this SPIRE server. Whatever its entryIDPrefix, it deletes every federation relationship that no ClusterFederatedTrustDomain asks for, that with %s included, unless its configuration has reconcile.clusterFederatedTrustDomains: false. The server does not tell. Set it, or declare the federation with a ClusterFederatedTrustDomain and leave out bundle_endpoint_url here.",
			enumerate(relationships)))
	}
	return warnings
}

// enumerate names the first few.
func enumerate(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
