package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// entities are those that one request speaks of: the principal, the resource, and what they are in. There is room for all that a request
// can speak of, so that they need no memory of their own.
type entities struct {
	known [5]entity
	count int
}

// entity is one of them. Of its parents a set is made only when a policy asks.
type entity struct {
	types.Entity
	above    [2]types.EntityUID // all that it is in
	parents  int
	complete bool
}

// Get implements types.EntityGetter.
func (e *entities) Get(uid types.EntityUID) (types.Entity, bool) {
	if uid.Type == "Action" {
		a, ok := published().Actions[uid]
		return a.Entity, ok
	}
	found := e.find(uid)
	if found == nil {
		return types.Entity{}, false
	}
	if !found.complete {
		found.Parents, found.complete = types.NewEntityUIDSet(found.above[:found.parents]...), true
	}
	return found.Entity, true
}

func (e *entities) find(uid types.EntityUID) *entity {
	for i := range e.count {
		if e.known[i].UID == uid {
			return &e.known[i]
		}
	}
	return nil
}

// add takes an entity with all that it is in.
func (e *entities) add(uid types.EntityUID, above ...types.EntityUID) types.EntityUID {
	if e.find(uid) == nil {
		added := &e.known[e.count]
		added.UID = uid
		added.parents = copy(added.above[:], above)
		e.count++
	}
	return uid
}

// principal adds who calls.
func (e *entities) principal(p *principal.Principal) (types.EntityUID, error) {
	if !p.Known() {
		return types.EntityUID{}, fmt.Errorf("nobody was authenticated")
	}
	if p.SPIFFEID == "" {
		id := p.Subject
		if p.Issuer != "" {
			id = p.Issuer + "#" + p.Subject
		}
		return e.add(types.NewEntityUID("User", types.String(id))), nil
	}
	domain := e.add(types.NewEntityUID("TrustDomain", types.String(p.TrustDomain)))
	if p.Agent == "" {
		return e.add(types.NewEntityUID("Agent", types.String(p.SPIFFEID)), domain), nil
	}
	namespace := e.add(types.NewEntityUID("Namespace", types.String(p.TrustDomain+"/"+p.Namespace)), domain)
	id := p.SPIFFEID
	if p.Instance != "" {
		id = strings.TrimSuffix(id[:len(id)-len(p.Instance)], "/instance/")
	}
	return e.add(types.NewEntityUID("Agent", types.String(id)), namespace, domain), nil
}

// describe gives principal and resource their attributes, where they are needed.
func (e *entities) describe(n needs, q *question) {
	if n.principal {
		e.attributes(q.principal, principalAttributes(&q.Principal))
		e.tags(q.principal, q.Principal.Labels)
	}
	if n.resource && q.resource.Type != "Target" {
		e.attributes(q.resource, resourceAttributes(q.resource.Type, q.Call))
	}
}

func (e *entities) attributes(of types.EntityUID, attributes types.RecordMap) {
	e.find(of).Attributes = types.NewRecord(attributes)
}

// tags adds the labels of an agent.
func (e *entities) tags(of types.EntityUID, labels map[string]string) {
	if len(labels) == 0 || of.Type != "Agent" {
		return
	}
	tags := make(types.RecordMap, len(labels))
	for name, value := range labels {
		tags[types.String(name)] = types.String(value)
	}
	e.find(of).Tags = types.NewRecord(tags)
}

func principalAttributes(p *principal.Principal) types.RecordMap {
	if p.SPIFFEID == "" {
		return types.RecordMap{"issuer": types.String(p.Issuer), "subject": types.String(p.Subject)}
	}
	attributes := types.RecordMap{"spiffeId": types.String(p.SPIFFEID), "trustDomain": types.String(p.TrustDomain)}
	if p.Agent != "" {
		attributes["namespace"], attributes["name"] = types.String(p.Namespace), types.String(p.Agent)
	}
	if p.Instance != "" {
		attributes["instance"] = types.String(p.Instance)
	}
	return attributes
}

func resourceAttributes(typ types.EntityType, c *call.Call) types.RecordMap {
	name := types.String("name")
	if typ == "Resource" {
		name = "uri"
	}
	attributes := types.RecordMap{name: types.String(c.Resource.Name), "target": types.String(c.Target)}
	if a := c.Annotations; a != nil && typ == "Tool" {
		attributes["readOnly"], attributes["destructive"] = types.Boolean(a.ReadOnly), types.Boolean(a.Destructive)
		attributes["idempotent"], attributes["openWorld"] = types.Boolean(a.Idempotent), types.Boolean(a.OpenWorld)
	}
	if c.Tags != nil && typ == "Skill" {
		attributes["tags"] = stringSet(c.Tags)
	}
	return attributes
}

// types of entities by what a resource is.
var resourceTypes = map[call.Kind]types.EntityType{
	call.Tool: "Tool", call.Prompt: "Prompt", call.Document: "Resource", call.Skill: "Skill",
	call.Task: "Task", call.Path: "Path", call.RPC: "RPC",
}

// resource adds what is asked for.
func (e *entities) resource(c *call.Call) (types.EntityUID, error) {
	if c.Target == "" {
		return types.EntityUID{}, fmt.Errorf("the call has no target")
	}
	target := e.add(types.NewEntityUID("Target", types.String(c.Target)))
	if c.Resource.Kind == call.Method || c.Resource.Kind == "" {
		return target, nil
	}
	typ, ok := resourceTypes[c.Resource.Kind]
	if !ok {
		return types.EntityUID{}, fmt.Errorf("a resource of kind %q is not known", c.Resource.Kind)
	}
	return e.add(types.NewEntityUID(typ, types.String(c.Target+"/"+c.Resource.Name)), target), nil
}

// above are an entity and all that it is in, for the index.
func (e *entities) above(uid types.EntityUID, to []types.EntityUID) []types.EntityUID {
	to = append(to, uid)
	if found := e.find(uid); found != nil {
		to = append(to, found.above[:found.parents]...)
	}
	return to
}

// groups are, of each action, the action and all that it is in.
var groups = sync.OnceValue(func() map[types.EntityUID][]types.EntityUID {
	all := map[types.EntityUID][]types.EntityUID{}
	for uid := range published().Actions {
		found := []types.EntityUID{uid}
		for i := 0; i < len(found); i++ {
			for parent := range published().Actions[found[i]].Entity.Parents.All() {
				if !slices.Contains(found, parent) {
					found = append(found, parent)
				}
			}
		}
		all[uid] = found
	}
	return all
})
