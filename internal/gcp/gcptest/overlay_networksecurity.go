package gcptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
)

// authzPolicies are the one resource of networksecurity/v1 that the gcp stack has. Sources: the discovery document's prose and
// the documentation of Agent Gateway, "delegate authorization".
var authzPolicies = &kind{
	api: "networksecurity", collection: "projects.locations.authzPolicies",
	defaults: func(body map[string]any) {
		if body["policyProfile"] == nil { // "If not specified, REQUEST_AUTHZ is applied."
			body["policyProfile"] = "REQUEST_AUTHZ"
		}
	},
	references: func(_ string, body map[string]any) []reference {
		references := gatewaysAmong("target.resources", texts(body, "target.resources"))
		for _, extension := range texts(body, "customProvider.authzExtension.resources") {
			references = append(references, named("custom_provider.authz_extension.resources", "networkservices", extension)...)
		}
		return references
	},
	queues: func(_ string, body map[string]any) []reference {
		return gatewaysAmong("target.resources", texts(body, "target.resources"))
	},
}

func init() {
	// The check looks at the other policies, which are found by their kind.
	authzPolicies.check = checkAuthzPolicy
	register(authzPolicies)
}

func checkAuthzPolicy(c *check) {
	c.labels()
	gateways := c.policyTarget()
	c.policyAction(len(gateways) > 0)
	c.policyRules(len(gateways) > 0)
	for _, gateway := range gateways {
		c.policyOnGateway(gateway)
	}
}

// policyTarget gives the agent gateways that a policy is for.
func (c *check) policyTarget() []string {
	var gateways []string
	for _, ref := range gatewaysAmong("", texts(c.body, "target.resources")) {
		gateways = append(gateways, c.server.byID(ref.name))
		if location(ref.name) != location(c.name) {
			c.refuse("target.resources", fmt.Sprintf("%q is not in the policy's location", ref.name))
		}
	}
	// "Must not be specified when targeting Agent Gateway."
	if len(gateways) > 0 && c.has("target.loadBalancingScheme") {
		c.refuse("target.loadBalancingScheme", "the field is not set where the target is an agent gateway")
	}
	return gateways
}

func (c *check) policyAction(gateway bool) {
	action, profile := text(c.body, "action"), text(c.body, "policyProfile")
	c.atMostOne("httpRules", "networkRules")
	rules := c.has("httpRules") || c.has("networkRules")
	switch {
	case action == "DENY_BY_DEFAULT" && rules:
		c.refuse("httpRules", "DENY_BY_DEFAULT has no rules")
	case (action == "ALLOW" || action == "DENY") && !rules:
		c.refuse("httpRules", "at least one rule is required for "+action)
	}
	if action != "CUSTOM" {
		if c.has("customProvider") {
			c.refuse("customProvider", "the field is for the action CUSTOM")
		}
		if profile == "CONTENT_AUTHZ" {
			c.refuse("policyProfile", "CONTENT_AUTHZ is decided by an extension, with the action CUSTOM")
		}
		return
	}
	if !c.has("customProvider") {
		c.refuse("customProvider", "the field is required if the action is CUSTOM")
		return
	}
	c.exactlyOne("customProvider.authzExtension", "customProvider.cloudIap")
	c.count("customProvider.authzExtension.resources", 1)
	if gateway && c.has("customProvider.cloudIap") { // "Applicable only for managed load balancers."
		c.refuse("customProvider.cloudIap", "Cloud IAP is for load balancers; an agent gateway has an extension for iap.googleapis.com")
	}
	for _, name := range texts(c.body, "customProvider.authzExtension.resources") {
		if extension := c.server.lookup("networkservices", relative(name)); extension != nil {
			c.extensionFits(profile, extension)
		}
	}
}

// extensionFits: which profile may call which service is in the description of AuthzExtension.service.
func (c *check) extensionFits(profile string, extension *stored) {
	const field = "customProvider.authzExtension.resources"
	service := text(extension.body, "service")
	switch {
	case location(extension.name) != location(c.name):
		c.refuse(field, "the extension is in the policy's location")
	case service == "iap.googleapis.com" && profile != "REQUEST_AUTHZ":
		c.refuse(field, "iap.googleapis.com can only be referenced by a policy with the profile REQUEST_AUTHZ")
	case modelArmorHost.MatchString(service) && profile != "CONTENT_AUTHZ":
		c.refuse(field, service+" can only be referenced by a policy with the profile CONTENT_AUTHZ")
	case profile == "CONTENT_AUTHZ" && text(extension.body, "wireFormat") == "EXT_AUTHZ_GRPC": // it streams bodies
		c.refuse(field, "CONTENT_AUTHZ needs an extension with the wire format EXT_PROC_GRPC")
	}
}

