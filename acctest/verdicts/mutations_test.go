package verdicts

import corev1 "k8s.io/api/core/v1"

// mutation is one named difference from the good pod, with the rules of the baseline policy that it breaks: written by hand
// from what the rules promise, not from how they are rendered.
type mutation struct {
	name   string
	aspect string // two mutations of one aspect cannot be combined
	breaks []string
	pod    func(*corev1.Pod)
}

// podMutations change the pod beside its containers.
var podMutations = []mutation{
	{"no approval label", "approval", []string{"approval-label"}, func(p *corev1.Pod) { delete(p.Labels, approvedLabel) }},
	{"no labels at all", "approval", []string{"approval-label"}, func(p *corev1.Pod) { p.Labels = nil }},
	{"empty approval", "approval", []string{"approval-label"}, label(approvedLabel, "")},
	{"other approval value", "approval", []string{"approval-label"}, label(approvedLabel, "no")},
	{"approval in another case", "approval", []string{"approval-label"}, label(approvedLabel, "Yes")},
	{"second approval value", "approval", nil, label(approvedLabel, "2026")},
	{"approval under a longer key", "approval", []string{"approval-label"}, func(p *corev1.Pod) {
		delete(p.Labels, approvedLabel)
		p.Labels[approvedLabel+"-x"] = "yes"
	}},
	{"approval as an annotation", "approval", []string{"approval-label"}, func(p *corev1.Pod) {
		delete(p.Labels, approvedLabel)
		p.Annotations[approvedLabel] = "yes"
	}},

	{"no SPIFFE volume", "spiffe", []string{"spiffe-identity"}, withoutSPIFFE},
	{"SPIFFE volume that nothing mounts", "spiffe", []string{"spiffe-identity"}, func(p *corev1.Pod) {
		unmount(p.Spec.InitContainers)
		unmount(p.Spec.Containers)
	}},
	{"SPIFFE volume that only an init container mounts", "spiffe", []string{"spiffe-identity"}, func(p *corev1.Pod) { unmount(p.Spec.Containers) }},
	{"SPIFFE volume that one container mounts", "spiffe", nil, func(p *corev1.Pod) { unmount(p.Spec.Containers[:1]) }},
	{"volume of another driver", "spiffe", []string{"spiffe-identity"}, func(p *corev1.Pod) { p.Spec.Volumes[0].CSI.Driver = "csi.spiffe.io.evil.com" }},
	{"SPIFFE annotation instead of the volume", "spiffe", nil, spiffeAnnotation("true")},
	{"empty SPIFFE annotation", "spiffe", []string{"spiffe-identity"}, spiffeAnnotation("")},
	{"SPIFFE annotation that says false", "spiffe", []string{"spiffe-identity"}, spiffeAnnotation("false")},
	{"SPIFFE annotation and no other", "spiffe", nil, func(p *corev1.Pod) {
		withoutSPIFFE(p)
		p.Annotations = map[string]string{spiffeKey: "spiffe://agents.example.org/x"}
	}},
	{"no annotations and no volume", "spiffe", []string{"spiffe-identity"}, func(p *corev1.Pod) {
		withoutSPIFFE(p)
		p.Annotations = nil
	}},

	{"pod user 0", "user", []string{"run-as-non-root"}, func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsUser = new(int64(0)) }},
	{"pod user 1000", "user", nil, func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsUser = new(int64(1000)) }},
	{"pod user 0 that every container overrides", "user", nil, func(p *corev1.Pod) {
		p.Spec.SecurityContext.RunAsUser = new(int64(0))
		eachContainer(p, func(c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(1000)) })
	}},
	{"pod may run as root", "user", []string{"run-as-non-root"}, func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsNonRoot = new(false) }},
	{"pod does not say whether root", "user", []string{"run-as-non-root"}, func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsNonRoot = nil }},
	{"pod may run as root but no container does", "user", nil, func(p *corev1.Pod) {
		p.Spec.SecurityContext.RunAsNonRoot = new(false)
		eachContainer(p, func(c *corev1.Container) { c.SecurityContext.RunAsNonRoot = new(true) })
	}},
	{"no pod security context", "user", []string{"run-as-non-root", "seccomp-runtime-default"}, func(p *corev1.Pod) { p.Spec.SecurityContext = nil }},

	{"no seccomp profile", "seccomp", []string{"seccomp-runtime-default"}, func(p *corev1.Pod) { p.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: new(true)} }},
	{"unconfined", "seccomp", []string{"seccomp-runtime-default"}, podSeccomp(corev1.SeccompProfileTypeUnconfined)},
	{"local seccomp profile", "seccomp", nil, podSeccomp(corev1.SeccompProfileTypeLocalhost)},
	{"seccomp profiles of the containers alone", "seccomp", nil, func(p *corev1.Pod) {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: new(true)}
		eachContainer(p, func(c *corev1.Container) {
			c.SecurityContext.SeccompProfile = seccomp(corev1.SeccompProfileTypeRuntimeDefault)
		})
	}},

	{"host network", "host", []string{"no-host-namespaces"}, func(p *corev1.Pod) { p.Spec.HostNetwork = true }},
	{"host PIDs", "host", []string{"no-host-namespaces"}, func(p *corev1.Pod) { p.Spec.HostPID = true }},
	{"host IPC", "host", []string{"no-host-namespaces"}, func(p *corev1.Pod) { p.Spec.HostIPC = true }},
	{"host path", "volumes", []string{"no-host-path"}, func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/tmp"}}})
	}},
	{"scratch on the host", "volumes", []string{"no-host-path"}, func(p *corev1.Pod) {
		p.Spec.Volumes[len(p.Spec.Volumes)-1].VolumeSource = corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}
	}},

	{"no runtime class", "runtime", []string{"runtime-classes"}, func(p *corev1.Pod) { p.Spec.RuntimeClassName = nil }},
	{"runtime class without a sandbox", "runtime", []string{"runtime-classes"}, func(p *corev1.Pod) { p.Spec.RuntimeClassName = new("runc") }},
	{"second runtime class", "runtime", nil, func(p *corev1.Pod) { p.Spec.RuntimeClassName = new("kata") }},

	{"token by default", "token", []string{"no-automounted-tokens"}, func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = nil }},
	{"token", "token", []string{"no-automounted-tokens"}, func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = new(true) }},

	{"MCP server with an agent's image", "mcp", []string{"mcp-servers"}, label(mcpLabel, "true")},
	{"MCP label that says false", "mcp", nil, label(mcpLabel, "false")},
	{"MCP server of an allowed repository", "images", nil, mcpServer("registry.example.org/mcp/files:7")},
	{"MCP server without a tag", "images", nil, mcpServer("registry.example.org/mcp/files")},
	{"MCP server below an allowed repository", "images", nil, mcpServer("registry.example.org/mcp/files/reader:7")},
	{"MCP server of a repository with a longer name", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/files-evil:7")},
	{"MCP server of the allowed tag", "images", nil, mcpServer("registry.example.org/mcp/search:1.4")},
	{"MCP server of the allowed tag by digest", "images", nil, mcpServer("registry.example.org/mcp/search:1.4@" + digestA)},
	{"MCP server of a longer tag", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/search:1.4.1")},
	{"MCP server of another tag", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/search:latest")},
	{"MCP server of the allowed digest", "images", nil, mcpServer("registry.example.org/mcp/mail@" + digestA)},
	{"MCP server of the allowed digest with a tag", "images", nil, mcpServer("registry.example.org/mcp/mail:9@" + digestA)},
	{"MCP server of another digest", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/mail@" + digestB)},
	{"MCP server without the allowed digest", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/mail:9")},
	{"MCP server of the digest in another repository", "images", []string{"mcp-servers"}, mcpServer("registry.example.org/mcp/other@" + digestA)},
	{"MCP server from elsewhere", "images", []string{"allowed-registries", "mcp-servers"}, mcpServer("evil.example.com/mcp/files:7")},
	{"MCP image without the label", "images", nil, func(p *corev1.Pod) { setImages(p, "registry.example.org/mcp/unknown:1") }},
}

// containerMutations change one container; the table applies them to containers of every kind.
var containerMutations = []struct {
	name, aspect string
	breaks       []string
	container    func(*corev1.Container)
}{
	{"image of another registry", "images", []string{"allowed-registries"}, image("ghcr.io/example/agent:1")},
	{"image of another path", "images", []string{"allowed-registries"}, image("registry.example.org/other/worker:1")},
	{"image of a path with a longer name", "images", []string{"allowed-registries"}, image("registry.example.org/agents-evil/worker:1")},
	{"registry that begins like the allowed one", "images", []string{"allowed-registries"}, image("registry.example.org.evil.com/agents/worker:1")},
	{"image by digest", "images", nil, image("registry.example.org/agents/worker@" + digestB)},

	{"user 0", "user", []string{"run-as-non-root"}, security(func(s *corev1.SecurityContext) { s.RunAsUser = new(int64(0)) })},
	{"may run as root", "user", []string{"run-as-non-root"}, security(func(s *corev1.SecurityContext) { s.RunAsNonRoot = new(false) })},
	{"user 1000", "user", nil, security(func(s *corev1.SecurityContext) { s.RunAsUser = new(int64(1000)); s.RunAsNonRoot = new(true) })},
	{
		"no security context", "context",
		[]string{"no-privilege-escalation", "read-only-root-filesystem", "drop-all-capabilities"},
		func(c *corev1.Container) { c.SecurityContext = nil },
	},
	{
		"empty security context", "context",
		[]string{"no-privilege-escalation", "read-only-root-filesystem", "drop-all-capabilities"},
		func(c *corev1.Container) { c.SecurityContext = &corev1.SecurityContext{} },
	},
	{"privilege escalation by default", "escalation", []string{"no-privilege-escalation"}, security(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil })},
	{"privilege escalation", "escalation", []string{"no-privilege-escalation"}, security(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = new(true) })},
	{"privileged", "escalation", []string{"no-privilege-escalation", "no-privileged"}, security(func(s *corev1.SecurityContext) {
		s.AllowPrivilegeEscalation, s.Privileged = nil, new(true)
	})},
	{"expressly not privileged", "privileged", nil, security(func(s *corev1.SecurityContext) { s.Privileged = new(false) })},
	{"writable root by default", "root", []string{"read-only-root-filesystem"}, security(func(s *corev1.SecurityContext) { s.ReadOnlyRootFilesystem = nil })},
	{"writable root", "root", []string{"read-only-root-filesystem"}, security(func(s *corev1.SecurityContext) { s.ReadOnlyRootFilesystem = new(false) })},
	{"no capabilities named", "capabilities", []string{"drop-all-capabilities"}, security(func(s *corev1.SecurityContext) { s.Capabilities = nil })},
	{"one capability dropped", "capabilities", []string{"drop-all-capabilities"}, capabilities([]corev1.Capability{"NET_RAW"}, nil)},
	{"all dropped in lower case", "capabilities", []string{"drop-all-capabilities"}, capabilities([]corev1.Capability{"all"}, nil)},
	{"all dropped and one more", "capabilities", nil, capabilities([]corev1.Capability{"NET_RAW", "ALL"}, nil)},
	{"allowed capability", "capabilities", nil, capabilities([]corev1.Capability{"ALL"}, []corev1.Capability{"NET_BIND_SERVICE"})},
	{"another capability", "capabilities", []string{"added-capabilities"}, capabilities([]corev1.Capability{"ALL"}, []corev1.Capability{"NET_BIND_SERVICE", "NET_ADMIN"})},
	{"allowed capability under another name", "capabilities", []string{"added-capabilities"}, capabilities([]corev1.Capability{"ALL"}, []corev1.Capability{"CAP_NET_BIND_SERVICE"})},
	{"capability added and nothing dropped", "capabilities", []string{"drop-all-capabilities", "added-capabilities"}, capabilities(nil, []corev1.Capability{"NET_ADMIN"})},
	{"container unconfined", "seccomp", []string{"seccomp-runtime-default"}, security(func(s *corev1.SecurityContext) { s.SeccompProfile = seccomp(corev1.SeccompProfileTypeUnconfined) })},
	{"container under a local profile", "seccomp", nil, security(func(s *corev1.SecurityContext) { s.SeccompProfile = seccomp(corev1.SeccompProfileTypeLocalhost) })},
	{"shell", "command", []string{"no-shell"}, func(c *corev1.Container) { c.Command = []string{"sh", "-c", "agent"} }},
	{"no command", "command", nil, func(c *corev1.Container) { c.Command = nil }},
}

func label(key, value string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[key] = value
	}
}

func spiffeAnnotation(value string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		withoutSPIFFE(p)
		p.Annotations[spiffeKey] = value
	}
}

