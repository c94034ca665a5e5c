package gcp

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// RoleGrant is a role that somebody has to be granted before a gateway works, by whoever may grant it: gateways do not grant roles.
type RoleGrant struct{ Project, Role, Member string }

// GatewayRoles are the roles that the service agent of a gateway needs, by which it calls Model Armor. Where the templates are of
// another project, the role on them is of that project.
func GatewayRoles(g spec.Gateway) []RoleGrant {
	m := g.Google.ModelArmor
	if m == nil {
		return nil
	}
	own := g.Google.Project
	agent := "serviceAccount:service-" + own.Number + "@gcp-sa-dep.iam.gserviceaccount.com"
	if g.Mode == spec.ClientToAgent {
		agent = "serviceAccount:service-" + own.Number + "@gcp-sa-aiplatform-re.iam.gserviceaccount.com"
	}
	grants := []RoleGrant{{own.ID, "roles/modelarmor.calloutUser", agent}, {own.ID, "roles/serviceusage.serviceUsageConsumer", agent}}
	seen := map[string]bool{}
	for _, name := range []string{googleGateway{g, *g.Google}.armorTemplateName(), m.RequestTemplate, m.ResponseTemplate} {
		if project := projectOf(name); project != "" && !seen[project] {
			seen[project] = true
			grants = append(grants, RoleGrant{project, "roles/modelarmor.user", agent})
		}
	}
	return grants
}

// projectOf is the project in a resource's name, "" where it has none.
func projectOf(name string) string {
	rest, found := strings.CutPrefix(name, "projects/")
	if !found {
		return ""
	}
	project, _, _ := strings.Cut(rest, "/")
	return project
}