// policyOnGateway: limits of agent gateways (documentation of Agent Gateway, "delegate authorization").
func (c *check) policyOnGateway(gateway string) {
	target := c.server.lookup("networkservices", gateway)
	if target == nil || text(c.body, "action") != "CUSTOM" {
		return
	}
	custom := 1
	for _, other := range c.server.in(authzPolicies) {
		if other.name != c.name && text(other.body, "action") == "CUSTOM" && slices.ContainsFunc(texts(other.body, "target.resources"), func(resource string) bool {
			return c.server.byID(relative(resource)) == gateway
		}) {
			custom++
		}
	}
	switch text(target.body, "googleManaged.governedAccessPath") {
	case "CLIENT_TO_AGENT":
		if text(c.body, "policyProfile") != "CONTENT_AUTHZ" {
			c.refuse("policyProfile", "a gateway for CLIENT_TO_AGENT calls extensions of CONTENT_AUTHZ policies only")
		} else if custom > 1 {
			c.refuse("target.resources", "a gateway for CLIENT_TO_AGENT has at most 1 CONTENT_AUTHZ policy")
		}
	default:
		if custom > 4 {
			c.refuse("target.resources", "an agent gateway has at most 4 policies with the action CUSTOM")
		}
	}
}

// tally counts what is limited "per Authorization Policy".
type tally map[string]int

// principalsMost: 50 but on global load balancers, which are no agent gateways. Of all else that is counted there are at most 10.
const principalsMost = 50

func (c *check) policyRules(gateway bool) {
	c.count("httpRules", 5)
	c.count("networkRules", 5)
	counts := tally{}
	for _, list := range []string{"httpRules", "networkRules"} {
		rules, _ := c.body[list].([]any)
		for i, rule := range rules {
			at := fmt.Sprintf("%s[%d]", list, i)
			c.policySources(at, rule, counts)
			c.policyOperations(at, rule, gateway && list == "httpRules", counts)
			c.policyCondition(at, rule)
		}
	}
	for _, what := range sorted(counts) {
		most := 10
		if what == "principals" {
			most = principalsMost
		}
		if counts[what] > most {
			c.refuse("httpRules", fmt.Sprintf("there are %d %s, and a policy has at most %d", counts[what], what, most))
		}
	}
}

func (c *check) policySources(at string, rule any, counts tally) {
	from := dig(rule, "from")
	if from == nil {
		return
	}
	if dig(from, "sources") == nil && dig(from, "notSources") == nil {
		c.refuse(at+".from", "at least one of sources and not_sources is set")
	}
	for _, list := range []string{"sources", "notSources"} {
		sources, _ := dig(from, list).([]any)
		if len(sources) > 1 {
			c.refuse(at+".from."+list, "there is at most 1")
		}
		for i, source := range sources {
			below := fmt.Sprintf("%s.from.%s[%d]", at, list, i)
			counts.add("ip blocks", dig(source, "ipBlocks"))
			counts.add("resources", dig(source, "resources"))
			counts.add("principals", dig(source, "principals"))
			principals, _ := dig(source, "principals").([]any)
			for j, principal := range principals {
				where := fmt.Sprintf("%s.principals[%d].principal", below, j)
				c.stringMatch(where, dig(principal, "principal"))
				if match, _ := dig(principal, "principal").(map[string]any); match["exact"] == nil {
					c.refuse(where, "only an exact match can be applied to what a client's certificate has")
				}
			}
			for j, resource := range asList(dig(source, "resources")) {
				if len(asList(dig(resource, "tagValueIdSet.ids"))) > 5 {
					c.refuse(fmt.Sprintf("%s.resources[%d].tagValueIdSet.ids", below, j), "there are at most 5")
				}
				if account := dig(resource, "iamServiceAccount"); account != nil {
					c.stringMatch(fmt.Sprintf("%s.resources[%d].iamServiceAccount", below, j), account)
				}
			}
			if len(principals) == 0 && dig(source, "ipBlocks") == nil && dig(source, "resources") == nil {
				c.refuse(below, "a source says what it matches")
			}
		}
	}
}

