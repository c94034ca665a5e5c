package spec

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// podUID is how Kubernetes writes a pod's UID.
var podUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// validateSuspension refuses what would suspend nobody without a word.
func (id Identity) validateSuspension(ps *Problems) {
	for i, gateway := range id.Gateways {
		path := []any{"gateways", i}
		namespace, name, found := strings.Cut(gateway, "/")
		switch {
		case !found || len(validation.IsDNS1123Label(namespace))+len(validation.IsDNS1123Label(name)) > 0:
			ps.Add(path, `%q is no gateway: name an agent_gateway resource by its id, "namespace/name"`, gateway)
		case slices.Contains(id.Gateways[:i], gateway):
			ps.Add(path, "%q is listed twice", gateway)
		}
	}
	if id.Registration == RegistrationServer && len(id.SuspendedInstances) > 0 {
		ps.Add([]any{"suspended_instances"}, `these are UIDs of pods, which the controller knows; with registration = %q set suspended on the instance in instances`, RegistrationServer)
		return
	}
	for i, instance := range id.SuspendedInstances {
		path := []any{"suspended_instances", i}
		switch {
		case !podUID.MatchString(instance):
			ps.Add(path, `%q is no UID of a pod and would suspend nobody; kubectl get pod NAME -o jsonpath={.metadata.uid} prints it, and it ends the pod's SPIFFE ID`, instance)
		case slices.Contains(id.SuspendedInstances[:i], instance):
			ps.Add(path, "%q is listed twice", instance)
		}
	}
}
