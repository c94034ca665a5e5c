package gcp

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

var (
	projectID   = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	decimal     = regexp.MustCompile(`^[0-9]+$`)
	location    = regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`)
	zone        = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+-[a-z]$`)
	domain      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	accountMail = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.[^@\s/]+$`)
)

// Validate checks the values by themselves, without reading files, looking for credentials or asking any API. Paths are attribute
// names. No detail holds a secret.
func (c *Config) Validate() spec.Problems {
	var ps spec.Problems
	at := func(name string) []any { return []any{"gcp", name} }
	switch {
	case c.Project == "":
	case decimal.MatchString(c.Project):
		ps.Add(at("project"), "%q is a project's number; give its ID here and the number as project_number", c.Project)
	case !projectID.MatchString(c.Project):
		ps.Add(at("project"), "%q is no project ID: 6 to 30 lower-case letters, digits and hyphens, a letter first", c.Project)
	}
	if c.ProjectNumber != "" && !decimal.MatchString(c.ProjectNumber) {
		ps.Add(at("project_number"), "%q is no project number, which has digits only", c.ProjectNumber)
	}
	switch {
	case c.Location == "" || location.MatchString(c.Location):
	case zone.MatchString(c.Location):
		ps.Add(at("region"), "%q is a zone; give its region, %q", c.Location, c.Location[:len(c.Location)-2])
	default:
		ps.Add(at("region"), "%q is no region", c.Location)
	}
	c.validateCredentials(&ps, at)
	if c.UniverseDomain != "" && !domain.MatchString(c.UniverseDomain) {
		ps.Add(at("universe_domain"), "%q is no domain, as %q", c.UniverseDomain, defaultUniverse)
	}
	if c.BillingProject != "" && !decimal.MatchString(c.BillingProject) && !projectID.MatchString(c.BillingProject) {
		ps.Add(at("billing_project"), "%q is neither the ID nor the number of a project", c.BillingProject)
	}
	if c.RequestTimeout < 0 {
		ps.Add(at("request_timeout"), "a request cannot take less than no time")
	}
	if strings.ContainsAny(c.RequestReason, "\r\n") {
		ps.Add(at("request_reason"), "the reason is sent as a header, which has one line")
	}
	for _, host := range slices.Sorted(maps.Keys(c.Endpoints)) {
		for _, service := range Services {
			if service.Host == host {
				validateEndpoint(&ps, at(service.Attribute()), c.Endpoints[host])
			}
		}
	}
	return ps
}

func (c *Config) validateCredentials(ps *spec.Problems, at func(string) []any) {
	switch {
	case c.Credentials == "":
	case c.inlineCredentials():
		if _, err := credentialType([]byte(c.Credentials)); err != nil {
			ps.Add(at("credentials"), "%v", err)
		}
	case strings.ContainsAny(c.Credentials, "\r\n"):
		ps.Add(at("credentials"), "neither JSON nor the path of a file: it has several lines and does not begin with a brace")
	}
	if strings.ContainsAny(c.AccessToken, " \t\r\n") {
		ps.Add(at("access_token"), "no token: it has spaces or line breaks in it")
	}
	if c.ImpersonateServiceAccount != "" && !accountMail.MatchString(c.ImpersonateServiceAccount) {
		ps.Add(at("impersonate_service_account"), "%q is no service account's email address", c.ImpersonateServiceAccount)
	}
	if c.ImpersonateServiceAccount == "" && len(c.ImpersonateServiceAccountDelegates) > 0 {
		ps.Add(at("impersonate_service_account_delegates"), "the delegates lead to nobody; set impersonate_service_account")
	}
	for i, delegate := range c.ImpersonateServiceAccountDelegates {
		if !accountMail.MatchString(delegate) {
			ps.Add(append(at("impersonate_service_account_delegates"), i), "%q is no service account's email address", delegate)
		}
	}
}

// validateEndpoint never repeats the URL, which may carry a password.
func validateEndpoint(ps *spec.Problems, path []any, text string) {
	u, err := url.Parse(strings.NewReplacer("{{location}}", "l", "{{region}}", "l").Replace(text))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		ps.Add(path, `no URL of an API, as "https://networkservices-psc.example.com/v1/"`)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		ps.Add(path, "an endpoint has a host and a path only; credentials are set by credentials or access_token")
	}
}
