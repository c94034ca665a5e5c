package verdicts

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// verdict is what should become of the creation of a pod.
type verdict struct {
	broken  []string // rules, in the order in which they are checked; none: the pod is let in
	errored bool     // the rules could not be evaluated, which counts as broken; engines word that as they like
}

// judge is the oracle: it says in plain Go over typed Kubernetes objects what a policy means. It shares nothing with the
// rendering, CEL least of all.
func judge(p spec.AdmissionPolicy, ns *corev1.Namespace, pod *corev1.Pod) verdict {
	if !selects(p.NamespaceSelector, ns.Labels) || !selects(p.ObjectSelector, pod.Labels) {
		return verdict{}
	}
	excepted, unclear := isExcepted(p.Exceptions, pod)
	if excepted {
		return verdict{}
	}
	v := verdict{errored: unclear}
	rule := func(asked bool, name string, holds bool) {
		if asked && !holds {
			v.broken = append(v.broken, name)
		}
	}
	r := p.Rules
	if l := r.ApprovalLabel; l != nil {
		value, set := pod.Labels[l.Key]
		rule(true, "approval-label", set && (len(l.Values) == 0 || slices.Contains(l.Values, value)))
	}
	rule(len(r.AllowedRegistries) > 0, "allowed-registries", every(pod, func(c container) bool {
		return under(r.AllowedRegistries, c.image)
	}))
	if m := r.MCPServers; m != nil {
		value, set := pod.Labels[m.LabelKey]
		marked := set && (m.LabelValue == "" || value == m.LabelValue)
		rule(marked, "mcp-servers", every(pod, func(c container) bool { return isOneOf(m.AllowedImages, c.image) }))
	}
	if s := r.SPIFFEIdentity; s != nil {
		said := pod.Annotations[s.Annotation]
		rule(true, "spiffe-identity", s.CSIDriver != "" && mounts(pod, s.CSIDriver) || s.Annotation != "" && said != "" && said != "false")
	}
	if s := r.SecurityContext; s != nil {
		confinement(*s, pod, rule)
	}
	class := pod.Spec.RuntimeClassName
	rule(len(r.RuntimeClasses) > 0, "runtime-classes", class != nil && slices.Contains(r.RuntimeClasses, *class))
	token := pod.Spec.AutomountServiceAccountToken
	rule(r.NoAutomountedTokens, "no-automounted-tokens", token != nil && !*token)
	if l := r.ResourceLimits; l != nil {
		rule(true, "resource-limits", every(pod, func(c container) bool { return c.ephemeral || withinLimits(*l, c.limits) }))
	}
	for _, c := range r.Custom {
		rule(true, c.Name, customRules[c.Name](pod, ns))
	}
	return v
}

func selects(s spec.LabelSelector, set map[string]string) bool {
	selector := metav1.LabelSelector{MatchLabels: s.MatchLabels}
	for _, e := range s.MatchExpressions {
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: e.Key, Operator: metav1.LabelSelectorOperator(e.Operator), Values: e.Values,
		})
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		panic(err)
	}
	return parsed.Matches(labels.Set(set))
}

// isExcepted also says whether a condition that cannot be evaluated stands in the way of knowing.
func isExcepted(exceptions []spec.AdmissionException, pod *corev1.Pod) (excepted, unclear bool) {
	for _, e := range exceptions {
		named := len(e.Names) == 0 || slices.ContainsFunc(e.Names, func(n string) bool {
			prefix, isPrefix := strings.CutSuffix(n, "*")
			return pod.Name == n || isPrefix && strings.HasPrefix(pod.Name, prefix)
		})
		here := len(e.Namespaces) == 0 || slices.Contains(e.Namespaces, pod.Namespace)
		inTime := e.ExpiresAt.IsZero() || e.ExpiresAt.Equal(farFuture)
		if !named || !here || !inTime {
			continue
		}
		switch e.Name {
		case "broken":
			unclear = true
		case "ticket":
			_, has := pod.Annotations[ticketKey]
			excepted = excepted || has
		default:
			excepted = true
		}
	}
	return excepted, unclear && !excepted
}

