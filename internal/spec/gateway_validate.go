package spec

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Validate gives everything wrong with the gateway that its own configuration cannot say, in the order of its fields: what
// Kubernetes would refuse, and what only shows once several replicas, Secrets and permissions are looked at together. URLs,
// policies, limits and the like are checked by the gateway's own code, on the rendered configuration. Paths are attribute names
// of agent_gateway.
func (g Gateway) Validate() Problems {
	v := gatewayValidator{gateway: g}
	v.name([]any{"name"}, g.Name)
	dnsLabel(&v.problems, []any{"namespace"}, g.Namespace)
	ValidateTrustDomain(&v.problems, g.TrustDomain)
	if g.Mode != ClientToAgent && g.Mode != AgentToAnywhere {
		v.add([]any{"mode"}, "%q is no mode: use %q or %q", g.Mode, ClientToAgent, AgentToAnywhere)
	}
	v.listeners()
	v.targets()
	v.policies()
	for _, name := range sortedKeys(g.Allow) {
		v.allow(name, g.Allow[name])
	}
	v.keys()
	v.store()
	v.auditLog()
	if g.Telemetry != nil && g.Telemetry.OTLP != nil {
		v.secret([]any{"telemetry", "otlp", "headers"}, g.Telemetry.OTLP.Headers)
	}
	v.deployment()
	v.network()
	if m := g.ServiceMonitor; m != nil {
		v.labels([]any{"service_monitor", "labels"}, m.Labels)
	}
	v.metadata(g.Labels, g.Annotations)
	v.size()
	return v.problems
}

// gatewayValidator gathers the problems of one gateway.
type gatewayValidator struct {
	validator
	gateway Gateway
}

// maxGatewayName leaves room for what objects of the gateway add to its name in names that end at 63 characters.
const maxGatewayName = 50

// name checks what names Services, whose names are stricter than those of other objects.
func (v *gatewayValidator) name(path []any, name string) {
	if name == "" {
		v.add(path, "is empty: give the gateway a name, such as \"tools\"")
		return
	}
	if msgs := validation.IsDNS1035Label(name); len(msgs) > 0 {
		v.add(path, "%q cannot name a Service: %s", name, msgs[0])
	}
	if len(name) > maxGatewayName {
		v.add(path, "%q has %d characters, the most is %d, because pods and objects add to it", name, len(name), maxGatewayName)
	}
}

func (v *gatewayValidator) listeners() {
	path := []any{"listeners"}
	if len(v.gateway.Listeners) == 0 {
		v.add(path, "is empty, so that nobody could call: add one, such as { agents = { port = 8443 } }")
	}
	taken := map[int]string{v.gateway.Deployment.adminPort(): "deployment.admin_port"}
	for _, name := range sortedKeys(v.gateway.Listeners) {
		l := v.gateway.Listeners[name]
		path := at(path, MapKey(name))
		for _, msg := range validation.IsDNS1123Label(name) {
			v.add(path, "%q cannot name a port of a Service: %s", name, msg)
		}
		if name == adminPortName {
			v.add(path, "%q is the name of the port for metrics and probes: give the listener another", name)
		}
		if other := taken[l.Port]; other != "" {
			v.add(at(path, "port"), "%d is %s's already: a pod has each port once", l.Port, other)
		}
		taken[l.Port] = "listener " + name
		if msgs := validation.IsValidPortNum(l.Port); len(msgs) > 0 {
			v.add(at(path, "port"), "%d is no port: %s", l.Port, msgs[0])
		}
		if l.Authenticate != nil && len(l.Authenticate) == 0 {
			v.add(at(path, "authenticate"), "is empty, so that every call would be refused: leave it out, or name \"mtls\"")
		}
		for _, target := range l.Targets {
			if _, ok := v.gateway.Targets[target]; !ok {
				v.add(at(path, "targets"), "%q is no target: %s", target, known("targets", sortedKeys(v.gateway.Targets)))
			}
		}
	}
}

