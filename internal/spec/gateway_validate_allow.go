package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Everything is the one entry of a list that stands for all of its kind.
const Everything = "*"

// allow checks a permission: it must be for somebody, for something, and of the kinds that its target has.
func (v *gatewayValidator) allow(name string, a Allow) {
	path := []any{"allow", MapKey(name)}
	v.policyName(path, name)
	v.allowedCallers(path, a)
	v.allowedThings(path, a)
	v.arguments(at(path, "arguments"), a)
	v.messages(path, a)
	methods := []string{"mtls", "dpop", "cert-bound", "jwt", "jwt-svid", "did", "loopback"}
	v.choices(at(path, "authentication"), a.Authentication, methods)
	if a.ReadOnly && len(a.Tools) == 0 {
		v.add(at(path, "read_only"), "is about tools, and none is named: add tools, or leave it out")
	}
}

func (v *gatewayValidator) allowedCallers(path []any, a Allow) {
	if len(a.Agents) == 0 && len(a.Users) == 0 {
		v.add(path, "is for nobody: name agents or users")
	}
	for i, agent := range a.Agents {
		v.agent(at(path, "agents", i), agent)
		v.duplicate(at(path, "agents", i), a.Agents, i)
		if agent == Everything && len(a.Agents) > 1 {
			v.add(at(path, "agents", i), "\"*\" is every agent of the trust domain: leave it or the others out")
		}
	}
	for i, user := range a.Users {
		path := at(path, "users", i)
		v.text(path, user)
		v.duplicate(path, a.Users, i)
		issuer, subject, ok := strings.Cut(user, "#")
		switch {
		case strings.HasPrefix(user, "did:"):
			if len(a.Agents) > 0 {
				v.add(path, "%q calls by itself, and no agent acts for it: give it an allow of its own, without agents", user)
			}
		case !ok || issuer == "" || subject == "":
			v.add(path, "%q is no user: write the issuer and the subject, as in \"https://idp.example.org#alice\"", user)
		}
	}
}

func (v *gatewayValidator) agent(path []any, agent string) {
	if agent == Everything || v.gateway.Google != nil && IsGooglePrincipal(agent) {
		return
	}
	if namespace, ok := strings.CutPrefix(agent, "ns:"); ok {
		for _, msg := range validation.IsDNS1123Label(namespace) {
			v.add(path, "%q is no namespace: %s", namespace, msg)
		}
		return
	}
	id, err := spiffeid.FromString(agent)
	switch {
	case err != nil:
		v.add(path, "%q is no SPIFFE ID: %v. Write that of an agent, \"ns:<namespace>\" for all of a namespace, or \"*\"", agent, err)
	case id.Path() == "":
		v.add(path, "%q is a trust domain: write \"*\" for all agents of the gateway's own", agent)
	case strings.Contains(id.Path(), "/instance/"):
		whole, _, _ := strings.Cut(agent, "/instance/")
		v.add(path, "%q is one instance, and permissions are for agents: write %q", agent, whole)
	case v.foreign(id.TrustDomain().Name()):
		v.add(path, "%q is of the trust domain %q, which the gateway does not know: add it to trust", agent, id.TrustDomain().Name())
	}
}

// foreign says whether the gateway's own data plane knows nothing of a trust domain. On Google Cloud it is for GooglePrincipal to say.
func (v *gatewayValidator) foreign(domain string) bool {
	if v.gateway.Google != nil {
		return false
	}
	_, trusted := v.gateway.Trust[domain]
	return !trusted && domain != v.gateway.TrustDomain
}

// Things are the lists of what an Allow permits, by attribute; Protocol says of which targets.
type Things struct {
	Attribute, Protocol string
	Names               []string
}

// Things gives what is permitted of each kind, nothing included.
func (a Allow) Things() []Things {
	return []Things{
		{"tools", "mcp", a.Tools},
		{"prompts", "mcp", a.Prompts},
		{"resources", "mcp", a.Resources},
		{"skills", "a2a", a.Skills},
		{"operations", "rest", a.Operations},
		{"methods", "grpc", a.Methods},
	}
}

func (v *gatewayValidator) allowedThings(path []any, a Allow) {
	target, ok := v.gateway.Targets[a.Target]
	if !ok {
		v.add(at(path, "target"), "%q is no target: %s", a.Target, known("targets", sortedKeys(v.gateway.Targets)))
	}
	var fitting []string
	something := false
	for _, things := range a.Things() {
		path := at(path, things.Attribute)
		something = something || len(things.Names) > 0
		if things.Protocol == target.Protocol {
			fitting = append(fitting, things.Attribute)
		} else if ok && len(things.Names) > 0 {
			v.add(path, "target %q speaks %s, which has no %s: leave it out", a.Target, target.Protocol, things.Attribute)
		}
		for i, name := range things.Names {
			v.text(at(path, i), name)
			v.duplicate(at(path, i), things.Names, i)
			if name == Everything && len(things.Names) > 1 {
				v.add(at(path, i), "\"*\" is everything: leave it or the others out")
			}
		}
	}
	if !something && ok {
		v.add(path, "permits nothing: name what may be used of target %q in %s, or [\"*\"] for all of it", a.Target, strings.Join(fitting, ", "))
	}
	for i, name := range a.Operations {
		v.operation(at(path, "operations", i), a.Target, target, name)
	}
	for i, name := range a.Methods {
		v.method(at(path, "methods", i), a.Target, target, name)
	}
}

