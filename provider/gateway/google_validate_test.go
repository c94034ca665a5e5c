package gateway_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestWhatIsWrongOnGoogleIsToldAtTheAttribute(t *testing.T) {
	controlplane.NoneNeeded(t)
	nowhere := func(rest string) string {
		return terraform.Google(func(string) string { return "http://127.0.0.1:1/" }, "", rest)
	}
	with := func(more string) string { return nowhere(onGoogle(`["balance"]`, more)) }
	allowing := func(more string) string {
		return nowhere(strings.Replace(onGoogle(`["balance"]`, ""), `target = "bank"`, `target = "bank", `+more, 1))
	}
	bank := func(more string) string {
		return nowhere(strings.Replace(onGoogle(`["balance"]`, ""), `protocol = "mcp"`, `protocol = "mcp", `+more, 1))
	}
	for name, c := range map[string]struct{ config, want string }{
		"listeners":              {with(`listeners = { agents = { port = 8443 } }`), `Invalid listeners`},
		"policies in Cedar":      {with(`policies = { all = "permit (principal, action, resource);" }`), `Invalid policies`},
		"a token service":        {with(`token_service = {}`), `Invalid token_service`},
		"keys":                   {with(`keys = {}`), `Invalid keys`},
		"a deployment":           {with(`deployment = {}`), `Invalid deployment`},
		"an audit log":           {with(`audit_log = { queue = 5 }`), `Invalid audit_log`},
		"a target's credentials": {bank(`credentials = [{ kind = "static", value = { secret = "s", key = "k" } }]`), `Invalid targets["bank"].credentials`},
		"a target's workload":    {bank(`workload = { namespace = "bank" }`), `Invalid targets["bank"].workload`},
		"arguments":              {allowing(`arguments = { amount = { max = 5 } }`), `Invalid allow["balance"].arguments`},
		"users":                  {allowing(`users = ["https://idp.example.org#alice"]`), `Invalid allow["balance"].users`},
		"no region": {
			strings.Replace(with(""), `region         = "us-central1"`, "", 1), `Invalid gcp.location`,
		},
		"a zone":                            {with(`gcp = { location = "us-central1-a" }`), `Invalid gcp.location`},
		"a project without its number":      {with(`gcp = { project = "other-project" }`), `Invalid gcp.project_number`},
		"two registries of which none is":   {with(`gcp = { registries = ["//agentregistry.googleapis.com/projects/agents-1/locations/us-central1"] }`), `Invalid gcp.registries`},
		"the protocols":                     {with(`gcp = { protocols = ["MCP"] }`), `Invalid gcp.protocols`},
		"a timeout that is too long":        {with(`gcp = { iap = { timeout = "11s" } }`), `"11s" is no duration that it can be: write one such as "90s", "15m" or "1h", up to 10s`},
		"a timeout that is too short":       {with(`gcp = { iap = { timeout = "1ms" } }`), `Invalid gcp.iap.timeout`},
		"IAP in front of agents":            {strings.Replace(with(`gcp = { iap = { version = "V2" } }`), "agent_to_anywhere", "client_to_agent", 1), `Invalid gcp.iap`},
		"a template by the project's ID":    {with(`gcp = { connectivity_template = { name = "projects/agents-1/locations/us-central1/agentConnectivityTemplates/t" } }`), `Invalid gcp.connectivity_template.name`},
		"Model Armor of another region":     {with(`gcp = { model_armor = { request_template = "projects/agents-1/locations/europe-west1/templates/t" } }`), `Invalid gcp.model_armor.request_template`},
		"an ALLOW without the base methods": {with(`gcp = { authz_policies = { more = { action = "ALLOW", rules = [{ mcp = { methods = [{ name = "tools/call" }] } }] } } }`), `Invalid gcp.authz_policies["more"].rules[0].mcp.base_protocol_methods`},
		"parameters of a list":              {with(`gcp = { authz_policies = { less = { action = "DENY", rules = [{ mcp = { methods = [{ name = "tools/list", params = [{ exact = "x" }] }] } }] } } }`), `Invalid gcp.authz_policies["less"].rules[0].mcp.methods[0].params`},
		"a gateway over no proxies":         {with(`gcp = { data_plane = "gke" }`), `Invalid gcp.resource_uris`},
		"what is Google's on oss":           {strings.Replace(with(`namespace = "gateways"`+"\n"+`gcp = {}`), `stack   = "gcp"`, `stack = "oss"`, 1), `Invalid gcp`},
		"a target's entry on oss":           {strings.Replace(strings.Replace(bank(`gcp = {}`), `stack   = "gcp"`, `stack = "oss"`, 1), `name    = "tools"`, "name = \"tools\"\nnamespace = \"gateways\"", 1), `Invalid targets["bank"].gcp`},
		"no namespace on oss":               {strings.Replace(with(""), `stack   = "gcp"`, `stack = "oss"`, 1), `Invalid namespace`},
	} {
		t.Run(name, func(t *testing.T) {
			terraform.Test(t, resource.TestStep{Config: c.config, ExpectError: regexpOf(c.want)})
		})
	}
}

func TestImportOfWhatIsNoGateway(t *testing.T) {
	controlplane.NoneNeeded(t)
	for _, id := range []string{
		"//networkservices.googleapis.com/projects/agents-1/locations/us-central1/authzExtensions/tools", "projects/agents-1/locations/us-central1/gateways/tools",
		"//networksecurity.googleapis.com/projects/agents-1/locations/us-central1/agentGateways/tools",
	} {
		terraform.Test(t, resource.TestStep{
			Config:      terraform.Google(func(string) string { return "http://127.0.0.1:1/" }, "", onGoogle(`["balance"]`, "")+"\nimport {\n  to = agent_gateway.test\n  id = \""+id+"\"\n}"),
			ExpectError: regexpOf("write //networkservices.googleapis.com/projects/<project>/locations/<location>/agentGateways/<id>"),
		})
	}
}
