package oss

import (
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// GatewayLabel names the gateway that a pod is a replica of.
const GatewayLabel = "agentward.dev/gateway"

// PublishedImage is where releases of the data plane are, without a tag.
const PublishedImage = "ghcr.io/agentward/agent-gateway"

// Gateway gives all objects of a gateway in the order in which they are to be applied: who it is and what it may read, what it
// reads, who may reach it, and only then what runs. The gateway must be valid (spec.Gateway.Validate).
func Gateway(g spec.Gateway) ([]stack.Object, error) {
	config, err := GatewayConfig(g)
	if err != nil {
		return nil, err
	}
	r := gateway{Gateway: g, config: config}
	objects := []stack.Object{r.serviceAccount(), r.role(), r.roleBinding(), r.suspended()}
	objects = append(objects, r.secrets()...)
	objects = append(objects, r.networkPolicies()...)
	objects = append(objects, r.identity(), r.configMap(), r.service(), r.deployment(), r.disruptionBudget())
	if g.Deployment.Autoscaling != nil {
		objects = append(objects, r.autoscaler(*g.Deployment.Autoscaling))
	}
	if g.ServiceMonitor != nil {
		objects = append(objects, r.metricsService(), r.serviceMonitor(*g.ServiceMonitor))
	}
	return objects, nil
}

// gateway is one that is being rendered.
type gateway struct {
	spec.Gateway
	config Config
}

// GatewayID is the SPIFFE ID that all replicas of a gateway have.
func GatewayID(g spec.Gateway) string {
	return "spiffe://" + g.TrustDomain + "/ns/" + g.Namespace + "/gateway/" + g.Name
}

// ListenerURL is the origin by which agents call a listener: what the gateway is told, or that of its Service.
func ListenerURL(g spec.Gateway, listener string) string {
	l := g.Listeners[listener]
	if l.URL != "" {
		return strings.TrimSuffix(l.URL, "/")
	}
	host := g.Name + "." + g.Namespace + ".svc"
	if l.Port != 443 {
		host = net.JoinHostPort(host, strconv.Itoa(l.Port))
	}
	return "https://" + host
}

// TargetURL is where agents call a target at a listener. gRPC has no path: its services are at the listener's root.
func TargetURL(g spec.Gateway, listener, target string) string {
	t := g.Targets[target]
	switch {
	case t.Protocol == "grpc":
		return ListenerURL(g, listener)
	case t.Path != "":
		return ListenerURL(g, listener) + t.Path
	}
	return ListenerURL(g, listener) + "/" + target
}

// Serves says whether a target is served at a listener.
func Serves(l spec.Listener, target string) bool {
	return l.Targets == nil || slices.Contains(l.Targets, target)
}

// listenerNames are the names of the listeners, sorted.
func (g gateway) listenerNames() []string { return slices.Sorted(maps.Keys(g.Listeners)) }

func (g gateway) adminPort() int64 {
	if g.Deployment.AdminPort == 0 {
		return spec.DefaultAdminPort
	}
	return int64(g.Deployment.AdminPort)
}

// labels are those of every object. The name that Kubernetes recommends comes from the user's labels if they have it.
func (g gateway) labels() map[string]string {
	labels := map[string]string{"app.kubernetes.io/name": "agent-gateway", "app.kubernetes.io/instance": g.Name}
	maps.Copy(labels, g.Labels)
	labels[GatewayLabel] = g.Name
	return labels
}

// podLabels select the gateway's pods. A Deployment's selector never changes, so that it has nothing in it that a user might.
func (g gateway) podLabels() map[string]any { return map[string]any{GatewayLabel: g.Name} }

// in names an object in the gateway's namespace.
func (g gateway) in(group, version, kind, name string) stack.Key {
	return stack.Key{Group: group, Version: version, Kind: kind, Namespace: g.Namespace, Name: name}
}

// object builds an object of the gateway.
func (g gateway) object(key stack.Key, content map[string]any) stack.Object {
	return manifest(key, g.labels(), g.Annotations, content)
}

// hostOf gives the host of a URL, "" where it has none.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
