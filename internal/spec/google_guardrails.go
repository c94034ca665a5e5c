package spec

// GoogleAccessBoundary is a principal access boundary: what the agents of a project, folder or organization may reach at most,
// whatever they are granted.
type GoogleAccessBoundary struct {
	DisplayName string
	Rules       []GoogleBoundaryRule
	// EnforcementVersion says which permissions can be blocked: a number, or "latest"; "" for the newest at creation.
	EnforcementVersion string
	// BindTo is whose principals are bounded: "projects/p", "folders/1", "organizations/1", or "pool" for the managed identity's
	// own pool.
	BindTo string
	// Condition narrows these principals, in CEL over principal.type and principal.subject.
	Condition string
}

// GoogleBoundaryRule lists resources that may be reached, with everything below them.
type GoogleBoundaryRule struct {
	Description string
	Resources   []string // "projects/p", "folders/1", "organizations/1"
}

// BindToPool binds a boundary to the identities of the managed identity's own pool.
const BindToPool = "pool"

// GoogleIdentityAccess is an access policy of the project, bound to the resources that it is for.
type GoogleIdentityAccess struct {
	DisplayName string
	Rules       []GoogleIdentityAccessRule
	// BindTo are the resources: "projects/p", "folders/1", "organizations/1". Empty for the project.
	BindTo []string
}

// GoogleIdentityAccessRule allows or denies permissions.
type GoogleIdentityAccessRule struct {
	Description         string
	Effect              string   // ALLOW or DENY; a DENY wins
	Principals          []string // empty for the agent itself
	ExcludedPrincipals  []string
	Permissions         []string // "iap.googleapis.com/resources.egressViaIAP"
	ExcludedPermissions []string
	Conditions          map[string]string // service -> CEL: "iap.googleapis.com" -> "destination.is_registered"
}

// GoogleDenyPolicy denies permissions, whatever is granted, at every point that it is attached to.
type GoogleDenyPolicy struct {
	DisplayName  string
	AttachPoints []string // "projects/p", "folders/1", "organizations/1"; empty for the project
	Rules        []GoogleDenyRule
}

// GoogleDenyRule is one rule of a deny policy.
type GoogleDenyRule struct {
	Description          string
	Principals           []string // empty for the agent itself
	ExceptionPrincipals  []string
	Permissions          []string // "storage.googleapis.com/objects.delete", "secretmanager.googleapis.com/*.*"
	ExceptionPermissions []string
	Condition            string // CEL over tags of resources; "" for always
	ConditionTitle       string
}
