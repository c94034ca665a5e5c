package gcptest_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/agentidentity/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func oauth() *agentidentity.AuthProvider {
	return &agentidentity.AuthProvider{
		WorkloadIds:   []string{"principal://agents.global.org-555555555555.system.id.goog/resources/aiplatform/projects/1/locations/l/reasoningEngines/2"},
		AllowedScopes: []string{"read"},
		AuthProviderTypeParams: &agentidentity.AuthProviderTypeParams{ThreeLeggedOauth: &agentidentity.ThreeLeggedOAuth{
			AuthorizationUrl: "https://example.com/authorize", TokenUrl: "https://example.com/token", ClientId: "agents", ClientSecret: "s3cret", EnablePkce: true,
		}},
	}
}

func TestAuthProviderRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "agentidentity", agentidentity.NewService).Projects.Locations.AuthProviders
	type provider = agentidentity.AuthProvider
	checkRefusals(t, oauth, func(id string, body *provider) error {
		_, err := service.Create(parent, body).AuthProviderId(id).Do()
		return err
	}, []refused[provider]{
		{"no type", func(p *provider) { p.AuthProviderTypeParams = nil }, "auth_provider_type_params"},
		{"a type without parameters", func(p *provider) { p.AuthProviderTypeParams.ThreeLeggedOauth = nil }, "auth_provider_type_params.api_key"},
		{"two types", func(p *provider) { p.AuthProviderTypeParams.ApiKey = &agentidentity.ApiKeyParams{ApiKey: "k"} }, "auth_provider_type_params.three_legged_oauth"},
		{"a redirect", func(p *provider) { p.AuthProviderTypeParams.ThreeLeggedOauth.RedirectUrl = "https://example.com" }, "auth_provider_type_params.three_legged_oauth.redirect_url"},
		{"a workload by its SPIFFE ID", func(p *provider) { p.WorkloadIds[0] = "spiffe://example.com/agent" }, "workload_ids[0]"},
		{"256 characters", func(p *provider) { p.Description = strings.Repeat("a", 256) }, "description"},
		{"201 scopes", func(p *provider) {
			for i := range 200 {
				p.AllowedScopes = append(p.AllowedScopes, fmt.Sprintf("scope-%d", i))
			}
		}, "allowed_scopes"},
		{"a connector without a name", func(p *provider) {
			p.AuthProviderTypeParams = &agentidentity.AuthProviderTypeParams{ConnectorReferenceAuthProvider: &agentidentity.ConnectorReferenceAuthProvider{}}
		}, "auth_provider_type_params.connector_reference_auth_provider.connector"},
		{"cross-app access from two sources", func(p *provider) {
			p.AuthProviderTypeParams = &agentidentity.AuthProviderTypeParams{XaaAuthProvider: &agentidentity.CrossAppAccessAuthProvider{
				ClientSecretAuth: &agentidentity.ClientSecretAuth{ClientId: "a", ClientSecret: "b"},
				IdTokenInput:     &agentidentity.IdTokenProcessingConfig{}, IdJagInput: &agentidentity.DirectIdJagInput{},
			}}
		}, "auth_provider_type_params.xaa_auth_provider.id_jag_input"},
	})
}

func TestAuthProviderLife(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 3}) // nothing here is long-running
	service := client(t, s, "agentidentity", agentidentity.NewService).Projects.Locations.AuthProviders
	const name = parent + "/authProviders/github"
	created, err := service.Create(parent, oauth()).AuthProviderId("github").Do()
	if err != nil {
		t.Fatal(err)
	}
	params := created.AuthProviderTypeParams.ThreeLeggedOauth
	if params.ClientSecret != "" || len(created.WorkloadIds) != 0 {
		t.Errorf("input-only fields come back: %+v", created)
	}
	if params.RedirectUrl == "" || created.State != "ENABLED" {
		t.Errorf("the server's own fields are missing: %+v", created)
	}
	requests := s.Requests()
	if shown := fmt.Sprint(requests[len(requests)-1].Body); strings.Contains(shown, "s3cret") || !strings.Contains(shown, "***") {
		t.Errorf("the log has the secret: %s", shown)
	}

	// What was not in the mask stays, the secret too.
	if _, err := service.Patch(name, &agentidentity.AuthProvider{Description: "for code"}).UpdateMask("description").Do(); err != nil {
		t.Fatal(err)
	}
	stored, ok := s.Object("//agentidentity.googleapis.com/" + name)
	if !ok || !strings.Contains(fmt.Sprint(stored), "s3cret") {
		t.Errorf("the stored provider is %v", stored)
	}

	if off, err := service.Disable(name, &agentidentity.DisableAuthProviderRequest{}).Do(); err != nil || off.State != "DISABLED" {
		t.Errorf("disabled: %+v, %v", off, err)
	}
	if _, err := service.Delete(name).Do(); err != nil {
		t.Fatal(err)
	}
	if got, err := service.Get(name).Do(); err != nil || !got.Deleted {
		t.Errorf("deleted: %+v, %v", got, err)
	}
	_, err = service.Enable(name, &agentidentity.EnableAuthProviderRequest{}).Do()
	checkStatus(t, err, "FAILED_PRECONDITION")
	if got, err := service.Undelete(name, &agentidentity.UndeleteAuthProviderRequest{}).Do(); err != nil || got.Deleted || got.State != "DISABLED" {
		t.Errorf("undeleted: %+v, %v", got, err)
	}
}
