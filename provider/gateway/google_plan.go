package gateway

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// The names of a gateway in Google Cloud.
const (
	googleName       = "projects/{project}/locations/{location}/agentGateways/{gateway}"
	googleCollection = "agentGateways"
)

// resourceName is the gateway's in Google Cloud.
func resourceName(g spec.Gateway) string {
	id := g.Google.ID
	if id == "" {
		id = g.Name
	}
	return fmt.Sprintf("projects/%s/locations/%s/%s/%s", g.Google.Project.ID, g.Google.Project.Location, googleCollection, id)
}

// validateGoogle checks the gateway as Google will. Without a provider, where the gateway is may still come from there; then only the
// permissions are looked at.
func (m *model) validateGoogle(g spec.Gateway, provider *governed.Provider) spec.Problems {
	problems := g.ValidateGoogle()
	for i, problem := range problems {
		problems[i].Path = AllowPath(m.Allow, problem.Path)
	}
	if provider == nil {
		return slices.DeleteFunc(problems, providerMayMend)
	}
	return problems
}

// providerMayMend says of a problem that the provider's configuration may say what is missing.
func providerMayMend(p spec.Problem) bool {
	return slices.Contains([]string{"trust_domain", "gcp.project", "gcp.project_number", "gcp.location"}, spec.PathString(p.Path))
}

// googleComputed adds what follows from the configuration of a gateway on Google Cloud.
func googleComputed(values map[string]attr.Value, g spec.Gateway) map[string]attr.Value {
	endpoints := map[string]string{}
	for name, target := range g.Targets {
		endpoints[name] = target.URL
	}
	delete(values, "url") // which only Google tells
	values["endpoints"] = mapOf(endpoints)
	values["rendered_policies"] = mapOf(nil)
	values["required_roles"] = requiredRoles(g)
	values["resource_name"] = types.StringValue(resourceName(g))
	values["status"] = counts.Null()
	return values
}

// Lasting says that a gateway in Google Cloud keeps its endpoint and its account for as long as it is there.
func (m *model) Lasting(provider *governed.Provider) map[string]stack.Key {
	if m.On() != spec.GCP {
		return nil
	}
	key := stack.GoogleKey(gcp.NetworkServices, resourceName(m.spec(provider)))
	return map[string]stack.Key{"url": key, "service_account": key}
}

// googleObserved reads the gateway's card.
func googleObserved(live map[stack.Key]stack.Live) map[string]attr.Value {
	values := map[string]attr.Value{
		"url": types.StringNull(), "service_account": types.StringNull(), "root_certificates": types.ListNull(types.StringType),
	}
	for key, object := range live {
		card, _, _ := unstructured.NestedMap(object.Body, "agentGatewayCard")
		if key.Collection() != googleCollection || card == nil {
			continue
		}
		if endpoint, _ := card["mtlsEndpoint"].(string); endpoint != "" {
			values["url"] = types.StringValue(endpoint)
		}
		if account, _ := card["serviceExtensionsServiceAccount"].(string); account != "" {
			values["service_account"] = types.StringValue(account)
		}
		certificates, _ := card["rootCertificates"].([]any)
		elements := make([]attr.Value, len(certificates))
		for i, certificate := range certificates {
			text, _ := certificate.(string)
			elements[i] = types.StringValue(text)
		}
		if len(elements) > 0 {
			values["root_certificates"] = types.ListValueMust(types.StringType, elements)
		}
	}
	return values
}

// Switched says what a move asks of others.
func (m *model) Switched(from spec.Stack) string {
	if from == spec.GCP {
		return "Agents reach another gateway then, at another URL (url, endpoints), and are known by other SPIFFE IDs, which allow has to name: point them to it while both are there. " +
			"Agents that are bound to the gateway on Google Cloud have to be unbound before it can be deleted."
	}
	return "Agents reach another gateway then, to which they are bound where they run (resource_name), and are known by other SPIFFE IDs and principals, which allow has to name: move them " +
		"while both are there. Google takes minutes for the gateway and for each policy."
}
