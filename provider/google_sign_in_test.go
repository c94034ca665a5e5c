package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	tfstate "github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestMain(m *testing.M) { terraform.Main(m) }

// keyOf gives the JSON of a service account's key, for which a server gives a token.
func keyOf(t *testing.T, token string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, token)
	}))
	t.Cleanup(server.Close)
	return gcptest.ServiceAccountKey(t, server.URL)
}

// engine is an identity on Google Cloud, for which the provider signs in as the attributes of its gcp block say.
func engine(google *gcptest.Server, attributes string) string {
	return fmt.Sprintf(`
provider "agent" {
  stack = "gcp"
  gcp = {
    project                         = "agents-1"
    project_number                  = "111111111111"
    region                          = "us-central1"
    vertex_ai_custom_endpoint       = "%sv1/"
    iam_credentials_custom_endpoint = "%sv1/"
    %s
  }
}
resource "agent_identity" "test" {
  name      = "billing"
  namespace = "agents"
  gcp       = { agent_runtime = {} }
}`, google.Endpoint("aiplatform"), google.Endpoint("iamcredentials"), attributes)
}

// signedOut takes away what the machine that the tests run on would sign in with.
func signedOut(t *testing.T) {
	t.Helper()
	for _, variable := range []string{"GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON", "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "GOOGLE_BILLING_PROJECT", "USER_PROJECT_OVERRIDE"} {
		t.Setenv(variable, "")
	}
}

func TestTheProviderSignsInAsItIsTold(t *testing.T) {
	controlplane.NoneNeeded(t)
	signedOut(t)
	google := gcptest.Start(t, gcptest.Options{AccessToken: "of-the-key"})
	asDeployer := engine(google, fmt.Sprintf(`
    credentials                 = %q
    impersonate_service_account = "deployer@agents-1.iam.gserviceaccount.com"
    user_project_override       = true
    billing_project             = "quota-1"`, keyOf(t, "of-the-key")))
	terraform.Test(t, resource.TestStep{Config: asDeployer, Check: func(*tfstate.State) error {
		impersonated := false
		for _, r := range google.Requests() {
			switch {
			case strings.HasSuffix(r.Method, ".generateAccessToken"):
				impersonated = true
			case r.Project != "quota-1":
				return fmt.Errorf("%s is charged to %q", r.Method, r.Project)
			case r.Status != http.StatusOK:
				return fmt.Errorf("%s: %s", r.Method, r.Message)
			}
		}
		if !impersonated {
			return fmt.Errorf("nobody asked for the deployer's token")
		}
		return nil
	}})
}

func TestAWrongTokenIsToldAndNotShown(t *testing.T) {
	controlplane.NoneNeeded(t)
	signedOut(t)
	google := gcptest.Start(t, gcptest.Options{AccessToken: "of-another"})
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "s3cr3t-token")
	shown := false
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: terraform.Factories(),
		ErrorCheck: func(err error) error {
			shown = shown || strings.Contains(err.Error(), "s3cr3t-token")
			return err
		},
		Steps: []resource.TestStep{{Config: engine(google, ""), PlanOnly: true, ExpectError: regexp.MustCompile("UNAUTHENTICATED")}},
	})
	if shown || len(google.Requests()) == 0 {
		t.Errorf("there were %d requests, and the token was shown: %v", len(google.Requests()), shown)
	}
}

func TestNobodySignsInToRender(t *testing.T) {
	controlplane.NoneNeeded(t)
	signedOut(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
	google := gcptest.Start(t, gcptest.Options{AccessToken: "of-nobody"})
	config := strings.Replace(engine(google, ""), `stack = "gcp"`, "stack = \"gcp\"\n  mode = \"render\"", 1)
	terraform.Test(t, resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}})
	if requests := google.Requests(); len(requests) > 0 {
		t.Errorf("to render, it asked %v", requests)
	}
}
