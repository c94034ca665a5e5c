package gcploop

import (
	"fmt"
	"strings"
)

// story is a configuration as it is first, and as it becomes.
type story struct {
	name          string
	before, after string
	// cluster says that it needs a Kubernetes cluster. There it is called UNIQUE.
	cluster bool
}

var stories = []story{
	{name: "identity", before: agent("Bills", "sesame", 1, "storage.googleapis.com/objects.delete"), after: agent("Bills, and reminds", "open", 2, "storage.googleapis.com/objects.create")},
	{name: "gateway", before: gateway("tools", `["balance"]`, `model_armor = { template = { prompt_injection = "HIGH" } }`), after: gateway("tools", `["balance", "history"]`, `description = "of the agents"`)},
	{name: "admission", cluster: true, before: admission(`
    default_rule    = { evaluation = "REQUIRE_ATTESTATION", attestors = ["ci"] }
    namespace_rules = { agents = { evaluation = "ALWAYS_DENY", enforcement = "audit" } }
    exempt_images   = ["registry.example.org/agents/**"]
    attestors       = { ci = {
      note        = "projects/agents-1/notes/ci"
      public_keys = [{ pgp = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n" }]
    } }`), after: admission(`
    namespace_rules = { agents = { evaluation = "ALWAYS_DENY" } }
    exempt_images   = ["registry.example.org/approved/**"]`)},
}

// admission is a policy in the cluster that has a part in the project's Binary Authorization policy.
func admission(binaryAuthorization string) string {
	return fmt.Sprintf(`
resource "agent_admission_policy" "test" {
  name               = "UNIQUE"
  namespace_selector = { match_labels = { "governed-by" = "UNIQUE" } }
  rules              = { approval_label = { key = "example.org/approved" } }
  binary_authorization = {%s
  }
}
`, binaryAuthorization)
}

// caller is an agent that is there already.
const caller = "spiffe://agents.global.org-555555555555.system.id.goog/resources/aiplatform/projects/111111111111/locations/us-central1/reasoningEngines/1"

// gateway is one that Google runs, with a target and a permission, and more of what only Google has.
func gateway(name, tools, more string) string {
	return strings.NewReplacer("NAME", name, "CALLER", caller, "TOOLS", tools, "MORE", more).Replace(`
resource "agent_gateway" "NAME" {
  name    = "NAME"
  mode    = "agent_to_anywhere"
  targets = { NAME = { protocol = "mcp", url = "https://NAME.example.org/mcp" } }
  allow   = { balance = { agents = ["CALLER"], target = "NAME", tools = TOOLS } }
  gcp     = { MORE }
}
`)
}

// agent is an agent on Agent Runtime with all its guardrails.
func agent(description, secret string, version int, denied string) string {
	return fmt.Sprintf(`
resource "agent_identity" "test" {
  name      = "billing"
  namespace = "agents"
  gcp = {
    organization  = "555555555555"
    agent_runtime = { description = %q }
    auth_provider = {
      two_legged_oauth = { client_id = "billing", client_secret_wo = %q, client_secret_wo_version = %d, token_url = "https://auth.example.org/token" }
    }
    principal_access_boundary = { rules = [{ resources = ["projects/agents-1"] }] }
    access_policy = { rules = [{ permissions = ["iap.googleapis.com/resources.egressViaIAP"], conditions = { "iap.googleapis.com" = "destination.is_registered" } }] }
    deny_policy   = { rules = [{ permissions = [%q] }] }
  }
}
`, description, secret, version, denied)
}
