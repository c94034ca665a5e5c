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
	projectIDPattern   = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	decimalPattern     = regexp.MustCompile(`^[0-9]+$`)
	locationPattern    = regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`)
	zonePattern        = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+-[a-z]$`)
	domainPattern      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	accountMailPattern = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.[^@\s/]+$`)
)

// Validate checks the values by themselves, without reading files, looking for credentials or asking any API. Paths are attribute
// names. No detail holds a secret.
func (s *Settings) Validate() spec.Problems {
	var ps spec.Problems
	at := func(name string) []any { return []any{"gcp", name} }
	switch {
	case s.Project == "":
	case decimalPattern.MatchString(s.Project):
		ps.Add(at("project"), "%q is a project's number; give its ID here and the number as project_number", s.Project)
	case !projectIDPattern.MatchString(s.Project):
		ps.Add(at("project"), "%q is no project ID: 6 to 30 lower-case letters, digits and hyphens, a letter first", s.Project)
	}
	if s.ProjectNumber != "" && !decimalPattern.MatchString(s.ProjectNumber) {
		ps.Add(at("project_number"), "%q is no project number, which has digits only", s.ProjectNumber)
	}
	switch {
	case s.Location == "" || locationPattern.MatchString(s.Location):
	case zonePattern.MatchString(s.Location):
		ps.Add(at("region"), "%q is a zone; give its region, %q", s.Location, s.Location[:len(s.Location)-2])
	default:
		ps.Add(at("region"), "%q is no region", s.Location)
	}
	s.validateCredentials(&ps, at)
	if s.UniverseDomain != "" && !domainPattern.MatchString(s.UniverseDomain) {
		ps.Add(at("universe_domain"), "%q is no domain, as %q", s.UniverseDomain, defaultUniverse)
	}
	if s.BillingProject != "" && !decimalPattern.MatchString(s.BillingProject) && !projectIDPattern.MatchString(s.BillingProject) {
		ps.Add(at("billing_project"), "%q is neither the ID nor the number of a project", s.BillingProject)
	}
	if s.RequestTimeout < 0 {
		ps.Add(at("request_timeout"), "a request cannot take less than no time")
	}
	if strings.ContainsAny(s.RequestReason, "\r\n") {
		ps.Add(at("request_reason"), "the reason is sent as a header, which has one line")
	}
	for _, host := range slices.Sorted(maps.Keys(s.Endpoints)) {
		for _, service := range Services {
			if service.Host == host {
				validateEndpoint(&ps, at(service.Attribute()), s.Endpoints[host])
			}
		}
	}
	return ps
}

func (s *Settings) validateCredentials(ps *spec.Problems, at func(string) []any) {
	switch {
	case s.Credentials == "":
	case s.inlineCredentials():
		if _, err := credentialType([]byte(s.Credentials)); err != nil {
			ps.Add(at("credentials"), "%v", err)
		}
	case strings.ContainsAny(s.Credentials, "\r\n"):
		ps.Add(at("credentials"), "neither JSON nor the path of a file: it has several lines and does not begin with a brace")
	}
	if strings.ContainsAny(s.AccessToken, " \t\r\n") {
		ps.Add(at("access_token"), "no token: it has spaces or line breaks in it")
	}
	if s.ImpersonateServiceAccount != "" && !accountMailPattern.MatchString(s.ImpersonateServiceAccount) {
		ps.Add(at("impersonate_service_account"), "%q is no service account's email address", s.ImpersonateServiceAccount)
	}
	if s.ImpersonateServiceAccount == "" && len(s.ImpersonateServiceAccountDelegates) > 0 {
		ps.Add(at("impersonate_service_account_delegates"), "the delegates lead to nobody; set impersonate_service_account")
	}
	for i, delegate := range s.ImpersonateServiceAccountDelegates {
		if !accountMailPattern.MatchString(delegate) {
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
