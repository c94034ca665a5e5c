package gateway

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	google "github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// fromFullName takes the name of an AgentGateway, whose id is then the name of the resource.
func fromFullName(service, name string) ([]governed.Told, error) {
	said, ok := stack.MatchGoogleName(googleName, name)
	if !ok || service != "" && service != gcp.NetworkServices {
		return nil, fmt.Errorf("write //%s/projects/<project>/locations/<location>/%s/<id>", gcp.NetworkServices, googleCollection)
	}
	block := path.Root("gcp")
	return []governed.Told{
		{Path: path.Root("name"), Value: said["gateway"]},
		{Path: block.AtName("project"), Value: said["project"]},
		{Path: block.AtName("location"), Value: said["location"]},
	}, nil
}

// googleImportKeys lists the objects that a gateway of this name may have in Google Cloud, on any data plane. Those that are named after
// targets, extensions and rules are known by the configuration alone: its first plan takes them over where they are as it says.
func (m *model) googleImportKeys(provider *governed.Provider) []stack.Key {
	g := spec.Gateway{Name: m.Name.ValueString(), Mode: spec.AgentToAnywhere, Google: m.GCP.spec(provider)} // rendered for the keys alone
	g.Google.ModelArmor = &spec.GoogleModelArmor{Template: &spec.GoogleModelArmorTemplate{}}
	g.Google.ConnectivityTemplate = &spec.GoogleConnectivityTemplate{}
	g.Google.AccessPolicy.Rules = []spec.GoogleEgressRule{{}}
	var keys []stack.Key
	for _, plane := range []string{spec.GoogleManaged, spec.GoogleGKE} {
		g.Google.DataPlane = plane
		objects, err := google.Gateway(g)
		if err != nil {
			return nil
		}
		for _, key := range stack.Keys(objects) {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