// container is what the rules see of a container of any kind.
type container struct {
	image     string
	security  corev1.SecurityContext
	limits    corev1.ResourceList
	ephemeral bool
}

func every(pod *corev1.Pod, holds func(container) bool) bool {
	var all []container
	add := func(image string, s *corev1.SecurityContext, limits corev1.ResourceList, ephemeral bool) {
		if s == nil {
			s = &corev1.SecurityContext{}
		}
		all = append(all, container{image, *s, limits, ephemeral})
	}
	for _, c := range append(slices.Clone(pod.Spec.InitContainers), pod.Spec.Containers...) {
		add(c.Image, c.SecurityContext, c.Resources.Limits, false)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		add(c.Image, c.SecurityContext, nil, true)
	}
	return !slices.ContainsFunc(all, func(c container) bool { return !holds(c) })
}

// confinement judges the security context as a kubelet would put it into force.
func confinement(s spec.SecurityContext, pod *corev1.Pod, rule func(bool, string, bool)) {
	podWide := pod.Spec.SecurityContext
	if podWide == nil {
		podWide = &corev1.PodSecurityContext{}
	}
	rule(s.RunAsNonRoot, "run-as-non-root", every(pod, func(c container) bool {
		nonRoot, user := first(c.security.RunAsNonRoot, podWide.RunAsNonRoot), first(c.security.RunAsUser, podWide.RunAsUser)
		return nonRoot != nil && *nonRoot && (user == nil || *user != 0)
	}))
	rule(s.NoPrivilegeEscalation, "no-privilege-escalation", every(pod, func(c container) bool {
		return c.security.AllowPrivilegeEscalation != nil && !*c.security.AllowPrivilegeEscalation
	}))
	rule(s.NoPrivileged, "no-privileged", every(pod, func(c container) bool { return c.security.Privileged == nil || !*c.security.Privileged }))
	rule(s.ReadOnlyRootFilesystem, "read-only-root-filesystem", every(pod, func(c container) bool {
		return c.security.ReadOnlyRootFilesystem != nil && *c.security.ReadOnlyRootFilesystem
	}))
	rule(s.DropAllCapabilities, "drop-all-capabilities", every(pod, func(c container) bool {
		return c.security.Capabilities != nil && slices.Contains(c.security.Capabilities.Drop, "ALL")
	}))
	rule(s.DropAllCapabilities || len(s.AllowedAddedCapabilities) > 0, "added-capabilities", every(pod, func(c container) bool {
		return c.security.Capabilities == nil || !slices.ContainsFunc(c.security.Capabilities.Add, func(a corev1.Capability) bool {
			return !slices.Contains(s.AllowedAddedCapabilities, string(a))
		})
	}))
	rule(s.SeccompRuntimeDefault, "seccomp-runtime-default", every(pod, func(c container) bool {
		profile := first(c.security.SeccompProfile, podWide.SeccompProfile)
		return profile != nil && profile.Type != corev1.SeccompProfileTypeUnconfined
	}))
	rule(s.NoHostNamespaces, "no-host-namespaces", !pod.Spec.HostNetwork && !pod.Spec.HostPID && !pod.Spec.HostIPC)
	rule(s.NoHostPath, "no-host-path", !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.HostPath != nil }))
}

func first[T any](own, podWide *T) *T {
	if own != nil {
		return own
	}
	return podWide
}

func mounts(pod *corev1.Pod, driver string) bool {
	for _, v := range pod.Spec.Volumes {
		if v.CSI == nil || v.CSI.Driver != driver {
			continue
		}
		for _, c := range pod.Spec.Containers {
			if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name }) {
				return true
			}
		}
	}
	return false
}