// targetName is what may be part of an identifier in a policy and of a ConfigMap's key.
var targetName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`)

func (v *gatewayValidator) targets() {
	path := []any{"targets"}
	if len(v.gateway.Targets) == 0 {
		v.add(path, "is empty, so that there is nothing to call: add one, such as { tools = { protocol = \"mcp\", url = \"http://tools.mcp.svc:3000/mcp\" } }")
	}
	for _, name := range sortedKeys(v.gateway.Targets) {
		t := v.gateway.Targets[name]
		path := at(path, MapKey(name))
		if !targetName.MatchString(name) || len(name) > 100 {
			v.add(path, "%q cannot name a target: use up to 100 lower case letters and digits, with - _ . between them", name)
		}
		if !slices.Contains([]string{"mcp", "a2a", "rest", "grpc"}, t.Protocol) {
			v.add(at(path, "protocol"), "%q is no protocol: use \"mcp\", \"a2a\", \"rest\" or \"grpc\"", t.Protocol)
		}
		if t.TLS != nil && t.TLS.Client != nil {
			v.secretName(at(path, "tls", "client_certificate"), t.TLS.Client.Name)
		}
		for i, c := range t.Credentials {
			v.credential(at(path, "credentials", i), c)
		}
		if t.Workload != nil {
			v.podSet(at(path, "workload"), *t.Workload)
			if v.gateway.Network.Disabled {
				v.add(at(path, "workload"), "is kept from everybody but the gateway by a NetworkPolicy, and network.disabled renders none: leave one of them out")
			}
		}
	}
}

func (v *gatewayValidator) credential(path []any, c Credential) {
	v.secret(at(path, "value"), c.Value)
	v.secret(at(path, "client_key"), c.ClientKey)
	if c.Kind == "static" && c.Value.Empty() {
		v.add(at(path, "value"), "is missing: name a Secret and its key, or give value_wo")
	}
	if c.Kind != "static" && !c.Value.Empty() && !c.ClientKey.Empty() {
		v.add(at(path, "client_key"), "stands beside value: the client authenticates with a secret or with a key")
	}
}

// policyName is what a ConfigMap's key may consist of.
var policyName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9])?$`)

func (v *gatewayValidator) policies() {
	for _, name := range sortedKeys(v.gateway.Policies) {
		path := []any{"policies", MapKey(name)}
		v.policyName(path, name)
		if strings.TrimSpace(v.gateway.Policies[name]) == "" {
			v.add(path, "is empty: write a policy, or leave it out")
		}
	}
	for _, id := range sortedKeys(v.gateway.AgentLabels) {
		path := []any{"agent_labels", MapKey(id)}
		if _, err := spiffeid.FromString(strings.TrimSuffix(id, "/*")); err != nil {
			v.add(path, "%q is no SPIFFE ID: %v", id, err)
		}
	}
}

func (v *gatewayValidator) policyName(path []any, name string) {
	if !policyName.MatchString(name) {
		v.add(path, "%q cannot name a policy: use up to 100 letters and digits, with - _ . between them", name)
	}
}

// maxConfigMap is what the API server stores of one ConfigMap's data, in bytes.
const maxConfigMap = 1 << 20

// size sums what all goes into one ConfigMap. The configuration itself is small beside the documents in it.
func (v *gatewayValidator) size() {
	g, sum := v.gateway, 0
	largest, most := []any{"policies"}, 0
	count := func(path []any, n int) {
		sum += n
		if n > most {
			largest, most = path, n
		}
	}
	for _, name := range sortedKeys(g.Policies) {
		count([]any{"policies", MapKey(name)}, len(g.Policies[name]))
	}
	for _, name := range sortedKeys(g.Targets) {
		t := g.Targets[name]
		path := []any{"targets", MapKey(name)}
		count(at(path, "openapi"), len(t.OpenAPI))
		count(at(path, "descriptors"), base64.StdEncoding.EncodedLen(len(t.Descriptors)))
		if t.A2A != nil {
			count(at(path, "a2a", "card_keys"), len(t.A2A.CardKeys))
		}
		if t.TLS != nil {
			count(at(path, "tls", "ca"), len(t.TLS.CA))
		}
	}
	for _, name := range sortedKeys(g.Trust) {
		count([]any{"trust", MapKey(name), "bundle"}, len(g.Trust[name].Bundle))
	}
	if sum > maxConfigMap*9/10 {
		v.add(largest, "all policies, documents and certificates have %d bytes together, and a ConfigMap holds %d; this is the largest, with %d: shorten it, "+
			"for instance by leaving out of a document what the gateway does not read", sum, maxConfigMap, most)
	}
}

// known lists what could have been meant.
func known(what string, names []string) string {
	if len(names) == 0 {
		return "there are no " + what
	}
	return "there are " + strings.Join(names, ", ")
}
