package verdicts

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// sidecarCase is a pod as its owner writes it. It gets the sidecar and is let in, unless it says otherwise.
type sidecarCase struct {
	name      string
	namespace string // "" for agents
	pod       func(*corev1.Pod)
	without   bool   // it is let in as it is
	refused   string // what the refusal says; both engines leave such a pod to the API server
}

func sidecarCases(t *testing.T) []sidecarCase {
	t.Helper()
	impostor := goodContainer(oss.SidecarContainer)
	impostor.Args, impostor.Env = []string{"listen"}, []corev1.EnvVar{{Name: "SSLKEYLOGFILE", Value: "/tmp/keys"}}
	always := corev1.ContainerRestartPolicyAlways
	return []sidecarCase{
		{name: "a pod as agents are"},
		{name: "no volumes", pod: func(p *corev1.Pod) { bare(p); p.Spec.Volumes = nil }},
		{name: "no init containers", pod: func(p *corev1.Pod) { p.Spec.InitContainers = nil }},
		{name: "neither", pod: func(p *corev1.Pod) { bare(p); p.Spec.Volumes, p.Spec.InitContainers = nil, nil }},
		{name: "one container", pod: func(p *corev1.Pod) { p.Spec.Containers = p.Spec.Containers[:1] }},
		{name: "three containers", pod: func(p *corev1.Pod) { p.Spec.Containers = append(p.Spec.Containers, goodContainer("third")) }},
		{name: "a sidecar of its own", pod: func(p *corev1.Pod) {
			c := goodContainer("proxy")
			c.RestartPolicy = &always
			p.Spec.InitContainers = append(p.Spec.InitContainers, c)
		}},
		{name: "an environment", pod: func(p *corev1.Pod) {
			p.Spec.Containers[1].Env = []corev1.EnvVar{{Name: "MODEL", Value: "m"}, {Name: "CALL", Value: "$(AGENT_GATEWAY_URL)/bank"}}
		}},
		{name: "the variable with another value", pod: func(p *corev1.Pod) {
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "MODEL", Value: "m"}, {Name: oss.SidecarVariable, Value: "http://evil.example.org"}}
		}},
		{name: "the variable from a ConfigMap", pod: func(p *corev1.Pod) {
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: oss.SidecarVariable, ValueFrom: &corev1.EnvVarSource{
				ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}, Key: "k"},
			}}}
		}},
		{name: "the variable twice", pod: func(p *corev1.Pod) {
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: oss.SidecarVariable, Value: "a"}, {Name: "MODEL", Value: "m"}, {Name: oss.SidecarVariable, Value: "b"}}
		}},
		{name: "the pod of a Job", pod: func(p *corev1.Pod) {
			p.GenerateName, p.Spec.RestartPolicy = "nightly-", corev1.RestartPolicyNever
			p.Labels["batch.kubernetes.io/job-name"] = "nightly"
			p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "nightly", UID: "0b6f1c1e-8d2a-4c0e-9a53-3f1de1f6c001", Controller: new(true), BlockOwnerDeletion: new(true)}}
		}},
		{name: "the sidecar already", pod: addSidecar},
		{name: "an impostor of the sidecar", pod: func(p *corev1.Pod) {
			c := impostor
			c.RestartPolicy = &always
			p.Spec.InitContainers = append(p.Spec.InitContainers, c)
		}},
		{name: "an impostor that looks like it", pod: func(p *corev1.Pod) {
			addSidecar(p)
			p.Spec.InitContainers[0].Env = []corev1.EnvVar{{Name: "SSLKEYLOGFILE", Value: "/tmp/keys"}}
			p.Spec.InitContainers[0].VolumeMounts = []corev1.VolumeMount{{Name: "scratch", MountPath: "/spiffe-workload-api"}}
		}},
		{name: "an impostor of the volume", pod: func(p *corev1.Pod) {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "agent-gateway-workload-api", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
		}},
		{name: "the sidecar's name on the agent", pod: func(p *corev1.Pod) { p.Spec.Containers[0] = impostor }, refused: `Duplicate value: "agent-gateway"`},
		{name: "the node's network", namespace: "legacy", pod: func(p *corev1.Pod) { p.Spec.HostNetwork = true }, refused: "sidecar: the pod must have the sidecar"},
		{name: "no approval", pod: func(p *corev1.Pod) { delete(p.Labels, approvedLabel) }, refused: "approval-label: "},
		{name: "a namespace of others", namespace: "batch", without: true},
	}
}

