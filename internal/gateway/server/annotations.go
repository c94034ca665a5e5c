package server

import (
	"sync"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// annotationCapacity is how many tools are remembered, of all targets.
const annotationCapacity = 16384

// annotations are what targets said of their tools in lists. Of a tool that no list has shown nothing is known, and of one that does
// not fit nothing is remembered.
type annotations struct {
	mu   sync.RWMutex
	seen map[[2]string]call.Annotations // by target and tool
}

func (a *annotations) get(target, tool string) *call.Annotations {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if known, ok := a.seen[[2]string{target, tool}]; ok {
		return &known
	}
	return nil
}

// put remembers what a list shows. nil forgets.
func (a *annotations) put(target, tool string, said *call.Annotations) {
	key := [2]string{target, tool}
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.seen[key]
	switch {
	case said == nil:
		delete(a.seen, key)
	case ok && known == *said:
	case ok || len(a.seen) < annotationCapacity:
		if a.seen == nil {
			a.seen = map[[2]string]call.Annotations{}
		}
		a.seen[key] = *said
	}
}
