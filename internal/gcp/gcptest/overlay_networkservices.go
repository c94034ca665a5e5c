package gcptest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The resources of networkservices/v1 that the gcp stack has. Sources: the discovery document's prose, and Google's
// documentation of Agent Gateway (https://docs.cloud.google.com/gemini-enterprise-agent-platform/govern/gateways).
func init() {
	register(
		&kind{
			api: "networkservices", collection: "projects.locations.agentGateways",
			check: checkAgentGateway,
			references: func(_ string, body map[string]any) []reference {
				return named("agent_connectivity_template", "networkservices", text(body, "agentConnectivityTemplate"))
			},
			made: agentGatewayCard,
		},
		&kind{
			api: "networkservices", collection: "projects.locations.agentConnectivityTemplates",
			check: checkConnectivityTemplate,
		},
		&kind{
			api: "networkservices", collection: "projects.locations.authzExtensions",
			check: checkAuthzExtension,
			references: func(_ string, body map[string]any) []reference {
				var references []reference
				if modelArmorHost.MatchString(text(body, "service")) {
					templates, _ := modelArmorTemplates(body)
					for _, name := range templates {
						references = append(references, named("metadata", "modelarmor", name)...)
					}
				}
				return references
			},
		},
		&kind{
			api: "networkservices", collection: "projects.locations.extensionBindings",
			check: checkExtensionBinding,
			references: func(_ string, body map[string]any) []reference {
				return gatewaysAmong("target.resources", texts(body, "target.resources"))
			},
			queues: func(_ string, body map[string]any) []reference {
				return gatewaysAmong("target.resources", texts(body, "target.resources"))
			},
		},
	)
}

var (
	registry         = regexp.MustCompile(`^//agentregistry\.googleapis\.com/projects/([^/]+)/locations/([^/]+)/?$`)
	network          = regexp.MustCompile(`^projects/[^/]+/global/networks/[^/]+$`)
	attachment       = regexp.MustCompile(`^(https://www\.googleapis\.com/compute/v1/)?projects/[^/]+/regions/[^/]+/networkAttachments/[^/]+$`)
	byProjectNumber  = regexp.MustCompile(`^projects/[0-9]+/`)
	templateName     = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/agentConnectivityTemplates/[^/]+$`)
	gatewayName      = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/agentGateways/[^/]+$`)
	backendService   = regexp.MustCompile(`^https://www\.googleapis\.com/compute/v1/projects/[^/]+/(global|regions/[^/]+)/backendServices/[^/]+$`)
	modelArmorHost   = regexp.MustCompile(`^modelarmor\.([a-z0-9-]+)\.rep\.googleapis\.com$`)
	domainName       = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)
	projectScopeName = regexp.MustCompile(`^projects/[0-9]+$`)
)

func checkAgentGateway(c *check) {
	c.labels()
	c.atMost("description", 1024)
	// The proto has a oneof deployment_mode that discovery does not show (agent_gateway.proto). hashicorp/google wants one of
	// them; an ambient data plane, which the template describes, has neither a proxy of Google's nor one to attach to.
	c.atMostOne("googleManaged", "selfManaged")
	if !c.has("agentConnectivityTemplate") {
		c.exactlyOne("googleManaged", "selfManaged")
	}
	if c.has("googleManaged") && !c.has("googleManaged.governedAccessPath") {
		c.refuse("googleManaged.governedAccessPath", "a managed gateway governs one path")
	}
	if c.has("selfManaged") {
		c.exactlyOne("selfManaged.resourceUri", "selfManaged.resourceUris")
	}
	// hashicorp/google replaces a gateway rather than change these; discovery does not call them immutable.
	if before := c.before; before != nil {
		if (before["googleManaged"] == nil) != (c.body["googleManaged"] == nil) {
			c.refuse("googleManaged", "the deployment mode cannot be changed")
		}
		for _, field := range []string{"googleManaged.governedAccessPath", "selfManaged.resourceUri"} {
			if was := text(before, field); was != "" && c.has(field) && was != text(c.body, field) {
				c.refuse(field, "the field cannot be changed")
			}
		}
	}
	c.registries()
	if template := text(c.body, "agentConnectivityTemplate"); template != "" {
		switch {
		case !templateName.MatchString(template):
			c.refuse("agentConnectivityTemplate", "the name is not of the form projects/{project_number}/locations/{location}/agentConnectivityTemplates/{template}")
		case !byProjectNumber.MatchString(template): // the API takes no other form
			c.refuse("agentConnectivityTemplate", "the template is named with the project's number, not its ID")
		case location(template) != location(c.name):
			c.refuse("agentConnectivityTemplate", "the template is in the gateway's location")
		}
	}
	c.matches("networkConfig.dnsPeeringConfig.targetNetwork", network)
	c.matches("networkConfig.egress.networkAttachment", attachment)
}

