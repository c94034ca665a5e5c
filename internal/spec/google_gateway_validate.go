package spec

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The names of a gateway's resources on Google Cloud.
var (
	googleID           = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	googleRegion       = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
	googleLabelKey     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	googleRegistry     = regexp.MustCompile(`^//agentregistry\.googleapis\.com/projects/[^/]+/locations/([^/]+)$`)
	googleAttachment   = regexp.MustCompile(`^projects/[^/]+/regions/([^/]+)/networkAttachments/[^/]+$`)
	googleNetwork      = regexp.MustCompile(`^projects/[^/]+/global/networks/[^/]+$`)
	googleTrustConfig  = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/trustConfigs/[^/]+$`)
	googleTemplateName = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/agentConnectivityTemplates/[^/]+$`)
	googleProxy        = regexp.MustCompile(`^(https://www\.googleapis\.com/compute/v1/|//[a-z0-9.-]+/)?projects/[^/]+/.+[^/]$`)
)

// ambientRegions are where Google has the ambient data plane of GKE.
var ambientRegions = []string{"us-central1", "europe-west1"}

const (
	maxGoogleDescription = 1024
	maxGoogleLabels      = 64
)

// googleGatewayValidator gathers the problems of one gateway on Google Cloud.
type googleGatewayValidator struct {
	gatewayValidator
	g GoogleGateway
}

// ValidateGoogle checks a gateway on Google Cloud, whose Google part is set: what Google would refuse only at apply, or take and not
// carry out, what only the open-source stack has, and permissions that Google cannot decide as they say. Paths are attribute names of
// agent_gateway: those of gcp are the names of the fields in snake case, but for gcp.deny_by_default (AllowUnmatched) and
// gcp.iap.enabled (Disabled). The gateway must not carry defaults of the open-source stack.
func (g Gateway) ValidateGoogle() Problems {
	v := &googleGatewayValidator{gatewayValidator{gateway: g}, *g.Google}
	path := []any{"gcp"}
	v.place(path)
	if g.Mode != ClientToAgent && g.Mode != AgentToAnywhere {
		v.add([]any{"mode"}, "%q is no mode: use %q or %q", g.Mode, ClientToAgent, AgentToAnywhere)
	}
	v.openSourceOnly()
	v.googleTargets()
	for _, name := range sortedKeys(g.Allow) {
		v.allow(name, g.Allow[name])
	}
	for _, p := range g.GooglePortability() {
		v.problems = append(v.problems, p.Problems...)
	}
	v.dataPlane(path)
	v.registries(at(path, "registries"))
	v.networking(path)
	v.connectivityTemplate(at(path, "connectivity_template"))
	if len(v.g.Protocols) > 0 {
		v.add(at(path, "protocols"), "is deprecated by Google, and a gateway sees MCP where it is spoken: leave it out")
	}
	v.iap(at(path, "iap"))
	v.denyByDefault(at(path, "deny_by_default"))
	v.modelArmor(at(path, "model_armor"))
	v.extensions(at(path, "extensions"))
	v.authzPolicies(at(path, "authz_policies"))
	v.accessRules(at(path, "access_policy"))
	v.iapGrants(at(path, "iap_grants"))
	v.registryServices(at(path, "services"))
	v.registryBindings(at(path, "bindings"))
	v.extensionBindings(at(path, "extension_bindings"))
	for _, agent := range sortedKeys(v.g.Principals) {
		v.principal(at(path, "principals", MapKey(agent)), v.g.Principals[agent])
		if strings.HasPrefix(agent, "spiffe://") && strings.HasPrefix(v.g.Principals[agent], "principalSet://") {
			v.add(at(path, "principals", MapKey(agent)), "%q is a set of principals, and %q one agent: give its own, principal://…, or write the set as an agent of allow", v.g.Principals[agent], agent)
		}
	}
	return v.problems
}

