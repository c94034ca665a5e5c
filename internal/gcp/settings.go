package gcp

import (
	"fmt"
	"strconv"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Settings say which project to work in, with which credentials, and where Google's APIs are. Fields are named, and read from the
// environment, as in hashicorp/google.
type Settings struct {
	Project       string // ID
	ProjectNumber string // decimal
	Location      string // a region, a multi-region or "global"

	// Credentials is the JSON of a key or of a credential configuration, or the path of a file that has it.
	Credentials string
	// AccessToken comes before Credentials. It is not renewed.
	AccessToken string
	// ImpersonateServiceAccount is the email address of whom to act as.
	ImpersonateServiceAccount string
	// ImpersonateServiceAccountDelegates are email addresses, each of which may make tokens of the next.
	ImpersonateServiceAccountDelegates []string

	UniverseDomain string // "" for Google's public cloud
	// UserProjectOverride has BillingProject, or else Project, pay and have the quota, rather than the credentials' project. Nil is
	// false, unless the environment says otherwise.
	UserProjectOverride *bool
	BillingProject      string
	RequestTimeout      time.Duration // of a single request; 0 for the client's default
	RequestReason       string        // for Google's audit log
	// Endpoints are other URLs than Google's, by the API's host name.
	Endpoints map[string]string
}

// FromEnvironment fills what is empty from the variables that hashicorp/google reads, in its order, and from two that it does not:
// GOOGLE_PROJECT_NUMBER, and GOOGLE_CLOUD_UNIVERSE_DOMAIN, which Google's own libraries read. Credentials in the
// environment count only where none are configured at all, lest a token there come before a configured key.
func (s *Settings) FromEnvironment(getenv func(string) string) error {
	first := func(field *string, variables ...string) {
		for _, variable := range variables {
			if *field == "" {
				*field = getenv(variable)
			}
		}
	}
	first(&s.Project, "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
	first(&s.ProjectNumber, "GOOGLE_PROJECT_NUMBER")
	first(&s.Location, "GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION")
	if s.Credentials == "" && s.AccessToken == "" {
		first(&s.Credentials, "GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")
		first(&s.AccessToken, "GOOGLE_OAUTH_ACCESS_TOKEN")
	}
	first(&s.ImpersonateServiceAccount, "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT")
	first(&s.UniverseDomain, "GOOGLE_CLOUD_UNIVERSE_DOMAIN")
	first(&s.BillingProject, "GOOGLE_BILLING_PROJECT")
	first(&s.RequestReason, "CLOUDSDK_CORE_REQUEST_REASON")
	for _, service := range Services {
		if url := getenv(service.Variable()); url != "" && s.Endpoints[service.Host] == "" {
			if s.Endpoints == nil {
				s.Endpoints = map[string]string{}
			}
			s.Endpoints[service.Host] = url
		}
	}
	if text := getenv("USER_PROJECT_OVERRIDE"); text != "" && s.UserProjectOverride == nil {
		override, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("USER_PROJECT_OVERRIDE is %q, which is neither true nor false", text)
		}
		s.UserProjectOverride = &override
	}
	return nil
}

// Config gives what a client needs. Credentials are looked for when it is first used.
func (s *Settings) Config(userAgent string) Config {
	return Config{
		Credentials:         s.ClientOptions,
		Endpoints:           s.Endpoints,
		UniverseDomain:      s.UniverseDomain,
		Project:             spec.GoogleProject{ID: s.Project, Number: s.ProjectNumber, Location: s.Location},
		UserProjectOverride: s.UserProjectOverride != nil && *s.UserProjectOverride,
		BillingProject:      s.BillingProject,
		RequestTimeout:      s.RequestTimeout,
		UserAgent:           userAgent,
	}
}
