package gcp

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

// googleName is what all of the collections take as an id.
var googleName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,61}[a-z0-9]$|^[a-z]$`)

func TestGatewayGoldens(t *testing.T) {
	golden.Check(t, "gateway", func(t *testing.T, input string) string {
		g := gatewayOf(t, input)
		if problems := g.ValidateGoogle(); len(problems) > 0 {
			t.Fatalf("the gateway is not valid: %v", problems)
		}
		objects, err := Gateway(g)
		if err != nil {
			t.Fatal(err)
		}
		return golden.YAML(t, objects)
	})
}

func gatewayOf(t *testing.T, input string) spec.Gateway {
	t.Helper()
	var g spec.Gateway
	if err := yaml.UnmarshalStrict([]byte(input), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// everything is a gateway that Google runs, with all that it may have.
func everything(t *testing.T) spec.Gateway {
	t.Helper()
	return gatewayOf(t, golden.Input(t, "testdata/gateway/everything.yaml"))
}

// An apply that is cut off leaves a gateway that lets nothing through, whatever it had come to.
func TestAGatewayThatIsHalfAppliedIsClosed(t *testing.T) {
	objects, err := Gateway(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	order := map[string]int{}
	for i, o := range objects {
		action, _ := o.Body["action"].(string)
		order[strings.TrimSpace(o.Key.Collection()+" "+action)] = i
	}
	for _, pair := range [][2]string{
		{"agentConnectivityTemplates", "agentGateways"},
		{"agentGateways", "authzPolicies DENY_BY_DEFAULT"},
		{"authzPolicies DENY_BY_DEFAULT", "services"},
		{"services", "authzExtensions"},
		{"authzExtensions", "authzPolicies CUSTOM"},
		{"authzPolicies CUSTOM", "authzPolicies DENY"},
		{"authzPolicies DENY", "authzPolicies ALLOW"},
		{"authzPolicies DENY", "accessPolicies"},
		{"accessPolicies", "policyBindings"},
		{"templates", "authzPolicies CUSTOM"},
	} {
		first, ok := order[pair[0]]
		second, also := order[pair[1]]
		if !ok || !also || first > second {
			t.Errorf("%s is at %d (%t) and %s at %d (%t)", pair[0], first, ok, pair[1], second, also)
		}
	}
}

// What an object names is rendered before it, so that it is there when it is named, and goes after it.
func TestObjectsNameWhatStandsBeforeThem(t *testing.T) {
	objects, err := Gateway(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range objects {
		for _, key := range stack.Outputs(o.Body) {
			if !before(objects[:i], key) {
				t.Errorf("%s names %s, which is not before it", o.Key, key)
			}
		}
		text, err := stack.CanonicalJSON(o.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, later := range objects[i:] {
			if strings.Contains(text, `"`+later.Key.Name+`"`) {
				t.Errorf("%s names %s, which is not before it", o.Key, later.Key)
			}
		}
	}
}

func before(objects []stack.Object, key stack.Key) bool {
	for _, o := range objects {
		if o.Key == key {
			return true
		}
	}
	return false
}

// While a gateway audits, nothing of it denies.
func TestAnAuditingGatewayDeniesNothing(t *testing.T) {
	g := everything(t)
	g.Audit = true
	objects, err := Gateway(g)
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	for _, o := range objects {
		text, err := stack.CanonicalJSON(o.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch action, _ := o.Body["action"].(string); {
		case action != "" && action != "CUSTOM":
			t.Errorf("%s has the action %s", o.Key, action)
		case strings.Contains(text, "INSPECT_AND_BLOCK"):
			t.Errorf("%s blocks", o.Key)
		case o.Key.Collection() == "authzExtensions" && strings.Contains(text, `"iap.googleapis.com"`):
			asked = strings.Contains(text, `"iamEnforcementMode":"DRY_RUN"`)
		}
		if o.Key.Collection() == "authzPolicies" && strings.Contains(o.Key.Name, "-extension-") {
			t.Errorf("%s asks an extension that may deny", o.Key)
		}
	}
	if !asked {
		t.Error("IAP is not asked in a dry run")
	}
}

func TestTwoThingsOfOneNameAreAnError(t *testing.T) {
	g := everything(t)
	service := g.Google.Services["logging"]
	service.Location = ""
	g.Google.Services = map[string]spec.GoogleRegistryService{"egress-bank": service}
	if _, err := Gateway(g); err == nil || !strings.Contains(err.Error(), `services "projects/acme-agents/locations/us-central1/services/egress-bank"`) {
		t.Errorf("error is %v", err)
	}
}

func TestGatewayRoles(t *testing.T) {
	g := everything(t)
	const agent = "serviceAccount:service-123@gcp-sa-dep.iam.gserviceaccount.com"
	own := []RoleGrant{{"acme-agents", "roles/modelarmor.calloutUser", agent}, {"acme-agents", "roles/serviceusage.serviceUsageConsumer", agent}}
	if got, want := GatewayRoles(g), append(slices.Clone(own), RoleGrant{"acme-agents", "roles/modelarmor.user", agent}); !slices.Equal(got, want) {
		t.Errorf("roles are %v, want %v", got, want)
	}
	g.Google.ModelArmor = &spec.GoogleModelArmor{RequestTemplate: "projects/shared/locations/us-central1/templates/t", ResponseTemplate: "projects/shared/locations/us-central1/templates/u"}
	if got, want := GatewayRoles(g), append(slices.Clone(own), RoleGrant{"shared", "roles/modelarmor.user", agent}); !slices.Equal(got, want) {
		t.Errorf("roles are %v, want %v", got, want)
	}
	g.Google.ModelArmor = nil
	if got := GatewayRoles(g); got != nil {
		t.Errorf("roles are %v, want none", got)
	}
}

// Gateways of one name in two regions share nothing but what their users name alike.
func TestGatewaysOfOtherRegionsHaveOtherObjects(t *testing.T) {
	g, other := everything(t), everything(t)
	for _, of := range []*spec.Gateway{&g, &other} {
		of.Google.Services, of.Google.Bindings = nil, nil
	}
	other.Google.Project.Location = "europe-west1"
	first, err := Gateway(g)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Gateway(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range stack.Keys(second) {
		if before(first, key) {
			t.Errorf("both have %s", key)
		}
	}
}

// Whatever a user names things, it is refused, or becomes the same objects each time, each with a name that Google takes and of its own.
func FuzzGoogleGatewayNames(f *testing.F) {
	f.Add("egress", "bank", "pay", "own", "logging", "tool", "billing", int64(1))
	f.Add("a", "a_b..c", "x.2", "s", "t", "..", "p", int64(-1))
	f.Add(strings.Repeat("g", 63), strings.Repeat("t", 100), strings.Repeat("p", 100), strings.Repeat("e", 63), "l", "{//a/b:c}", "p", int64(1e9))
	f.Fuzz(func(t *testing.T, id, target, allow, extension, service, tool, account string, wait int64) {
		const domain = "acme-agents.svc.id.goog"
		g := spec.Gateway{
			Name: id, TrustDomain: domain, Mode: spec.AgentToAnywhere,
			Targets: map[string]spec.Target{
				target:  {Protocol: "mcp", URL: "https://bank.example.org/mcp", Google: &spec.GoogleTarget{Coarse: true}},
				"other": {Protocol: "rest", URL: "https://other.example.org", Google: &spec.GoogleTarget{Unregistered: true}, Unmatched: "decide"},
			},
			Allow: map[string]spec.Allow{
				allow:        {Agents: []string{"spiffe://" + domain + "/ns/a/sa/" + account}, Target: target, Tools: []string{tool}, Prompts: []string{"p " + service}},
				allow + ".2": {Agents: []string{"spiffe://" + domain + "/ns/a/sa/" + account}, Target: "other", Operations: []string{"*"}},
			},
			Google: &spec.GoogleGateway{
				Project:    spec.GoogleProject{ID: "acme-agents", Number: "42", Location: "us-central1"},
				Extensions: map[string]spec.GoogleExtension{extension: {Service: service + ".example.org"}},
				Services:   map[string]spec.GoogleRegistryService{service: {Interfaces: []spec.GoogleInterface{{URL: "https://" + service + ".example.org"}}}},
				IAP:        &spec.GoogleIAP{Disabled: wait < 0},
			},
		}
		if len(g.ValidateGoogle()) > 0 {
			return
		}
		first, err := Gateway(g)
		if err != nil {
			if !strings.Contains(err.Error(), "another name or id") {
				t.Fatal(err)
			}
			return
		}
		again, err := Gateway(g)
		if err != nil || golden.YAML(t, first) != golden.YAML(t, again) {
			t.Fatalf("a second rendering gives other objects: %v", err)
		}
		for _, o := range first {
			name := o.Key.Name[strings.LastIndexByte(o.Key.Name, '/')+1:]
			if !googleName.MatchString(name) {
				t.Errorf("%s: %q is no id", o.Key, name)
			}
			if parsed, err := stack.ParseKey(o.Key.String()); err != nil || parsed != o.Key {
				t.Errorf("%s reads back as %v, %v", o.Key, parsed, err)
			}
		}
	})
}
