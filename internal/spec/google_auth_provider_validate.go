package spec

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The limits of an auth provider, as its schema gives them.
const (
	maxAuthProviderDescription = 255
	maxAuthProviderScopes      = 200
)

var (
	googleAuthProviderID = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// googleLabelValue is what a label, which carries the version of a secret, may hold.
	googleLabelValue = regexp.MustCompile(`^[a-z0-9_-]{1,63}$`)
)

func (v *googleIdentityValidator) authProvider(path []any) {
	a := v.g.AuthProvider
	if a == nil {
		return
	}
	if !googleAuthProviderID.MatchString(a.ID) {
		v.add(at(path, "id"), "%q is no id of an auth provider: up to 63 lower-case letters, digits and hyphens, a letter first and no hyphen last", a.ID)
	}
	v.length(at(path, "description"), a.Description, maxAuthProviderDescription)
	types := 0
	for _, set := range []bool{a.APIKey != nil, a.TwoLegged != nil, a.ThreeLegged != nil} {
		if set {
			types++
		}
	}
	if types != 1 {
		v.add(path, "has %d ways to authenticate: set one of api_key, two_legged_oauth and three_legged_oauth", types)
	}
	if a.APIKey != nil {
		v.writeOnly(at(path, "api_key", "key_wo"), a.APIKey.Key)
	}
	if o := a.TwoLegged; o != nil {
		path := at(path, "two_legged_oauth")
		v.client(path, o.ClientID, o.ClientSecret)
		v.https(at(path, "token_url"), o.TokenURL)
	}
	if o := a.ThreeLegged; o != nil {
		path := at(path, "three_legged_oauth")
		v.client(path, o.ClientID, o.ClientSecret)
		v.https(at(path, "authorization_url"), o.AuthorizationURL)
		v.https(at(path, "token_url"), o.TokenURL)
		if o.ContinueURI != "" {
			v.https(at(path, "default_continue_uri"), o.ContinueURI)
		}
	}
	if a.APIKey != nil && len(a.AllowedScopes)+len(a.BlockedScopes) > 0 {
		v.add(at(path, "allowed_scopes"), "and blocked_scopes are of OAuth, and an API key has no scopes: leave them out")
	}
	v.scopes(at(path, "allowed_scopes"), a.AllowedScopes)
	v.scopes(at(path, "blocked_scopes"), a.BlockedScopes)
	for i, scope := range a.AllowedScopes {
		if slices.Contains(a.BlockedScopes, scope) {
			v.add(at(path, "allowed_scopes", i), "%q is blocked as well, and a blocked scope is never given", scope)
		}
	}
	for i, workload := range a.Workloads {
		if !strings.HasPrefix(workload, "principal://") {
			v.add(at(path, "workloads", i), "%q is no principal of an agent, which begins with principal://", workload)
		}
		v.duplicate(at(path, "workloads", i), a.Workloads, i)
	}
}

func (v *googleIdentityValidator) client(path []any, id string, secret GoogleSecret) {
	if id == "" {
		v.add(at(path, "client_id"), "is empty: the authorization server gave it to you with the client")
	}
	v.writeOnly(at(path, "client_secret_wo"), secret)
}

// writeOnly never repeats the value. Terraform hands it over at each apply, and never keeps it; where it is missing (an import, a
// plan without the configuration) its version still says that there is one.
func (v *googleIdentityValidator) writeOnly(path []any, secret GoogleSecret) {
	switch version := slices.Clone(path); {
	case secret.Version == "":
		v.add(path, "has no version: set %s_version, and raise it with each new value", path[len(path)-1])
	case !googleLabelValue.MatchString(secret.Version):
		version[len(version)-1] = PathString(path[len(path)-1:]) + "_version"
		v.add(version, "%q is no version: up to 63 lower-case letters, digits, hyphens and underscores, as it is kept as a label", secret.Version)
	}
}

func (v *googleIdentityValidator) scopes(path []any, scopes []string) {
	if len(scopes) > maxAuthProviderScopes {
		v.add(path, "has %d scopes, %d are allowed", len(scopes), maxAuthProviderScopes)
	}
	for i, scope := range scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			v.add(at(path, i), "%q is no scope: give each an element of its own", scope)
		}
		v.duplicate(at(path, i), scopes, i)
	}
}

func (v *googleIdentityValidator) https(path []any, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		v.add(path, "%q is no URL, as https://auth.example.org/token", text)
	case u.Scheme != "https":
		v.add(path, "%q is not https, and would carry secrets in the clear", text)
	}
}
