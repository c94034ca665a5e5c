package provider

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// configuration gives a provider block that has a gcp block with these attributes, and none where they are nil.
func configuration(t *testing.T, google map[string]tftypes.Value) tfsdk.Config {
	t.Helper()
	s := providerSchema()
	object := func(of attr.Type, values map[string]tftypes.Value) tftypes.Value {
		whole, ok := of.TerraformType(t.Context()).(tftypes.Object)
		if !ok {
			t.Fatalf("%s is no object", of)
		}
		all := map[string]tftypes.Value{}
		for name, kind := range whole.AttributeTypes {
			all[name] = tftypes.NewValue(kind, nil)
		}
		maps.Copy(all, values)
		return tftypes.NewValue(whole, all)
	}
	values := map[string]tftypes.Value{}
	if google != nil {
		values["gcp"] = object(s.Attributes["gcp"].GetType(), google)
	}
	return tfsdk.Config{Schema: s, Raw: object(s.Type(), values)}
}

func text(value string) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }

// configured gives what the resources are handed, and the errors by attribute.
func configured(t *testing.T, config tfsdk.Config) (*governed.Provider, map[string]string) {
	t.Helper()
	var resp provider.ConfigureResponse
	New("1.0.0")().Configure(t.Context(), provider.ConfigureRequest{Config: config}, &resp)
	found := map[string]string{}
	for _, d := range resp.Diagnostics.Errors() {
		at := ""
		if on, ok := d.(interface{ Path() path.Path }); ok {
			at = on.Path().String()
		}
		found[at] = d.Detail()
	}
	p, _ := resp.ResourceData.(*governed.Provider)
	return p, found
}

// clearGoogleEnvironment takes away what the machine that the tests run on has configured for other programs.
func clearGoogleEnvironment(t *testing.T) {
	t.Helper()
	for _, variable := range []string{
		"GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "GOOGLE_PROJECT_NUMBER", "GOOGLE_REGION",
		"GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION", "GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON",
		"GOOGLE_OAUTH_ACCESS_TOKEN", "USER_PROJECT_OVERRIDE", "GOOGLE_IAP_CUSTOM_ENDPOINT",
	} {
		t.Setenv(variable, "")
	}
}

func TestWhereThingsGoInGoogleCloud(t *testing.T) {
	clearGoogleEnvironment(t)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "from-environment")
	t.Setenv("GCLOUD_PROJECT", "not-looked-at")
	t.Setenv("CLOUDSDK_COMPUTE_REGION", "europe-west1")
	for name, test := range map[string]struct {
		google map[string]tftypes.Value
		want   spec.GoogleProject
	}{
		"as configured": {
			map[string]tftypes.Value{"project": text("acme-agents"), "project_number": text("123456789012"), "region": text("us-central1")},
			spec.GoogleProject{ID: "acme-agents", Number: "123456789012", Location: "us-central1"},
		},
		"as the environment says": {map[string]tftypes.Value{}, spec.GoogleProject{ID: "from-environment", Location: "europe-west1"}},
		"without a block":         {nil, spec.GoogleProject{ID: "from-environment", Location: "europe-west1"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, found := configured(t, configuration(t, test.google))
			if len(found) > 0 {
				t.Fatal(found)
			}
			if p.Google != test.want {
				t.Errorf("things go to %+v", p.Google)
			}
		})
	}
}

func TestWhatIsWrongWithTheGoogleBlockIsSaidAtItsAttribute(t *testing.T) {
	clearGoogleEnvironment(t)
	for name, test := range map[string]struct {
		google map[string]tftypes.Value
		at     string
	}{
		"a number as project":       {map[string]tftypes.Value{"project": text("123456789012")}, "gcp.project"},
		"a zone as region":          {map[string]tftypes.Value{"region": text("us-central1-a")}, "gcp.region"},
		"credentials of no kind":    {map[string]tftypes.Value{"credentials": text(`{"type":"s3cr3t"}`)}, "gcp.credentials"},
		"a timeout that is none":    {map[string]tftypes.Value{"request_timeout": text("soon")}, "gcp.request_timeout"},
		"a timeout of no time":      {map[string]tftypes.Value{"request_timeout": text("0s")}, "gcp.request_timeout"},
		"an endpoint of no service": {map[string]tftypes.Value{"iap_custom_endpoint": text("s3cr3t@example.com")}, "gcp.iap_custom_endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			p, found := configured(t, configuration(t, test.google))
			detail, ok := found[test.at]
			if !ok || len(found) != 1 || p != nil {
				t.Errorf("the errors are %v", found)
			}
			if strings.Contains(detail, "s3cr3t") {
				t.Errorf("the error is %q", detail)
			}
		})
	}
}