func withoutSPIFFE(p *corev1.Pod) {
	p.Spec.Volumes = p.Spec.Volumes[1:]
	unmount(p.Spec.InitContainers)
	unmount(p.Spec.Containers)
}

func unmount(containers []corev1.Container) {
	for i := range containers {
		containers[i].VolumeMounts = containers[i].VolumeMounts[1:]
	}
}

func eachContainer(p *corev1.Pod, change func(*corev1.Container)) {
	for i := range p.Spec.InitContainers {
		change(&p.Spec.InitContainers[i])
	}
	for i := range p.Spec.Containers {
		change(&p.Spec.Containers[i])
	}
}

func setImages(p *corev1.Pod, image string) {
	eachContainer(p, func(c *corev1.Container) { c.Image = image })
}

func mcpServer(image string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		label(mcpLabel, "true")(p)
		setImages(p, image)
	}
}

func image(image string) func(*corev1.Container) {
	return func(c *corev1.Container) { c.Image = image }
}

func security(change func(*corev1.SecurityContext)) func(*corev1.Container) {
	return func(c *corev1.Container) {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		change(c.SecurityContext)
	}
}

func capabilities(drop, add []corev1.Capability) func(*corev1.Container) {
	return security(func(s *corev1.SecurityContext) { s.Capabilities = &corev1.Capabilities{Drop: drop, Add: add} })
}

func podSeccomp(profile corev1.SeccompProfileType) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.SecurityContext.SeccompProfile = seccomp(profile) }
}

func seccomp(profile corev1.SeccompProfileType) *corev1.SeccompProfile {
	s := &corev1.SeccompProfile{Type: profile}
	if profile == corev1.SeccompProfileTypeLocalhost {
		s.LocalhostProfile = new("profiles/agent.json")
	}
	return s
}
