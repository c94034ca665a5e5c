package gcp

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// The services whose resources an identity has.
const (
	agentIdentity   = "agentidentity.googleapis.com"
	iam             = "iam.googleapis.com"
	vertexAI        = "aiplatform.googleapis.com"
	resourceManager = "cloudresourcemanager.googleapis.com"
)

// policyID is what IAM takes as the id of a policy or binding.
var policyID = regexp.MustCompile(`^[a-z][a-z0-9.-]{2,62}$`)

// identityPolicyID is the id of a policy or binding that is the identity's in a project, folder or organization, "agents.billing" and,
// with a part, "agents.billing.suspended". Namespaces and names hold no dots, so that no two identities have the same. Outside of the
// identity's own project, where identities of other projects have theirs too, the project comes first.
func identityPolicyID(id spec.Identity, container, part string) string {
	name := id.Namespace + "." + id.Name
	if container != ownProject(id) {
		name = id.Google.Project.ID + "." + name
	}
	if part != "" {
		name += "." + part
	}
	if policyID.MatchString(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "agent-" + hex.EncodeToString(sum[:20])
}

// ownProject is the identity's project as containers are written: "projects/acme-agents".
func ownProject(id spec.Identity) string { return "projects/" + id.Google.Project.ID }

// regional names a resource in the identity's location, global one that has none.
func regional(id spec.Identity, rest string) string {
	return ownProject(id) + "/locations/" + id.Google.Project.Location + "/" + rest
}

func global(container, rest string) string { return container + "/locations/global/" + rest }

// containerName is the full resource name of a project, folder or organization.
func containerName(container string) string { return "//" + resourceManager + "/" + container }

// attachPoint is how the name of a deny policy says what it is attached to.
func attachPoint(container string) string {
	return resourceManager + "%2F" + strings.ReplaceAll(container, "/", "%2F")
}

// orOwnProject gives containers, or the identity's project where there are none.
func orOwnProject(id spec.Identity, containers []string) []string {
	if len(containers) == 0 {
		return []string{ownProject(id)}
	}
	return containers
}

func setText(body map[string]any, field, value string) {
	if value != "" {
		body[field] = value
	}
}

func setTexts(body map[string]any, field string, values []string) {
	if len(values) > 0 {
		body[field] = texts(values)
	}
}

func texts(values []string) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
