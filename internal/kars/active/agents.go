package active

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// workloadAPI is where the socket of the Workload API is in a pod.
const workloadAPI = "/spiffe-workload-api"

// agentIdentity registers two pods of one agent with SPIRE and has each of them ask for its identity.
func agentIdentity(a *arena) (kars.Finding, error) {
	kind, err := a.served("spire.spiffe.io", "clusterspiffeids", "v1alpha1")
	if err != nil {
		return kars.Finding{}, err
	}
	namespace, volume, err := a.forWorkloadAPI()
	if err != nil {
		return kars.Finding{}, err
	}
	spec := map[string]any{
		"spiffeIDTemplate":  "spiffe://{{ .TrustDomain }}/agentward-kars/{{ .PodMeta.Namespace }}/{{ .PodMeta.UID }}",
		"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": namespace}},
		"podSelector":       map[string]any{"matchLabels": map[string]any{ownerLabel: a.id}},
	}
	if a.options.SPIREClass != "" {
		spec["className"] = a.options.SPIREClass
	}
	if err := a.make(kind, "", map[string]any{
		"apiVersion": kind.GroupVersion().String(), "kind": "ClusterSPIFFEID", "metadata": map[string]any{"name": namespace}, "spec": spec,
	}); err != nil {
		return kars.Finding{}, fmt.Errorf("register pods with SPIRE: %w", err)
	}
	ids := map[string]bool{}
	var evidence []string
	for _, name := range []string{"agent-1", "agent-2"} {
		pod := a.pod(name)
		pod.Spec.Volumes = []corev1.Volume{{Name: "workload-api", VolumeSource: volume}}
		c := &pod.Spec.Containers[0]
		c.VolumeMounts = []corev1.VolumeMount{{Name: "workload-api", MountPath: workloadAPI, ReadOnly: true}}
		c.Env = []corev1.EnvVar{{Name: "SPIFFE_ENDPOINT_SOCKET", Value: "unix://" + workloadAPI + "/spire-agent.sock"}}
		if _, err := a.start(namespace, pod); err != nil {
			return kars.Finding{}, err
		}
		id, uid, err := a.issued(namespace, name)
		if what, yes := tooLate(err); yes {
			return failed(evidence, "A pod that is registered with SPIRE is given no identity: %s.", what)
		}
		if err != nil {
			return kars.Finding{}, err
		}
		if !strings.HasSuffix(id, "/"+uid) {
			return failed(evidence, "A pod is given %s, which is not its own identity.", id)
		}
		ids[id] = true
		evidence = append(evidence, fmt.Sprintf("pod %s was given a certificate for spiffe://…/%s, its own UID", name, uid))
	}
	if len(ids) != 2 {
		return failed(evidence, "Two instances of an agent are given the same identity.")
	}
	return verified(evidence, "Two instances of an agent were given two identities, each its own.")
}

// issued waits until a pod is given an identity.
func (a *arena) issued(namespace, name string) (id, uid string, err error) {
	pod, err := a.kube.CoreV1().Pods(namespace).Get(a.ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", "", err
	}
	err = a.until(func(ctx context.Context) (bool, string, error) {
		var said inside.SVID
		if err := a.ask(ctx, namespace, name, inside.SVIDPath, &said); err != nil {
			return false, "", unseen{err}
		}
		id = said.ID
		return said.Error == "", said.Error, nil
	})
	return id, string(pod.UID), err
}

// forWorkloadAPI gives a namespace whose pods may have the socket of the Workload API, and the volume that holds it.
func (a *arena) forWorkloadAPI() (namespace string, volume corev1.VolumeSource, err error) {
	const driver = "csi.spiffe.io"
	_, err = a.kube.StorageV1().CSIDrivers().Get(a.ctx, driver, metav1.GetOptions{})
	if err == nil {
		return a.namespace, corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: driver, ReadOnly: new(true)}}, nil
	}
	if !apierrors.IsNotFound(err) {
		return "", volume, fmt.Errorf("see whether there is a driver of SPIFFE: %w", err)
	}
	// A host path is what the Pod Security Standards forbid.
	namespace, err = a.makeNamespace(map[string]string{"pod-security.kubernetes.io/enforce": "privileged"})
	return namespace, corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: a.options.SPIRESocket}}, err
}

