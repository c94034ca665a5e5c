package gcp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// kind is what the engine knows of one collection of a service. Fields are named as in an update mask: "networkConfig.egress".
type kind struct {
	service, collection string
	// connect gives the calls, for objects in a location.
	connect func(c *Client, location string) (calls, error)
	// immutable fields cannot be changed: another value takes another object in the place of this one.
	immutable []string
	// inputOnly fields, beside the secret ones (stack.GoogleSecret), are taken and never shown again: what was sent last is what they
	// are.
	inputOnly []string
	// outputOnly fields, beside those that all kinds have (serverFields), are the server's. They matter where the whole object is looked at: at import,
	// and where a field that they are in is sent.
	outputOnly []string
	// closed fields are ours with all that is in them: what somebody else adds there is drift, as an exception from a denial is. Of others
	// only what we set is ours.
	closed []string
	// pending says of a live object that Google is still to add what others need of it. Nil where nothing is added.
	pending func(body map[string]any) bool
	// unordered lists are sets: another order is no change.
	unordered []string
	// within are the fields whose own fields an update mask names, "spec" or "spec.deploymentSpec". Of others it names the
	// outermost, and the whole of it is sent.
	within []string
	// whole are messages of which nothing but what is desired is sent, because fields of theirs exclude each other.
	whole []string
	// present are the messages that mean something by being there, even when they are empty: the members of a oneof.
	present []string
	// defaults are what the server puts where nothing is set, and so the same as nothing. An import leaves them out.
	defaults map[string]any
	// gateway says that Google makes one change at a time among all objects of a project and location that are of this sort.
	gateway bool
	// found says that the server chooses ids, so that an object is found by what the braces in its key say. Its create must not be
	// repeated without a look.
	found bool
	// later are the fields that a creation cannot set, and that a change right after it does.
	later []string
	// vacant says of a live object, which is there always, that nobody has set it: it is as Google makes it, free to be taken and as it
	// is left behind. Nil for the kinds whose objects are made and deleted.
	vacant func(at target, body map[string]any) bool
	// deleted says of a live object that it is deleted and only kept for a while. Nil where nothing is kept.
	deleted func(body map[string]any) bool
	// filled says what to do about an object that is not deleted for what others have put into it, which nobody waits for. "" for a
	// kind that nothing is put into: what holds its objects are references, and these go.
	filled string
}

// calls are what can be done with the objects of one kind. Errors are those of Google's clients.
type calls interface {
	// get gives an object, or an error that Google's status 404 stands for.
	get(ctx context.Context, at target) (map[string]any, error)
	create(ctx context.Context, at target, body map[string]any) (operation, error)
	// patch sets the fields of mask to what they are in body; those that body lacks are cleared. etag is that of the object as it was
	// read, "" where it has none.
	patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error)
	delete(ctx context.Context, at target) (operation, error)
	// undelete brings back a deleted object that is kept. A kind without deleted is never asked.
	undelete(ctx context.Context, at target) (operation, error)
	// poll looks again at an operation that was not done.
	poll(ctx context.Context, name string) (operation, error)
}

// target is what a call is about.
type target struct {
	name string // relative; that of the server where it chose the id
	part string // of the object; "" for all of it
	// forced says of an object that is to be deleted that what others have put into it goes with it.
	forced bool
}

// parent is "projects/p/locations/l" of "projects/p/locations/l/agentGateways/g".
func (t target) parent() string {
	segments := strings.Split(t.name, "/")
	return strings.Join(segments[:max(0, len(segments)-2)], "/")
}

func (t target) id() string { return t.name[strings.LastIndexByte(t.name, '/')+1:] }

// locationOf gives the location in a name; "" where it has none.
func locationOf(name string) string {
	segments := strings.Split(name, "/")
	if i := slices.Index(segments, "locations"); i >= 0 && i+1 < len(segments) {
		return segments[i+1]
	}
	return ""
}

type kindKey struct{ service, collection string }

// table gives every kind that this package carries.
func table() map[kindKey]*kind {
	kinds := map[kindKey]*kind{}
	for _, k := range slices.Concat(
		networkServicesKinds(),
		networkSecurityKinds(),
		modelArmorKinds(),
		agentRegistryKinds(),
		iamKinds(),
		iamPolicyKinds(),
		agentIdentityKinds(),
		vertexAIKinds(),
		iapKinds(),
		binaryAuthorizationKinds(),
	) {
		kinds[kindKey{k.service, k.collection}] = &k
	}
	return kinds
}

// kindOf gives the kind of a key, and its calls.
func (c *Client) kindOf(key stack.Key) (*kind, calls, error) {
	k := c.kinds[kindKey{key.Group, key.Collection()}]
	if k == nil {
		return nil, nil, fmt.Errorf("%s: this provider knows no %s of %s", key, key.Collection(), key.Group)
	}
	connected, err := k.connect(c, locationOf(key.Name))
	return k, connected, err
}