func withinLimits(l spec.ResourceLimits, limits corev1.ResourceList) bool {
	for _, name := range l.Required {
		if _, has := limits[corev1.ResourceName(name)]; !has {
			return false
		}
	}
	for name, bound := range map[corev1.ResourceName]string{corev1.ResourceCPU: l.MaxCPU, corev1.ResourceMemory: l.MaxMemory} {
		limit, has := limits[name]
		if bound != "" && (!has || limit.Cmp(resource.MustParse(bound)) > 0) {
			return false
		}
	}
	return true
}

// reference is the grammar of github.com/distribution/reference: registry, path, tag and digest.
var reference = regexp.MustCompile(`^(?:([a-zA-Z0-9.-]+(?::[0-9]+)?)/)?` +
	`([a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*)*)` +
	`(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$`)

type parsedImage struct{ registry, path, tag, digest string }

func parseImage(text string) (parsedImage, bool) {
	m := reference.FindStringSubmatch(text)
	if m == nil {
		return parsedImage{}, false
	}
	i := parsedImage{m[1], m[2], m[3], m[4]}
	if i.registry != "" && i.registry != "localhost" && !strings.ContainsAny(i.registry, ".:") && strings.ToLower(i.registry) == i.registry {
		i.registry, i.path = "", i.registry+"/"+i.path
	}
	if i.registry == "" || i.registry == "index.docker.io" {
		i.registry = "docker.io"
	}
	if i.registry == "docker.io" && !strings.Contains(i.path, "/") {
		i.path = "library/" + i.path
	}
	return i, true
}

func under(prefixes []string, text string) bool {
	i, ok := parseImage(text)
	return ok && slices.ContainsFunc(prefixes, func(prefix string) bool {
		want := strings.Split(strings.TrimSuffix(prefix, "/"), "/")
		have := append([]string{i.registry}, strings.Split(i.path, "/")...)
		return len(have) >= len(want) && slices.Equal(have[:len(want)], want)
	})
}

func isOneOf(allowed []string, text string) bool {
	i, ok := parseImage(text)
	return ok && slices.ContainsFunc(allowed, func(a string) bool {
		want, _ := parseImage(a)
		return under([]string{want.registry + "/" + want.path}, text) && (want.tag == "" && want.digest == "" ||
			want.path == i.path && (want.tag == "" || want.tag == i.tag) && (want.digest == "" || want.digest == i.digest))
	})
}

// customRules say in Go what the custom rules of the table's policies say in CEL.
var customRules = map[string]func(*corev1.Pod, *corev1.Namespace) bool{
	"no-shell": func(pod *corev1.Pod, _ *corev1.Namespace) bool {
		shell := func(command []string) bool { return slices.Contains(command, "sh") }
		return !slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool { return shell(c.Command) }) &&
			!slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool { return shell(c.Command) }) &&
			!slices.ContainsFunc(pod.Spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return shell(c.Command) })
	},
	"owner": func(pod *corev1.Pod, _ *corev1.Namespace) bool {
		_, has := pod.Annotations["example.org/owner"]
		return has
	},
	"image-list": func(pod *corev1.Pod, _ *corev1.Namespace) bool {
		return every(pod, func(c container) bool {
			return !under([]string{"docker.io/library/nginx"}, c.image) && !strings.HasSuffix(c.image, ":latest")
		})
	},
	"in-namespace": func(pod *corev1.Pod, _ *corev1.Namespace) bool { return pod.Namespace != "plain" },
	"labelled-namespace": func(_ *corev1.Pod, ns *corev1.Namespace) bool {
		return ns.Labels["workload-type"] != "batch"
	},
	// Without the label the rule cannot be evaluated, and a policy that fails closed refuses the pod.
	"errs-without-labels": func(pod *corev1.Pod, _ *corev1.Namespace) bool {
		team, has := pod.Labels[teamLabel]
		return has && team != "guest"
	},
}
