package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// The limits of the SPIRE server's datastore, in bytes.
const (
	maxSelectorPart = 255
	maxInstanceName = 100 // leaves room in an entry id (255) for namespace and name
	maxDNSName      = 253
)

// ParseSelector splits a SPIRE selector "type:value" at its first colon. It refuses what the server would refuse (a missing part)
// and what its datastore cannot hold (a part over 255 bytes), and white space around a part, which no attestor ever gives.
func ParseSelector(text string) (kind, value string, err error) {
	kind, value, found := strings.Cut(text, ":")
	switch {
	case !found:
		return "", "", errors.New(`a selector is "type:value", as in "k8s:pod-uid:…" or "unix:uid:5000"`)
	case kind == "":
		return "", "", errors.New("the selector has no type before its first colon")
	case value == "":
		return "", "", errors.New("the selector has no value after its type")
	case strings.TrimSpace(kind) != kind || strings.TrimSpace(value) != value:
		return "", "", errors.New("the selector has white space around its type or value and would match no workload")
	case !utf8.ValidString(text):
		return "", "", errors.New("the selector is no UTF-8 text, which is all that the server's API carries")
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", "", errors.New("the selector has a control character in it")
	case len(kind) > maxSelectorPart || len(value) > maxSelectorPart:
		return "", "", fmt.Errorf("the selector's type or value is longer than the %d bytes that SPIRE stores", maxSelectorPart)
	}
	return kind, value, nil
}

// ValidateInstances checks what is particular to registration with the SPIRE server: the instances, the plain DNS names, and
// that no federated trust domain is the identity's own. With another registration it only refuses instances.
func (id Identity) ValidateInstances() Problems {
	var ps Problems
	if id.Registration != RegistrationServer {
		if len(id.Instances) > 0 {
			ps.Add([]any{"instances"}, `instances are registered with the SPIRE server; set registration = %q, or leave them out: spire-controller-manager finds the pods itself`, RegistrationServer)
		}
		return ps
	}
	if len(id.Instances) == 0 {
		ps.Add([]any{"instances"}, `registration = %q needs at least one instance: nothing else tells the server which workload is this agent`, RegistrationServer)
	}
	own, err := spiffeid.TrustDomainFromString(id.TrustDomain)
	known := err == nil // otherwise trust_domain has its own problem
	for _, name := range slices.Sorted(maps.Keys(id.Instances)) {
		path := []any{"instances", MapKey(name)}
		validateInstanceName(&ps, path, name)
		id.Instances[name].validateParent(&ps, path, own, known)
		id.Instances[name].validateSelectors(&ps, path)
	}
	validateDistinct(&ps, id.Instances)
	validateServerDNSNames(&ps, id.DNSNames)
	for i, f := range id.Federation {
		if known && f.TrustDomain == own.Name() {
			ps.Add([]any{"federates_with", i, "trust_domain"}, "%q is the identity's own trust domain; federation is with others", f.TrustDomain)
		}
	}
	return ps
}

func validateInstanceName(ps *Problems, path []any, name string) {
	if err := spiffeid.ValidatePathSegment(name); err != nil {
		ps.Add(path, "the instance's name becomes a segment of its SPIFFE ID, of letters, digits, '.', '-' and '_': %v", err)
	}
	if len(name) > maxInstanceName {
		ps.Add(path, "the instance's name has %d characters, %d are allowed", len(name), maxInstanceName)
	}
}

func (in Instance) validateParent(ps *Problems, path []any, own spiffeid.TrustDomain, known bool) {
	path = append(slices.Clone(path), "parent_id")
	if in.ParentID == "" {
		ps.Add(path, `parent_id is empty; it is the SPIFFE ID of the SPIRE agent (or of a node alias) that issues to this instance, as in "spiffe://%s/spire/agent/…"`, own.Name())
		return
	}
	parent, err := spiffeid.FromString(in.ParentID)
	switch {
	case err != nil:
		ps.Add(path, "%q is no SPIFFE ID: %v", in.ParentID, err)
	case parent.Path() == "":
		ps.Add(path, "%q names a trust domain, not a SPIRE agent or node alias in it", in.ParentID)
	case known && !parent.MemberOf(own):
		ps.Add(path, "%q is not in the identity's trust domain %q, and a server registers within its own only", in.ParentID, own.Name())
	case parent.Path() == "/spire/server":
		ps.Add(path, "%q is the server itself; entries for workloads hang from a SPIRE agent or a node alias", in.ParentID)
	}
}

func (in Instance) validateSelectors(ps *Problems, path []any) {
	path = append(slices.Clone(path), "selectors")
	if len(in.Selectors) == 0 {
		ps.Add(path, "an instance needs at least one selector: without any the server cannot tell its workload from others")
	}
	for i, text := range in.Selectors {
		at := append(slices.Clone(path), i)
		if _, _, err := ParseSelector(text); err != nil {
			ps.Add(at, "%q: %v", text, err)
		} else if slices.Contains(in.Selectors[:i], text) {
			ps.Add(at, "%q is listed twice", text)
		}
	}
}

// validateDistinct refuses two instances of which one workload could be both: every workload that matches more selectors also
// matches fewer, and would be given both identities.
func validateDistinct(ps *Problems, instances map[string]Instance) {
	names := slices.Sorted(maps.Keys(instances))
	for _, name := range names {
		for _, other := range names {
			a, b := instances[name], instances[other]
			if name == other || a.ParentID != b.ParentID || len(a.Selectors) == 0 || !within(b.Selectors, a.Selectors) {
				continue
			}
			if within(a.Selectors, b.Selectors) && name > other {
				continue // the same pair, already said
			}
			ps.Add([]any{"instances", MapKey(name), "selectors"},
				"every workload of instance %q under the same parent_id also has these selectors and would get both identities; add a selector that only instance %q has", other, name)
		}
	}
}

func within(set, subset []string) bool {
	return !slices.ContainsFunc(subset, func(s string) bool { return !slices.Contains(set, s) })
}

// dnsName is what the server takes for a DNS name: lower-case labels, the first of which may be a wildcard.
var dnsName = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

func validateServerDNSNames(ps *Problems, names []string) {
	for i, name := range names {
		path := []any{"dns_names", i}
		_, parent, _ := strings.Cut(name, ".")
		switch {
		case strings.Contains(name, "{{"):
			ps.Add(path, "%q is a template, which spire-controller-manager knows and the SPIRE server does not; write a plain name", name)
		case len(name) > maxDNSName || !dnsName.MatchString(name):
			ps.Add(path, "%q is no DNS name of lower-case letters, digits and inner hyphens, with \"*.\" at most in front", name)
		case slices.Contains(names[:i], name):
			ps.Add(path, "%q is listed twice", name)
		case !strings.HasPrefix(name, "*.") && slices.Contains(names, "*."+parent):
			ps.Add(path, "%q is covered by %q, and SPIRE issues no certificate with both", name, "*."+parent)
		}
	}
}
