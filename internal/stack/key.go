package stack

import (
	"fmt"
	"strings"
)

// Key names one object in a resource's inventory. Its text form is "<group>/<version>/<Kind>/<namespace>/<name>"; the core
// group and the namespace of a cluster-scoped object are empty, as in "/v1/ServiceAccount/agents/billing" and
// "spire.spiffe.io/v1alpha1/ClusterSPIFFEID//agents.billing".
type Key struct {
	Group, Version, Kind, Namespace, Name string
}

// String gives the text form.
func (k Key) String() string {
	return strings.Join([]string{k.Group, k.Version, k.Kind, k.Namespace, k.Name}, "/")
}

// APIVersion gives "group/version", or "version" for the core group.
func (k Key) APIVersion() string {
	if k.Group == "" {
		return k.Version
	}
	return k.Group + "/" + k.Version
}

// Describe names the object for a person: `ServiceAccount "agents/billing"`.
func (k Key) Describe() string {
	name := k.Name
	if k.Namespace != "" {
		name = k.Namespace + "/" + name
	}
	return fmt.Sprintf("%s %q", k.Kind, name)
}

// ParseKey reads the text form. A name may itself contain slashes.
func ParseKey(text string) (Key, error) {
	parts := strings.SplitN(text, "/", 5)
	if len(parts) != 5 || parts[1] == "" || parts[2] == "" || parts[4] == "" {
		return Key{}, fmt.Errorf("object key %q is not <group>/<version>/<Kind>/<namespace>/<name>", text)
	}
	return Key{Group: parts[0], Version: parts[1], Kind: parts[2], Namespace: parts[3], Name: parts[4]}, nil
}