// registries: at most two, one of them global and the other one of a region or multi-region (documentation of Agent Gateway,
// "set up").
func (c *check) registries() {
	registries := texts(c.body, "registries")
	global := 0
	for i, name := range registries {
		parts := registry.FindStringSubmatch(name)
		if parts == nil {
			c.refuse(fmt.Sprintf("registries[%d]", i), "the registry is not of the form //agentregistry.googleapis.com/projects/{project}/locations/{location}")
			continue
		}
		if parts[2] == "global" {
			global++
		}
	}
	switch {
	case len(registries) > 2:
		c.refuse("registries", "there are at most 2 registries")
	case len(registries) == 2 && global != 1:
		c.refuse("registries", "exactly one of two registries is the global one")
	}
}

// agentGatewayCard is filled in when the proxies are up, later than the operation that creates the gateway ends.
func agentGatewayCard(s *Server, o *stored, answer map[string]any) {
	if o.body["googleManaged"] == nil || o.reads <= s.options.ReadsWithoutCard {
		return
	}
	_, id, _ := cutLast(o.name, "/")
	number := strings.Split(s.byNumber(o.name), "/")[1]
	answer["agentGatewayCard"] = map[string]any{
		"mtlsEndpoint":                    id + "." + location(o.name) + ".agentgateway.fake.example",
		"rootCertificates":                []any{"-----BEGIN CERTIFICATE-----\nZmFrZQ==\n-----END CERTIFICATE-----\n"},
		"serviceExtensionsServiceAccount": "service-" + number + "@gcp-sa-dep.iam.gserviceaccount.com",
	}
}

func checkConnectivityTemplate(c *check) {
	c.labels()
	c.atMost("description", 1024)
	if !c.has("accessPath") { // "Exactly one path can be set", and hashicorp/google requires it
		c.refuse("accessPath", "a path is chosen")
	}
	c.matches("egressNetworkConfig.dnsPeeringConfig.targetNetwork", network)
	c.matches("egressNetworkConfig.networkAttachment", attachment)
}

func checkAuthzExtension(c *check) {
	c.labels()
	// "The timeout must be between 10-10000 milliseconds."
	if d, err := time.ParseDuration(text(c.body, "timeout")); err != nil || d < 10*time.Millisecond || d > 10*time.Second {
		c.refuse("timeout", "the timeout is between 10 and 10000 milliseconds")
	}
	if c.has("wireFormat") && text(c.body, "wireFormat") != "EXT_PROC_GRPC" && location(c.name) == "global" {
		c.refuse("wireFormat", "the field is supported only for regional extensions")
	}
	service := text(c.body, "service")
	backend := backendService.MatchString(service)
	switch {
	case backend:
		for _, field := range []string{"authority", "loadBalancingScheme"} {
			if !c.has(field) {
				c.refuse(field, "the field is required where service is a backend service")
			}
		}
	case !domainName.MatchString(service):
		c.refuse("service", "the service is neither a backend service nor a domain name")
	case location(c.name) == "global":
		c.refuse("service", "a global extension has a backend service")
	case c.has("loadBalancingScheme"): // "You can omit this field for AuthzExtensions … that don't reference a backend service."
		c.refuse("loadBalancingScheme", "the field is set only where service is a backend service")
	}
	if service == "iap.googleapis.com" {
		c.iapMetadata()
	}
	if region := modelArmorHost.FindStringSubmatch(service); region != nil {
		if region[1] != location(c.name) { // documentation of Model Armor for Agent Gateway
			c.refuse("service", "Model Armor is called in the extension's own region, "+location(c.name))
		}
		c.modelArmorMetadata()
	}
}

