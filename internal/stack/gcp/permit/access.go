// Package permit writes the permissions of a gateway as Google decides them: as rules of an IAM access policy, or as AuthzPolicies. What
// it writes lets through nothing that the policies of the open-source gateway deny for the same permissions; it is for gateways that
// are valid (spec.Gateway.ValidateGoogle), of which every allow is portable.
package permit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/registry"
)

// AccessRule is one permission as a rule of an access policy with the effect ALLOW.
type AccessRule struct {
	Description string
	Principals  []string
	Condition   string // CEL on destination
}

// AccessRules gives a rule for each allow, in the order of their names.
func AccessRules(g spec.Gateway) ([]AccessRule, error) {
	var rules []AccessRule
	for _, name := range slices.Sorted(maps.Keys(g.Allow)) {
		a := g.Allow[name]
		rule := AccessRule{Description: "allow " + name + " at gateway " + registry.GatewayID(g)}
		for _, agent := range slices.Sorted(slices.Values(a.Agents)) {
			principal, err := g.GooglePrincipal(agent)
			if err != nil {
				return nil, fmt.Errorf("allow %q: %w", name, err)
			}
			rule.Principals = append(rule.Principals, principal)
		}
		rule.Principals = slices.Compact(rule.Principals)
		condition, err := destination{g, a, g.Targets[a.Target]}.condition()
		if err != nil {
			return nil, fmt.Errorf("allow %q: %w", name, err)
		}
		rule.Condition = condition
		rules = append(rules, rule)
	}
	return rules, nil
}

// destination is what an allow permits, on its way to a condition.
type destination struct {
	gateway spec.Gateway
	allow   spec.Allow
	target  spec.Target
}

func (d destination) condition() (string, error) {
	unregistered := d.target.Google != nil && d.target.Google.Unregistered
	switch {
	case d.target.Protocol == "mcp" && !unregistered:
		return all(d.registered("mcp_server"), d.mcp()), nil
	case d.target.Protocol == "a2a" && !unregistered:
		return d.registered("agent"), nil
	case d.target.Protocol == "rest" && unregistered:
		return d.rest()
	case d.target.Protocol == "rest":
		return d.registered("endpoint"), nil
	case d.target.Protocol == "grpc" && unregistered:
		return d.grpc()
	}
	return "", fmt.Errorf("no condition can be written for target %q", d.allow.Target)
}

// registered asks that a request is for the target's entry in Agent Registry.
func (d destination) registered(kind string) string {
	return all("destination.is_registered == true", oneOf("destination.agent_registry."+kind+".name", registry.Names(d.gateway, d.allow.Target)))
}

const server = "destination.agent_registry.mcp_server"

// mcp says which methods, and of what. Google tells methods by their groups ("tools"), and a list of a group has no name with it; should
// it tell them by their own names, that is permitted too, and nothing beside it. A session has methods that every client needs.
func (d destination) mcp() string {
	a := d.allow
	ways := []string{oneOf(server+".method", []string{"", "initialize", "ping", "notifications", "logging", "logging/setLevel", "notifications/initialized"})}
	ways = append(ways, d.things("tools", a.Tools, "tool", "tools/call")...)
	ways = append(ways, d.things("prompts", a.Prompts, "prompt", "prompts/get")...)
	ways = append(ways, d.things("resources", a.Resources, "resource", "resources/read", "resources/subscribe", "resources/unsubscribe")...)
	return anyOf(ways...)
}

// things permits the use and the list of one kind.
func (d destination) things(group string, names []string, thing string, uses ...string) []string {
	if len(names) == 0 {
		return nil
	}
	lists := []string{group + "/list"}
	if group == "resources" {
		lists = append(lists, "resources/templates/list")
	}
	using := oneOf(server+".method", append([]string{group}, uses...))
	name := server + "." + thing + ".name"
	readOnly := thing == "tool" && d.allow.ReadOnly
	switch everything := slices.Contains(names, spec.Everything); {
	case everything && !readOnly:
		return []string{oneOf(server+".method", append(append([]string{group}, lists...), uses...))}
	case everything:
		using = all(using, anyOf(oneOf(name, []string{""}), readOnlyHint))
	case readOnly:
		using = all(using, anyOf(oneOf(name, []string{""}), all(oneOf(name, sorted(names)), readOnlyHint)))
	default:
		using = all(using, oneOf(name, append([]string{""}, sorted(names)...)))
	}
	return []string{oneOf(server+".method", lists), using}
}

const readOnlyHint = server + ".tool.annotations.read_only_hint == true"

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// all joins clauses by &&, each in parentheses, which is how Google's console reads them back.
func all(clauses ...string) string { return join(" && ", clauses) }

func anyOf(clauses ...string) string { return join(" || ", clauses) }

func join(by string, clauses []string) string {
	if len(clauses) == 1 {
		return clauses[0]
	}
	return "(" + strings.Join(clauses, ")"+by+"(") + ")"
}

// oneOf says that an attribute is one of those given.
func oneOf(attribute string, values []string) string {
	if len(values) == 1 {
		return attribute + " == " + cel.String(values[0])
	}
	return attribute + " in " + cel.Strings(values)
}
