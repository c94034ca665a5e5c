package spec

import "strings"

// apart checks that Google tells the target of an allow from the gateway's other targets. Agent Registry knows what is called by its
// host alone, and an AuthzPolicy knows an A2A agent by all that is below its URL: where another target is there as well, a permission
// for one of them is a permission for both.
func (v *portability) apart() {
	hosts, entry := v.target.registryHosts(), v.google().RegistryResource
	for _, name := range sortedKeys(v.Targets) {
		other := v.Targets[name]
		switch shared := overlapping(hosts, other.registryHosts()); {
		case name == v.allow.Target:
		case v.means == ByAuthzPolicy:
			if v.target.Protocol == "a2a" && other.below(v.target) {
				v.add(v.path, "lets through all of target %q as well, which is below the URL of target %q: give them hosts of their own", name, v.allow.Target)
			}
		case other.google().Unregistered:
		case v.google().Unregistered && shared != "":
			v.add(v.path, "would permit nothing: %q is in Agent Registry by target %q, and what is there is never unregistered. Set gcp.unregistered of both, or give them hosts of their own", shared, name)
		case v.google().Coarse || v.google().Unregistered:
		case entry != "" && entry == other.google().RegistryResource:
			v.add(v.path, "permits the same of target %q, which is the same entry of Agent Registry: set targets[%q].gcp.coarse to accept that", name, v.allow.Target)
		case shared != "":
			v.add(v.path, "may permit the same of target %q, which is on the host %q too: Agent Registry tells targets by their hosts alone. Give them hosts of their own, or set targets[%q].gcp.coarse to accept that",
				name, shared, v.allow.Target)
		}
	}
}

// registryHosts are the hosts by which Agent Registry knows a target, or would know one that is not there.
func (t Target) registryHosts() []string {
	var urls []string
	for _, in := range t.google().Service.Interfaces {
		urls = append(urls, in.URL)
	}
	if len(urls) == 0 {
		urls = []string{t.URL}
	}
	var hosts []string
	for _, url := range urls {
		if authority, _, err := (Target{URL: url}).Address(); err == nil {
			host, _, _ := strings.Cut(authority, ":")
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// overlapping gives a host that is in both lists, "" where there is none.
func overlapping(a, b []string) string {
	for _, host := range a {
		for _, other := range b {
			if host == other {
				return host
			}
		}
	}
	return ""
}

// below says whether a target's URL is below that of another.
func (t Target) below(other Target) bool {
	authority, base, err := t.Address()
	above, root, otherErr := other.Address()
	return err == nil && otherErr == nil && authority == above && strings.HasPrefix(base+"/", root+"/")
}
