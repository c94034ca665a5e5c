package passive

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// sandboxes are parts of the names of handlers that run containers apart from the node's kernel.
var sandboxes = []string{"gvisor", "runsc", "kata", "sandboxed", "quark", "krun", "firecracker", "urunc", "hyperv"}

// Sandboxes says whether a handler of this name runs containers apart from the node's kernel, as far as names tell.
func Sandboxes(handler string) bool {
	return slices.ContainsFunc(sandboxes, func(part string) bool { return strings.Contains(strings.ToLower(handler), part) })
}

// workloadSandboxing wants a RuntimeClass for a sandbox, and nodes that have its handler where they say which they have.
func workloadSandboxing(l *look) kars.Finding {
	n := &notes{}
	nodes, nodesErr := l.nodes()
	n.missed(nodeList, nodesErr)
	var usable, idle []string
	err := l.list(runtimeClasses, cluster.Options{}, func(class *unstructured.Unstructured) {
		handler := textAt(class.Object, "handler")
		if !Sandboxes(handler) {
			return
		}
		switch {
		case nodesErr == nil && nodes.reporting > 0 && nodes.handlers[handler] == 0:
			n.saw("RuntimeClass %s names the handler %s, which no node has", class.GetName(), handler)
			idle = append(idle, class.GetName())
		case nodesErr == nil && nodes.reporting > 0:
			n.saw("RuntimeClass %s names the handler %s, which %d nodes have", class.GetName(), handler, nodes.handlers[handler])
			usable = append(usable, class.GetName())
		default:
			n.saw("RuntimeClass %s names the handler %s; no node says which handlers it has", class.GetName(), handler)
			usable = append(usable, class.GetName())
		}
	})
	n.missed(runtimeClasses, err)
	switch {
	case len(usable) > 0:
		return n.found("Pods can ask for a sandbox with the RuntimeClass %s.", some(usable))
	case len(idle) > 0:
		return n.absent("There is the RuntimeClass %s, and no node has the runtime for it.", some(idle))
	}
	return n.absent("No RuntimeClass is for a sandbox.")
}
