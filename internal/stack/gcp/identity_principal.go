package gcp

import (
	"fmt"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// agentCertificateLifetime is how long a certificate of Agent Runtime or GKE lives, which nobody can choose.
const agentCertificateLifetime = 24 * time.Hour

// TrustDomain is the trust domain that Google has for the agents of the identity's organization, or of its project where there is
// none. "" where what it is made of is not known.
func TrustDomain(id spec.Identity) string {
	switch g := id.Google; {
	case g.Runtime == spec.RuntimeManaged && g.Project.Number != "":
		return g.Managed.Pool.ID + ".global." + g.Project.Number + ".workload.id.goog"
	case g.Runtime == spec.RuntimeManaged:
		return ""
	case g.Organization != "":
		return "agents.global.org-" + g.Organization + ".system.id.goog"
	case g.Project.Number != "":
		return "agents.global.proj-" + g.Project.Number + ".system.id.goog"
	}
	return ""
}

// Principal is how IAM names the agent in policies. It is "" where it is not known: for a reasoning engine that is created, whose id
// Google chooses (EngineKey names it), and for an agent on GKE, of whose principal nothing is published, until it is given.
func Principal(id spec.Identity) string {
	g := id.Google
	switch {
	case g.Runtime == spec.RuntimeGKE && g.GKE != nil:
		return g.GKE.Principal
	case g.Runtime == spec.RuntimeAgentRuntime && agentRuntime(id).Engine != "":
		return "principal://" + TrustDomain(id) + enginePath(id)
	case g.Runtime == spec.RuntimeManaged:
		return "principal:" + poolName(id) + "/subject/ns/" + g.Managed.Namespace + "/sa/" + g.Managed.ID
	}
	return ""
}

// PrincipalSet is how IAM names all agents that are where this one is: on the platform in the project, in the project where the
// platform has no name that is published, or in the pool. "" where the project's number, which it holds, is not known.
func PrincipalSet(id spec.Identity) string {
	g := id.Google
	project := "projects/" + g.Project.Number
	switch {
	case g.Project.Number == "":
		return ""
	case g.Runtime == spec.RuntimeManaged:
		return "principalSet:" + poolName(id) + "/*"
	case g.Runtime == spec.RuntimeAgentRuntime:
		return "principalSet://" + TrustDomain(id) + "/attribute.platformContainer/aiplatform/" + project
	}
	return "principalSet://" + TrustDomain(id) + "/attribute.container/" + project
}

// SPIFFEIDTemplate is the SPIFFE ID in the agent's certificates, with what Google chooses as template fields. "" where it is not known.
func SPIFFEIDTemplate(id spec.Identity) string {
	g := id.Google
	switch {
	case TrustDomain(id) == "":
		return ""
	case g.Runtime == spec.RuntimeManaged:
		return "spiffe://" + TrustDomain(id) + "/ns/" + g.Managed.Namespace + "/sa/" + g.Managed.ID
	case g.Runtime == spec.RuntimeAgentRuntime:
		return "spiffe://" + TrustDomain(id) + enginePath(id)
	}
	if rest, found := strings.CutPrefix(Principal(id), "principal://"); found {
		return "spiffe://" + rest
	}
	return ""
}

// enginePath is the path in the SPIFFE ID of a reasoning engine. The project is in it by its number.
func enginePath(id spec.Identity) string {
	project, location, engine := id.Google.Project.Number, id.Google.Project.Location, "{{ .ReasoningEngine }}"
	if segments := strings.Split(agentRuntime(id).Engine, "/"); len(segments) == 6 {
		location, engine = segments[3], segments[5]
		if segments[1] != id.Google.Project.ID {
			project = segments[1]
		}
	}
	return "/resources/aiplatform/projects/" + project + "/locations/" + location + "/reasoningEngines/" + engine
}

// CertificateLifetime is how long the agent's certificates live; 0 where the pool is not ours to know.
func CertificateLifetime(id spec.Identity) time.Duration {
	if id.Google.Runtime != spec.RuntimeManaged {
		return agentCertificateLifetime
	}
	pool := id.Google.Managed.Pool
	switch {
	case !pool.Create:
		return 0
	case pool.Issuance == nil || pool.Issuance.Lifetime == 0:
		return spec.DefaultPoolLifetime
	}
	return pool.Issuance.Lifetime
}

// ownPrincipal names the agent in a policy's body: by its principal or, where Google chooses that, by the field of the engine that
// will tell it.
func ownPrincipal(id spec.Identity) (string, error) {
	if createsEngine(id) {
		return "principal://" + stack.Output(EngineKey(id), "spec.effectiveIdentity"), nil
	}
	if p := Principal(id); p != "" {
		return p, nil
	}
	return "", fmt.Errorf("agent identity %s/%s has no principal that is known, and policies cannot name it", id.Namespace, id.Name)
}

// principals gives a rule's principals, the agent itself where the rule names none.
func principals(id spec.Identity, named []string) ([]any, error) {
	if len(named) > 0 {
		return texts(named), nil
	}
	own, err := ownPrincipal(id)
	return []any{own}, err
}

// accountPrincipal is how IAM names the Kubernetes account of an agent on GKE, which its pods can act as beside the agent.
func accountPrincipal(id spec.Identity) string {
	p := id.Google.Project
	return "principal://" + iam + "/projects/" + p.Number + "/locations/global/workloadIdentityPools/" + p.ID + ".svc.id.goog/subject/ns/" +
		id.Namespace + "/sa/" + id.ServiceAccount.Name
}

// poolName is the full resource name of a managed identity's pool, with the project's number as principals have it.
func poolName(id spec.Identity) string {
	return "//" + iam + "/projects/" + id.Google.Project.Number + "/locations/global/workloadIdentityPools/" + id.Google.Managed.Pool.ID
}
