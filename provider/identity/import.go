package identity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// ImportKeys lists the objects that an identity of this name has. Entries of the SPIRE server are found by instance name, which only
// the configuration knows: its first plan adopts them. So are, on Google Cloud, a pool of a name that the import does not tell, and
// what is attached to folders and organizations.
func (m *model) ImportKeys(provider *governed.Provider) []stack.Key {
	id := m.spec(provider)
	id.ServiceAccount.Create = true
	if id.Google != nil {
		return googleImportKeys(m, id)
	}
	id.LogicalID = true
	id.TrustDomain = "import" // rendered for the keys alone
	objects, err := oss.Identity(id)
	if err != nil {
		return nil
	}
	return stack.Keys(objects)
}

// googleImportKeys renders identities of every runtime that the import leaves open, with every part, for their keys alone.
func googleImportKeys(m *model, id spec.Identity) []stack.Key {
	runtimes := []spec.GoogleRuntime{id.Google.Runtime}
	if g := m.Google; g == nil || g.Runtime.IsNull() && g.AgentRuntime == nil && g.GKE == nil && g.Managed == nil {
		runtimes = []spec.GoogleRuntime{spec.RuntimeGKE, spec.RuntimeAgentRuntime}
	}
	id.Suspended = true
	var keys []stack.Key
	for _, runtime := range runtimes {
		g := *id.Google
		g.Runtime = runtime
		g.GKE = &spec.GoogleAgentPods{Principal: "principal://import"}
		if g.Managed != nil {
			g.Managed.CreateNamespace, g.Managed.Pool.Create = true, true
			g.Managed.AttestationRules = []string{"//import"}
		}
		g.AuthProvider = &spec.GoogleAuthProvider{ID: id.Namespace + "-" + id.Name, APIKey: &spec.GoogleAPIKey{}}
		g.AccessPolicy, g.Deny, g.Suspension = &spec.GoogleIdentityAccess{}, &spec.GoogleDenyPolicy{}, spec.GoogleSuspension{DenyEgress: true}
		if g.Organization != "" {
			g.Boundary = &spec.GoogleAccessBoundary{BindTo: "projects/" + g.Project.ID}
		}
		id.Google = &g
		objects, err := gcp.Identity(id)
		if err != nil {
			continue
		}
		for _, key := range stack.Keys(objects) {
			regional := strings.Contains(key.Name, "/locations//")
			if !regional && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// The full resource names that tell an identity.
const (
	engineName  = "projects/{project}/locations/{location}/reasoningEngines/{engine}"
	managedName = "projects/{project}/locations/global/workloadIdentityPools/{pool}/namespaces/{namespace}/managedIdentities/{id}"
)

// fromFullName reads the name of what an identity is on Google Cloud: of a reasoning engine that the provider created, as objects has
// it, or of a managed identity.
func fromFullName(_, name string) ([]governed.Told, error) {
	if segments, ok := stack.MatchGoogleName(engineName, name); ok {
		namespace, agent, named := strings.Cut(strings.Trim(segments["engine"], "{}"), ".")
		if !named || !strings.HasPrefix(segments["engine"], "{") {
			return nil, fmt.Errorf("a reasoning engine is imported by its display name, as …/reasoningEngines/{namespace.name}; " +
				"one by another name is not of an identity of its own: refer to it by gcp.agent_runtime.engine")
		}
		return []governed.Told{
			{Path: path.Root("namespace"), Value: namespace},
			{Path: path.Root("name"), Value: agent},
			{Path: path.Root("gcp").AtName("project"), Value: segments["project"]},
			{Path: path.Root("gcp").AtName("location"), Value: segments["location"]},
			{Path: path.Root("gcp").AtName("runtime"), Value: string(spec.RuntimeAgentRuntime)},
		}, nil
	}
	if segments, ok := stack.MatchGoogleName(managedName, name); ok {
		managed := path.Root("gcp").AtName("managed")
		return []governed.Told{
			{Path: path.Root("namespace"), Value: segments["namespace"]},
			{Path: path.Root("name"), Value: segments["id"]},
			{Path: path.Root("gcp").AtName("project"), Value: segments["project"]},
			{Path: managed.AtName("pool").AtName("id"), Value: segments["pool"]},
			{Path: managed.AtName("namespace"), Value: segments["namespace"]},
			{Path: managed.AtName("id"), Value: segments["id"]},
		}, nil
	}
	return nil, fmt.Errorf("an identity is a reasoning engine (%s, with its display name in braces) or a managed identity (%s)", engineName, managedName)
}
