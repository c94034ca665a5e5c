package server

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
)

// routes finds targets by path.
type routes struct {
	exact    map[string]*target // by path
	services map[string]*target // by the first segment of the path, for gRPC
}

func (r *routes) add(t *target) {
	if r.exact == nil {
		r.exact, r.services = map[string]*target{}, map[string]*target{}
	}
	r.exact[t.Path] = t
	for _, service := range t.Services {
		r.services[service] = t
	}
}

// find gives the target of a path, escaped as it came, and what follows the target's own. A path belongs to the longest target's path that is
// whole segments of it. What the gateway serves itself is nobody's. Another spelling of a path is another path.
func (r *routes) find(path string) (*target, string) {
	if t := r.exact[path]; t != nil {
		return t, ""
	}
	if strings.HasPrefix(path, "/.well-known/") {
		// An agent at the root has its card among what is the gateway's.
		if t := r.exact["/"]; t != nil && t.A2A != nil && path == a2a.WellKnown {
			return t, path
		}
		return nil, ""
	}
	if service, _, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/"); ok {
		if t := r.services[service]; t != nil {
			return t, path
		}
	}
	for at := len(path); at > 0; at = strings.LastIndexByte(path[:at], '/') {
		if t := r.exact[path[:at]]; t != nil && t.protocol.below() {
			return t, path[at:]
		}
	}
	if t := r.exact["/"]; t != nil && t.protocol.below() {
		return t, path
	}
	return nil, ""
}
