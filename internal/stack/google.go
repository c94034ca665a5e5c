package stack

import "strings"

// GoogleKey names a resource of one of Google's APIs: the service's host name, as in "networkservices.googleapis.com", and the
// resource's relative name, as in "projects/p/locations/l/agentGateways/g". Its text form is Google's full resource name,
// "//networkservices.googleapis.com/projects/p/locations/l/agentGateways/g" (https://google.aip.dev/122). Where only the server
// chooses an id (reasoning engines), the display name stands in its place, in braces: ".../reasoningEngines/{agents.billing}".
func GoogleKey(service, name string) Key {
	return Key{Group: service, Name: name}
}

// Google says whether the key names a resource of one of Google's APIs.
func (k Key) Google() bool { return k.Version == "" && k.Group != "" }

// Collection is the kind of a Google resource: the segment before the last of its name, "agentGateways". A singleton's kind is its last
// segment, as in "projects/p/policy".
func (k Key) Collection() string {
	segments := strings.Split(k.Name, "/")
	if n := len(segments); n%2 == 0 {
		return segments[n-2]
	}
	return segments[len(segments)-1]
}

// ForceDeleteLabel is the label of a resource that is to be deleted together with what others have put into it. It stands on the
// resource itself, so that a deletion knows it whatever came in between.
const ForceDeleteLabel = "agentward-force-delete"
