package scenarios_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/platform"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// shopDescriptors describes the messages of the shop, so that the gateway reads their fields.
const shopDescriptors = "../../examples/gateway/grpc/shop.binpb"

// An agent that is known, with good credentials, asks for what nobody permitted it: by each of the protocols, next to what it may do.
func TestWhatIsNotPermitted(t *testing.T) {
	t.Parallel()
	s := enter(t, "forbidden")
	descriptors, err := os.ReadFile(shopDescriptors)
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []platform.Server{
		s.Everything(s.tools, "everything"), s.A2A(s.tools, "clerk"), s.REST(s.tools, "crm"), s.Shop(s.tools, "shop"),
	} {
		s.run(s.Server(server))
	}
	at := func(server string) string { return "http://" + server + "." + s.tools + ".svc:3000" }
	s.govern(s.approvedAgents() + s.identity("assistant", "") + s.opened(fmt.Sprintf(`
  token_service = {}
  targets = {
    everything = { protocol = "mcp", url = %q }
    clerk      = { protocol = "a2a", url = %q, a2a = { jsonrpc = %q } }
    shop       = { protocol = "grpc", url = %q, services = ["shop.v1.Orders"], descriptors = %q }
    crm = {
      protocol = "rest"
      url      = %q
      operations = {
        getCustomer = { method = "GET", path = "/customers/{id}", parameters = { id = "integer" } }
        refund      = { method = "POST", path = "/customers/{id}/refunds", parameters = { id = "integer" }, content = ["application/json"] }
      }
    }
  }
  allow = {
    address = {
      agents    = [agent_identity.assistant.principal]
      target    = "everything"
      tools     = ["json_schema_2020_12_tool"]
      arguments = { "address.city" = { one_of = ["Berlin", "Vienna"] } }
    }
    report = {
      agents     = [agent_identity.assistant.principal]
      target     = "clerk"
      skills     = ["report"]
      part_kinds = ["text"]
    }
    customers = {
      agents     = [agent_identity.assistant.principal]
      target     = "crm"
      operations = ["getCustomer"]
      arguments  = { "path.id" = { min = 2 } }
    }
    refunds = {
      agents     = [agent_identity.assistant.principal]
      target     = "crm"
      operations = ["refund"]
      arguments  = { "path.id" = { min = 2 }, "body.amount" = { max = 50 } }
    }
    orders = {
      agents    = [agent_identity.assistant.principal]
      target    = "shop"
      methods   = ["shop.v1.Orders/Place"]
      arguments = { cents = { min = 1, max = 50 } }
    }
  }`, at("everything"), at("clerk"), at("clerk")+"/rpc", at("shop"), base64.StdEncoding.EncodeToString(descriptors), at("crm")+"/v1")))
	s.serving()
	assistant := s.start("assistant", 1)[0]

	t.Run("tools", func(t *testing.T) { forbiddenTools(t, assistant) })
	t.Run("messages", func(t *testing.T) { forbiddenMessages(t, assistant) })
	t.Run("paths", func(t *testing.T) { forbiddenPaths(t, assistant) })
	t.Run("methods", func(t *testing.T) { forbiddenMethods(t, assistant) })
}

func forbiddenTools(t *testing.T, assistant *agent) {
	t.Helper()
	a := assistant.within(t)
	const tool = "json_schema_2020_12_tool"
	living := func(city any) map[string]any {
		return map[string]any{"name": "Ada", "email": "ada@example.org", "address": map[string]any{"street": "Main 1", "city": city}}
	}

	listed := a.tool("everything", "", nil)
	if strings.Join(listed.Tools, " ") != tool {
		t.Errorf("it is shown %q, %s", listed.Tools, listed.Error)
	}
	if permitted := a.tool("everything", tool, living("Berlin")); permitted.Error != "" || permitted.Wrong || permitted.Text == "" {
		t.Fatalf("the permitted call: %+v", permitted)
	}
	a.recorded("the permitted call", a, func(r audit.Record) bool {
		return r.Tool == tool && r.Decision == "allow" && strings.Join(r.Policies, " ") == "allow.address.tools"
	})
	for name, c := range map[string]struct {
		tool      string
		arguments map[string]any
		decision  string
	}{
		"another tool":                         {"test_simple_text", nil, "deny"},
		"a tool that there is not":             {"open_vault", nil, "deny"},
		"the tool in other letter case":        {"JSON_schema_2020_12_tool", living("Berlin"), "deny"},
		"a nested argument of another value":   {tool, living("Paris"), "deny"},
		"a nested argument of another type":    {tool, living([]string{"Berlin"}), "error"},
		"the argument beside where it belongs": {tool, map[string]any{"name": "Ada", "email": "ada@example.org", "city": "Berlin"}, "deny"},
		"the argument by a name with a dot":    {tool, map[string]any{"name": "Ada", "email": "ada@example.org", "address.city": "Berlin"}, "deny"},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.within(t)
			fresh := a.fresh()
			if answer := a.tool("everything", c.tool, c.arguments); answer.Error == "" || answer.Text != "" || !strings.Contains(answer.Error, "denied") {
				t.Fatalf("it gets %+v", answer)
			}
			a.recorded("the refusal", a, func(r audit.Record) bool {
				return r.Tool == c.tool && r.Decision == c.decision && r.Enforced && fresh(r)
			})
		})
	}
}

// fresh is true of the records of requests that are made from now on.
func (a *agent) fresh() func(audit.Record) bool {
	a.Helper()
	before := map[string]bool{}
	for _, r := range a.records() {
		before[r.Exchange] = true
	}
	return func(r audit.Record) bool { return !before[r.Exchange] }
}

// with gives a call of a target with everything that the gateway asks for.
func (a *agent) with(access *probe.Access, method, url, body string, header map[string]string) probe.Call {
	return probe.Call{Method: method, URL: url, Gateway: a.gatewayID(), Access: access, Header: header, Body: body}
}
