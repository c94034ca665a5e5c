package decision_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) { terraform.Main(m) }

const policies = `
@id("small")
permit (principal in Namespace::"example.org/payments", action == Action::"callTool", resource == Tool::"bank/transfer")
when { context.arguments has amount && context.arguments.amount <= 100 };
@id("reads")
permit (principal, action == Action::"callTool", resource) when { resource has readOnly && resource.readOnly };
@id("ops")
permit (principal is Agent, action == Action::"callTool", resource == Tool::"bank/close") when { principal.hasTag("team") && principal.getTag("team") == "ops" };
@id("late")
forbid (principal, action, resource) when { context.time > datetime("2030-01-01") };
@id("trial") @mode("audit")
forbid (principal, action, resource) when { !context.mtls };
`

const agent = `principal = { spiffe_id = "spiffe://example.org/ns/payments/agent/billing" }`

func ask(principal, name, more, rest string) string {
	return fmt.Sprintf(`data "agent_decision" "test" {
  policies = { "bank.cedar" = <<EOT
%s
EOT
  }
  %s
  call = {
    protocol = "mcp"
    method   = "tools/call"
    target   = "bank"
    kind     = "tool"
    name     = %q
    %s
  }
  time = "2029-01-01T00:00:00Z"
  mtls = true
  %s
}`, policies, principal, name, more, rest)
}

func list(names ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(names))
	for i, name := range names {
		checks[i] = knownvalue.StringExact(name)
	}
	return knownvalue.ListExact(checks)
}

func TestDecisionsAreTheGateways(t *testing.T) {
	controlplane.NoneNeeded(t)
	for name, c := range map[string]struct {
		configuration string
		allowed       bool
		by, audited   knownvalue.Check
		err           knownvalue.Check
	}{
		"what a policy permits":               {ask(agent, "transfer", `arguments = jsonencode({ amount = 50 })`, ""), true, list("small"), list(), knownvalue.Null()},
		"an argument that is too large":       {ask(agent, "transfer", `arguments = jsonencode({ amount = 101 })`, ""), false, list(), list(), knownvalue.Null()},
		"an argument that cannot be read":     {ask(agent, "transfer", `arguments = jsonencode({ amount = "50" })`, ""), false, list(), list(), knownvalue.NotNull()},
		"an agent with a label":               {ask(`principal = { spiffe_id = "spiffe://example.org/ns/other/agent/billing", labels = { team = "ops" } }`, "close", "", ""), true, list("ops"), list(), knownvalue.Null()},
		"an agent of another namespace":       {ask(`principal = { spiffe_id = "spiffe://example.org/ns/other/agent/billing" }`, "transfer", `arguments = jsonencode({ amount = 5 })`, ""), false, list(), list(), knownvalue.Null()},
		"a tool that only reads":              {ask(`principal = { subject = "alice", issuer = "https://idp.example.org" }`, "balance", `annotations = { read_only = true }`, ""), true, list("reads"), list(), knownvalue.Null()},
		"a list asks for no arguments":        {ask(agent, "transfer", "", "listing = true"), true, list("small"), list(), knownvalue.Null()},
		"a policy in audit mode":              {replace(ask(agent, "transfer", `arguments = jsonencode({ amount = 5 })`, ""), "mtls = true", "mtls = false"), true, list("small"), list("trial"), knownvalue.Null()},
		"a policy that looks at the time":     {replace(ask(agent, "transfer", `arguments = jsonencode({ amount = 5 })`, ""), "2029-", "2031-"), false, list("late"), list(), knownvalue.Null()},
		"an instance is the agent that it is": {ask(`principal = { spiffe_id = "spiffe://example.org/ns/payments/agent/billing/instance/7" }`, "transfer", `arguments = jsonencode({ amount = 5 })`, ""), true, list("small"), list(), knownvalue.Null()},
	} {
		t.Run(name, func(t *testing.T) {
			const data = "data.agent_decision.test"
			terraform.Test(t, resource.TestStep{
				Config: c.configuration,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(data, tfjsonpath.New("allowed"), knownvalue.Bool(c.allowed)),
					statecheck.ExpectKnownValue(data, tfjsonpath.New("decided_by"), c.by),
					statecheck.ExpectKnownValue(data, tfjsonpath.New("audited"), c.audited),
					statecheck.ExpectKnownValue(data, tfjsonpath.New("error"), c.err),
				},
			})
		})
	}
}