func (c *check) policyOperations(at string, rule any, gateway bool, counts tally) {
	to := dig(rule, "to")
	if to == nil {
		return
	}
	if dig(to, "operations") == nil && dig(to, "notOperations") == nil {
		c.refuse(at+".to", "at least one of operations and not_operations is set")
	}
	for _, list := range []string{"operations", "notOperations"} {
		operations, _ := dig(to, list).([]any)
		if len(operations) > 1 {
			c.refuse(at+".to."+list, "there is at most 1")
		}
		for i, operation := range operations {
			below := fmt.Sprintf("%s.to.%s[%d]", at, list, i)
			for _, matches := range []string{"hosts", "paths", "snis"} {
				counts.add(matches, dig(operation, matches))
				c.stringMatches(below+"."+matches, dig(operation, matches))
			}
			headers, _ := dig(operation, "headerSet.headers").([]any)
			counts.add("headers", dig(operation, "headerSet.headers"))
			for j, header := range headers {
				c.stringMatch(fmt.Sprintf("%s.headerSet.headers[%d].value", below, j), dig(header, "value"))
			}
			counts.add("methods", dig(operation, "methods"))
			methods, _ := dig(operation, "methods").([]any)
			for j, m := range methods {
				if name, _ := m.(string); !slices.Contains([]string{"GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"}, name) {
					c.refuse(fmt.Sprintf("%s.methods[%d]", below, j), fmt.Sprintf("%q is no method of HTTP", name))
				}
			}
			c.policyMCP(below+".mcp", dig(operation, "mcp"), gateway, counts)
		}
	}
}

// The three categories of methods are in the description of the field methods[].name.
var (
	mcpGroups  = []string{"tools", "prompts", "resources"}
	mcpLists   = []string{"prompts/list", "tools/list", "resources/list", "resources/templates/list"}
	mcpObjects = []string{"prompts/get", "tools/call", "resources/subscribe", "resources/unsubscribe", "resources/read"}
)

func (c *check) policyMCP(at string, mcp any, gateway bool, counts tally) {
	if mcp == nil {
		return
	}
	if !gateway {
		c.refuse(at, "the field can be set only for HTTP rules of policies that target agent gateways")
	}
	counts.add("MCP methods", dig(mcp, "methods"))
	methods, _ := dig(mcp, "methods").([]any)
	for i, m := range methods {
		below := fmt.Sprintf("%s.methods[%d]", at, i)
		name := text(asObject(m), "name")
		params := dig(m, "params")
		counts.add("MCP method parameters", params)
		c.stringMatches(below+".params", params)
		switch {
		case slices.Contains(mcpObjects, name):
		case !slices.Contains(mcpGroups, name) && !slices.Contains(mcpLists, name):
			c.refuse(below+".name", fmt.Sprintf("%q is none of %s", name, strings.Join(slices.Concat(mcpGroups, mcpLists, mcpObjects), ", ")))
		case params != nil:
			c.refuse(below+".params", fmt.Sprintf("params cannot be specified for %q, only for %s", name, strings.Join(mcpObjects, ", ")))
		}
	}
}

// policyCondition parses CEL. What names it may use is not published.
func (c *check) policyCondition(at string, rule any) {
	expression := text(asObject(rule), "when")
	if expression == "" {
		return
	}
	if err := parseCEL(expression); err != nil {
		c.refuse(at+".when", "the expression is no CEL: "+err.Error())
	}
}

func parseCEL(expression string) error {
	environment, err := cel.NewEnv()
	if err != nil {
		return err
	}
	_, issues := environment.Parse(expression)
	return issues.Err()
}

func (c *check) stringMatches(at string, list any) {
	matches, _ := list.([]any)
	for i, match := range matches {
		c.stringMatch(fmt.Sprintf("%s[%d]", at, i), match)
	}
}

// stringMatch is a oneof of four ways to match (authz_policy.proto); the empty text matches in none of them.
func (c *check) stringMatch(at string, match any) {
	set := 0
	for _, way := range []string{"exact", "prefix", "suffix", "contains"} {
		if dig(match, way) != nil {
			set++
		}
	}
	if set != 1 {
		c.refuse(at, "exactly one of exact, prefix, suffix and contains is set")
	}
}

func (t tally) add(what string, list any) {
	elements, _ := list.([]any)
	t[what] += len(elements)
}

func asObject(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}
