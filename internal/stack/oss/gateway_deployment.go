package oss

import (
	"maps"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const (
	// drainTime is how long a gateway that stops waits for what is under way, where limits say nothing else.
	drainTime = 30 * time.Second
	// leaveTime is how long a pod still takes connections once it is to end: for so long others may not know yet.
	leaveTime = 5 * time.Second
	// restartAnnotation is of what a running gateway cannot take over, so that a change of it makes new pods.
	restartAnnotation = "agentward.dev/restart"
)

func (g gateway) deployment() stack.Object {
	s := map[string]any{
		"selector": map[string]any{"matchLabels": g.podLabels()},
		// A replica leaves once another is ready, so that there are never fewer than were asked for.
		"strategy": map[string]any{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxUnavailable": int64(0), "maxSurge": "25%"}},
		"template": map[string]any{"metadata": g.podMetadata(), "spec": g.pod()},
	}
	if g.Deployment.Autoscaling == nil {
		s["replicas"] = int64(g.Deployment.Replicas)
	}
	return g.object(g.in("apps", "v1", "Deployment", g.Name), map[string]any{"spec": s})
}

func (g gateway) podMetadata() map[string]any {
	labels := map[string]string{}
	maps.Copy(labels, g.Deployment.PodLabels)
	maps.Copy(labels, map[string]string{"app.kubernetes.io/name": "agent-gateway", "app.kubernetes.io/instance": g.Name, GatewayLabel: g.Name})
	annotations := map[string]string{}
	maps.Copy(annotations, g.Deployment.PodAnnotations)
	annotations[restartAnnotation] = g.config.restart
	return map[string]any{"labels": anyMap(labels), "annotations": anyMap(annotations)}
}

func (g gateway) pod() map[string]any {
	drain := g.Limits.Drain
	if drain == 0 {
		drain = drainTime
	}
	p := map[string]any{
		"serviceAccountName":           g.Name,
		"automountServiceAccountToken": false,
		"enableServiceLinks":           false,
		// Longer than draining takes, so that what is under way is broken off by the gateway, in its protocol's words, and not killed.
		"terminationGracePeriodSeconds": int64((leaveTime + drain + 10*time.Second).Seconds()),
		"securityContext":               g.podSecurity(),
		"topologySpreadConstraints":     g.spread(),
		"containers":                    []any{g.container()},
		"volumes":                       g.volumes(),
	}
	d := g.Deployment
	if len(d.NodeSelector) > 0 {
		p["nodeSelector"] = anyMap(d.NodeSelector)
	}
	if len(d.Tolerations) > 0 {
		p["tolerations"] = tolerations(d.Tolerations)
	}
	if d.PriorityClass != "" {
		p["priorityClassName"] = d.PriorityClass
	}
	return p
}

func (g gateway) podSecurity() map[string]any {
	security := map[string]any{
		"runAsNonRoot": true, "runAsUser": nobody, "runAsGroup": nobody,
		"seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}
	lowest := 1024
	for _, l := range g.Listeners {
		lowest = min(lowest, l.Port)
	}
	if lowest < 1024 {
		// A sysctl of the pod's own network, which the restricted Pod Security Standard allows: it takes no capability then.
		security["sysctls"] = []any{map[string]any{"name": "net.ipv4.ip_unprivileged_port_start", "value": strconv.Itoa(lowest)}}
	}
	return security
}

func (g gateway) container() map[string]any {
	d := g.Deployment
	ports := []any{}
	for _, name := range g.listenerNames() {
		ports = append(ports, map[string]any{"containerPort": int64(g.Listeners[name].Port), "protocol": "TCP"})
	}
	ports = append(ports, map[string]any{"name": adminPort, "containerPort": g.adminPort(), "protocol": "TCP"})
	resources := d.ResourcesOrDefault()
	c := map[string]any{
		"name":  "agent-gateway",
		"image": d.Image,
		"args":  []any{"serve", "-config-map", g.Namespace + "/" + g.Name, "-directory", directory},
		"ports": ports,
		"resources": map[string]any{
			"requests": anyMap(resources.Requests), "limits": anyMap(resources.Limits),
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}},
		},
		"volumeMounts": []any{
			map[string]any{"name": "run", "mountPath": directory},
			map[string]any{"name": "api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
			map[string]any{"name": "workload-api", "mountPath": workloadAPIFolder, "readOnly": true},
		},
		// A gateway that waits for its configuration, or for its SVID, is not to be killed for it.
		"startupProbe":   g.probe("/healthz", 2, 150),
		"livenessProbe":  g.probe("/healthz", 10, 3),
		"readinessProbe": g.probe("/readyz", 2, 2),
		"lifecycle":      map[string]any{"preStop": map[string]any{"sleep": map[string]any{"seconds": int64(leaveTime.Seconds())}}},
	}
	if d.PullPolicy != "" {
		c["imagePullPolicy"] = d.PullPolicy
	}
	if limit, ok := memoryLimit(resources); ok {
		c["env"] = []any{map[string]any{"name": "GOMEMLIMIT", "value": limit}}
	}
	return c
}

func (g gateway) probe(path string, period, failures int64) map[string]any {
	return map[string]any{
		"httpGet":       map[string]any{"path": path, "port": adminPort},
		"periodSeconds": period, "failureThreshold": failures, "timeoutSeconds": int64(2),
	}
}

// memoryLimit tells the garbage collector of nine tenths of the container's limit: the rest is for what is not on the heap, and
// for the files of the configuration, which are in memory too.
func memoryLimit(r spec.Resources) (string, bool) {
	q, err := resource.ParseQuantity(r.Limits["memory"])
	if err != nil {
		return "", false
	}
	return strconv.FormatInt(q.Value()/10*9, 10), true
}

func (g gateway) spread() []any {
	keys := []string{"kubernetes.io/hostname"}
	if g.Deployment.ZoneSpread {
		keys = append(keys, "topology.kubernetes.io/zone")
	}
	var constraints []any
	for _, key := range keys {
		constraints = append(constraints, map[string]any{
			"topologyKey": key, "maxSkew": int64(1), "whenUnsatisfiable": "ScheduleAnyway",
			"labelSelector":  map[string]any{"matchLabels": g.podLabels()},
			"matchLabelKeys": []any{"pod-template-hash"}, // the replicas of one rollout among themselves
		})
	}
	return constraints
}

func tolerations(all []spec.Toleration) []any {
	var out []any
	for _, t := range all {
		toleration := map[string]any{}
		for name, value := range map[string]string{"key": t.Key, "operator": t.Operator, "value": t.Value, "effect": t.Effect} {
			if value != "" {
				toleration[name] = value
			}
		}
		if t.Seconds != nil {
			toleration["tolerationSeconds"] = *t.Seconds
		}
		out = append(out, toleration)
	}
	return out
}

// volumes are where the gateway keeps what it has read, the one token that lets it read, which ends after ten minutes, and the
// Workload API.
func (g gateway) volumes() []any {
	access := []any{
		map[string]any{"serviceAccountToken": map[string]any{"path": "token", "expirationSeconds": int64(600)}},
		map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt", "items": []any{map[string]any{"key": "ca.crt", "path": "ca.crt"}}}},
		map[string]any{"downwardAPI": map[string]any{"items": []any{map[string]any{
			"path": "namespace", "fieldRef": map[string]any{"apiVersion": "v1", "fieldPath": "metadata.namespace"},
		}}}},
	}
	return []any{
		map[string]any{"name": "run", "emptyDir": map[string]any{"medium": "Memory", "sizeLimit": "64Mi"}},
		map[string]any{"name": "api-access", "projected": map[string]any{"sources": access}},
		workloadAPIVolume("workload-api", g.Deployment.WorkloadAPI),
	}
}

// disruptionBudget lets a node be drained whose replica is one of several, or the only one, and never two at once.
func (g gateway) disruptionBudget() stack.Object {
	return g.object(g.in("policy", "v1", "PodDisruptionBudget", g.Name), map[string]any{"spec": map[string]any{
		"maxUnavailable": int64(1), "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": map[string]any{"matchLabels": g.podLabels()},
	}})
}

func (g gateway) autoscaler(a spec.Autoscaling) stack.Object {
	utilization := int64(a.CPUUtilization)
	if utilization == 0 {
		utilization = 70
	}
	return g.object(g.in("autoscaling", "v2", "HorizontalPodAutoscaler", g.Name), map[string]any{"spec": map[string]any{
		"scaleTargetRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": g.Name},
		"minReplicas":    int64(a.Min), "maxReplicas": int64(a.Max),
		"metrics": []any{map[string]any{"type": "Resource", "resource": map[string]any{
			"name": "cpu", "target": map[string]any{"type": "Utilization", "averageUtilization": utilization},
		}}},
	}})
}
