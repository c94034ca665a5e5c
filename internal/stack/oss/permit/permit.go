// Package permit writes the permissions of a gateway as Cedar policies, as a person would write them: they stand in plans, and in
// decisions by their ids.
package permit

import (
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Policies gives the policies that permit what a says and nothing else, as text for the gateway's schema. a is valid for a target of
// this protocol (spec.Gateway.Validate); whatever its strings hold, they stay strings. The ids of the policies begin with "allow."
// and the name.
//
// What comes with a permission: looking at the target's lists and cards, which show what may be used and nothing else; and, for tools
// and skills, the tasks of the target that a caller knows the id of, since calls become tasks. Listing tasks does not come with it: a
// target's tasks are those of all callers.
func Policies(name string, a spec.Allow, trustDomain, protocol string) string {
	w := writing{Allow: sorted(a), target: a.Target}
	var all []policy
	for _, p := range w.policies(protocol) {
		p.when = append(p.when, w.proven()...)
		for _, c := range w.callers(trustDomain) {
			made := p
			made.id = "allow." + name + "." + p.id + c.suffix
			made.principal = c.scope
			made.when = slices.Concat(c.when, p.when)
			all = append(all, made)
		}
	}
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.String()
	}
	return strings.Join(texts, "\n")
}

// policy is one permit. Its conditions stand in a clause each.
type policy struct {
	id                          string
	principal, action, resource string // of the scope
	when, unless                []string
}

// String gives the policy as text.
func (p policy) String() string {
	var b strings.Builder
	b.WriteString("@id(" + quote(p.id) + ")\npermit (\n    " + p.principal + ",\n    " + p.action + ",\n    " + p.resource + "\n)")
	for _, c := range p.when {
		b.WriteString("\nwhen { " + c + " }")
	}
	for _, c := range p.unless {
		b.WriteString("\nunless { " + c + " }")
	}
	b.WriteString(";\n")
	return b.String()
}

// sorted gives an Allow whose lists are in order, so that another order of the same says the same.
func sorted(a spec.Allow) spec.Allow {
	for _, list := range []*[]string{
		&a.Agents, &a.Users, &a.Tools, &a.Prompts, &a.Resources, &a.Skills, &a.Operations, &a.Methods, &a.PartKinds, &a.MediaTypes, &a.URLHosts, &a.PushHosts,
		&a.Authentication,
	} {
		*list = slices.Sorted(slices.Values(*list))
	}
	return a
}

// writing is an Allow on its way to policies.
type writing struct {
	spec.Allow
	target string
}

// policies gives what is permitted, for whomever.
func (w writing) policies(protocol string) []policy {
	switch protocol {
	case "mcp":
		return w.mcp()
	case "a2a":
		return w.a2a()
	case "rest":
		return w.rest()
	case "grpc":
		return w.grpc()
	}
	return nil
}

// named limits a policy to the resources of these names, all of one type.
func (w writing) named(p policy, typ string, names []string) policy {
	switch {
	case slices.Contains(names, spec.Everything):
		p.resource = "resource is " + typ + " in " + entity("Target", w.target)
	case len(names) == 1:
		p.resource = "resource == " + entity(typ, w.target+"/"+names[0])
	default:
		p.resource = "resource is " + typ + " in " + entity("Target", w.target)
		ids := make([]string, len(names))
		for i, name := range names {
			ids[i] = w.target + "/" + name
		}
		p.when = append(p.when, oneOf(entities(typ, ids), "resource"))
	}
	return p
}

// withArguments adds the conditions on arguments.
func (w writing) withArguments(p policy) policy {
	when, unless := arguments(w.Arguments)
	p.when, p.unless = append(p.when, when...), append(p.unless, unless...)
	return p
}

// proven asks for methods of authentication.
func (w writing) proven() []string {
	if len(w.Authentication) == 0 {
		return nil
	}
	return []string{"context.authentication.containsAll(" + list(quoted(w.Authentication)) + ")"}
}

// action names one action or several.
func action(names ...string) string {
	if len(names) == 1 && names[0] != "discover" {
		return "action == " + entity("Action", names[0])
	}
	if len(names) == 1 {
		return "action in " + entity("Action", names[0])
	}
	return "action in " + list(entities("Action", names))
}
