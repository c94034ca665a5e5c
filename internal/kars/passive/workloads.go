package passive

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// workload is a Deployment, DaemonSet or StatefulSet.
type workload struct {
	kind, namespace, name string
	app                   string   // label app.kubernetes.io/name
	images                []string // last part of the repository, without tag
	available             bool
	state                 string // "2 of 3 available"
}

func (w workload) String() string {
	return fmt.Sprintf("%s %s/%s: %s", w.kind, w.namespace, w.name, w.state)
}

// is says whether the workload is one of those that are called so: by its name, with or without that of a Helm release before it, by
// its label, or by an image.
func (w workload) is(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return w.name == name || strings.HasSuffix(w.name, "-"+name) || w.app == name || slices.Contains(w.images, name)
	})
}

func (l *look) readWorkloads(kind read) ([]workload, error) {
	var found []workload
	err := l.list(kind, cluster.Options{}, func(object *unstructured.Unstructured) {
		w := workload{
			kind: object.GetKind(), namespace: object.GetNamespace(), name: object.GetName(),
			app: object.GetLabels()["app.kubernetes.io/name"],
		}
		for _, container := range listAt(object.Object, "spec", "template", "spec", "containers") {
			w.images = append(w.images, imageName(textAt(container, "image")))
		}
		w.available, w.state = availability(kind, object)
		found = append(found, w)
	})
	return found, err
}

// availability says whether the controller of a workload calls it available in its present generation.
func availability(kind read, object *unstructured.Unstructured) (bool, string) {
	current := numberAt(object.Object, "status", "observedGeneration") >= object.GetGeneration()
	var want, have int64
	enough := false
	switch kind {
	case deployments:
		want, have = numberAt(object.Object, "spec", "replicas"), numberAt(object.Object, "status", "availableReplicas")
		enough, _ = holds(listAt(object.Object, "status", "conditions"), 0, "Available")
		enough = enough && have > 0
	case daemonSets:
		want, have = numberAt(object.Object, "status", "desiredNumberScheduled"), numberAt(object.Object, "status", "numberAvailable")
		// On thousands of nodes some are always away.
		enough = have > 0 && have*10 >= want*9
	case statefulSets:
		want, have = numberAt(object.Object, "spec", "replicas"), numberAt(object.Object, "status", "availableReplicas")
		enough = have > 0
	}
	return current && enough, fmt.Sprintf("%d of %d available", have, want)
}

// imageName gives the last part of an image's repository: "kueue" of "registry.k8s.io/kueue/kueue:v0.18.2".
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	name, _, _ := strings.Cut(image, ":")
	return name
}

// service is a Service with the ports that it has.
type service struct {
	namespace, name, app string
	labels               map[string]string
	ports                []port
}

type port struct {
	name   string
	number int64
}

func (s service) String() string { return s.namespace + "/" + s.name }

func (l *look) readServices() ([]service, error) {
	var found []service
	err := l.list(serviceList, cluster.Options{}, func(object *unstructured.Unstructured) {
		s := service{namespace: object.GetNamespace(), name: object.GetName(), labels: object.GetLabels(), app: object.GetLabels()["app.kubernetes.io/name"]}
		for _, p := range listAt(object.Object, "spec", "ports") {
			s.ports = append(s.ports, port{textAt(p, "name"), numberAt(p, "port")})
		}
		found = append(found, s)
	})
	return found, err
}

func (s service) is(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return s.name == name || strings.HasSuffix(s.name, "-"+name) || s.app == name || s.labels["app"] == name
	})
}