// place checks where the gateway is and what it is called.
func (v *googleGatewayValidator) place(path []any) {
	if v.g.ID != "" {
		v.googleID(at(path, "id"), v.g.ID)
	} else {
		v.googleID([]any{"name"}, v.gateway.Name)
	}
	switch p := v.g.Project; {
	case p.ID == "":
		v.add(at(path, "project"), "is not set: set gcp.project here, gcp.project of the provider or GOOGLE_PROJECT")
	case googleNumber.MatchString(p.ID):
		v.add(at(path, "project"), "%q is a project's number: give its ID here and the number as project_number", p.ID)
	case !googleProjectID.MatchString(p.ID):
		v.add(at(path, "project"), "%q is no project ID: 6 to 30 lower-case letters, digits and hyphens, a letter first", p.ID)
	}
	switch p := v.g.Project; {
	case p.Number == "":
		v.add(at(path, "project_number"), "is not set for project %q, and the names of principals, templates and registry entries have it in them: "+
			"gcloud projects describe %s --format='value(projectNumber)' prints it", p.ID, p.ID)
	case !googleNumber.MatchString(p.Number):
		v.add(at(path, "project_number"), "%q is no project number: gcloud projects describe %s --format='value(projectNumber)' prints it", p.Number, p.ID)
	}
	switch l := v.g.Project.Location; {
	case l == "":
		v.add(at(path, "location"), "is not set, and a gateway is in a region: set gcp.location here, or gcp.region of the provider")
	case !googleRegion.MatchString(l):
		v.add(at(path, "location"), "%q is no region, and a gateway is in one: write a region, as \"us-central1\"", l)
	}
	v.length(at(path, "description"), v.g.Description, maxGoogleDescription)
	v.googleLabels(at(path, "labels"), v.g.Labels)
}

// googleID checks the id of something that is created.
func (v *googleGatewayValidator) googleID(path []any, id string) {
	if !googleID.MatchString(id) {
		v.add(path, "%q cannot name a resource of Google Cloud: use 1 to 63 lower-case letters, digits and hyphens, with a letter first and no hyphen last", id)
	}
}

func (v *googleGatewayValidator) googleLabels(path []any, labels map[string]string) {
	if len(labels) > maxGoogleLabels {
		v.add(path, "has %d labels, %d are allowed", len(labels), maxGoogleLabels)
	}
	for _, key := range sortedKeys(labels) {
		path := at(path, MapKey(key))
		if !googleLabelKey.MatchString(key) {
			v.add(path, "%q is no label key of Google Cloud: use up to 63 lower-case letters, digits, hyphens and underscores, with a letter first", key)
		}
		if labels[key] != "" && !googleLabelValue.MatchString(labels[key]) {
			v.add(path, "%q is no label value of Google Cloud: use up to 63 lower-case letters, digits, hyphens and underscores", labels[key])
		}
	}
}

// selfManaged says whether the gateway is over proxies of one's own.
func (g GoogleGateway) selfManaged() bool {
	return g.DataPlane == GoogleGKE || g.DataPlane == GoogleCloudRun
}

func (v *googleGatewayValidator) dataPlane(path []any) {
	switch v.g.DataPlane {
	case "", GoogleManaged:
		if len(v.g.ResourceURIs) > 0 {
			v.add(at(path, "resource_uris"), "are proxies of one's own, and Google runs those of this gateway: set data_plane = %q or %q, or leave it out", GoogleGKE, GoogleCloudRun)
		}
		if len(v.g.ExtensionBindings) > 0 {
			v.add(at(path, "extension_bindings"), "are for proxies of one's own, and Google runs those of this gateway: write extensions instead")
		}
	case GoogleGKE, GoogleCloudRun:
		if len(v.g.Extensions) > 0 {
			v.add(at(path, "extensions"), "are for gateways that Google runs: write extension_bindings instead")
		}
		const none = "a gateway over proxies of one's own has no AuthzPolicies, and is governed by IAP and other extension_bindings"
		if len(v.g.AuthzPolicies) > 0 {
			v.add(at(path, "authz_policies"), "are not carried out: %s", none)
		}
		if len(v.gateway.Allow) > 0 && v.gateway.GoogleMeans() == ByAuthzPolicy {
			v.add(at(path, "data_plane"), "%q cannot carry out allow without IAP: %s", v.g.DataPlane, none)
		}
		if len(v.g.ResourceURIs) == 0 && v.g.ConnectivityTemplate == nil {
			v.add(at(path, "resource_uris"), "is empty, and so is connectivity_template, so that the gateway would govern nothing: name the Secure Web Proxy or load balancer in the agents' way, or write a template")
		}
	default:
		v.add(at(path, "data_plane"), "%q is no data plane: use %q, %q or %q", v.g.DataPlane, GoogleManaged, GoogleGKE, GoogleCloudRun)
	}
	for i, uri := range v.g.ResourceURIs {
		if !googleProxy.MatchString(uri) {
			v.add(at(path, "resource_uris", i), "%q is no proxy: write its resource name, as projects/p/locations/us-central1/gateways/g", uri)
		}
		v.duplicate(at(path, "resource_uris", i), v.g.ResourceURIs, i)
	}
}

