package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// google is a token server, a token exchange, the credentials API and an API, which notes what it is shown.
type google struct {
	*httptest.Server
	assertion, subjectToken string      // what a token was asked for with
	impersonation           http.Header // of the request for another's token
	delegates               []string
	api                     http.Header // of the request to the API
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	g := &google{}
	answer := func(w http.ResponseWriter, format string, args ...any) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, format, args...)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		g.assertion = r.FormValue("assertion")
		answer(w, `{"access_token":"of-the-key","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("POST /sts", func(w http.ResponseWriter, r *http.Request) {
		g.subjectToken = r.FormValue("subject_token")
		answer(w, `{"access_token":"of-the-federation","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("POST /iamcredentials/v1/projects/-/serviceAccounts/{account}", func(w http.ResponseWriter, r *http.Request) {
		g.impersonation = r.Header
		var body struct{ Delegates []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		g.delegates = body.Delegates
		answer(w, `{"accessToken":"of-%s","expireTime":"2999-01-01T00:00:00Z"}`, strings.TrimSuffix(r.PathValue("account"), ":generateAccessToken"))
	})
	mux.HandleFunc("GET /api", func(_ http.ResponseWriter, r *http.Request) { g.api = r.Header })
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

// call asks the API with the credentials that are configured.
func (g *google) call(t *testing.T, s *Settings) {
	t.Helper()
	own, err := s.ClientOptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, _, err := htransport.NewClient(context.Background(), append([]option.ClientOption{option.WithScopes(scope), option.WithUniverseDomain(s.UniverseDomain)}, own...)...)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Get(g.URL + "/api")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCredentials(t *testing.T) {
	g := newGoogle(t)
	key := gcptest.ServiceAccountKey(t, g.URL+"/token")
	federation := fmt.Sprintf(`{"type":"external_account","audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci",
		"subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":%q,"credential_source":{"file":%q}}`, g.URL+"/sts", file(t, "token-of-ci"))
	tests := map[string]struct {
		settings Settings
		want     string
	}{
		"an access token":                      {Settings{AccessToken: "given"}, "given"},
		"a key":                                {Settings{Credentials: key}, "of-the-key"},
		"a key in a file":                      {Settings{Credentials: file(t, key)}, "of-the-key"},
		"workload identity federation":         {Settings{Credentials: federation}, "of-the-federation"},
		"an access token comes before a key":   {Settings{Credentials: key, AccessToken: "given"}, "given"},
		"an access token in a sovereign cloud": {Settings{AccessToken: "given", UniverseDomain: "example.goog"}, "given"},
		"as somebody else": {Settings{
			AccessToken: "given", ImpersonateServiceAccount: "deployer@p.iam.gserviceaccount.com",
			Endpoints: map[string]string{IAMCredentials: g.URL + "/iamcredentials/v1/"},
		}, "of-deployer@p.iam.gserviceaccount.com"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g.call(t, &test.settings)
			if got := g.api.Get("Authorization"); got != "Bearer "+test.want {
				t.Errorf("the request says %q", got)
			}
		})
	}
	if g.assertion == "" || g.subjectToken != "token-of-ci" {
		t.Errorf("tokens were asked for with the assertion %q and the subject's token %q", g.assertion, g.subjectToken)
	}
	if got := g.impersonation.Get("Authorization"); got != "Bearer given" {
		t.Errorf("another's token was asked for as %q", got)
	}
}

func TestImpersonationGoesByItsDelegates(t *testing.T) {
	g := newGoogle(t)
	g.call(t, &Settings{
		AccessToken: "given", ImpersonateServiceAccount: "deployer@p.iam.gserviceaccount.com",
		ImpersonateServiceAccountDelegates: []string{"first@p.iam.gserviceaccount.com", "second@p.iam.gserviceaccount.com"},
		Endpoints:                          map[string]string{IAMCredentials: g.URL + "/iamcredentials/"},
	})
	want := "projects/-/serviceAccounts/first@p.iam.gserviceaccount.com projects/-/serviceAccounts/second@p.iam.gserviceaccount.com"
	if got := strings.Join(g.delegates, " "); got != want {
		t.Errorf("the delegates are %q", got)
	}
}

func TestTheReasonGoesWithTheRequest(t *testing.T) {
	g := newGoogle(t)
	g.call(t, &Settings{AccessToken: "given", RequestReason: "ticket 7"})
	if got := g.api.Get("X-Goog-Request-Reason"); got != "ticket 7" {
		t.Errorf("the reason is %q", got)
	}
}

func TestCredentialsThatAreAUsersOwn(t *testing.T) {
	s := Settings{Credentials: `{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","quota_project_id":"quota"}`}
	creds, err := s.credentials()
	if err != nil {
		t.Fatal(err)
	}
	if project, err := creds.QuotaProjectID(t.Context()); err != nil || project != "quota" {
		t.Errorf("the quota is of %q (%v)", project, err)
	}
}

func TestBadCredentialsAreToldWithoutTheirContent(t *testing.T) {
	const secret = "s3cr3t"
	for name, credentials := range map[string]string{
		"JSON that is cut off":     `{"type":"service_account","private_key":"s3cr3t`,
		"JSON of another kind":     `{"type":"s3cr3t"}`,
		"JSON of no kind":          `{"private_key":"s3cr3t"}`,
		"a key that is no key":     `{"type":"service_account","client_email":"a@b.c","private_key":"s3cr3t","token_uri":"https://example.org"}`,
		"a file that is not there": `/nowhere/s3cr3t`,
		"a file that is no JSON":   file(t, secret),
	} {
		t.Run(name, func(t *testing.T) {
			s := Settings{Credentials: credentials}
			_, err := s.ClientOptions(t.Context())
			if err == nil { // a key is looked into when a token is made
				creds, credsErr := s.credentials()
				if credsErr != nil {
					t.Fatal(credsErr)
				}
				_, err = creds.Token(t.Context())
			}
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("the error is %v", err)
			}
			for _, problem := range s.Validate() {
				if strings.Contains(problem.Error(), secret) {
					t.Errorf("a problem is %v", problem)
				}
			}
		})
	}
}