// OperationPath reads an operation that is named by its method and path, such as "GET /users/{id}".
func OperationPath(operation string) (method, path string, ok bool) {
	m := operationPath.FindStringSubmatch(operation)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var operationPath = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/.*)$`)

func (v *gatewayValidator) operation(path []any, name string, target Target, operation string) {
	if operation == Everything || target.OpenAPI != "" || target.Protocol != "rest" {
		return // what a document has is for the gateway to say
	}
	method, template, ok := OperationPath(operation)
	for id, o := range target.Operations {
		if id == operation || ok && o.Method == method && o.Path == template {
			return
		}
	}
	if !ok || target.Unmatched != "decide" {
		v.add(path, "%q is no operation of target %q: %s", operation, name, known("operations", sortedKeys(target.Operations)))
	}
}

func (v *gatewayValidator) method(path []any, name string, target Target, method string) {
	if method == Everything || target.Protocol != "grpc" {
		return
	}
	service, short, ok := strings.Cut(method, "/")
	switch {
	case !ok || service == "" || short == "" || strings.Contains(short, "/"):
		v.add(path, "%q is no method: write it as in \"shop.v1.Orders/Place\"", method)
	case !slices.Contains(target.Services, service):
		v.add(path, "%q is no service of target %q: %s", service, name, known("services", target.Services))
	}
}

func (v *gatewayValidator) messages(path []any, a Allow) {
	v.choices(at(path, "part_kinds"), a.PartKinds, []string{"text", "raw", "url", "data"})
	for _, list := range []struct {
		attribute string
		values    []string
	}{{"part_kinds", a.PartKinds}, {"media_types", a.MediaTypes}, {"url_hosts", a.URLHosts}, {"push_hosts", a.PushHosts}} {
		path := at(path, list.attribute)
		if len(list.values) > 0 && len(a.Skills) == 0 {
			v.add(path, "is about messages to skills, and none is named: add skills, or leave it out")
		}
		for i, value := range list.values {
			v.text(at(path, i), value)
			v.duplicate(at(path, i), list.values, i)
			if value != strings.ToLower(value) {
				v.add(at(path, i), "%q has capitals, and the gateway compares hosts and media types in lower case: write %q", value, strings.ToLower(value))
			}
			if value == Everything && len(list.values) > 1 {
				v.add(at(path, i), "\"*\" is everything: leave it or the others out")
			}
		}
	}
	if len(a.PartKinds) > 0 && !slices.Contains(a.PartKinds, "url") && len(a.URLHosts) > 0 {
		v.add(at(path, "url_hosts"), "is about parts that are URLs, and part_kinds has no \"url\": add it, or leave url_hosts out")
	}
}

// choices checks a list of words of which there are few.
func (v *gatewayValidator) choices(path []any, values, choices []string) {
	for i, value := range values {
		if !slices.Contains(choices, value) {
			v.add(at(path, i), "%q is none of %s", value, strings.Join(choices, ", "))
		}
	}
}

// text checks a name that goes into a policy.
func (v *gatewayValidator) text(path []any, text string) {
	switch {
	case text == "":
		v.add(path, "is empty: write a name, or leave it out")
	case !utf8.ValidString(text):
		v.add(path, "%q is not UTF-8", text)
	}
}

// arguments checks conditions on arguments: each must be possible, and no two may contradict each other.
func (v *gatewayValidator) arguments(path []any, a Allow) {
	if len(a.Arguments) == 0 {
		return
	}
	if len(a.Resources) > 0 {
		v.add(path, "are not given to resources, which have a URI alone: give resources an allow of their own")
	}
	names := slices.Sorted(maps.Keys(a.Arguments))
	for _, name := range names {
		path := at(path, MapKey(name))
		for part := range strings.SplitSeq(name, ".") {
			if part == "" || !utf8.ValidString(part) {
				v.add(path, "%q is no path to an argument: write names with dots between them, as in \"transfer.amount\"", name)
				break
			}
		}
		for _, other := range names {
			if strings.HasPrefix(name, other+".") && a.Arguments[other].kind() != "" {
				v.add(path, "%q is said to be a %s, which has no members: leave one of the two conditions out", other, a.Arguments[other].kind())
			}
		}
		v.condition(path, a.Arguments[name])
	}
}
