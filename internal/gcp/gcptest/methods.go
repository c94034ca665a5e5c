package gcptest

import (
	"fmt"
	"strings"
)

// perform answers a call by its method's verb.
func (c *call) perform() (map[string]any, *refusal) {
	if strings.HasSuffix(c.route.collection, "operations") {
		return c.operations()
	}
	switch c.route.verb {
	case "getIamPolicy":
		return c.getIamPolicy()
	case "setIamPolicy":
		return c.setIamPolicy()
	}
	if c.kind == nil {
		return nil, refuse("UNIMPLEMENTED", "The fake does not know the resources of %s.", c.route.ID)
	}
	if verb := c.kind.verbs[c.route.verb]; verb != nil {
		return verb(c)
	}
	switch c.route.verb {
	case "create", "createPolicy":
		return c.create()
	case "get", "getPolicy", "getFloorSetting":
		return c.get()
	case "list", "listPolicies":
		return c.list()
	case "patch", "updateFloorSetting":
		return c.patch()
	case "update", "updatePolicy":
		return c.replace()
	case "delete":
		return c.remove()
	case "undelete":
		return c.undelete()
	}
	return nil, refuse("UNIMPLEMENTED", "The fake does not know the method %s.", c.route.ID)
}

// existing is the object that the call names.
func (c *call) existing() (*stored, *refusal) {
	o := c.server.lookup(c.api, c.name)
	switch {
	case o == nil && c.kind.singleton != nil:
		o = c.server.born(c.kind, c.name)
	case o == nil || o.kind != c.kind:
		return nil, notFound(c.name)
	}
	return o, nil
}

func (c *call) get() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	if o.hidden > 0 {
		o.hidden--
		return nil, notFound(c.name)
	}
	o.reads++
	answer := c.answer(o)
	c.server.fade(o)
	return answer, nil
}

func (c *call) create() (map[string]any, *refusal) {
	if r := c.parentExists(); r != nil {
		return nil, r
	}
	id, r := c.newID()
	if r != nil {
		return nil, r
	}
	name := c.child(id)
	if earlier := c.repeated(); earlier != nil {
		return earlier.answer(), nil
	}
	if c.server.lookup(c.api, name) != nil {
		return nil, refuse("ALREADY_EXISTS", "Resource '%s' already exists", name)
	}
	o := &stored{api: c.api, name: name, kind: c.kind, body: map[string]any{}}
	body := clone(c.body)
	if body == nil {
		body = map[string]any{}
	}
	if c.kind.defaults != nil {
		c.kind.defaults(body)
	}
	if r := c.valid(o, body, nil); r != nil {
		return nil, r
	}
	return c.change(o, func() {
		o.body = body
		c.stamp(o, "createTime", "updateTime")
		if c.kind.created != nil {
			defer c.kind.created(c.server, o)
		}
		if message := c.route.document.message(c.kind); message.Properties["uid"] != nil {
			o.body["uid"] = c.server.serial()
		}
		o.hidden, o.unknown = c.server.options.HiddenReads, c.server.options.UnknownReferences
		c.server.put(o)
	})
}

// child is the name of what is created with an id.
func (c *call) child(id string) string {
	if c.kind.bare {
		return c.name + "/" + id
	}
	_, collection, _ := cutLast(c.route.Path, "/")
	return c.name + "/" + collection + "/" + id
}

// target is the name of what the call reads or changes.
func (c *call) target() string {
	if parameter := c.route.idParameter(); c.kind != nil && parameter != "" && c.query.Get(parameter) != "" {
		return c.child(c.query.Get(parameter))
	}
	return c.name
}

// newID is the id of what is created: the client's, or one that the server chooses.
func (c *call) newID() (string, *refusal) {
	parameter := c.route.idParameter()
	if parameter == "" {
		return c.server.serial(), nil
	}
	id := c.query.Get(parameter)
	rule := identifier
	if c.kind.ids != nil {
		rule = c.kind.ids
	}
	if id == "" {
		return "", invalid([]violation{{snake(parameter), "the parameter is required"}})
	}
	if !rule.MatchString(id) {
		return "", invalid([]violation{{snake(parameter), fmt.Sprintf("the id %q does not match %s", id, rule)}})
	}
	return id, nil
}

