package verdicts

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// goodPod keeps every rule of every policy of this table; it has a container of each kind that a pod can be created with.
func goodPod(name, namespace string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace,
			Labels:      map[string]string{approvedLabel: "yes", teamLabel: "core"},
			Annotations: map[string]string{"example.org/owner": "platform"},
		},
		Spec: corev1.PodSpec{
			InitContainers:               []corev1.Container{goodContainer("prepare")},
			Containers:                   []corev1.Container{goodContainer("agent"), goodContainer("sidecar")},
			AutomountServiceAccountToken: new(false),
			RuntimeClassName:             new("gvisor"),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   new(true),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Volumes: []corev1.Volume{
				{Name: "spiffe", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "csi.spiffe.io", ReadOnly: new(true)}}},
				{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			},
		},
	}
}

func goodContainer(name string) corev1.Container {
	return corev1.Container{
		Name:    name,
		Image:   "registry.example.org/agents/worker:1.2",
		Command: []string{"/agent"},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("256Mi"),
		}},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false),
			ReadOnlyRootFilesystem:   new(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		VolumeMounts: []corev1.VolumeMount{
			{Name: "spiffe", MountPath: "/spiffe", ReadOnly: true}, {Name: "scratch", MountPath: "/tmp"},
		},
	}
}

// ephemeral makes of a container one that can be added to a running pod: Kubernetes allows no resources there.
func ephemeral(c corev1.Container) corev1.EphemeralContainer {
	return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: c.Name, Image: c.Image, Command: c.Command, SecurityContext: c.SecurityContext, VolumeMounts: c.VolumeMounts,
	}}
}