// policyEnforcement brings an agent that nobody approved. A refusal shows something only where an approved one is let in, and where
// the same pod is let in elsewhere.
func policyEnforcement(a *arena) (kars.Finding, error) {
	agents, err := a.makeNamespace(a.options.AgentNamespace)
	if err != nil {
		return kars.Finding{}, err
	}
	create := func(namespace, name string, labels map[string]string) error {
		pod := a.pod(name)
		maps.Copy(pod.Labels, labels)
		_, err := a.kube.CoreV1().Pods(namespace).Create(a.ctx, pod, metav1.CreateOptions{})
		return err
	}
	if err := create(a.namespace, "elsewhere", nil); err != nil {
		return kars.Finding{}, fmt.Errorf("make a pod that is no agent: %w", err)
	}
	refusal := create(agents, "unapproved", nil)
	switch {
	case refusal == nil:
		return failed(nil, "An agent that nobody approved was let in, in a namespace with %s.", selector(a.options.AgentNamespace))
	case !refused(refusal):
		return kars.Finding{}, fmt.Errorf("make an agent that nobody approved: %w", refusal)
	}
	evidence := []string{"an agent without " + selector(a.options.Approved) + " was refused: " + refusal.Error()}
	if err := create(agents, "approved", a.options.Approved); refused(err) {
		return unknown(append(evidence, "one with it was refused too: "+err.Error()), "Every agent is refused, approved or not, so that a refusal shows nothing.")
	} else if err != nil {
		return kars.Finding{}, fmt.Errorf("make an approved agent: %w", err)
	}
	return verified(append(evidence, "one with it was let in"), "An agent that nobody approved was refused, and an approved one was let in.")
}

// refused says whether admission turned an object down.
func refused(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)
}

func selector(labels map[string]string) string {
	return metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})
}

// agentSandboxController has agent-sandbox make a pod of a Sandbox, and refuse one that is none.
func agentSandboxController(a *arena) (kars.Finding, error) {
	kind, err := a.served("agents.x-k8s.io", "sandboxes", "v1beta1", "v1alpha1")
	if err != nil {
		return kars.Finding{}, err
	}
	spec, err := unstructuredOf(a.podSpec())
	if err != nil {
		return kars.Finding{}, err
	}
	sandbox := func(name string, spec map[string]any) map[string]any {
		return map[string]any{
			"apiVersion": kind.GroupVersion().String(), "kind": "Sandbox", "metadata": map[string]any{"name": name},
			"spec": map[string]any{"podTemplate": map[string]any{"metadata": map[string]any{"labels": map[string]any{ownerLabel: a.id}}, "spec": spec}},
		}
	}
	if err := a.make(kind, a.namespace, sandbox("invalid", map[string]any{"containers": "none"})); err == nil {
		return failed(nil, "A Sandbox that is none was let in.")
	} else if !refused(err) {
		return kars.Finding{}, fmt.Errorf("make a Sandbox that is none: %w", err)
	}
	if err := a.make(kind, a.namespace, sandbox("valid", spec)); err != nil {
		return kars.Finding{}, fmt.Errorf("make a Sandbox: %w", err)
	}
	evidence := []string{"a Sandbox that is none was refused"}
	name, err := a.podOfOne(kind)
	if what, yes := tooLate(err); yes {
		return failed(evidence, "Nobody makes a pod of a Sandbox: %s.", what)
	}
	if err != nil {
		return kars.Finding{}, err
	}
	// That such a pod does not run is nobody's fault, or that of the nodes.
	if _, err := a.answers(a.namespace, name); err != nil {
		return kars.Finding{}, err
	}
	return verified(append(evidence, "a Sandbox became a pod, which answers"), "agent-sandbox turned a Sandbox into a pod that runs, and one that is none was refused.")
}

// podOfOne waits until there is a pod of the only object in the arena.
func (a *arena) podOfOne(kind schema.GroupVersionResource) (name string, err error) {
	err = a.until(func(ctx context.Context) (bool, string, error) {
		pods, err := a.kube.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: ownerLabel + "=" + a.id})
		if err != nil || len(pods.Items) == 0 {
			return false, "there is no pod of the object of " + kind.Resource, err
		}
		name = pods.Items[0].Name
		return true, "", nil
	})
	return name, err
}
