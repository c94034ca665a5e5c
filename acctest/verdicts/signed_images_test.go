package verdicts

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Kyverno's own engine pulls the images and their signatures from a registry.
func TestKyvernoVerifiesSignatures(t *testing.T) {
	key, publicKey := newKey(t)
	otherKey, _ := newKey(t)
	images := newRegistry(t)
	signed := images.push(t, "agents/signed", "1")
	images.sign(t, signed, key)
	unsigned := images.push(t, "agents/unsigned", "1")
	byAnother := images.push(t, "agents/by-another", "1")
	images.sign(t, byAnother, otherKey)
	elsewhere := images.push(t, "others/unsigned", "1")

	p := spec.AdmissionPolicy{
		Name: "signed-images", Engine: spec.EngineKyverno, Actions: []spec.Action{spec.ActionDeny}, FailClosed: true,
		NamespaceSelector: spec.LabelSelector{MatchLabels: map[string]string{"workload-type": "ai-agent"}},
		Rules: spec.AdmissionRules{SignedImages: &spec.SignedImages{
			Images: []string{images.host + "/agents/*"}, PublicKey: publicKey, IgnoreTlog: true,
		}},
		Exceptions: []spec.AdmissionException{
			{Name: "unexpired", Namespaces: []string{"sandbox"}, ExpiresAt: farFuture},
			{Name: "expired", Namespaces: []string{"lapsed"}, ExpiresAt: longPast},
		},
	}
	if problems := p.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	// alone is a pod of one container. Kyverno v1.19.1 hangs on a pod that has an image twice and then another one: its image
	// cache keeps a lock that it took for reading.
	alone := func(image string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.InitContainers, p.Spec.Containers = nil, p.Spec.Containers[:1]
			setImages(p, image)
		}
	}
	with := func(change func(p *corev1.Pod, unsigned corev1.Container)) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			alone(signed)(p)
			second := goodContainer("second")
			second.Image = unsigned
			change(p, second)
		}
	}
	cases := []struct {
		podCase
		refused bool
	}{
		{podCase{podName: "signed", namespace: agents, pod: alone(signed)}, false},
		{podCase{podName: "unsigned", namespace: agents, pod: alone(unsigned)}, true},
		{podCase{podName: "signed-by-another", namespace: agents, pod: alone(byAnother)}, true},
		{podCase{podName: "not-asked-for", namespace: agents, pod: alone(elsewhere)}, false},
		{podCase{podName: "not-there", namespace: agents, pod: alone(images.host + "/agents/missing:1@" + digestA)}, true},
		{podCase{podName: "unsigned-init", namespace: agents, pod: with(func(p *corev1.Pod, c corev1.Container) {
			p.Spec.InitContainers = []corev1.Container{c}
		})}, true},
		{podCase{podName: "unsigned-second", namespace: agents, pod: with(func(p *corev1.Pod, c corev1.Container) {
			p.Spec.Containers = append(p.Spec.Containers, c)
		})}, true},
		{podCase{podName: "unsigned-ephemeral", namespace: agents, pod: with(func(p *corev1.Pod, c corev1.Container) {
			p.Spec.EphemeralContainers = []corev1.EphemeralContainer{ephemeral(c)}
		})}, true},
		{podCase{podName: "excepted", namespace: "sandbox", pod: alone(unsigned)}, false},
		{podCase{podName: "no-longer-excepted", namespace: "lapsed", pod: alone(unsigned)}, true},
		{podCase{podName: "not-selected", namespace: "plain", pod: alone(unsigned)}, false},
	}
	for _, c := range cases {
		t.Run(c.podName, func(t *testing.T) {
			r := c.row(t)
			// One call for each: the program keeps the cache, and its lock, from pod to pod.
			if said := kyverno(t, p, []row{r}, "--registry")[r.key()]; len(said) > 0 != c.refused {
				t.Errorf("the answer is %q, should be refused: %v", said, c.refused)
			}
		})
	}
}
