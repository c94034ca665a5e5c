package gcp

import (
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/registry"
)

// templateName is that of the connectivity template, "" where there is none. A gateway takes it by the number of the project alone.
func (g googleGateway) templateName() string {
	t := g.google.ConnectivityTemplate
	switch {
	case t == nil:
		return ""
	case t.Name != "":
		return t.Name
	}
	return "projects/" + g.google.Project.Number + "/locations/" + g.google.Project.Location + "/agentConnectivityTemplates/" + g.templateID()
}

func (g googleGateway) templateID() string {
	if id := g.google.ConnectivityTemplate.ID; id != "" {
		return id
	}
	return registry.GatewayID(g.Gateway)
}

// template is the connectivity template that is made with the gateway.
func (g googleGateway) template() []stack.Object {
	t := g.google.ConnectivityTemplate
	if t == nil || t.Name != "" {
		return nil
	}
	body := g.labelled(map[string]any{"accessPath": g.accessPath()}, t.Labels)
	setText(body, "description", t.Description)
	setTexts(body, "accessTypes", t.AccessTypes)
	compute := t.AgentCompute
	if compute == "" {
		compute = map[string]string{spec.GoogleGKE: "GKE", spec.GoogleCloudRun: "CLOUD_RUN"}[g.google.DataPlane]
	}
	setText(body, "agentCompute", compute)
	setText(body, "deploymentModel", t.DeploymentModel)
	egress := map[string]any{}
	setText(egress, "networkAttachment", t.NetworkAttachment)
	setText(egress, "vpcEgress", t.VPCEgress)
	if p := t.DNSPeering; p != nil {
		egress["dnsPeeringConfig"] = map[string]any{"domains": texts(p.Domains), "targetNetwork": p.TargetNetwork}
	}
	tls := map[string]any{}
	setText(tls, "trustConfig", t.TrustConfig)
	setText(tls, "additionalRoots", t.AdditionalRoots)
	setMap(egress, "tlsConfig", tls)
	setMap(body, "egressNetworkConfig", egress)
	return []stack.Object{{Key: stack.GoogleKey(networkServices, g.in("agentConnectivityTemplates", g.templateID())), Body: body}}
}

func (g googleGateway) agentGateway() stack.Object {
	body := g.labelled(map[string]any{"registries": texts(g.registries())})
	setText(body, "description", g.google.Description)
	switch {
	case g.managed():
		body["googleManaged"] = map[string]any{"governedAccessPath": g.accessPath()}
	case len(g.google.ResourceURIs) > 0: // an ambient data plane has none, and is what its template says
		body["selfManaged"] = map[string]any{"resourceUris": texts(g.google.ResourceURIs)}
	}
	setText(body, "agentConnectivityTemplate", g.templateName())
	network := map[string]any{}
	if g.google.NetworkAttachment != "" {
		network["egress"] = map[string]any{"networkAttachment": g.google.NetworkAttachment}
	}
	if p := g.google.DNSPeering; p != nil {
		project := p.TargetProject
		if project == "" {
			project = g.google.Project.ID
		}
		network["dnsPeeringConfig"] = map[string]any{"domains": texts(p.Domains), "targetProject": project, "targetNetwork": p.TargetNetwork}
	}
	setMap(body, "networkConfig", network)
	return stack.Object{Key: stack.GoogleKey(networkServices, g.name()), Body: body}
}

// registries are those that are named, or the project's global one and that of the gateway's location.
func (g googleGateway) registries() []string {
	if g.google.Registries != nil {
		return g.google.Registries
	}
	of := "//" + registry.Service + "/projects/" + g.google.Project.ID + "/locations/"
	return []string{of + "global", of + g.google.Project.Location}
}

func setMap(body map[string]any, field string, value map[string]any) {
	if len(value) > 0 {
		body[field] = value
	}
}
