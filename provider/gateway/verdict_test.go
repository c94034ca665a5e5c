package gateway

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func str(text string) types.String { return types.StringValue(text) }

func strs(texts ...string) []types.String {
	values := make([]types.String, len(texts))
	for i, text := range texts {
		values[i] = str(text)
	}
	return values
}

// configured is a gateway that nothing is wrong with.
func configured() *model {
	return &model{
		Name: str("tools"), Namespace: str("gateways"),
		Targets: map[string]targetModel{
			"bank": {Protocol: str("mcp"), URL: str("https://bank.bank.svc/mcp")},
			"crm":  {Protocol: str("rest"), URL: str("https://crm.bank.svc"), Operations: map[string]operationModel{"user": {Method: str("GET"), Path: str("/users/{id}"), Parameters: map[string]types.String{"id": str("integer")}}}},
		},
		Policies: map[string]types.String{"bank": str("@id(\"a\")\npermit (principal, action == Action::\"callTool\", resource)\nwhen { context.mtls };\n")},
		Allow:    map[string]Allow{"balance": {Agents: strs("*"), Target: str("bank"), Tools: strs("balance")}},
	}
}

var provider = &governed.Provider{TrustDomain: "agents.example.org", Version: "1.0.0"}

func target(name string, change func(*targetModel)) func(*model) {
	return func(m *model) {
		t := m.Targets[name]
		change(&t)
		m.Targets[name] = t
	}
}

func TestWhatIsWrongIsToldOfItsAttribute(t *testing.T) {
	if problems := configured().Validate(provider); len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, c := range map[string]struct {
		change func(*model)
		want   string
	}{
		"a syntax error of a policy": {
			func(m *model) { m.Policies["bank"] = str("permit (\n  principal,\n  action\n  resource\n);") },
			"policies[\"bank\"]: Line 4, column 3: ",
		},
		"a misspelt attribute in a policy": {
			func(m *model) {
				m.Policies["bank"] = str("permit (principal, action, resource)\nwhen { context.mtsl };")
			},
			"policies[\"bank\"]: Line 2, column 16: ",
		},
		"an id that two policies have": {
			func(m *model) { m.Policies["other"] = m.Policies["bank"] },
			`policies["other"]: Line 1, column 5: `,
		},
		"a URL": {target("bank", func(t *targetModel) { t.URL = str("ftp://bank") }), `targets["bank"].url: `},
		"a path that another target has": {
			target("crm", func(t *targetModel) { t.Path = str("/bank") }), `targets["crm"].path: `,
		},
		"certificates that are none": {
			func(m *model) { m.Issuers = map[string]issuerModel{"https://idp.example.org": {CA: str("none")}} }, `issuers["https://idp.example.org"].ca: `,
		},
		"an operation": {
			target("crm", func(t *targetModel) {
				t.Operations["user"] = operationModel{Method: str("GET"), Path: str("users")}
			}), `targets["crm"].operations["user"].path: `,
		},
		"an OpenAPI document that is none": {
			target("crm", func(t *targetModel) { t.OpenAPI = str("openapi: 2") }), `targets["crm"].openapi: `,
		},
		"descriptors that are none": {
			func(m *model) {
				none := base64.StdEncoding.EncodeToString([]byte("none"))
				m.Targets["shop"] = targetModel{Protocol: str("grpc"), URL: str("https://shop.shop.svc"), Services: strs("shop.v1.Orders"), Descriptors: str(none)}
			}, `targets["shop"].descriptors: `,
		},
		"a credential without a place to get it": {
			target("bank", func(t *targetModel) {
				t.Credentials = []credentialModel{
					{Kind: str("static"), Header: str("X-Key"), Value: &secretModel{Secret: str("bank"), Key: str("key")}},
					{Kind: str("client_credentials"), TokenURL: str("no url"), ClientID: str("gateway"), Value: &secretModel{Secret: str("bank"), Key: str("client")}},
				}
			}), `targets["bank"].credentials[1].token_url: `,
		},
		"an issuer that is none": {
			func(m *model) {
				m.Issuers = map[string]issuerModel{"https://idp.example.org": {Algorithms: strs("none")}}
			}, `issuers["https://idp.example.org"].algorithms: `,
		},
		"a way to authenticate that there is not": {
			func(m *model) { m.Listeners = map[string]listenerModel{"agents": {Authenticate: strs("dpop")}} }, `listeners["agents"].authenticate: `,
		},
		"a store": {
			func(m *model) { m.Store = &storeModel{URL: str("http://redis")} }, `store.url: `,
		},
		"a suspension": {
			func(m *model) { m.Suspended = strs("spiffe://agents.example.org/") }, `suspended: `,
		},
		"an argument's value of a number": {
			func(m *model) {
				m.Allow["balance"] = Allow{Agents: strs("*"), Target: str("bank"), Tools: strs("balance"), Arguments: map[string]argumentModel{
					"a": {OneOfNumbers: []types.Int64{types.Int64Value(1), types.Int64Value(1)}},
				}}
			}, `allow["balance"].arguments["a"].one_of_numbers[1]: `,
		},
		"the name of an object": {func(m *model) { m.Name = str("Not A Name") }, `name: `},
	} {
		t.Run(name, func(t *testing.T) {
			m := configured()
			c.change(m)
			for _, problem := range m.Validate(provider) {
				if strings.HasPrefix(problem.Error(), c.want) {
					return
				}
			}
			t.Errorf("nothing begins with %q: %v", c.want, m.Validate(provider))
		})
	}
}

func TestAnErrorOfAPolicyShowsTheLine(t *testing.T) {
	m := configured()
	m.Policies["bank"] = str("permit (principal, action, resource)\nwhen {\n\tcontext.mtsl\n};")
	for name, provider := range map[string]*governed.Provider{"at plan": provider, "without a provider": nil} {
		problems := m.Validate(provider)
		if len(problems) != 1 || spec.PathString(problems[0].Path) != `policies["bank"]` {
			t.Fatalf("%s: %v", name, problems)
		}
		if want := "\n\n  3 | \tcontext.mtsl\n    | \t        ^"; !strings.HasSuffix(problems[0].Detail, want) {
			t.Errorf("%s: does not end with %q:\n%s", name, want, problems[0].Detail)
		}
	}
}

func TestWithoutPoliciesNothingIsPermitted(t *testing.T) {
	m := configured()
	if warnings := m.PlanWarnings(t.Context(), provider); len(warnings) > 0 {
		t.Errorf("warns of a gateway that nothing is wrong with: %v", warnings)
	}
	m.Policies, m.Allow = nil, nil
	if warnings := m.PlanWarnings(t.Context(), provider); len(warnings) != 1 || !strings.Contains(warnings[0].Detail(), "no call is permitted") {
		t.Error(warnings)
	}
}

func TestAPolicyForATargetThatThereIsNotIsWarnedOfWithItsLine(t *testing.T) {
	m := configured()
	m.Policies["slip"] = str("// Nobody takes all.\nforbid (principal, action, resource in Target::\"bnak\");")
	warnings := m.PlanWarnings(t.Context(), provider)
	if want := "Line 2, column 1: Policy never applies: "; len(warnings) != 1 || !strings.HasPrefix(warnings[0].Detail(), want) || !strings.Contains(warnings[0].Detail(), `"bnak"`) {
		t.Errorf("%v, want one that begins with %q", warnings, want)
	}
}