// bare takes what needs volumes out of a pod.
func bare(p *corev1.Pod) {
	for _, list := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			list[i].VolumeMounts = nil
		}
	}
}

// addSidecar says in the API's own types what a pod with the sidecar looks like.
func addSidecar(p *corev1.Pod) {
	mine := func(name string) bool {
		return name == "agent-gateway" || name == "agent-gateway-workload-api" || name == "AGENT_GATEWAY_URL"
	}
	always := corev1.ContainerRestartPolicyAlways
	limits := corev1.ResourceList{}
	for name, q := range withSidecar().Sidecar.Resources.Limits {
		limits[corev1.ResourceName(name)] = resource.MustParse(q)
	}
	inits := []corev1.Container{{
		Name: "agent-gateway", Image: sidecarImage, RestartPolicy: &always,
		Args: []string{
			"sidecar", "-url", "https://edge.gateways.svc:8443/bank", "-url", "https://edge.gateways.svc:8443/crm", "-paths",
			"-gateway-id", "spiffe://agents.example.org/ns/gateways/gateway/edge", "-token-endpoint", "https://edge.gateways.svc:8443/oauth/token",
			"-workload-api", "unix:///spiffe-workload-api/spire-agent.sock", "-listen", "127.0.0.1:7070", "-ready", ":7071",
		},
		Resources: corev1.ResourceRequirements{Limits: limits},
		SecurityContext: &corev1.SecurityContext{
			RunAsNonRoot: new(true), RunAsUser: new(int64(65532)), RunAsGroup: new(int64(65532)),
			AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
			Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "agent-gateway-workload-api", MountPath: "/spiffe-workload-api", ReadOnly: true}},
		StartupProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromInt32(7071)}},
			PeriodSeconds: 1, TimeoutSeconds: 2, FailureThreshold: 300,
		},
	}}
	for _, c := range p.Spec.InitContainers {
		if !mine(c.Name) {
			inits = append(inits, c)
		}
	}
	var volumes []corev1.Volume
	for _, v := range p.Spec.Volumes {
		if !mine(v.Name) {
			volumes = append(volumes, v)
		}
	}
	volumes = append(volumes, corev1.Volume{
		Name:         "agent-gateway-workload-api",
		VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "csi.spiffe.io", ReadOnly: new(true)}},
	})
	p.Spec.InitContainers, p.Spec.Volumes = inits, volumes
	variable := corev1.EnvVar{Name: "AGENT_GATEWAY_URL", Value: "http://127.0.0.1:7070"}
	for i := range p.Spec.Containers {
		env := slices.Clone(p.Spec.Containers[i].Env)
		for j := range env {
			if mine(env[j].Name) {
				env[j] = variable
			}
		}
		if !slices.ContainsFunc(env, func(e corev1.EnvVar) bool { return mine(e.Name) }) {
			env = slices.Insert(env, 0, variable)
		}
		p.Spec.Containers[i].Env = env
	}
}

func (c sidecarCase) written(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	ns := c.namespace
	if ns == "" {
		ns = agents
	}
	return podCase{name: c.name, podName: slug(c.name), namespace: ns, pod: c.pod}.row(t).object
}

// expected is the pod as its owner should find it.
func (c sidecarCase) expected(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	pod := c.pod
	if !c.without && c.refused == "" {
		pod = func(p *corev1.Pod) {
			if c.pod != nil {
				c.pod(p)
			}
			addSidecar(p)
		}
	}
	return sidecarCase{name: c.name, namespace: c.namespace, pod: pod}.written(t)
}
