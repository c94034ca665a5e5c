package spec

import (
	"regexp"
	"slices"
	"strings"
)

// The limits of policies on an Agent Gateway, as Google documents them.
const (
	maxCustomPolicies  = 4
	maxAuthzRules      = 5
	maxAuthzMatches    = 10 // of hosts, of paths, of methods, of MCP methods and of their params in one policy
	maxAuthzPrincipals = 50
)

var (
	googleArmorTemplate  = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/templates/[^/]+$`)
	googleInspection     = regexp.MustCompile(`^(projects|organizations)/[^/]+/locations/([^/]+)/inspectTemplates/[^/]+$`)
	googleDeidentify     = regexp.MustCompile(`^(projects|organizations)/[^/]+/locations/([^/]+)/deidentifyTemplates/[^/]+$`)
	googleBackendService = regexp.MustCompile(`^https://www\.googleapis\.com/compute/v1/projects/[^/]+/regions/([^/]+)/backendServices/[^/]+$`)
	googleArmorService   = regexp.MustCompile(`^modelarmor\.([a-z0-9-]+)\.rep\.googleapis\.com$`)
)

// UsesIAP says whether IAP is asked, and in which version.
func (g Gateway) UsesIAP() (version string, used bool) {
	iap := g.Google.IAP
	switch {
	case g.Mode != AgentToAnywhere || iap != nil && iap.Disabled:
		return "", false
	case iap == nil || iap.Version == "":
		return "V2", true
	}
	return iap.Version, true
}

func (v *googleGatewayValidator) iap(path []any) {
	version, used := v.gateway.UsesIAP()
	if i := v.g.IAP; i != nil {
		v.oneOf(at(path, "version"), i.Version, "V1", "V2")
		v.wait(at(path, "timeout"), i.Timeout)
		if v.gateway.Mode == ClientToAgent && !i.Disabled {
			v.add(path, "is not asked by a gateway in mode %q, whatever is configured, so that it would protect nothing: leave it out, and give callers IAM roles on the agent itself", ClientToAgent)
		}
	}
	if v.gateway.Audit && !used && (len(v.gateway.Allow) > 0 || len(v.g.AuthzPolicies) > 0) {
		v.add([]any{"enforcement"}, "\"audit\" cannot be carried out without IAP, which alone decides without denying: AuthzPolicies are in force or not there at all")
	}
	if len(v.g.IAPGrants) > 0 && version != "V1" {
		v.add([]any{"gcp", "iap_grants"}, "are asked by IAP V1 alone: set gcp.iap.version = \"V1\", or write gcp.access_policy.rules")
	}
	if len(v.g.AccessPolicy.Rules) > 0 && version != "V2" {
		v.add([]any{"gcp", "access_policy", "rules"}, "are asked by IAP V2 alone: set gcp.iap.version = \"V2\"")
	}
}

// denyByDefault refuses to let through what nothing permits where nothing but that keeps to allow: IAP denies by itself.
func (v *googleGatewayValidator) denyByDefault(path []any) {
	if v.g.AllowUnmatched && len(v.gateway.Allow) > 0 && v.gateway.GoogleMeans() == ByAuthzPolicy {
		v.add(path, "is false, so that what no policy is about is let through, and allow keeps nothing out: leave it out")
	}
}

func (v *googleGatewayValidator) modelArmor(path []any) {
	m := v.g.ModelArmor
	if m == nil {
		return
	}
	v.wait(at(path, "timeout"), m.Timeout)
	existing := m.RequestTemplate != "" || m.ResponseTemplate != ""
	switch {
	case m.Template != nil && existing:
		v.add(at(path, "template"), "is made, beside templates that exist: leave one of them out")
	case m.Template == nil && !existing:
		v.add(path, "has no template, so that nothing would be looked for: write template, or name request_template and response_template")
	}
	for _, t := range []struct{ field, name string }{{"request_template", m.RequestTemplate}, {"response_template", m.ResponseTemplate}} {
		v.inRegion(at(path, t.field), t.name, googleArmorTemplate, 1, "projects/<project>/locations/<location>/templates/<id>")
	}
	if m.Template != nil {
		v.armorTemplate(at(path, "template"), *m.Template)
	}
}

// inRegion checks the name of a resource that must be where the gateway is. "" is none.
func (v *googleGatewayValidator) inRegion(path []any, name string, pattern *regexp.Regexp, group int, form string) {
	if name == "" {
		return
	}
	match := pattern.FindStringSubmatch(name)
	switch {
	case match == nil:
		v.add(path, "%q is no such resource: write %s", name, form)
	case match[group] != v.g.Project.Location:
		v.add(path, "is in %q and the gateway in %q: both must be in one region", match[group], v.g.Project.Location)
	}
}

