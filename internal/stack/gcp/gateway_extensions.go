package gcp

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/registry"
)

// The profiles of extensions: what is asked for each request, and what reads its content.
const (
	requestAuthz = "REQUEST_AUTHZ"
	contentAuthz = "CONTENT_AUTHZ"
)

// extensions are IAP, Model Armor and those of one's own, each right before the policy, or the binding, that has it asked.
func (g googleGateway) extensions() ([]stack.Object, error) {
	objects := g.iap()
	armor, err := g.modelArmor()
	if err != nil {
		return nil, err
	}
	objects = append(objects, armor...)
	for _, name := range slices.Sorted(maps.Keys(g.google.Extensions)) {
		objects = append(objects, g.ownExtension(name, g.google.Extensions[name])...)
	}
	for _, id := range slices.Sorted(maps.Keys(g.google.ExtensionBindings)) {
		objects = append(objects, g.extensionBinding(id, g.google.ExtensionBindings[id]))
	}
	return objects, nil
}

func (g googleGateway) iap() []stack.Object {
	version, used := g.UsesIAP()
	if !used {
		return nil
	}
	var i spec.GoogleIAP
	if g.google.IAP != nil {
		i = *g.google.IAP
	}
	metadata := map[string]string{"iapPolicyVersion": version}
	if g.Audit {
		metadata["iamEnforcementMode"] = "DRY_RUN"
	}
	if !g.managed() {
		return []stack.Object{g.extensionBinding(g.id("iap"), spec.GoogleExtensionBinding{Extension: identityProxy, Metadata: metadata, FailOpen: i.FailOpen})}
	}
	body := map[string]any{"service": identityProxy, "timeout": duration(i.Timeout), "failOpen": i.FailOpen, "metadata": anyMap(metadata)}
	return g.asked(g.id("iap"), body, requestAuthz)
}

func (g googleGateway) modelArmor() ([]stack.Object, error) {
	m := g.google.ModelArmor
	if m == nil {
		return nil, nil
	}
	var objects []stack.Object
	request, response := m.RequestTemplate, m.ResponseTemplate
	if m.Template != nil {
		made := g.armorTemplate(*m.Template)
		request, response = made.Key.Name, made.Key.Name
		objects = append(objects, made)
	}
	templates := map[string]any{}
	setText(templates, "request_template_id", request)
	setText(templates, "response_template_id", response)
	settings, err := stack.CanonicalJSON([]any{templates})
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{"model_armor_settings": settings}
	where := "modelarmor." + g.google.Project.Location + ".rep.googleapis.com"
	if !g.managed() {
		return append(objects, g.extensionBinding(g.id("model-armor"), spec.GoogleExtensionBinding{Extension: where, Metadata: metadata, FailOpen: m.FailOpen})), nil
	}
	body := map[string]any{"service": where, "timeout": duration(m.Timeout), "failOpen": m.FailOpen, "metadata": anyMap(metadata)}
	return append(objects, g.asked(g.id("model-armor"), body, contentAuthz)...), nil
}

func (g googleGateway) armorTemplate(t spec.GoogleModelArmorTemplate) stack.Object {
	filters := map[string]any{}
	if len(t.ResponsibleAI) > 0 {
		var kinds []any
		for _, kind := range slices.Sorted(maps.Keys(t.ResponsibleAI)) {
			kinds = append(kinds, map[string]any{"filterType": kind, "confidenceLevel": t.ResponsibleAI[kind]})
		}
		filters["raiSettings"] = map[string]any{"raiFilters": kinds}
	}
	if t.PromptInjection != "" {
		filters["piAndJailbreakFilterSettings"] = map[string]any{"filterEnforcement": "ENABLED", "confidenceLevel": t.PromptInjection}
	}
	if t.MaliciousURIs {
		filters["maliciousUriFilterSettings"] = map[string]any{"filterEnforcement": "ENABLED"}
	}
	switch {
	case t.InspectTemplate != "":
		advanced := map[string]any{"inspectTemplate": t.InspectTemplate}
		setText(advanced, "deidentifyTemplate", t.DeidentifyTemplate)
		filters["sdpSettings"] = map[string]any{"advancedConfig": advanced}
	case t.SensitiveData:
		filters["sdpSettings"] = map[string]any{"basicConfig": map[string]any{"filterEnforcement": "ENABLED"}}
	}
	metadata := map[string]any{"enforcementType": "INSPECT_AND_BLOCK", "logTemplateOperations": t.LogOperations, "logSanitizeOperations": t.LogSanitizing}
	if t.InspectOnly || g.Audit {
		metadata["enforcementType"] = "INSPECT_ONLY"
	}
	if t.MultiLanguage {
		metadata["multiLanguageDetection"] = map[string]any{"enableMultiLanguageDetection": true}
	}
	body := g.labelled(map[string]any{"filterConfig": filters, "templateMetadata": metadata}, t.Labels)
	return stack.Object{Key: stack.GoogleKey(modelArmor, g.armorTemplateName()), Body: body}
}

// armorTemplateName is that of the template that is made, "" where none is.
func (g googleGateway) armorTemplateName() string {
	switch m := g.google.ModelArmor; {
	case m.Template == nil:
		return ""
	case m.Template.ID != "":
		return g.in("templates", m.Template.ID)
	}
	return g.in("templates", registry.GatewayID(g.Gateway))
}

func (g googleGateway) ownExtension(name string, e spec.GoogleExtension) []stack.Object {
	body := map[string]any{"service": e.Service, "timeout": duration(e.Timeout), "failOpen": e.FailOpen}
	setTexts(body, "forwardHeaders", e.ForwardHeaders)
	setTexts(body, "forwardAttributes", e.ForwardAttributes)
	setMap(body, "metadata", anyMap(e.Metadata))
	setText(body, "authority", e.Authority)
	setText(body, "loadBalancingScheme", e.LoadBalancingScheme)
	setText(body, "wireFormat", e.WireFormat)
	setText(body, "description", e.Description)
	profile := e.Profile
	if profile == "" {
		profile = requestAuthz
	}
	objects := g.asked(g.id("extension", name), body, profile)
	if g.Audit {
		return objects[:1] // nobody asks it: it would deny
	}
	return objects
}

// asked is an extension, and the policy by which the gateway asks it.
func (g googleGateway) asked(id string, extension map[string]any, profile string) []stack.Object {
	name := g.in("authzExtensions", id)
	return []stack.Object{
		{Key: stack.GoogleKey(networkServices, name), Body: g.labelled(extension)},
		g.policy(id, map[string]any{
			"action": "CUSTOM", "policyProfile": profile,
			"customProvider": map[string]any{"authzExtension": map[string]any{"resources": []any{name}}},
		}),
	}
}

func anyMap(texts map[string]string) map[string]any {
	made := make(map[string]any, len(texts))
	for key, value := range texts {
		made[key] = value
	}
	return made
}
