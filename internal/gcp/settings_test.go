package gcp

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// environment gives a getenv of these variables alone.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestTheFirstVariableThatIsSetCounts(t *testing.T) {
	tests := map[string]struct {
		variables []string
		field     func(*Settings) string
	}{
		"project":                     {[]string{"GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"}, func(s *Settings) string { return s.Project }},
		"project_number":              {[]string{"GOOGLE_PROJECT_NUMBER"}, func(s *Settings) string { return s.ProjectNumber }},
		"region":                      {[]string{"GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"}, func(s *Settings) string { return s.Location }},
		"credentials":                 {[]string{"GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"}, func(s *Settings) string { return s.Credentials }},
		"access_token":                {[]string{"GOOGLE_OAUTH_ACCESS_TOKEN"}, func(s *Settings) string { return s.AccessToken }},
		"impersonate_service_account": {[]string{"GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"}, func(s *Settings) string { return s.ImpersonateServiceAccount }},
		"universe_domain":             {[]string{"GOOGLE_CLOUD_UNIVERSE_DOMAIN"}, func(s *Settings) string { return s.UniverseDomain }},
		"billing_project":             {[]string{"GOOGLE_BILLING_PROJECT"}, func(s *Settings) string { return s.BillingProject }},
		"request_reason":              {[]string{"CLOUDSDK_CORE_REQUEST_REASON"}, func(s *Settings) string { return s.RequestReason }},
		"an endpoint":                 {[]string{"GOOGLE_NETWORK_SERVICES_CUSTOM_ENDPOINT"}, func(s *Settings) string { return s.Endpoints[NetworkServices] }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			variables := map[string]string{}
			for _, variable := range slices.Backward(test.variables) {
				variables[variable] = "from " + variable
				var s Settings
				if err := s.FromEnvironment(environment(variables)); err != nil {
					t.Fatal(err)
				}
				if got := test.field(&s); got != "from "+variable {
					t.Errorf("%s and those after it are set, and the value is %q", variable, got)
				}
			}
		})
	}
}

func TestWhatIsConfiguredComesBeforeTheEnvironment(t *testing.T) {
	no := false
	s := Settings{
		Project: "configured", AccessToken: "configured", UserProjectOverride: &no,
		Endpoints: map[string]string{IAM: "https://configured.example.com/"},
	}
	if err := s.FromEnvironment(environment(map[string]string{
		"GOOGLE_PROJECT": "environment", "GOOGLE_OAUTH_ACCESS_TOKEN": "environment", "USER_PROJECT_OVERRIDE": "true",
		"GOOGLE_CREDENTIALS": "environment", "GOOGLE_IAM_CUSTOM_ENDPOINT": "environment",
	})); err != nil {
		t.Fatal(err)
	}
	if s.Project != "configured" || s.AccessToken != "configured" || *s.UserProjectOverride || s.Endpoints[IAM] != "https://configured.example.com/" {
		t.Errorf("the settings are %+v", s)
	}
	if s.Credentials != "" {
		t.Error("a token is configured, and credentials are taken from the environment all the same")
	}
}

func TestATokenInTheEnvironmentDoesNotComeBeforeAConfiguredKey(t *testing.T) {
	s := Settings{Credentials: "key.json"}
	if err := s.FromEnvironment(environment(map[string]string{"GOOGLE_OAUTH_ACCESS_TOKEN": "environment"})); err != nil || s.AccessToken != "" {
		t.Errorf("the token is %q (%v)", s.AccessToken, err)
	}
}

func TestTheOverrideIsTrueOrFalse(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "1": true, "false": false} {
		var s Settings
		if err := s.FromEnvironment(environment(map[string]string{"USER_PROJECT_OVERRIDE": text})); err != nil || *s.UserProjectOverride != want {
			t.Errorf("%q is %+v (%v)", text, s.UserProjectOverride, err)
		}
	}
	var s Settings
	if err := s.FromEnvironment(environment(map[string]string{"USER_PROJECT_OVERRIDE": "perhaps"})); err == nil {
		t.Error(`"perhaps" is taken`)
	}
}