// modelArmorTemplates are the templates that an extension's metadata names: a list in JSON, in a string. It is false where
// the string is no such list.
func modelArmorTemplates(body map[string]any) ([]string, bool) {
	var settings []struct {
		Request  string `json:"request_template_id"`
		Response string `json:"response_template_id"`
	}
	decoder := json.NewDecoder(strings.NewReader(text(body, "metadata.model_armor_settings")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&settings); err != nil || len(settings) == 0 {
		return nil, false
	}
	var names []string
	for _, s := range settings {
		for _, name := range []string{s.Request, s.Response} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names, true
}

func (c *check) modelArmorMetadata() {
	names, ok := modelArmorTemplates(c.body)
	if !ok {
		c.refuse("metadata", `"model_armor_settings" is a string with a list in JSON: [{"request_template_id":"projects/…","response_template_id":"projects/…"}]`)
	}
	for _, name := range names {
		if location(name) != location(c.name) { // as above
			c.refuse("metadata", fmt.Sprintf("the template %q is not in the extension's region", name))
		}
	}
}

// iapMetadata: the version of policies is mandatory, and audit is an enforcement mode (documentation of
// IAP for Agent Gateway).
func (c *check) iapMetadata() {
	switch version := text(c.body, "metadata.iapPolicyVersion"); version {
	case "V1", "V2":
	case "":
		c.refuse("metadata", `"iapPolicyVersion" is a required key for the service "iap.googleapis.com" with unspecified load balancing scheme`)
	default:
		c.refuse("metadata", fmt.Sprintf(`"iapPolicyVersion" is V1 or V2, not %q`, version))
	}
	switch mode := text(c.body, "metadata.iamEnforcementMode"); mode {
	case "", "DRY_RUN", "ENFORCED":
	default:
		c.refuse("metadata", fmt.Sprintf(`"iamEnforcementMode" is DRY_RUN or ENFORCED, not %q`, mode))
	}
	// Whether Google refuses other keys is not published. One that is misspelt would go unnoticed.
	fields, _ := c.body["metadata"].(map[string]any)
	for _, key := range sorted(fields) {
		if key != "iapPolicyVersion" && key != "iamEnforcementMode" {
			c.refuse("metadata", fmt.Sprintf("IAP has no key %q", key))
		}
	}
}

func checkExtensionBinding(c *check) {
	c.labels()
	c.exactlyOne("target.resources", "target.scope")
	c.count("target.resources", 1)
	c.count("target.scope.resourceTypes", 1)
	c.matches("target.scope.parent", projectScopeName)
	if c.has("priority") {
		c.refuse("priority", "the field is not supported")
	}
	producer := text(c.body, "producerExtension")
	if !domainName.MatchString(producer) {
		c.refuse("producerExtension", "the extension is the endpoint of a service")
	}
	if region := modelArmorHost.FindStringSubmatch(producer); region != nil && region[1] != location(c.name) {
		c.refuse("producerExtension", "Model Armor is called in the binding's own region, "+location(c.name))
	}
	c.producerMetadata()
	c.count("matchConditions", 5)
	for i, condition := range asList(c.body["matchConditions"]) {
		at := fmt.Sprintf("matchConditions[%d].to", i)
		if dig(condition, "to") != nil && dig(condition, "to.destination") == nil && dig(condition, "to.notDestination") == nil {
			c.refuse(at, "at least one of destination and not_destination is set")
		}
		for _, side := range []string{"destination", "notDestination"} {
			for _, list := range []struct {
				field string
				most  int
			}{{"hosts", 10}, {"paths", 10}, {"resources", 5}, {"headerSet.headers", 10}} {
				values := asList(dig(condition, "to."+side+"."+list.field))
				if len(values) > list.most {
					c.refuse(at+"."+side+"."+list.field, fmt.Sprintf("there are at most %d", list.most))
				}
				if list.field != "headerSet.headers" {
					c.stringMatches(at+"."+side+"."+list.field, values)
				}
			}
		}
	}
}

// producerMetadata: "The total size of the metadata must be less than 1 KiB. The total number of keys must be less than 16. The length of each
// key must be less than 64 characters. The length of each value must be less than 1024
// characters." (ExtensionBinding.producerMetadata).
func (c *check) producerMetadata() {
	metadata, _ := c.body["producerMetadata"].(map[string]any)
	size := 0
	for _, key := range sorted(metadata) {
		value, _ := metadata[key].(string)
		size += len(key) + len(value)
		if len(key) >= 64 || len(value) >= 1024 {
			c.refuse(fmt.Sprintf("producerMetadata[%q]", key), "keys are shorter than 64 characters and values shorter than 1024")
		}
	}
	if size >= 1024 || len(metadata) >= 16 {
		c.refuse("producerMetadata", "there are fewer than 16 keys, and less than 1 KiB in all")
	}
}