func (v *googleGatewayValidator) armorTemplate(path []any, t GoogleModelArmorTemplate) {
	if t.ID != "" {
		v.googleID(at(path, "id"), t.ID)
	}
	v.googleLabels(at(path, "labels"), t.Labels)
	if len(t.ResponsibleAI) == 0 && t.PromptInjection == "" && !t.MaliciousURIs && !t.SensitiveData && t.InspectTemplate == "" {
		v.add(path, "has no filter, so that nothing would be looked for: set prompt_injection, malicious_uris, sensitive_data or responsible_ai")
	}
	for _, kind := range sortedKeys(t.ResponsibleAI) {
		path := at(path, "responsible_ai", MapKey(kind))
		if !slices.Contains([]string{"SEXUALLY_EXPLICIT", "HATE_SPEECH", "HARASSMENT", "DANGEROUS"}, kind) {
			v.add(path, "%q is no kind: use SEXUALLY_EXPLICIT, HATE_SPEECH, HARASSMENT or DANGEROUS", kind)
		}
		v.confidence(path, t.ResponsibleAI[kind])
	}
	if t.PromptInjection != "" {
		v.confidence(at(path, "prompt_injection"), t.PromptInjection)
	}
	if t.SensitiveData && t.InspectTemplate != "" {
		v.add(at(path, "sensitive_data"), "is what Google looks for by default, and inspect_template something else: leave one of them out")
	}
	if t.DeidentifyTemplate != "" && t.InspectTemplate == "" {
		v.add(at(path, "inspect_template"), "is missing, and deidentify_template is about what it finds")
	}
	v.inRegion(at(path, "inspect_template"), t.InspectTemplate, googleInspection, 2, "projects/<project>/locations/<location>/inspectTemplates/<id>")
	v.inRegion(at(path, "deidentify_template"), t.DeidentifyTemplate, googleDeidentify, 2, "projects/<project>/locations/<location>/deidentifyTemplates/<id>")
}

func (v *googleGatewayValidator) confidence(path []any, c string) {
	if !slices.Contains([]string{"LOW_AND_ABOVE", "MEDIUM_AND_ABOVE", "HIGH"}, c) {
		v.add(path, "%q is no confidence: use LOW_AND_ABOVE, MEDIUM_AND_ABOVE or HIGH", c)
	}
}

// extensions checks each extension, and how many there are with IAP and Model Armor, which are extensions as well.
func (v *googleGatewayValidator) extensions(path []any) {
	content, custom := 0, len(v.g.Extensions)
	if v.g.ModelArmor != nil {
		content, custom = content+1, custom+1
	}
	if _, used := v.gateway.UsesIAP(); used {
		custom++
	}
	for _, name := range sortedKeys(v.g.Extensions) {
		e := v.g.Extensions[name]
		path := at(path, MapKey(name))
		v.googleID(path, name)
		if e.Profile == "CONTENT_AUTHZ" {
			content++
		} else if v.gateway.Mode == ClientToAgent {
			v.add(at(path, "profile"), "%q is not carried out by a gateway in mode %q, which takes one extension with CONTENT_AUTHZ and no other", "REQUEST_AUTHZ", ClientToAgent)
		}
		v.extension(path, e)
	}
	switch {
	case v.gateway.Mode == ClientToAgent && content > 1:
		v.add(path, "make %d extensions that look at content, with gcp.model_armor, and a gateway in mode %q takes one", content, ClientToAgent)
	case v.gateway.Mode == AgentToAnywhere && custom > maxCustomPolicies:
		v.add(path, "make %d policies with the action CUSTOM, with those of gcp.iap and gcp.model_armor, and a gateway takes %d", custom, maxCustomPolicies)
	}
}

func (v *googleGatewayValidator) extension(path []any, e GoogleExtension) {
	v.oneOf(at(path, "profile"), e.Profile, "REQUEST_AUTHZ", "CONTENT_AUTHZ")
	v.oneOf(at(path, "wire_format"), e.WireFormat, "EXT_PROC_GRPC", "EXT_AUTHZ_GRPC")
	v.oneOf(at(path, "load_balancing_scheme"), e.LoadBalancingScheme, "INTERNAL_MANAGED", "EXTERNAL_MANAGED")
	v.wait(at(path, "timeout"), e.Timeout)
	v.length(at(path, "description"), e.Description, maxGoogleDescription)
	if e.Profile == "CONTENT_AUTHZ" && e.WireFormat == "EXT_AUTHZ_GRPC" {
		v.add(at(path, "wire_format"), "\"EXT_AUTHZ_GRPC\" has no content, and CONTENT_AUTHZ is about it: write \"EXT_PROC_GRPC\", whose server takes FULL_DUPLEX_STREAMED bodies")
	}
	backend := googleBackendService.FindStringSubmatch(e.Service)
	switch {
	case e.Service == "iap.googleapis.com":
		v.add(at(path, "service"), "is IAP, which gcp.iap is about")
	case googleArmorService.MatchString(e.Service):
		v.add(at(path, "service"), "is Model Armor, which gcp.model_armor is about")
	case backend != nil:
		if backend[1] != v.g.Project.Location {
			v.add(at(path, "service"), "is in %q and the gateway in %q: both must be in one region", backend[1], v.g.Project.Location)
		}
		if e.Authority == "" {
			v.add(at(path, "authority"), "is missing: calls to a backend service need one")
		}
		if e.LoadBalancingScheme == "" {
			v.add(at(path, "load_balancing_scheme"), "is missing: give that of the backend service")
		}
	case strings.Contains(e.Service, "/") || !hostName.MatchString(e.Service):
		v.add(at(path, "service"), "%q is neither a host name nor the URL of a regional backend service", e.Service)
	default:
		if e.LoadBalancingScheme != "" {
			v.add(at(path, "load_balancing_scheme"), "is for backend services, and service is a host name: leave it out")
		}
	}
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