// registries checks that exactly one of at most two registries is global.
func (v *googleGatewayValidator) registries(path []any) {
	if v.g.Registries == nil {
		return
	}
	global := 0
	for i, name := range v.g.Registries {
		match := googleRegistry.FindStringSubmatch(name)
		switch {
		case match == nil:
			v.add(at(path, i), "%q is no registry: write //agentregistry.googleapis.com/projects/<project>/locations/<location>", name)
		case match[1] == "global":
			global++
		}
		v.duplicate(at(path, i), v.g.Registries, i)
	}
	if len(v.g.Registries) > 2 || global != 1 {
		v.add(path, "has %d registries, %d of them global: a gateway takes one or two, of which exactly one is global and the other of a region or multi-region", len(v.g.Registries), global)
	}
}

func (v *googleGatewayValidator) networking(path []any) {
	v.attachment(at(path, "network_attachment"), v.g.NetworkAttachment)
	if v.g.DNSPeering == nil {
		return
	}
	peering := at(path, "dns_peering")
	v.peering(peering, *v.g.DNSPeering)
	if v.g.NetworkAttachment == "" {
		v.add(at(path, "network_attachment"), "is missing, and names that dns_peering resolves lead into a private network: give the attachment that reaches it")
	}
	if v.g.DNSPeering.TargetProject != "" && !googleProjectID.MatchString(v.g.DNSPeering.TargetProject) {
		v.add(at(peering, "target_project"), "%q is no project ID", v.g.DNSPeering.TargetProject)
	}
}

// attachment checks a network attachment, which must be in the gateway's region.
func (v *googleGatewayValidator) attachment(path []any, name string) {
	if name == "" {
		return
	}
	match := googleAttachment.FindStringSubmatch(name)
	switch {
	case match == nil:
		v.add(path, "%q is no network attachment: write projects/<project>/regions/<region>/networkAttachments/<name>", name)
	case v.g.Project.Location != "" && match[1] != v.g.Project.Location:
		v.add(path, "is in %q and the gateway in %q: both must be in one region", match[1], v.g.Project.Location)
	}
}

func (v *googleGatewayValidator) peering(path []any, p GoogleDNSPeering) {
	if len(p.Domains) == 0 {
		v.add(at(path, "domains"), "is empty: name the domains that are resolved in the private network, as \"internal.example.org.\"")
	}
	for i, domain := range p.Domains {
		if msgs := validation.IsDNS1123Subdomain(strings.TrimSuffix(domain, ".")); len(msgs) > 0 || !strings.HasSuffix(domain, ".") {
			v.add(at(path, "domains", i), "%q is no domain name with a dot at its end, as \"internal.example.org.\"", domain)
		}
		v.duplicate(at(path, "domains", i), p.Domains, i)
	}
	if !googleNetwork.MatchString(p.TargetNetwork) {
		v.add(at(path, "target_network"), "%q is no network: write projects/<project>/global/networks/<name>", p.TargetNetwork)
	}
}

// oneOf checks a choice, which may be left out.
func (v *googleGatewayValidator) oneOf(path []any, value string, choices ...string) {
	if value != "" && !slices.Contains(choices, value) {
		v.add(path, "%q is not a choice: use %s", value, strings.Join(choices, ", "))
	}
}

// wait checks the time that an extension has for an answer.
func (v *googleGatewayValidator) wait(path []any, d time.Duration) {
	if d != 0 && (d < 10*time.Millisecond || d > 10*time.Second) {
		v.add(path, "%s is no time that Google waits for an extension: give 10ms to 10s", d)
	}
}
