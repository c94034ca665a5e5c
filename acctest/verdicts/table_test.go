package verdicts

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// podCase is one row of the table.
type podCase struct {
	name      string
	podName   string // "" for one made of the case's name
	namespace string
	breaks    []string // rules of the baseline policy, were it to select the pod and had no exceptions
	pod       func(*corev1.Pod)
	raw       func(map[string]any) // for what typed objects cannot say
	// added is a container that is added to the running pod; the rest of it must be good.
	added *corev1.EphemeralContainer
}

// row is a case made into an object.
type row struct {
	podCase
	object *unstructured.Unstructured // as a client would send it, save for the API server's timestamp
	typed  *corev1.Pod
}

// table gives every row: each mutation by itself, those of containers on each kind of container, pairs of mutations, and the
// edges.
func table(t *testing.T) []row {
	t.Helper()
	cases := []podCase{{name: "good", namespace: agents}}
	var mutations []mutation
	for _, m := range podMutations {
		cases = append(cases, podCase{name: m.name, namespace: agents, breaks: m.breaks, pod: m.pod})
		mutations = append(mutations, m)
	}
	for _, m := range containerMutations {
		inMain := func(p *corev1.Pod) { m.container(&p.Spec.Containers[0]) }
		mutations = append(mutations, mutation{m.name, m.aspect, m.breaks, inMain})
		cases = append(cases,
			podCase{name: m.name + " in the main container", namespace: agents, breaks: m.breaks, pod: inMain},
			podCase{name: m.name + " in a second container", namespace: agents, breaks: m.breaks, pod: func(p *corev1.Pod) { m.container(&p.Spec.Containers[1]) }},
			podCase{name: m.name + " in an init container", namespace: agents, breaks: m.breaks, pod: func(p *corev1.Pod) { m.container(&p.Spec.InitContainers[0]) }})
		debug := goodContainer("debug")
		m.container(&debug)
		added := ephemeral(debug)
		cases = append(cases, podCase{name: m.name + " in an ephemeral container", namespace: agents, breaks: m.breaks, added: &added})
	}
	cases = append(cases, pairs(mutations)...)
	cases = append(cases, edges()...)

	rows := make([]row, len(cases))
	for i, c := range cases {
		if c.podName == "" {
			c.podName = fmt.Sprintf("%s-%d", slug(c.name), i)
		}
		rows[i] = c.row(t)
	}
	return rows
}

// pairs combines each mutation with one far from it in the list that speaks of another thing.
func pairs(mutations []mutation) []podCase {
	var cases []podCase
	for i, a := range mutations {
		b := mutations[(i+23)%len(mutations)]
		if a.aspect == b.aspect || interfere(a.aspect, b.aspect) || interfere(b.aspect, a.aspect) {
			continue
		}
		cases = append(cases, podCase{
			name: a.name + " and " + b.name, namespace: agents, breaks: inOrder(append(slices.Clone(a.breaks), b.breaks...)),
			pod: func(p *corev1.Pod) { a.pod(p); b.pod(p) },
		})
	}
	return cases
}

// interfere says of two aspects that they overwrite each other's fields.
func interfere(a, b string) bool {
	overwrites := map[string][]string{
		"context": {"user", "escalation", "privileged", "root", "capabilities", "seccomp"},
		"user":    {"seccomp"},
		"images":  {"mcp"},
		// The namesakes of a label's absence.
		"approval": {"mcp", "images"},
	}
	return slices.Contains(overwrites[a], b)
}

// inOrder sorts rules as they are checked, and takes out those that are there twice.
func inOrder(names []string) []string {
	order := append(slices.Clone(ruleOrder), "no-shell")
	slices.SortFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return slices.Compact(names)
}

func (c podCase) row(t *testing.T) row {
	t.Helper()
	pod := goodPod(c.podName, c.namespace)
	if c.pod != nil {
		c.pod(pod)
	}
	if c.added != nil {
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{*c.added}
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		t.Fatal(err)
	}
	delete(object, "status")
	if c.raw != nil {
		c.raw(object)
	}
	object["metadata"].(map[string]any)["creationTimestamp"] = time.Now().UTC().Format(time.RFC3339)
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	r := row{podCase: c, object: &unstructured.Unstructured{Object: object}, typed: &corev1.Pod{}}
	if err := json.Unmarshal(text, r.typed); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return r
}

func (r row) key() string { return r.namespace + "/" + r.podName }

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(name string) string {
	s := notSlug.ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(s[:min(len(s), 40)], "-")
}

func show(v any) string {
	if v == nil {
		return "missing"
	}
	return fmt.Sprintf("%T %v", v, v)
}
