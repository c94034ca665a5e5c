package spec

import (
	"reflect"
	"slices"
)

func (v *googleGatewayValidator) connectivityTemplate(path []any) {
	if v.g.ConnectivityTemplate == nil {
		return
	}
	t := *v.g.ConnectivityTemplate
	if v.g.NetworkAttachment != "" || v.g.DNSPeering != nil {
		v.add(path, "says how the gateway reaches networks, and so do network_attachment and dns_peering: write them in the template")
	}
	if t.Name != "" {
		v.existingTemplate(path, t)
		return
	}
	if t.ID != "" {
		v.googleID(at(path, "id"), t.ID)
	}
	v.length(at(path, "description"), t.Description, maxGoogleDescription)
	v.googleLabels(at(path, "labels"), t.Labels)
	for i, access := range t.AccessTypes {
		v.oneOf(at(path, "access_types", i), access, "PUBLIC", "PRIVATE")
		v.duplicate(at(path, "access_types", i), t.AccessTypes, i)
	}
	v.compute(path, t)
	v.attachment(at(path, "network_attachment"), t.NetworkAttachment)
	v.oneOf(at(path, "vpc_egress"), t.VPCEgress, "ALL_TRAFFIC", "PRIVATE_RANGES_ONLY")
	if t.VPCEgress != "" && t.NetworkAttachment == "" {
		v.add(at(path, "network_attachment"), "is missing, and vpc_egress says what goes through it")
	}
	if t.DNSPeering != nil {
		v.peering(at(path, "dns_peering"), *t.DNSPeering)
		if t.DNSPeering.TargetProject != "" {
			v.add(at(path, "dns_peering", "target_project"), "is not of templates: the network's name has the project in it")
		}
	}
	if match := googleTrustConfig.FindStringSubmatch(t.TrustConfig); t.TrustConfig != "" && match == nil {
		v.add(at(path, "trust_config"), "%q is no trust config: write projects/<project>/locations/<location>/trustConfigs/<name>", t.TrustConfig)
	}
	v.oneOf(at(path, "additional_roots"), t.AdditionalRoots, "NO_ADDITIONAL_ROOTS", "PUBLICLY_TRUSTED_ROOTS")
}

func (v *googleGatewayValidator) existingTemplate(path []any, t GoogleConnectivityTemplate) {
	match := googleTemplateName.FindStringSubmatch(t.Name)
	switch {
	case match == nil:
		v.add(at(path, "name"), "%q is no connectivity template: write projects/<number>/locations/<location>/agentConnectivityTemplates/<name>", t.Name)
	case !googleNumber.MatchString(match[1]):
		v.add(at(path, "name"), "names the project by its ID %q, and a gateway takes templates by the project's number alone: write projects/<number>/...", match[1])
	case match[2] != v.g.Project.Location:
		v.add(at(path, "name"), "is in %q and the gateway in %q: both must be in one location", match[2], v.g.Project.Location)
	}
	if !reflect.DeepEqual(t, GoogleConnectivityTemplate{Name: t.Name}) {
		v.add(path, "has a name, which is that of a template that exists, and what would be of a new one: leave one of them out")
	}
}

// compute checks what the agents run on against the data plane.
func (v *googleGatewayValidator) compute(path []any, t GoogleConnectivityTemplate) {
	v.oneOf(at(path, "agent_compute"), t.AgentCompute, "GKE", "CLOUD_RUN", "GCE_VM", "BORG")
	v.oneOf(at(path, "deployment_model"), t.DeploymentModel, "CENTRALIZED", "AMBIENT")
	want := map[string]string{GoogleGKE: "GKE", GoogleCloudRun: "CLOUD_RUN"}[v.g.DataPlane]
	if want != "" && t.AgentCompute != "" && t.AgentCompute != want {
		v.add(at(path, "agent_compute"), "%q is not what data_plane %q is for: write %q, or leave it out", t.AgentCompute, v.g.DataPlane, want)
	}
	if t.DeploymentModel != "AMBIENT" {
		return
	}
	switch {
	case !v.g.selfManaged():
		v.add(at(path, "deployment_model"), "\"AMBIENT\" is a data plane in the agents' own cluster: set data_plane = %q or %q", GoogleGKE, GoogleCloudRun)
	case v.g.DataPlane == GoogleGKE && !slices.Contains(ambientRegions, v.g.Project.Location):
		v.add([]any{"gcp", "location"}, "%q has no ambient data plane for GKE, which is Preview in %v: choose one of them, or deployment_model = \"CENTRALIZED\"", v.g.Project.Location, ambientRegions)
	}
}
