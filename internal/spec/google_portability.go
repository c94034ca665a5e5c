package spec

import (
	"slices"
	"strings"
)

// GoogleMeans is what decides a permission on Google Cloud.
type GoogleMeans string

// The means of deciding permissions.
const (
	// ByAccessPolicy is a rule of an IAM access policy, which IAP asks on the way out of an agent.
	ByAccessPolicy GoogleMeans = "access_policy"
	// ByAuthzPolicy is an AuthzPolicy with the action ALLOW, which the gateway decides by itself.
	ByAuthzPolicy GoogleMeans = "authz_policy"
)

// GoogleMeans says what decides the gateway's permissions: one means for all, since a call that either of two lets through would be
// let through. It is "" where IAP is asked in its first version, whose grants are written as such.
func (g Gateway) GoogleMeans() GoogleMeans {
	var iap *GoogleIAP
	if g.Google != nil {
		iap = g.Google.IAP
	}
	switch {
	case g.Mode == ClientToAgent || iap != nil && iap.Disabled:
		return ByAuthzPolicy
	case iap != nil && iap.Version == "V1":
		return ""
	}
	return ByAccessPolicy
}

// GooglePortability says of one allow whether Google Cloud decides as it says.
type GooglePortability struct {
	Allow, Target, Protocol string
	Means                   GoogleMeans
	Problems                Problems // why it does not; none where it is portable
	Notes                   []string // what is otherwise, without permitting more
}

// Portable says whether an allow means the same on Google Cloud.
func (p GooglePortability) Portable() bool { return len(p.Problems) == 0 }

// GooglePortability looks at every allow, in the order of their names. It can be asked of a gateway on the open-source stack as well:
// then it says what would be if the gateway moved with Google's defaults.
func (g Gateway) GooglePortability() []GooglePortability {
	var all []GooglePortability
	for _, name := range sortedKeys(g.Allow) {
		a := g.Allow[name]
		v := portability{Gateway: g, allow: a, path: []any{"allow", MapKey(name)}, means: g.GoogleMeans()}
		target, known := g.Targets[a.Target]
		v.target = target
		p := GooglePortability{Allow: name, Target: a.Target, Protocol: target.Protocol, Means: v.means}
		if known {
			v.check()
		}
		p.Problems, p.Notes = v.problems, v.notes
		all = append(all, p)
	}
	return all
}

// portability is the look at one allow.
type portability struct {
	validator
	Gateway
	allow  Allow
	target Target
	path   []any
	means  GoogleMeans
	notes  []string
}

func (v *portability) note(text string) { v.notes = append(v.notes, text) }

func (v *portability) check() {
	if v.means == "" {
		v.add(v.path, "is written as rules of an access policy, which IAP asks in version V2: set gcp.iap.version = \"V2\", or write gcp.iap_grants instead")
		return
	}
	v.callers()
	v.unsayable()
	v.apart()
	switch v.target.Protocol {
	case "mcp":
		v.mcp()
	case "a2a":
		v.a2a()
	case "rest":
		v.rest()
	case "grpc":
		v.grpc()
	}
	if _, _, err := v.target.Address(); err != nil && v.needsAddress() {
		v.add([]any{"targets", MapKey(v.allow.Target), "url"}, "%q %v, and Google tells the target by it", v.target.URL, err)
	}
	if v.needsAddress() && strings.HasPrefix(v.target.URL, "http://") {
		v.note("http and https of a host are not told apart")
	}
	if v.means == ByAuthzPolicy && v.Google != nil && (v.Google.ModelArmor != nil || len(v.Google.Extensions) > 0) {
		v.note("Google's documentation leaves open whether what an extension lets through still needs a policy that allows it: try a call that nothing permits")
	}
	if v.means == ByAccessPolicy {
		v.note("an access policy is bound to the project: what it permits is permitted at every gateway of the project whose IAP is asked in version V2")
	}
}

// callers checks that Google can tell who is meant.
func (v *portability) callers() {
	for i, agent := range v.allow.Agents {
		path := at(v.path, "agents", i)
		if v.means == ByAuthzPolicy {
			if _, one := GoogleSPIFFEID(agent); !one {
				v.add(path, "%q cannot be said: without IAP, a gateway knows its callers by whole SPIFFE IDs alone. List the agents", agent)
			}
			continue
		}
		if _, err := v.GooglePrincipal(agent); err != nil {
			v.add(path, "cannot be said: %v", err)
		}
	}
}

// unsayable refuses what Google knows nothing of.
func (v *portability) unsayable() {
	a := v.allow
	for _, row := range GoogleSubset() {
		if row.Never == "" {
			continue
		}
		set := map[string]bool{
			"users": len(a.Users) > 0, "authentication": len(a.Authentication) > 0, "arguments": len(a.Arguments) > 0,
			"part_kinds": limiting(a.PartKinds), "media_types": limiting(a.MediaTypes), "url_hosts": limiting(a.URLHosts),
		}[row.Attribute]
		if set {
			v.add(at(v.path, row.Attribute), "cannot be said on Google Cloud: %s. Leave it out, or keep the gateway on the open-source stack", row.Never)
		}
	}
}

// limiting says whether a list leaves anything out.
func limiting(list []string) bool { return len(list) > 0 && !slices.Contains(list, Everything) }

// everything says whether a list stands for all of its kind.
func everything(list []string) bool { return slices.Contains(list, Everything) }

func (v *portability) google() GoogleTarget { return v.target.google() }

// needsAddress says whether the target is told by its URL rather than by its entry in Agent Registry.
func (v *portability) needsAddress() bool { return v.means == ByAuthzPolicy || v.google().Unregistered }
