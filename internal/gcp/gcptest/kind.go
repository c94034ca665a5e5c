package gcptest

import "regexp"

// kind says what the published descriptions cannot say about the resources of one collection. Everything else (fields, enums, which
// methods there are and whether they are long-running) comes from the description of the API.
type kind struct {
	api        string
	collection string // as in the IDs of methods: "projects.locations.agentGateways"

	// ids is what an id may look like; nil is the rule of AIP-122.
	ids *regexp.Regexp
	// numbered says that names are answered with the project's number, whatever the request had.
	numbered bool
	// soft says that a deleted object stays, marked, and can be undeleted.
	soft bool
	// singleton is the body of an object that is always there, and nil where objects are created.
	singleton map[string]any
	// stale is the status of an update or deletion with an etag that is not the current one; the default is ABORTED.
	stale string

	// defaults sets what the server sets where the client did not.
	defaults func(body map[string]any)
	// made adds what the server computes to an answer.
	made func(s *Server, o *stored, answer map[string]any)
	// check refuses what the description cannot: oneofs, limits, combinations.
	check func(c *check)
	// refuses says what is wrong with the body other than a field's value.
	refuses func(s *Server, body map[string]any) *refusal
	// created makes what the server makes along with an object.
	created func(s *Server, o *stored)
	// lingers says that a deleted object can be read, and counts, for a while (Options.LingeringReads).
	lingers bool
	// references are the objects that one with this name and body needs, and that cannot be deleted while it is there.
	references func(name string, body map[string]any) []reference
	// queues are what else, beside the object itself, allows one change at a time: while a change is under way a second one is refused
	// as ABORTED.
	queues func(name string, body map[string]any) []reference
	// verbs are methods beside the standard ones.
	verbs map[string]func(*call) (map[string]any, *refusal)
	// deleting says what else must hold before an object goes, or takes what is below it along.
	deleting func(c *call, o *stored) *refusal
	// derived says that the server makes these objects from others, so that no client leaves them behind.
	derived bool
	// bare says that the id follows the parent's name directly, without the collection.
	bare bool
}

// reference is a field that names another object.
type reference struct {
	field string // as in a violation, below the message
	api   string
	name  string // relative
}

// check is an object that overlays look at: as it is to be stored, and as it was (nil on creation).
type check struct {
	server *Server
	name   string
	body   map[string]any
	before map[string]any
	at     string // the name of the message in violations
	wrong  []violation
}

// kinds are all kinds the fake knows, by API and collection.
var kinds = map[string]*kind{}

// register adds kinds. The overlay of each service does so when the program starts.
func register(added ...*kind) {
	for _, k := range added {
		kinds[k.api+"."+k.collection] = k
	}
}

// identifier is what AIP-122 recommends ids to be, and what these APIs take unless they say otherwise.
var identifier = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
