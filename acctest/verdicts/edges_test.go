package verdicts

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// edges are Pods where a careless rule would be wrong.
func edges() []podCase {
	var cases []podCase
	add := func(name string, breaks []string, change func(*corev1.Pod)) {
		cases = append(cases, podCase{name: name, namespace: agents, breaks: breaks, pod: change})
	}
	registries := []string{"allowed-registries"}

	// What an image reference means is for the container runtime to say: these are the forms that it takes, and some that it
	// does not.
	for _, c := range []struct {
		image  string
		breaks []string
	}{
		{"registry.example.org/agents/worker", nil},
		{"registry.example.org/agents/worker:1.2@" + digestA, nil},
		{"registry.example.org/agents", nil},
		{"registry.example.org/agents:1", nil},
		{"registry.example.org/agents@" + digestA, nil},
		{"registry.example.org/agents/deep/er/worker:1", nil},
		{"localhost:5000/worker:1", nil},
		{"registry.example.org:5000/agents/worker:1", registries},
		{"registry.example.org/agentsworker:1", registries},
		{"registry.example.org/agents/../evil/worker:1", registries},
		{"registry.example.org//agents/worker:1", registries},
		{"Registry.example.org/agents/worker:1", registries},
		{"registry.example.org/Agents/worker:1", registries},
		{"https://registry.example.org/agents/worker:1", registries},
		{"registry.example.org@evil.com/agents/worker:1", registries},
		{"registry.example.org/agents@evil.com/worker:1", registries},
		{"docker.io/registry.example.org/agents/worker:1", registries},
		{"evil.com/registry.example.org/agents/worker:1", registries},
		{"localhost:50000/worker:1", registries},
		{"localhost/worker:1", registries},
		{"localhost", registries},
		{"agents/worker:1", registries},
		{"nginx", registries},
		{"nginx:1.27", registries},
		{"nginx@" + digestA, registries},
		{"library/nginx", registries},
		{"docker.io/nginx", registries},
		{"index.docker.io/library/nginx:1", registries},
	} {
		add("image "+c.image, c.breaks, func(p *corev1.Pod) { setImages(p, c.image) })
	}

	limits := []string{"resource-limits"}
	for _, c := range []struct {
		resource string
		limit    any
		breaks   []string
	}{
		{"cpu", "2", nil},
		{"cpu", "2000m", nil},
		{"cpu", "2.0", nil},
		{"cpu", "0.002k", nil},
		{"cpu", int64(2), nil},
		{"cpu", 0.5, nil},
		{"cpu", "2001m", limits},
		{"cpu", "2.5", limits},
		{"cpu", int64(3), limits},
		{"cpu", "1k", limits},
		{"cpu", nil, limits},
		{"memory", "4Gi", nil},
		{"memory", "4096Mi", nil},
		{"memory", "4294967296", nil},
		{"memory", int64(4294967296), nil},
		{"memory", "4G", nil},
		{"memory", "4e9", nil},
		{"memory", "4294967297", limits},
		{"memory", "5G", limits},
		{"memory", "4.5Gi", limits},
		{"memory", "1Ti", limits},
		{"memory", nil, limits},
	} {
		cases = append(cases, podCase{
			name: "limit of " + c.resource + " " + show(c.limit), namespace: agents, breaks: c.breaks,
			raw: func(pod map[string]any) {
				container := pod["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
				limits := container["resources"].(map[string]any)["limits"].(map[string]any)
				delete(limits, c.resource)
				if c.limit != nil {
					limits[c.resource] = c.limit
				}
			},
		})
	}
	add("no limits", limits, func(p *corev1.Pod) { p.Spec.Containers[1].Resources.Limits = nil })
	add("no resources", limits, func(p *corev1.Pod) { p.Spec.Containers[0].Resources = corev1.ResourceRequirements{} })
	add("no limits of the init container", limits, func(p *corev1.Pod) { p.Spec.InitContainers[0].Resources.Limits = nil })
	add("requests without limits", limits, func(p *corev1.Pod) {
		r := &p.Spec.Containers[0].Resources
		r.Requests, r.Limits = r.Limits, nil
	})
	add("a native sidecar", nil, func(p *corev1.Pod) { p.Spec.InitContainers[0].RestartPolicy = new(corev1.ContainerRestartPolicyAlways) })

	add("no init containers", nil, func(p *corev1.Pod) { p.Spec.InitContainers = nil })
	add("no volumes", []string{"spiffe-identity"}, func(p *corev1.Pod) {
		p.Spec.Volumes = nil
		eachContainer(p, func(c *corev1.Container) { c.VolumeMounts = nil })
	})
	add("the barest pod", []string{
		"approval-label", "allowed-registries", "spiffe-identity", "run-as-non-root", "no-privilege-escalation",
		"read-only-root-filesystem", "drop-all-capabilities", "seccomp-runtime-default", "runtime-classes", "no-automounted-tokens",
		"resource-limits",
	}, func(p *corev1.Pod) {
		p.Labels, p.Annotations = nil, nil
		p.Spec = corev1.PodSpec{Containers: []corev1.Container{{Name: "agent", Image: "nginx"}}}
	})
	add("everything at once", []string{
		"approval-label", "allowed-registries", "mcp-servers", "spiffe-identity", "run-as-non-root", "no-privilege-escalation",
		"no-privileged", "read-only-root-filesystem", "drop-all-capabilities", "added-capabilities", "seccomp-runtime-default",
		"no-host-namespaces", "no-host-path", "runtime-classes", "no-automounted-tokens", "resource-limits", "no-shell",
	}, func(p *corev1.Pod) {
		p.Labels, p.Annotations = map[string]string{mcpLabel: "true"}, nil
		p.Spec = corev1.PodSpec{
			HostNetwork: true, HostPID: true, HostIPC: true,
			Volumes: []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}},
			Containers: []corev1.Container{{Name: "agent", Image: "nginx", Command: []string{"sh"}, SecurityContext: &corev1.SecurityContext{
				Privileged: new(true), RunAsUser: new(int64(0)), Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}},
			}}},
		}
	})
	return append(cases, elsewhere()...)
}

