package policy

import (
	"fmt"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// entities are those that one request speaks of: the principal, the resource, what they are in, and the action with its groups.
type entities map[types.EntityUID]types.Entity

// Get implements types.EntityGetter.
func (e entities) Get(uid types.EntityUID) (types.Entity, bool) {
	if uid.Type == "Action" {
		a, ok := published().Actions[uid]
		return a.Entity, ok
	}
	entity, ok := e[uid]
	return entity, ok
}

func (e entities) add(uid types.EntityUID, parents ...types.EntityUID) types.EntityUID {
	e[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(parents...)}
	return uid
}

// principal adds who calls.
func (e entities) principal(p principal.Principal) (types.EntityUID, error) {
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
		id = strings.TrimSuffix(id, "/instance/"+p.Instance)
	}
	return e.add(types.NewEntityUID("Agent", types.String(id)), namespace, domain), nil
}

// describe gives principal and resource their attributes, where they are needed.
func (e entities) describe(n needs, q *question, r *decide.Request) {
	if n.principal {
		e.attributes(q.principal, principalAttributes(&r.Principal))
	}
	if n.resource && q.resource.Type != "Target" {
		e.attributes(q.resource, resourceAttributes(q.resource.Type, r.Call))
	}
}

func (e entities) attributes(of types.EntityUID, attributes types.RecordMap) {
	entity := e[of]
	entity.Attributes = types.NewRecord(attributes)
	e[of] = entity
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
	return attributes
}

// types of entities by what a resource is.
var resourceTypes = map[call.Kind]types.EntityType{
	call.Tool: "Tool", call.Prompt: "Prompt", call.Document: "Resource", call.Skill: "Skill",
	call.Task: "Task", call.Path: "Path", call.RPC: "RPC",
}

// resource adds what is asked for.
func (e entities) resource(c *call.Call) (types.EntityUID, error) {
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

// above are an entity and all that it is in.
func (e entities) above(uid types.EntityUID) []types.EntityUID {
	found := []types.EntityUID{uid}
	for i := 0; i < len(found); i++ {
		entity, _ := e.Get(found[i])
		for parent := range entity.Parents.All() {
			seen := false
			for _, f := range found {
				seen = seen || f == parent
			}
			if !seen {
				found = append(found, parent)
			}
		}
	}
	return found
}
