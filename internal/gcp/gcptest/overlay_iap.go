package gcptest

import "regexp"

// IAP's resources of the Agent Registry have no methods but those of their allow policies, in iap/v1, and are named by the registry's entries
// (documentation of IAP for agents, "egress policies").
var iapResource = regexp.MustCompile(`^(projects/[^/]+/locations/[^/]+)/iap_web/agentRegistry(?:/((?:agents|mcpServers|endpoints)/[^/]+))?$`)

// iapResourceExists refuses policies of what is neither a registry nor an entry of one.
func (s *Server) iapResourceExists(name string) *refusal {
	parts := iapResource.FindStringSubmatch(name)
	switch {
	case parts == nil:
		return refuse("INVALID_ARGUMENT", "'%s' is no resource of IAP that the fake knows: projects/{number}/locations/{location}/iap_web/agentRegistry/…", name)
	case parts[2] != "" && s.lookup("agentregistry", parts[1]+"/"+parts[2]) == nil:
		return notFound(name)
	}
	return nil
}
