package spec

import "strings"

// Sidecar is a gateway's client in the pods of agents: a plain endpoint on the pod's loopback, which does SVID, token and proof of
// possession for whoever calls it.
type Sidecar struct {
	Image         string   // by tag or digest
	Gateway       string   // the gateway's origin: "https://edge.gateways.svc:8443"
	GatewayID     string   // SPIFFE ID that the gateway must prove
	Targets       []string // paths at the gateway, or URLs of them, with "#" and services of gRPC behind; empty: all, and no tokens
	TokenEndpoint string   // "" where the gateway asks for no token
	Port          int      // of loopback; the next one answers probes
	WorkloadAPI   WorkloadAPI
	Resources     Resources
}

// SidecarRule names the rule that a pod must have the sidecar.
const SidecarRule = "sidecar"

// URLs are those of the targets.
func (s Sidecar) URLs() []string {
	urls := make([]string, len(s.Targets))
	for i, target := range s.Targets {
		urls[i] = s.Gateway + strings.TrimPrefix(target, s.Gateway)
	}
	return urls
}

// ResourcesOrDefault gives the container's resources: the user's as they are, or, where nothing is said of requests and limits, what
// a sidecar of one agent needs.
func (s Sidecar) ResourcesOrDefault() Resources {
	if len(s.Resources.Requests) > 0 || len(s.Resources.Limits) > 0 {
		return s.Resources
	}
	return Resources{Requests: map[string]string{"cpu": "10m", "memory": "32Mi"}, Limits: map[string]string{"memory": "128Mi"}}
}

// SidecarMustBeSigned says whether the sidecar's image is one of those whose signatures are verified.
func (p AdmissionPolicy) SidecarMustBeSigned() bool {
	if p.Sidecar == nil || p.Rules.SignedImages == nil {
		return false
	}
	for _, pattern := range p.Rules.SignedImages.Images {
		if globMatches(pattern, p.Sidecar.Image) {
			return true
		}
	}
	return false
}

// globMatches says whether text matches a pattern in which * stands for any characters.
func globMatches(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for i := 0; i <= len(text); i++ {
		if globMatches(rest, text[i:]) {
			return true
		}
	}
	return false
}
