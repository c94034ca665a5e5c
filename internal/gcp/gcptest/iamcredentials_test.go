package gcptest_test

import (
	"testing"
	"time"

	"google.golang.org/api/iamcredentials/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestTokensOfServiceAccounts(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{AccessToken: "fake"})
	service := client(t, s, "iamcredentials", iamcredentials.NewService).Projects.ServiceAccounts
	ask := func(name, lifetime string, scopes ...string) (*iamcredentials.GenerateAccessTokenResponse, error) {
		call := service.GenerateAccessToken("projects/-/serviceAccounts/"+name, &iamcredentials.GenerateAccessTokenRequest{Scope: scopes, Lifetime: lifetime})
		call.Header().Set("Authorization", "Bearer fake")
		return call.Do()
	}
	const account, scope = "deploy@agents-1.iam.gserviceaccount.com", "https://www.googleapis.com/auth/cloud-platform"
	_, err := ask(account, "")
	checkRefused(t, err, "scope")
	_, err = ask("deploy", "", scope)
	checkRefused(t, err, "name")
	_, err = ask(account, "46800s", scope)
	checkRefused(t, err, "lifetime")
	token, err := ask(account, "3600s", scope)
	if err != nil {
		t.Fatal(err)
	}
	if expires, err := time.Parse(time.RFC3339, token.ExpireTime); err != nil || time.Until(expires) < 50*time.Minute {
		t.Errorf("the token expires at %s: %v", token.ExpireTime, err)
	}

	get := networkServices(t, s).AgentGateways.Get(parent + "/agentGateways/none")
	get.Header().Set("Authorization", "Bearer "+token.AccessToken)
	_, err = get.Do()
	checkStatus(t, err, "NOT_FOUND") // the token is taken
	get.Header().Set("Authorization", "Bearer token-of-somebody")
	_, err = get.Do()
	checkStatus(t, err, "UNAUTHENTICATED")
}
