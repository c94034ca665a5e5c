package terraform

import (
	"fmt"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
)

// Google gives a provider block for the gcp stack, with more attributes, and what follows it. Its APIs are where endpoint says by their
// names, such as "networkservices", and its project is that of gcptest.
func Google(endpoint func(api string) string, attributes, rest string) string {
	var endpoints strings.Builder
	for _, service := range gcp.Services {
		api, _, _ := strings.Cut(service.Host, ".")
		fmt.Fprintf(&endpoints, "    %s = %q\n", service.Attribute(), endpoint(api))
	}
	return fmt.Sprintf(`
provider "agent" {
  trust_domain = "agents.global.org-555555555555.system.id.goog"
  gcp = {
    project        = "agents-1"
    project_number = "111111111111"
    region         = "us-central1"
    access_token   = "of-a-test"
%s  }
  %s
}
%s`, endpoints.String(), attributes, rest)
}