func TestVariablesForOtherProgramsAreNoFaultOfAConfigurationWithoutGoogle(t *testing.T) {
	clearGoogleEnvironment(t)
	t.Setenv("GOOGLE_CREDENTIALS", "{")
	t.Setenv("USER_PROJECT_OVERRIDE", "perhaps")
	if _, found := configured(t, configuration(t, nil)); len(found) > 0 {
		t.Errorf("the errors are %v", found)
	}
	if _, found := configured(t, configuration(t, map[string]tftypes.Value{})); found["gcp"] == "" || found["gcp.credentials"] == "" {
		t.Errorf("with a gcp block the errors are %v", found)
	}
}

func TestObjectsOfGoogleCloudAreGooglesToCarry(t *testing.T) {
	clearGoogleEnvironment(t)
	key := stack.GoogleKey(gcp.NetworkServices, "projects/acme-agents/locations/us-central1/agentGateways/edge")
	// Nothing is there to sign in with, and nothing is looked for.
	p, _ := configured(t, configuration(t, map[string]tftypes.Value{"credentials": text("/nowhere/key.json")}))
	first, err := p.Backend(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Backend(t.Context(), stack.GoogleKey(gcp.IAM, "projects/acme-agents/locations/global/workloadIdentityPools/agents"))
	if err != nil || first != second {
		t.Errorf("there are two clients: %p and %p (%v)", first, second, err)
	}
	var unknown *stack.UnknownError
	if _, err := first.Read(t.Context(), key, "{}"); !errors.As(err, &unknown) || !unknown.Unreachable {
		t.Errorf("without credentials a look says %v", err)
	}

	t.Setenv("GOOGLE_CREDENTIALS", "{")
	p, _ = configured(t, configuration(t, nil))
	if _, err := p.Backend(t.Context(), key); err == nil || !strings.Contains(err.Error(), "gcp.credentials") {
		t.Errorf("with an environment that is of no use the error is %v", err)
	}
}

func TestAGoogleBlockThatIsNotKnownYetIsTaken(t *testing.T) {
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	p, found := configured(t, configuration(t, map[string]tftypes.Value{"project": unknown}))
	if len(found) > 0 || !p.Unknown {
		t.Errorf("the provider is %+v, the errors are %v", p, found)
	}
}

func TestEveryServiceHasItsEndpoint(t *testing.T) {
	attributes := googleAttribute().Attributes
	values := map[string]tftypes.Value{}
	for _, service := range gcp.Services {
		if googleServices[service.Host] == "" || !strings.Contains(attributes[service.Attribute()].GetMarkdownDescription(), service.Variable()) {
			t.Errorf("%s is not described", service.Attribute())
		}
		values[service.Attribute()] = text("https://" + service.Name + ".example.com/v1/")
	}
	var m model
	if diags := configuration(t, values).Get(t.Context(), &m); diags.HasError() {
		t.Fatal(diags)
	}
	endpoints := m.GCP.endpoints()
	for _, service := range gcp.Services {
		if want := "https://" + service.Name + ".example.com/v1/"; endpoints[service.Host] != want {
			t.Errorf("%s is at %q", service.Host, endpoints[service.Host])
		}
	}
}

func TestAConfiguredFalseIsNotTheEnvironmentsToChange(t *testing.T) {
	settings, problems := (&googleModel{RequestTimeout: types.StringValue("90s"), UserProjectOverride: types.BoolValue(false)}).settings()
	if len(problems) > 0 || settings.RequestTimeout != 90*time.Second || settings.UserProjectOverride == nil || *settings.UserProjectOverride {
		t.Errorf("the settings are %+v, the problems %v", settings, problems)
	}
}

func TestSecretsOfTheGoogleBlockAreSensitive(t *testing.T) {
	attributes := googleAttribute().Attributes
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if secret := name == "credentials" || name == "access_token"; attributes[name].IsSensitive() != secret {
			t.Errorf("%s is sensitive: %v", name, !secret)
		}
	}
}