func TestValidate(t *testing.T) {
	const account = "deployer@p.iam.gserviceaccount.com"
	tests := map[string]struct {
		settings Settings
		want     string // path: part of the detail; "" for none
	}{
		"nothing":                         {Settings{}, ""},
		"a project of a domain":           {Settings{Project: "example.com:acme-agents"}, ""},
		"a project of a sovereign cloud":  {Settings{Project: "eu0:acme-agents"}, ""},
		"a project's number as its ID":    {Settings{Project: "123456789012"}, "gcp.project: \"123456789012\" is a project's number"},
		"a project's name as its ID":      {Settings{Project: "Acme Agents"}, "gcp.project: \"Acme Agents\" is no project ID"},
		"a project's ID as its number":    {Settings{ProjectNumber: "acme-agents"}, "gcp.project_number: "},
		"a multi-region":                  {Settings{Location: "us"}, ""},
		"global":                          {Settings{Location: "global"}, ""},
		"a region":                        {Settings{Location: "northamerica-northeast1"}, ""},
		"a zone":                          {Settings{Location: "us-central1-a"}, `gcp.region: "us-central1-a" is a zone; give its region, "us-central1"`},
		"a region that is none":           {Settings{Location: "US Central"}, "gcp.region: "},
		"a path of credentials":           {Settings{Credentials: "~/key.json"}, ""},
		"a key's PEM as credentials":      {Settings{Credentials: "-----BEGIN PRIVATE KEY-----\nAA=="}, "gcp.credentials: neither JSON nor the path"},
		"an OAuth client as credentials":  {Settings{Credentials: `{"installed":{"client_id":"c"}}`}, "gcp.credentials: the JSON is of none of the types service_account"},
		"a token with a line break":       {Settings{AccessToken: "ya29.a\n"}, "gcp.access_token: "},
		"somebody to act as":              {Settings{ImpersonateServiceAccount: account}, ""},
		"nobody to act as":                {Settings{ImpersonateServiceAccount: "deployer"}, "gcp.impersonate_service_account: "},
		"delegates of nobody":             {Settings{ImpersonateServiceAccountDelegates: []string{account}}, "gcp.impersonate_service_account_delegates: the delegates lead to nobody"},
		"a delegate that is none":         {Settings{ImpersonateServiceAccount: account, ImpersonateServiceAccountDelegates: []string{account, "x"}}, "gcp.impersonate_service_account_delegates[1]: "},
		"a URL as universe":               {Settings{UniverseDomain: "https://example.goog"}, "gcp.universe_domain: "},
		"a billing project by its number": {Settings{BillingProject: "123"}, ""},
		"a billing account":               {Settings{BillingProject: "AAAAAA-BBBBBB-CCCCCC"}, "gcp.billing_project: "},
		"a reason of two lines":           {Settings{RequestReason: "a\nb"}, "gcp.request_reason: "},
		"an endpoint with a version":      {Settings{Endpoints: map[string]string{IAP: "https://iap-psc.example.com/v1/"}}, ""},
		"an endpoint without a scheme":    {Settings{Endpoints: map[string]string{IAP: "iap-psc.example.com"}}, "gcp.iap_custom_endpoint: no URL"},
		"an endpoint with a password":     {Settings{Endpoints: map[string]string{VertexAI: "https://u:p@example.com/"}}, "gcp.vertex_ai_custom_endpoint: an endpoint has a host and a path only"},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			settings, want := tests[name].settings, tests[name].want
			problems := settings.Validate()
			switch {
			case want == "" && len(problems) > 0:
				t.Errorf("the problems are %v", problems)
			case want != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want)):
				t.Errorf("the problems are %v", problems)
			}
		})
	}
}