// valid checks an object as it is to be stored.
func (c *call) valid(o *stored, body, before map[string]any) *refusal {
	d, at := c.route.document, c.message()
	message := c.schema()
	if body["name"] == nil {
		body["name"] = o.name // the path has it, whether the description calls the field required or not
	}
	wrong := d.complete(message, body, at)
	if before != nil {
		wrong = append(wrong, d.changed(message, before, body, at)...)
	}
	if given, ok := body["name"].(string); ok && c.server.byID(given) != o.name {
		wrong = append(wrong, violation{at + ".name", fmt.Sprintf("the name %q is not %q", given, o.name)})
	}
	delete(body, "name")
	delete(body, "etag")
	if len(wrong) == 0 && c.kind.check != nil {
		look := &check{server: c.server, name: o.name, body: body, before: before, at: at}
		c.kind.check(look)
		wrong = look.wrong
	}
	if r := invalid(wrong); r != nil {
		return r
	}
	if c.kind.refuses != nil {
		if r := c.kind.refuses(c.server, body); r != nil {
			return r
		}
	}
	if c.kind.references == nil {
		return nil
	}
	for _, ref := range c.kind.references(o.name, body) {
		other := c.server.lookup(ref.api, ref.name)
		if other != nil && other.unknown > 0 {
			other.unknown--
			other = nil
		}
		if other == nil || other.deleted {
			r := notFound(ref.name)
			r.message += fmt.Sprintf(" (%s.%s)", at, ref.field)
			return r
		}
	}
	return nil
}

func (c *call) patch() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	if o.deleted {
		return nil, refuse("FAILED_PRECONDITION", "Resource '%s' is deleted; undelete it first", c.name)
	}
	etag, _ := c.body["etag"].(string)
	if r := c.fresh(o, etag); r != nil {
		return nil, r
	}
	if earlier := c.repeated(); earlier != nil {
		return earlier.answer(), nil
	}
	body, r := c.route.document.merge(c.schema(), o.body, c.body, c.query.Get("updateMask"))
	if r != nil {
		return nil, r
	}
	if name, ok := c.body["name"]; ok {
		body["name"] = name
	}
	return c.update(o, body)
}

// replace answers PUT, which leaves nothing of what was.
func (c *call) replace() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	etag, _ := c.body["etag"].(string)
	if r := c.fresh(o, etag); r != nil {
		return nil, r
	}
	body := clone(c.body)
	for name, p := range c.schema().Properties {
		value, ok := o.body[name]
		if ok && (p.outputOnly() || p.immutable() && body[name] == nil) {
			body[name] = value
		}
	}
	return c.update(o, body)
}

func (c *call) update(o *stored, body map[string]any) (map[string]any, *refusal) {
	if c.kind.defaults != nil {
		c.kind.defaults(body)
	}
	before := o.body
	if r := c.valid(o, body, before); r != nil {
		return nil, r
	}
	return c.change(o, func() {
		// What a test changed behind the client's back meanwhile is overwritten, as it would be there.
		o.body = body
		c.stamp(o, "updateTime")
		c.server.put(o)
	})
}

func (c *call) remove() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	if o.deleted || o.lingering > 0 {
		return nil, notFound(c.name)
	}
	if o.kind.singleton != nil {
		return nil, refuse("UNIMPLEMENTED", "'%s' cannot be deleted", c.name)
	}
	if r := c.fresh(o, c.query.Get("etag")); r != nil {
		return nil, r
	}
	if earlier := c.repeated(); earlier != nil {
		return earlier.answer(), nil
	}
	if referrers := c.server.referrers(o); len(referrers) > 0 && c.query.Get("force") != "true" {
		return nil, blocked(c.name, referrers)
	}
	if c.kind.deleting != nil {
		if r := c.kind.deleting(c, o); r != nil {
			return nil, r
		}
	}
	return c.change(o, func() {
		switch {
		case c.kind.soft:
			o.deleted = true
			c.server.put(o)
		case c.kind.lingers && c.server.options.LingeringReads > 0:
			o.lingering = c.server.options.LingeringReads
		default:
			c.server.drop(o)
		}
	})
}

func (c *call) undelete() (map[string]any, *refusal) {
	o, r := c.existing()
	if r != nil {
		return nil, r
	}
	if !o.deleted {
		return nil, refuse("FAILED_PRECONDITION", "Resource '%s' is not deleted", c.name)
	}
	return c.change(o, func() {
		o.deleted = false
		c.server.put(o)
	})
}

// fresh compares the etag that a client sent, if it sent one.
func (c *call) fresh(o *stored, etag string) *refusal {
	if etag == "" || strings.Trim(etag, `"`) == o.etag() {
		return nil
	}
	status := "ABORTED"
	if c.kind.stale != "" {
		status = c.kind.stale
	}
	return refuse(status, "The etag %q of '%s' is not the current one; read the resource again", etag, o.name)
}

// stamp sets those times that the kind has.
func (c *call) stamp(o *stored, fields ...string) {
	now := c.server.now()
	message := c.route.document.message(c.kind)
	for _, field := range fields {
		if message.Properties[field] != nil {
			o.body[field] = now
		}
	}
}

// parentExists refuses to create below what is not there.
func (c *call) parentExists() *refusal {
	above, _, nested := cutLast(c.route.collection, ".")
	k := kinds[c.api+"."+above]
	if !nested || k == nil || k.singleton != nil { // what is always there is not stored before it is changed
		return nil
	}
	if o := c.server.lookup(c.api, c.name); o == nil || o.deleted {
		return notFound(c.name)
	}
	return nil
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return "", s, false
}
