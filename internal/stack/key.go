package stack

import (
	"fmt"
	"strings"
)

// Key names one object in a resource's inventory. Its text form is "<group>/<version>/<Kind>/<namespace>/<name>"; the core
// group and the namespace of a cluster-scoped object are empty, as in "/v1/ServiceAccount/agents/billing" and
// "spire.spiffe.io/v1alpha1/ClusterSPIFFEID//agents.billing". A part follows after a number sign, as in
// "/v1/ConfigMap/gateways/edge-suspended#agents.billing". A resource of Google's APIs has another text form: see GoogleKey.
type Key struct {
	Group, Version, Kind, Namespace, Name string
	// Part names what this resource has in an object that several resources share; "" where the object is its own. A part is
	// written under a field manager of its own and carries only its own fields: an entry of the object's data under the part's
	// name, or none (the owner of an object that others fill). Giving the part up leaves the object to the others, and takes it
	// away where there is none left. Parts of one object have distinct names, which hold no number sign.
	Part string
}

// String gives the text form.
func (k Key) String() string {
	if k.Google() {
		return k.withPart("//" + k.Group + "/" + k.Name)
	}
	return k.withPart(strings.Join([]string{k.Group, k.Version, k.Kind, k.Namespace, k.Name}, "/"))
}

func (k Key) withPart(text string) string {
	if k.Part != "" {
		text += "#" + k.Part
	}
	return text
}

// APIVersion gives "group/version", or "version" for the core group.
func (k Key) APIVersion() string {
	if k.Group == "" {
		return k.Version
	}
	return k.Group + "/" + k.Version
}

// Describe names the object for a person: `ServiceAccount "agents/billing"`, `ConfigMap "gateways/edge-suspended" (agents.billing)`.
func (k Key) Describe() string {
	kind, name := k.Kind, k.Name
	if k.Google() {
		kind = k.Collection()
	}
	if k.Namespace != "" {
		name = k.Namespace + "/" + name
	}
	text := fmt.Sprintf("%s %q", kind, name)
	if k.Part != "" {
		text += " (" + k.Part + ")"
	}
	return text
}

// ParseKey reads the text form. A name may itself contain slashes.
func ParseKey(text string) (Key, error) {
	object, part, isPart := strings.Cut(text, "#")
	if full, google := strings.CutPrefix(object, "//"); google {
		service, name, _ := strings.Cut(full, "/")
		if service == "" || name == "" || isPart && part == "" {
			return Key{}, fmt.Errorf("object key %q is not //<service>/<resource name>", text)
		}
		return Key{Group: service, Name: name, Part: part}, nil
	}
	fields := strings.SplitN(object, "/", 5)
	if len(fields) != 5 || fields[1] == "" || fields[2] == "" || fields[4] == "" || isPart && part == "" {
		return Key{}, fmt.Errorf("object key %q is not <group>/<version>/<Kind>/<namespace>/<name>, with #<part> after it where the object is shared", text)
	}
	return Key{Group: fields[0], Version: fields[1], Kind: fields[2], Namespace: fields[3], Name: fields[4], Part: part}, nil
}