// elsewhere are pods in other namespaces and under other names, for selectors and exceptions.
func elsewhere() []podCase {
	var cases []podCase
	bad := func(p *corev1.Pod) {
		delete(p.Labels, approvedLabel)
		p.Spec.HostNetwork = true
	}
	breaks := []string{"approval-label", "no-host-namespaces"}
	for _, ns := range namespaces() {
		cases = append(cases,
			podCase{name: "good in " + ns.Name, namespace: ns.Name},
			podCase{name: "bad in " + ns.Name, namespace: ns.Name, breaks: breaks, pod: bad},
			podCase{name: "bad and of no team in " + ns.Name, namespace: ns.Name, breaks: breaks, pod: func(p *corev1.Pod) {
				bad(p)
				delete(p.Labels, teamLabel)
			}},
			podCase{name: "bad and of another team in " + ns.Name, namespace: ns.Name, breaks: breaks, pod: func(p *corev1.Pod) {
				bad(p)
				p.Labels[teamLabel] = "guest"
			}})
		for _, name := range []string{"old-agent", "old-agent-2", "batch-7", "batch", "my-batch-7"} {
			cases = append(cases, podCase{name: name + " in " + ns.Name, podName: name, namespace: ns.Name, breaks: breaks, pod: bad})
		}
		cases = append(cases, podCase{name: "bad with a ticket in " + ns.Name, namespace: ns.Name, breaks: breaks, pod: func(p *corev1.Pod) {
			bad(p)
			p.Annotations[ticketKey] = "OPS-1"
		}})
	}
	return cases
}

// farFuture and longPast are the ends of exceptions; no test depends on today's date.
var (
	farFuture = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	longPast  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
)
