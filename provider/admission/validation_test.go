package admission_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

const validRules = `rules = { no_automounted_tokens = true }`

// Each invalid configuration is answered on the attribute at fault, by "terraform validate" alone: no cluster is configured.
func TestInvalidPoliciesAreAnsweredOnTheAttribute(t *testing.T) {
	signed := func(more string) string {
		return "engine = \"kyverno\"\n rules = { signed_images = {\n images = [\"registry.example.org/*\"]\n" + more + "\n} }"
	}
	tests := []struct {
		name, config       string // of the resource, without its name where named is set
		attribute, message string
		nameless           bool
	}{
		{
			name: "a name that is no DNS subdomain", config: "name = \"Agents\"\n" + validRules, nameless: true,
			attribute: "name", message: `"Agents" cannot name a Kubernetes object`,
		},
		{
			name: "a name that is too long for a label", config: fmt.Sprintf("name = %q\n", strings.Repeat("a", 64)) + validRules, nameless: true,
			attribute: "name", message: "has 64 characters, the most is 63",
		},
		{
			name: "an engine that is none", config: "engine = \"opa\"\n" + validRules,
			attribute: "engine", message: `"opa" is no engine: use "kyverno", "native" or "gatekeeper"`,
		},
		{
			name: "an action that is none", config: "actions = [\"block\"]\n" + validRules,
			attribute: "actions", message: `"block" is no action`,
		},
		{
			name: "no action at all", config: "actions = []\n" + validRules,
			attribute: "actions", message: "is empty, so the policy would do nothing",
		},
		{
			name: "an action twice", config: "actions = [\"deny\", \"deny\"]\n" + validRules,
			attribute: "actions", message: `"deny" is given twice`,
		},
		{
			name: "deny with warn", config: "actions = [\"deny\", \"warn\"]\n" + validRules,
			attribute: "actions", message: `"deny" and "warn" exclude each other`,
		},
		{
			name: "a sidecar that the engine cannot add", config: withSidecar("gatekeeper", sidecarImage),
			attribute: "sidecar", message: `engine "gatekeeper" adds nothing to pods`,
		},
		{
			name: "a sidecar that the policy would refuse", config: strings.Replace(withSidecar("native", sidecarImage), "rules  = {", `rules = { allowed_registries = ["ghcr.io/agents"],`, 1),
			attribute: "sidecar.image", message: `is from none of rules.allowed_registries`,
		},
		{
			name: "a target of another gateway", config: strings.Replace(withSidecar("native", sidecarImage), "/bank", "https://evil.example.org/bank", 1),
			attribute: "sidecar.targets[0]", message: `is no target of the gateway`,
		},
		{
			name: "no rule", config: "rules = {}",
			attribute: "rules", message: "asks for nothing",
		},
		{
			name: "a selector's label that is none", config: "namespace_selector = { match_labels = { \"a b\" = \"c\" } }\n" + validRules,
			attribute: `namespace_selector.match_labels["a b"]`, message: `"a b" is no label key`,
		},
		{
			name: "a selector's expression without values", config: "object_selector = { match_expressions = [{ key = \"a\", operator = \"In\" }] }\n" + validRules,
			attribute: "object_selector.match_expressions[0].values", message: "operator In needs at least one value",
		},
		{
			name: "an approval label that is none", config: `rules = { approval_label = { key = "-" } }`,
			attribute: "rules.approval_label.key", message: `"-" is no label key`,
		},
		{
			name: "a registry with a scheme", config: `rules = { allowed_registries = ["https://registry.example.org"] }`,
			attribute: "rules.allowed_registries", message: "must not have a scheme",
		},
		{
			name: "a registry that nobody knows by that name", config: `rules = { allowed_registries = ["agents"] }`,
			attribute: "rules.allowed_registries", message: "does not name its registry",
		},
		{
			name: "MCP servers without images", config: `rules = { mcp_servers = { label_key = "mcp", allowed_images = [] } }`,
			attribute: "rules.mcp_servers.allowed_images", message: "no MCP server could run",
		},
		{
			name: "signatures on an engine that cannot verify them", config: `rules = { signed_images = { images = ["registry.example.org/*"], keyless = { issuer = "https://issuer.example.org", subject = "ci" } } }`,
			attribute: "rules.signed_images", message: `engine "native" cannot verify signatures`,
		},
		{
			name: "signatures of nobody in particular", config: signed(""),
			attribute: "rules.signed_images", message: "does not say who signs",
		},
		{
			name: "a public key that is none", config: signed(`public_key = "cosign.pub"`),
			attribute: "rules.signed_images.public_key", message: "is no PEM",
		},
		{
			name: "a keyless issuer that is no URL", config: signed(`keyless = { issuer = "github", subject = "ci" }`),
			attribute: "rules.signed_images.keyless.issuer", message: `"github" is no URL`,
		},
		{
			name: "registry credentials with an empty password",
			config: signed(`keyless = { issuer = "https://issuer.example.org", subject = "ci" }
				registry_credentials = { server = "registry.example.org", username = "u", password_wo = "", password_wo_version = 1 }`),
			attribute: "rules.signed_images.registry_credentials.password_wo", message: "is empty",
		},
		{
			name: "registry credentials for a URL",
			config: signed(`keyless = { issuer = "https://issuer.example.org", subject = "ci" }
				registry_credentials = { server = "https://registry.example.org", username = "u", password_wo = "secret", password_wo_version = 1 }`),
			attribute: "rules.signed_images.registry_credentials.server", message: "write its host",
		},
		{
			name: "a SPIFFE identity by nothing", config: `rules = { spiffe_identity = {} }`,
			attribute: "rules.spiffe_identity", message: "set csi_driver, annotation or both",
		},
		{
			name: "a security context that asks for nothing", config: `rules = { security_context = { run_as_non_root = false } }`,
			attribute: "rules.security_context", message: "set at least one of its requirements to true",
		},
		{
			name: "a capability with its prefix", config: `rules = { security_context = { allowed_added_capabilities = ["CAP_CHOWN"] } }`,
			attribute: "rules.security_context.allowed_added_capabilities", message: `without CAP_, as in "CHOWN"`,
		},
		{
			name: "a RuntimeClass that is no name", config: `rules = { runtime_classes = ["g_visor"] }`,
			attribute: "rules.runtime_classes", message: `"g_visor" cannot name a RuntimeClass`,
		},
		{
			name: "a limit that is no quantity", config: `rules = { resource_limits = { max_memory = "4 GB" } }`,
			attribute: "rules.resource_limits.max_memory", message: `"4 GB" is no quantity`,
		},
		{
			name: "CEL that does not parse", config: "rules = { custom = [{ name = \"fine\", expression = \"true\" }, { name = \"broken\", expression = \"object.spec.\\n  && true\" }] }",
			attribute: "rules.custom[1].expression", message: "is no valid CEL: line 2, column 3:",
		},
		{
			name: "CEL with an unknown name", config: `rules = { custom = [{ name = "broken", expression = "true && pod.spec == null" }] }`,
			attribute: "rules.custom[0].expression", message: "line 1, column 9: undeclared reference to 'pod'",
		},
		{
			name: "CEL with a field that pods lack in no type, but a variable that none declares", config: `rules = { custom = [{ name = "broken", expression = "variables.pods == []" }] }`,
			attribute: "rules.custom[0].expression", message: "undefined field 'pods'",
		},
		{
			name: "CEL that gives no bool", config: `rules = { custom = [{ name = "broken", expression = "1 + 1" }] }`,
			attribute: "rules.custom[0].expression", message: "must evaluate to bool",
		},
		{
			name: "a custom rule with a typed rule's name", config: `rules = { custom = [{ name = "approval-label", expression = "true" }] }`,
			attribute: "rules.custom[0].name", message: "is the name of a typed rule",
		},
		{
			name: "an exception for everything", config: "exceptions = [{ name = \"all\" }]\n" + validRules,
			attribute: "exceptions[0]", message: "would let everything through",
		},
		{
			name: "an exception that ends at no time", config: "exceptions = [{ name = \"old\", namespaces = [\"legacy\"], expires_at = \"tomorrow\" }]\n" + validRules,
			attribute: "exceptions[0].expires_at", message: `"tomorrow" is no time of RFC 3339`,
		},
		{
			name: "an exception whose condition does not compile", config: "exceptions = [{ name = \"old\", expression = \"request.user == \" }]\n" + validRules,
			attribute: "exceptions[0].expression", message: "is no valid CEL: line 1, column",
		},
		{
			name: "an exception for a name with an asterisk inside", config: "exceptions = [{ name = \"old\", names = [\"a*b\"] }]\n" + validRules,
			attribute: "exceptions[0].names", message: "an asterisk that is not at its end",
		},
	}
	var config strings.Builder
	config.WriteString("terraform {\n  required_providers {\n    agent = { source = \"agentward/agent\" }\n  }\n}\n")
	for i, test := range tests {
		name := fmt.Sprintf("name = \"case-%d\"\n", i)
		if test.nameless {
			name = ""
		}
		fmt.Fprintf(&config, "resource \"agent_admission_policy\" \"case_%d\" {\n%s%s\n}\n", i, name, test.config)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := map[string][]terraform.Diagnostic{}
	for _, d := range terraform.Validate(t, dir) {
		answers[d.Block] = append(answers[d.Block], d)
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			given := answers[fmt.Sprintf(`resource "agent_admission_policy" "case_%d"`, i)]
			if len(given) != 1 {
				t.Fatalf("there are %d diagnostics, want 1: %v", len(given), given)
			}
			if want := "Invalid " + test.attribute; given[0].Summary != want || given[0].Severity != "error" {
				t.Errorf("the answer is %v, want an error %q", given[0], want)
			}
			if !strings.Contains(given[0].Detail, test.message) {
				t.Errorf("the answer is %q, want %q in it", given[0].Detail, test.message)
			}
			if strings.Contains(fmt.Sprint(given), "secret") {
				t.Error("the answer shows the password")
			}
		})
	}
}
