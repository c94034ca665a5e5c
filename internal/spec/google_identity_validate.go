package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The names that Google gives or takes.
var (
	googleProjectID     = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	googleNumber        = regexp.MustCompile(`^[0-9]+$`)
	googleLocation      = regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`)
	googleEngineName    = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/reasoningEngines/[0-9]+$`)
	googleGatewayName   = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/agentGateways/[^/]+$`)
	googleContainerName = regexp.MustCompile(`^(projects/([a-z0-9.-]+:)?[a-z0-9][a-z0-9-]*|folders/[0-9]+|organizations/[0-9]+)$`)
)

// googleIdentityValidator gathers what is wrong with an identity on Google Cloud. Paths are attribute names of agent_identity.
type googleIdentityValidator struct {
	validator
	id Identity
	g  GoogleIdentity
}

// ValidateGoogle checks an identity on Google Cloud, whose Google part is set. Paths are attribute names of agent_identity.
func (id Identity) ValidateGoogle() Problems {
	v := &googleIdentityValidator{id: id, g: *id.Google}
	dnsLabel(&v.problems, []any{"name"}, id.Name)
	dnsLabel(&v.problems, []any{"namespace"}, id.Namespace)
	v.opensourceOnly()
	v.place()
	switch v.g.Runtime {
	case RuntimeGKE:
		v.pods([]any{"gcp", "gke"})
	case RuntimeAgentRuntime:
		v.agentRuntime([]any{"gcp", "agent_runtime"})
	case RuntimeManaged:
		v.managed([]any{"gcp", "managed"})
	default:
		v.add([]any{"gcp", "runtime"}, "%q is no runtime: use %q, %q or %q", v.g.Runtime, RuntimeGKE, RuntimeAgentRuntime, RuntimeManaged)
	}
	v.otherRuntimes()
	v.authProvider([]any{"gcp", "auth_provider"})
	v.boundary([]any{"gcp", "principal_access_boundary"})
	v.accessPolicy([]any{"gcp", "access_policy"})
	v.denyPolicy([]any{"gcp", "deny_policy"})
	v.suspension([]any{"gcp", "suspension"})
	return v.problems
}

// opensourceOnly refuses what SPIRE alone carries out.
func (v *googleIdentityValidator) opensourceOnly() {
	const only = "is of the open-source stack alone, and Google Cloud has nothing like it: %s"
	for _, field := range []struct {
		name    string
		set     bool
		instead string
	}{
		{"trust_domain", v.id.TrustDomain != "", "Google chooses the trust domain of agents; leave it out"},
		{"registration", v.id.Registration == RegistrationServer, "Google registers agents by itself; leave it out"},
		{"pod_selector", !v.id.PodSelector.Empty(), "pods say themselves that they have an agent identity, by pod_annotations; leave it out"},
		{"logical_id", v.id.LogicalID, "all instances of an agent share its identity already; leave it out"},
		{"x509_ttl", v.id.X509TTL != 0, "a certificate lives for 24 hours, or as gcp.managed.pool.certificate_issuance.lifetime says; leave it out"},
		{"jwt_ttl", v.id.JWTTL != 0, "tokens live as long as Google has them; leave it out"},
		{"dns_names", len(v.id.DNSNames) > 0, "certificates have the SPIFFE ID alone; leave it out"},
		{"auto_dns_names", v.id.AutoDNSNames, "certificates have the SPIFFE ID alone; leave it out"},
		{"class_name", v.id.ClassName != "", "no spire-controller-manager is asked; leave it out"},
		{"federates_with", len(v.id.Federation) > 0, "a pool trusts other domains by gcp.managed.pool.trust"},
		{"instances", len(v.id.Instances) > 0, "Google attests instances itself, or by gcp.managed.attestation_rules"},
		{"suspended_instances", len(v.id.SuspendedInstances) > 0, "instances share their agent's identity, so that only suspended = true, which is for all of them, can be carried out"},
		{"gateways", len(v.id.Gateways) > 0, "an Agent Gateway refuses a suspended agent by gcp.suspension.deny_egress"},
	} {
		if field.set {
			v.add([]any{field.name}, only, field.instead)
		}
	}
	if v.id.ServiceAccount.Create && v.g.Runtime != RuntimeGKE {
		v.add([]any{"service_account"}, "is for runtime = %q alone: elsewhere an agent has no Kubernetes account; leave it out", RuntimeGKE)
	}
}

// place checks the project, and that what needs a location or a number has one.
func (v *googleIdentityValidator) place() {
	switch p := v.g.Project; {
	case p.ID == "":
		v.add([]any{"gcp", "project"}, "is not set: set gcp.project here, gcp.project of the provider or GOOGLE_PROJECT")
	case googleNumber.MatchString(p.ID):
		v.add([]any{"gcp", "project"}, "%q is a project's number: give its ID here and the number as project_number", p.ID)
	case !googleProjectID.MatchString(p.ID):
		v.add([]any{"gcp", "project"}, "%q is no project ID: 6 to 30 lower-case letters, digits and hyphens, a letter first", p.ID)
	}
	if n := v.g.Project.Number; n != "" && !googleNumber.MatchString(n) {
		v.add([]any{"gcp", "project_number"}, "%q is no project number, which has digits only: gcloud projects describe PROJECT --format='value(projectNumber)' prints it", n)
	} else if why := v.needsNumber(); n == "" && why != "" {
		v.add([]any{"gcp", "project_number"}, "is not set, and %s: gcloud projects describe PROJECT --format='value(projectNumber)' prints it", why)
	}
	if o := v.g.Organization; o != "" && !googleNumber.MatchString(o) {
		v.add([]any{"gcp", "organization"}, "%q is no number of an organization: gcloud organizations list prints it", o)
	}
	switch l := v.g.Project.Location; {
	case l == "" && v.needsLocation() != "":
		v.add([]any{"gcp", "location"}, "is not set, and %s: set gcp.location here, or gcp.region of the provider", v.needsLocation())
	case l != "" && !googleLocation.MatchString(l):
		v.add([]any{"gcp", "location"}, "%q is no location: write a region, as \"us-central1\"", l)
	case l == "global" && v.createsEngine():
		v.add([]any{"gcp", "location"}, "is \"global\", where no reasoning engine can be: name a region, as \"us-central1\"")
	}
}

func (v *googleIdentityValidator) needsNumber() string {
	switch {
	case v.g.Runtime == RuntimeAgentRuntime || v.g.Runtime == RuntimeManaged:
		return "the agent's principal has it in its name"
	case v.id.Suspended:
		return "the principals that a suspension is for have it in their names"
	}
	return ""
}

func (v *googleIdentityValidator) needsLocation() string {
	switch {
	case v.createsEngine():
		return "a reasoning engine is in a region"
	case v.g.AuthProvider != nil:
		return "an auth provider is in a region"
	}
	return ""
}

func (v *googleIdentityValidator) createsEngine() bool {
	return v.g.Runtime == RuntimeAgentRuntime && (v.g.AgentRuntime == nil || v.g.AgentRuntime.Engine == "")
}

// otherRuntimes refuses the parts of a runtime that the agent does not have.
func (v *googleIdentityValidator) otherRuntimes() {
	for _, part := range []struct {
		of  GoogleRuntime
		set bool
	}{
		{RuntimeGKE, v.g.GKE != nil},
		{RuntimeAgentRuntime, v.g.AgentRuntime != nil},
		{RuntimeManaged, v.g.Managed != nil},
	} {
		if part.set && part.of != v.g.Runtime {
			v.add([]any{"gcp", string(part.of)}, "is of another runtime than the agent's, which is %q: set gcp.runtime = %q, or leave it out", v.g.Runtime, part.of)
		}
	}
}

func (v *googleIdentityValidator) agentRuntime(path []any) {
	a := v.g.AgentRuntime
	if a == nil {
		return
	}
	v.length(at(path, "description"), a.Description, 256)
	location := v.g.Project.Location
	if a.Engine != "" {
		if match := googleEngineName.FindStringSubmatch(a.Engine); match == nil {
			v.add(at(path, "engine"), "%q is no reasoning engine: write projects/<project>/locations/<location>/reasoningEngines/<number>", a.Engine)
		} else if location = match[2]; match[1] != v.g.Project.ID && !googleNumber.MatchString(match[1]) {
			v.add(at(path, "engine"), "is of another project, which principals name by its number: write projects/<number>/…, or set gcp.project = %q and its gcp.project_number", match[1])
		}
		if a.Description != "" {
			v.add(at(path, "description"), "is of an engine that is created here: one that exists is left as it is")
		}
	}
	if a.Engine != "" && a.ForceDelete {
		v.add(at(path, "force_delete"), "is about an engine that is created here: one that exists is not deleted")
	}
	for _, gateway := range []struct{ field, name string }{
		{"client_to_agent_gateway", a.ClientToAgent},
		{"agent_to_anywhere_gateway", a.AgentToAnywhere},
	} {
		match := googleGatewayName.FindStringSubmatch(gateway.name)
		switch {
		case gateway.name == "":
		case a.Engine != "":
			v.add(at(path, gateway.field), "binds an engine that is created here: one that exists is left as it is, and bound where it is deployed")
		case match == nil:
			v.add(at(path, gateway.field), "%q is no Agent Gateway: write projects/<project>/locations/<location>/agentGateways/<name>", gateway.name)
		case location != "" && match[1] != location:
			v.add(at(path, gateway.field), "is in %q and the engine in %q: both must be in one region", match[1], location)
		}
	}
}

func (v *googleIdentityValidator) suspension(path []any) {
	s := v.g.Suspension
	v.permissions(at(path, "permissions"), s.Permissions)
	v.containers(at(path, "attach_points"), s.AttachPoints)
	for i, part := range s.Disable {
		path := at(path, "disable", i)
		switch {
		case !slices.Contains([]string{DisableManagedIdentity, DisableNamespace, DisablePool}, part):
			v.add(path, "%q is nothing that can be disabled: use %q, %q or %q", part, DisableManagedIdentity, DisableNamespace, DisablePool)
		case v.g.Runtime != RuntimeManaged:
			v.add(path, "is a part of a managed identity, and the agent's runtime is %q: leave it out", v.g.Runtime)
		case v.g.Managed == nil:
		case part == DisableNamespace && !v.g.Managed.CreateNamespace:
			v.add(path, "the namespace is not this identity's own, so that others would be suspended with it: set gcp.managed.create_namespace, or leave it out")
		case part == DisablePool && !v.g.Managed.Pool.Create:
			v.add(path, "the pool is not this identity's own, so that others would be suspended with it: set gcp.managed.pool.create, or leave it out")
		}
		v.duplicate(path, s.Disable, i)
	}
	if v.id.Suspended && v.g.Runtime == RuntimeGKE && (v.g.GKE == nil || v.g.GKE.Principal == "") {
		v.add([]any{"suspended"}, "nothing published says how Google names an agent on GKE in policies, so that it cannot be denied anything yet: give its principal as gcp.gke.principal. "+
			"The attribute agentregistry.googleapis.com/system/RuntimeIdentity of the agent in Agent Registry has it")
	}
}

// length counts as Google does, in characters.
func (v *validator) length(path []any, text string, limit int) {
	if n := len([]rune(text)); n > limit {
		v.add(path, "has %d characters, %d are allowed", n, limit)
	}
}

// containers checks projects, folders and organizations.
func (v *validator) containers(path []any, names []string) {
	for i, name := range names {
		v.container(at(path, i), name)
		v.duplicate(at(path, i), names, i)
	}
}

func (v *validator) container(path []any, name string) {
	if !googleContainerName.MatchString(name) {
		v.add(path, "%q is no project, folder or organization: write projects/<id>, folders/<number> or organizations/<number>", name)
	}
}

// OwnPrincipalKnown says whether policies can name the agent itself.
func (g GoogleIdentity) OwnPrincipalKnown() bool {
	return g.Runtime != RuntimeGKE || g.GKE != nil && g.GKE.Principal != ""
}

// principals checks how IAM's deny and access policies name whom they are about.
func (v *validator) principals(path []any, principals []string) {
	for i, p := range principals {
		v.principal(at(path, i), p)
		v.duplicate(at(path, i), principals, i)
	}
}

func (v *validator) principal(path []any, p string) {
	kind, rest, _ := strings.Cut(p, "://")
	switch {
	case kind == "spiffe":
		v.add(path, "%q is a SPIFFE ID, which policies do not take: write %q", p, "principal://"+rest)
	case strings.HasPrefix(p, "urn:"):
		v.add(path, "%q names an agent in Agent Registry, which policies do not take: write its principal://…", p)
	case kind != "principal" && kind != "principalSet" || rest == "":
		v.add(path, "%q is no principal: write principal://… or principalSet://…, not the form of allow policies%s", p, principalOf(p))
	}
}

// principalOf gives, as a hint, what a member of an allow policy is called elsewhere.
func principalOf(member string) string {
	kind, who, _ := strings.Cut(member, ":")
	switch kind {
	case "user":
		return fmt.Sprintf("; here it is principal://goog/subject/%s", who)
	case "group":
		return fmt.Sprintf("; here it is principalSet://goog/group/%s", who)
	case "serviceAccount":
		return fmt.Sprintf("; here it is principal://iam.googleapis.com/projects/-/serviceAccounts/%s", who)
	}
	return ""
}