// permitted asks by what agent_gateway compiles its permissions to.
func permitted(principal, name, arguments string) string {
	return fmt.Sprintf(`data "agent_decision" "test" {
  trust_domain = "example.org"
  allow = {
    transfers = {
      agents    = ["ns:payments"]
      target    = "bank"
      tools     = ["transfer"]
      arguments = { "amount" = { max = 100 }, "to" = { one_of = ["alice", "bob"] } }
    }
    users = { agents = ["*"], target = "crm", operations = ["getUser"] }
  }
  %s
  call = { protocol = "mcp", method = "tools/call", target = "bank", kind = "tool", name = %q, arguments = jsonencode(%s) }
}`, principal, name, arguments)
}

func TestPermissionsDecideAsTheGatewaysDo(t *testing.T) {
	controlplane.NoneNeeded(t)
	for name, c := range map[string]struct {
		configuration string
		by            knownvalue.Check
	}{
		"what is permitted":        {permitted(agent, "transfer", `{ amount = 100, to = "bob" }`), list("allow.transfers.tools")},
		"a number out of range":    {permitted(agent, "transfer", `{ amount = 101, to = "bob" }`), list()},
		"a value that is no other": {permitted(agent, "transfer", `{ amount = 100, to = "eve" }`), list()},
		"another tool":             {permitted(agent, "close", `{ amount = 100, to = "bob" }`), list()},
		"an agent of elsewhere": {
			permitted(`principal = { spiffe_id = "spiffe://example.org/ns/other/agent/billing" }`, "transfer", `{ amount = 100, to = "bob" }`), list(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{
				Config:            c.configuration,
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("data.agent_decision.test", tfjsonpath.New("decided_by"), c.by)},
			})
		})
	}
}

func replace(text, old, to string) string {
	return regexp.MustCompile(regexp.QuoteMeta(old)).ReplaceAllLiteralString(text, to)
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	controlplane.NoneNeeded(t)
	good := ask(agent, "transfer", "", "")
	for name, c := range map[string]struct{ configuration, want string }{
		"a misspelt attribute of a policy": {replace(good, "context.mtls", "context.mtsl"), `(?s)Line 12, column 54.*mtsl`},
		"a policy that is none":            {replace(good, "permit (principal,", "permit principal,"), `(?s)Unable to use policy "bank.cedar"`},
		"arguments that are no object":     {ask(agent, "transfer", `arguments = "[1]"`, ""), `Not a JSON object`},
		"nobody":                           {ask(`principal = {}`, "transfer", "", ""), `spiffe_id or subject is missing`},
		"a SPIFFE ID that is none":         {ask(`principal = { spiffe_id = "billing" }`, "transfer", "", ""), `principal.spiffe_id`},
		"a tool that another method asks":  {replace(good, `"tools/call"`, `"prompts/get"`), `is not asked of a resource`},
		"a time that is none":              {replace(good, "2029-01-01T00:00:00Z", "tomorrow"), `time: tomorrow is none of RFC 3339`},
		"neither policies nor permissions": {`data "agent_decision" "test" {
  principal = { subject = "alice" }
  call      = { protocol = "mcp", method = "tools/call", target = "bank" }
}`, `(?s)policies.*allow`},
		"a permission for nobody":            {replace(permitted(agent, "transfer", "{}"), `["ns:payments"]`, "[]"), `Invalid allow\["transfers"\]`},
		"permissions without a trust domain": {replace(permitted(agent, "transfer", "{}"), `trust_domain = "example.org"`, ""), `Invalid trust_domain`},
		"a misspelt member of a message":     {ask(agent, "transfer", `message = jsonencode({ roll = "ROLE_USER" })`, ""), `unknown field`},
	} {
		t.Run(name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{Config: c.configuration, ExpectError: regexp.MustCompile(c.want)})
		})
	}
}
