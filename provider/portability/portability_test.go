package portability_test

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

const (
	data   = "data.agent_portability.test"
	domain = "agents.global.org-123456789012.system.id.goog"
	agent  = "spiffe://" + domain + "/resources/aiplatform/projects/345678901234/locations/us-central1/reasoningEngines/1"
)

func ask(allow, more string) string {
	return fmt.Sprintf(`
data "agent_portability" "test" {
  trust_domain = %q
  mode         = "agent_to_anywhere"
  targets = {
    bank    = { protocol = "mcp", url = "https://bank.example.org/mcp", credentials = [] }
    planner = { protocol = "a2a", url = "https://planner.example.org" }
    crm = {
      protocol   = "rest"
      url        = "https://crm.example.org"
      operations = { getUser = { method = "GET", path = "/users/{id}" } }
      gcp        = { unregistered = true }
    }
  }
  allow = {
    %s
  }
  %s
}`, domain, allow, more)
}

func allow(name, rest string) string {
	return fmt.Sprintf("%s = { agents = [%q], %s }\n", name, agent, rest)
}

var balance = allow("balance", `target = "bank", tools = ["balance"]`)

func at(steps ...string) tfjsonpath.Path {
	path := tfjsonpath.New(steps[0])
	for _, step := range steps[1:] {
		path = path.AtMapKey(step)
	}
	return path
}

func TestWhatIsPortableIsSaidOfEachPermission(t *testing.T) {
	controlplane.NoneNeeded(t)
	terraform.Test(t, resource.TestStep{
		Config: ask(balance+allow("small", `target = "bank", tools = ["transfer"], arguments = { amount = { max = 100 } }`)+
			allow("users", `target = "crm", operations = ["getUser"]`), ""),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(data, at("portable"), knownvalue.Bool(false)),
			statecheck.ExpectKnownValue(data, at("unportable"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("small")})),
			statecheck.ExpectKnownValue(data, at("permissions", "balance", "portable"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(data, at("permissions", "balance", "means"), knownvalue.StringExact("access_policy")),
			statecheck.ExpectKnownValue(data, at("permissions", "balance", "reasons"), knownvalue.ListSizeExact(0)),
			statecheck.ExpectKnownValue(data, at("permissions", "users", "portable"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(data, at("permissions", "small", "reasons"), knownvalue.ListPartial(map[int]knownvalue.Check{
				0: knownvalue.StringRegexp(regexp.MustCompile(`^allow\["small"\]\.arguments: cannot be said on Google Cloud: no policy there sees arguments`)),
			})),
		},
	})
}

func TestWhatPermissionsDependOnOfTheGateway(t *testing.T) {
	controlplane.NoneNeeded(t)
	means := func(config, want string) resource.TestStep {
		return resource.TestStep{
			Config:            config,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(data, at("permissions", "balance", "means"), knownvalue.StringExact(want))},
		}
	}
	v1 := resource.TestStep{
		Config: ask(balance, `gcp = { iap = { version = "V1" } }`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(data, at("permissions", "balance", "means"), knownvalue.Null()),
			statecheck.ExpectKnownValue(data, at("portable"), knownvalue.Bool(false)),
		},
	}
	named := resource.TestStep{
		Config: ask(`gke = { agents = ["spiffe://elsewhere.example.org/agent"], target = "bank", tools = ["*"] }`,
			`gcp = { principals = { "spiffe://elsewhere.example.org/agent" = "principal://x/y" } }`),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(data, at("portable"), knownvalue.Bool(true))},
	}
	terraform.Test(t, means(ask(balance, ""), "access_policy"), means(ask(balance, `gcp = { iap = { enabled = false } }`), "authz_policy"), v1, named)
}

func TestNothingToJudge(t *testing.T) {
	controlplane.NoneNeeded(t)
	terraform.Test(t, resource.TestStep{
		Config: ask("", ""),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(data, at("portable"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(data, at("permissions"), knownvalue.MapSizeExact(0)),
		},
	})
}

func TestWhatIsWrongOnAnyStackIsAnError(t *testing.T) {
	controlplane.NoneNeeded(t)
	terraform.Test(t, resource.TestStep{
		Config:      ask(allow("nowhere", `target = "nobody", tools = ["*"]`), ""),
		ExpectError: regexp.MustCompile(`Invalid allow\["nowhere"\]\.target`),
	})
}
