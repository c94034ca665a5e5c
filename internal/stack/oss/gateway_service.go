package oss

import (
	"maps"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// service has a port for each listener, by the listener's name. Ports are numbers on both sides, so that policies, which see those of
// pods, and clients mean the same.
func (g gateway) service() stack.Object {
	var ports []any
	for _, name := range g.listenerNames() {
		number := int64(g.Listeners[name].Port)
		ports = append(ports, map[string]any{"name": name, "protocol": "TCP", "port": number, "targetPort": number})
	}
	s := map[string]any{"type": "ClusterIP", "selector": g.podLabels(), "ports": ports}
	if g.Deployment.ServiceType != "" {
		s["type"] = g.Deployment.ServiceType
	}
	annotations := maps.Clone(g.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	maps.Copy(annotations, g.Deployment.ServiceAnnotations)
	return manifest(g.in("", "v1", "Service", g.Name), g.labels(), annotations, map[string]any{"spec": s})
}

// metricsComponent tells the Service of metrics from that of the listeners, which may be open to the world.
var metricsComponent = map[string]any{"app.kubernetes.io/component": "metrics"}

func (g gateway) metricsService() stack.Object {
	o := g.object(g.in("", "v1", "Service", g.Name+"-metrics"), map[string]any{"spec": map[string]any{
		"clusterIP": "None",
		"selector":  g.podLabels(),
		"ports":     []any{map[string]any{"name": adminPort, "protocol": "TCP", "port": g.adminPort(), "targetPort": g.adminPort()}},
	}})
	metadata, _ := o.Body["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	maps.Copy(labels, metricsComponent)
	return o
}

// adminPort is the name of the port for probes and metrics.
const adminPort = "admin"

func (g gateway) serviceMonitor(m spec.ServiceMonitor) stack.Object {
	labels := g.labels()
	maps.Copy(labels, m.Labels)
	endpoint := map[string]any{"port": adminPort, "path": "/metrics"}
	if m.Interval > 0 {
		endpoint["interval"] = prometheusDuration(m.Interval)
	}
	selector := maps.Clone(metricsComponent)
	maps.Copy(selector, g.podLabels())
	return manifest(g.in("monitoring.coreos.com", "v1", "ServiceMonitor", g.Name), labels, g.Annotations, map[string]any{"spec": map[string]any{
		"selector":  map[string]any{"matchLabels": selector},
		"endpoints": []any{endpoint},
	}})
}

// prometheusDuration writes a duration without the fractions that Prometheus does not read.
func prometheusDuration(d time.Duration) string {
	return max(d.Truncate(time.Second), time.Second).String()
}
