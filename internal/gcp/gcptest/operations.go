package gcptest

import (
	"fmt"
	"slices"
	"strings"
)

// operation is a change that takes a while.
type operation struct {
	api      string
	name     string
	target   string
	verb     string
	queues   []string
	polls    int // that it still takes
	effect   func() map[string]any
	response map[string]any
	failure  *refusal
	done     bool
	metadata map[string]any
	document *document
	message  string // of the resource that is the response
}

// change makes a change to an object: at once, or by an operation where the method has one. What must not be changed twice at a time is
// refused while another change of it is under way.
func (c *call) change(o *stored, effect func()) (map[string]any, *refusal) {
	return c.changeTo(o, func() map[string]any {
		effect()
		if c.route.verb == "delete" && !c.kind.soft || strings.HasSuffix(c.route.Response.Ref, "Empty") {
			return map[string]any{}
		}
		return c.answer(o)
	})
}

// changeTo is change for a method whose result is not the object.
func (c *call) changeTo(o *stored, effect func() map[string]any) (map[string]any, *refusal) {
	if c.query.Get("validateOnly") == "true" {
		effect = func() map[string]any { return map[string]any{} }
	}
	queues := []string{o.key()}
	if c.kind.queues != nil {
		for _, ref := range append(c.kind.queues(o.name, o.body), c.kind.queues(o.name, c.body)...) {
			queues = append(queues, ref.api+"/"+c.server.byID(ref.name))
		}
	}
	for _, other := range c.server.operations {
		if !other.done && slices.ContainsFunc(queues, func(queue string) bool { return slices.Contains(other.queues, queue) }) {
			// The client that waits to be let in may be the only one that is left.
			other.step()
			return nil, refuse("ABORTED", "unable to queue the operation: %s is under way for '%s'", other.name, other.target)
		}
	}
	if !c.route.long() {
		return effect(), nil
	}
	op := &operation{
		api: c.api, name: c.server.operationName(c, o), target: o.name, verb: c.route.verb, queues: queues,
		polls: c.server.options.Polls, effect: effect, document: c.route.document, message: c.route.Request.Ref,
	}
	op.metadata = map[string]any{"createTime": c.server.now(), "target": op.target, "verb": op.verb}
	if c.server.pending != nil {
		op.failure, op.effect = c.server.pending, nil
	}
	c.server.operations = append(c.server.operations, op)
	if id := c.query.Get("requestId"); id != "" {
		c.server.requestIDs[id] = op
	}
	if op.polls <= 0 {
		op.finish()
	}
	return op.answer(), nil
}

// repeated is the operation of an earlier request with the same request ID.
func (c *call) repeated() *operation {
	if id := c.query.Get("requestId"); id != "" {
		return c.server.requestIDs[id]
	}
	return nil
}

// operationName puts the operation where the API's own method finds it: below the object, or below one of its parents.
func (s *Server) operationName(c *call, o *stored) string {
	id := fmt.Sprintf("operation-%d", len(s.operations)+1)
	above := o.name
	for {
		for _, r := range c.route.document.routes {
			name := above + "/operations/" + id
			if r.verb == "get" && strings.HasSuffix(r.collection, "operations") && r.path.MatchString(c.route.document.Version+"/"+name) {
				if o.kind.numbered {
					return s.byNumber(name)
				}
				return name
			}
		}
		parent, _, ok := cutLast(above, "/")
		if !ok {
			panic("no operation of " + c.route.ID + " can be read")
		}
		above = parent
	}
}

func (op *operation) finish() {
	op.done = true
	if op.failure == nil {
		op.response = op.effect()
	}
}

// step brings an operation closer to its end.
func (op *operation) step() {
	if op.done {
		return
	}
	if op.polls--; op.polls <= 0 {
		op.finish()
	}
}

// proceed brings operations on that a request sees from outside: one that reads, or means to change, what they change. An operation ends
// without the client that began it, so that a client that comes after a crash finds its work done.
func (s *Server) proceed(api, name string) {
	for _, op := range s.operations {
		if op.api == api && name != "" && (within(op.target, name) || within(name, op.target)) {
			op.step()
		}
	}
}

func within(name, other string) bool { return name == other || strings.HasPrefix(name, other+"/") }

func (op *operation) answer() map[string]any {
	metadata := clone(op.metadata)
	metadata["@type"] = op.document.typeURL("OperationMetadata")
	answer := map[string]any{"name": op.name, "metadata": metadata}
	if !op.done {
		return answer
	}
	answer["done"] = true
	if op.failure != nil {
		answer["error"] = op.failure.operationError()
		return answer
	}
	response := clone(op.response)
	if len(response) == 0 {
		response["@type"] = "type.googleapis.com/google.protobuf.Empty"
	} else {
		response["@type"] = op.document.typeURL(op.message)
	}
	answer["response"] = response
	return answer
}

// operations answers the methods of operations themselves.
func (c *call) operations() (map[string]any, *refusal) {
	i := slices.IndexFunc(c.server.operations, func(op *operation) bool {
		return op.api == c.api && c.server.byID(op.name) == c.name
	})
	if i < 0 {
		return nil, notFound(c.name)
	}
	op := c.server.operations[i]
	switch c.route.verb {
	case "get", "wait":
		op.step()
		return op.answer(), nil
	}
	return nil, refuse("UNIMPLEMENTED", "The fake does not know the method %s.", c.route.ID)
}
