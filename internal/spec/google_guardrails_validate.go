package spec

import (
	"regexp"
	"slices"
	"strings"
)

// The limits of guardrails, as their schemas give them.
const (
	maxPolicyDisplayName = 63
	maxRuleDescription   = 256
	maxBoundaryRules     = 500
	maxBoundaryResources = 500
)

var (
	enforcementVersion = regexp.MustCompile(`^([1-9][0-9]*|latest)$`)
	// googlePermission is "{service}/{resource}.{verb}", of which deny policies take groups: "secretmanager.googleapis.com/*.*".
	googlePermission = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+/([A-Za-z][A-Za-z0-9]*|\*)\.([A-Za-z][A-Za-z0-9]*|\*)$`)
	googleService    = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

func (v *googleIdentityValidator) boundary(path []any) {
	b := v.g.Boundary
	if b == nil {
		return
	}
	if v.g.Organization == "" {
		v.add(path, "is of an organization, and none is given: set gcp.organization, or leave it out where the project has none")
	}
	v.length(at(path, "display_name"), b.DisplayName, maxPolicyDisplayName)
	if len(b.Rules) == 0 {
		v.add(at(path, "rules"), "is empty, and would bound nothing: list the resources that may be reached")
	}
	if len(b.Rules) > maxBoundaryRules {
		v.add(at(path, "rules"), "has %d rules, %d are allowed", len(b.Rules), maxBoundaryRules)
	}
	resources := 0
	for i, rule := range b.Rules {
		path := at(path, "rules", i)
		v.length(at(path, "description"), rule.Description, maxRuleDescription)
		if len(rule.Resources) == 0 {
			v.add(at(path, "resources"), "is empty: name projects, folders or organizations")
		}
		v.containers(at(path, "resources"), rule.Resources)
		resources += len(rule.Resources)
	}
	if resources > maxBoundaryResources {
		v.add(at(path, "rules"), "name %d resources, %d are allowed in all rules together", resources, maxBoundaryResources)
	}
	if b.EnforcementVersion != "" && !enforcementVersion.MatchString(b.EnforcementVersion) {
		v.add(at(path, "enforcement_version"), "%q is no version: a number, or \"latest\"", b.EnforcementVersion)
	}
	switch {
	case b.BindTo != BindToPool:
		v.container(at(path, "bind_to"), b.BindTo)
	case v.g.Runtime != RuntimeManaged:
		v.add(at(path, "bind_to"), "%q is a managed identity's, and the agent's runtime is %q: name a project, folder or organization", BindToPool, v.g.Runtime)
	}
	if b.Condition != "" {
		v.boundaryCondition(at(path, "condition"), b.Condition)
	}
}

func (v *googleIdentityValidator) accessPolicy(path []any) {
	a := v.g.AccessPolicy
	if a == nil {
		return
	}
	v.length(at(path, "display_name"), a.DisplayName, maxPolicyDisplayName)
	v.containers(at(path, "bind_to"), a.BindTo)
	if len(a.Rules) == 0 {
		v.add(at(path, "rules"), "is empty, and would say nothing: give at least one")
	}
	for i, rule := range a.Rules {
		path := at(path, "rules", i)
		v.length(at(path, "description"), rule.Description, maxRuleDescription)
		if rule.Effect != "ALLOW" && rule.Effect != "DENY" {
			v.add(at(path, "effect"), "%q is no effect: use ALLOW or DENY", rule.Effect)
		}
		v.whom(at(path, "principals"), rule.Principals)
		v.principals(at(path, "excluded_principals"), rule.ExcludedPrincipals)
		v.required(at(path, "permissions"), rule.Permissions)
		v.permissions(at(path, "excluded_permissions"), rule.ExcludedPermissions)
		for _, service := range sortedKeys(rule.Conditions) {
			path := at(path, "conditions", MapKey(service))
			if !googleService.MatchString(service) {
				v.add(path, "%q is no service, as \"iap.googleapis.com\"", service)
			}
			v.accessCondition(path, service, rule.Conditions[service])
		}
	}
}

func (v *googleIdentityValidator) denyPolicy(path []any) {
	d := v.g.Deny
	if d == nil {
		return
	}
	v.length(at(path, "display_name"), d.DisplayName, maxPolicyDisplayName)
	v.containers(at(path, "attach_points"), d.AttachPoints)
	if len(d.Rules) == 0 {
		v.add(at(path, "rules"), "is empty, and would deny nothing: give at least one")
	}
	for i, rule := range d.Rules {
		path := at(path, "rules", i)
		v.length(at(path, "description"), rule.Description, maxRuleDescription)
		v.whom(at(path, "principals"), rule.Principals)
		v.principals(at(path, "exception_principals"), rule.ExceptionPrincipals)
		if n := slices.Index(rule.ExceptionPrincipals, "principalSet://goog/public:all"); n >= 0 {
			v.add(at(path, "exception_principals", n), "is everybody, so that the rule would deny nobody anything")
		}
		v.required(at(path, "permissions"), rule.Permissions)
		v.permissions(at(path, "exception_permissions"), rule.ExceptionPermissions)
		switch {
		case rule.Condition != "":
			v.denyCondition(at(path, "condition"), rule.Condition)
		case rule.ConditionTitle != "":
			v.add(at(path, "condition_title"), "is the title of no condition: set condition, or leave it out")
		}
	}
}

// whom checks the principals of a rule, which are the agent itself where none is named.
func (v *googleIdentityValidator) whom(path []any, principals []string) {
	if len(principals) == 0 && !v.g.OwnPrincipalKnown() {
		v.add(path, "is empty, which is for the agent itself, and nothing published says how Google names an agent on GKE in policies: name principals here, or give the agent's as gcp.gke.principal")
	}
	v.principals(path, principals)
}

func (v *googleIdentityValidator) required(path []any, permissions []string) {
	if len(permissions) == 0 {
		v.add(path, "is empty: name permissions, as \"secretmanager.googleapis.com/versions.access\"")
	}
	v.permissions(path, permissions)
}

func (v *googleIdentityValidator) permissions(path []any, permissions []string) {
	for i, p := range permissions {
		switch {
		case googlePermission.MatchString(p):
		case strings.Count(p, ".") == 2 && !strings.Contains(p, "/"):
			service, rest, _ := strings.Cut(p, ".")
			v.add(at(path, i), "%q is how roles write a permission: write %q here", p, service+".googleapis.com/"+rest)
		default:
			v.add(at(path, i), "%q is no permission: write <service>/<resource>.<verb>, as \"secretmanager.googleapis.com/versions.access\"", p)
		}
		v.duplicate(at(path, i), permissions, i)
	}
}
