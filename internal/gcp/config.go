// Package gcp carries objects over Google's own APIs.
package gcp

import (
	"fmt"
	"strconv"
	"time"
)

// DefaultRequestTimeout is how long a single request may take where nothing else is configured.
const DefaultRequestTimeout = 2 * time.Minute

// Config says which project to work in, with which credentials, and where Google's APIs are. Fields are named, and read from the
// environment, as in hashicorp/google.
type Config struct {
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
	RequestTimeout      time.Duration // of a single request; 0 for DefaultRequestTimeout
	RequestReason       string        // for Google's audit log
	// Endpoints are other URLs than Google's, by the API's host name.
	Endpoints map[string]string
	UserAgent string
}

// FromEnvironment fills what is empty from the variables that hashicorp/google reads, in its order. Credentials in the
// environment count only where none are configured at all, lest a token there come before a configured key.
func (c *Config) FromEnvironment(getenv func(string) string) error {
	first := func(field *string, variables ...string) {
		for _, variable := range variables {
			if *field == "" {
				*field = getenv(variable)
			}
		}
	}
	first(&c.Project, "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
	first(&c.ProjectNumber, "GOOGLE_PROJECT_NUMBER")
	first(&c.Location, "GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION")
	if c.Credentials == "" && c.AccessToken == "" {
		first(&c.Credentials, "GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")
		first(&c.AccessToken, "GOOGLE_OAUTH_ACCESS_TOKEN")
	}
	first(&c.ImpersonateServiceAccount, "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT")
	first(&c.UniverseDomain, "GOOGLE_UNIVERSE_DOMAIN")
	first(&c.BillingProject, "GOOGLE_BILLING_PROJECT")
	first(&c.RequestReason, "CLOUDSDK_CORE_REQUEST_REASON")
	for _, service := range Services {
		if url := getenv(service.Variable()); url != "" && c.Endpoints[service.Host] == "" {
			if c.Endpoints == nil {
				c.Endpoints = map[string]string{}
			}
			c.Endpoints[service.Host] = url
		}
	}
	if text := getenv("USER_PROJECT_OVERRIDE"); text != "" && c.UserProjectOverride == nil {
		override, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("USER_PROJECT_OVERRIDE is %q, which is neither true nor false", text)
		}
		c.UserProjectOverride = &override
	}
	return nil
}
