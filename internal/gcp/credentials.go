package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/credentials/impersonate"
	"cloud.google.com/go/auth/httptransport"
)

// scope is what every credential is asked for: all APIs of the project, which IAM then narrows.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// credentialTypes are the kinds of JSON that credentials may hold.
var credentialTypes = []credentials.CredType{
	credentials.ServiceAccount,
	credentials.AuthorizedUser,
	credentials.ExternalAccount,
	credentials.ExternalAccountAuthorizedUser,
	credentials.ImpersonatedServiceAccount,
}

// CredentialsError says that no credentials could be had, so that no API was asked.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return "no credentials for Google's APIs: " + e.Err.Error() }

func (e *CredentialsError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *CredentialsError) Hint() string {
	return "Set credentials or access_token in the provider's gcp block, or GOOGLE_CREDENTIALS, or sign in with `gcloud auth application-default login`."
}

// HTTPClient gives a client that signs its requests. It reads the files that are named; without any it looks for Application Default
// Credentials, which on a machine outside Google's cloud asks for a metadata server that is not there. Its error is a
// *CredentialsError and holds no secret.
func (c *Config) HTTPClient() (*http.Client, error) {
	creds, err := c.credentials()
	if err != nil {
		return nil, &CredentialsError{Err: err}
	}
	client, err := c.signing(creds, c.headers())
	if err != nil {
		return nil, &CredentialsError{Err: err}
	}
	client.Timeout = c.RequestTimeout
	if client.Timeout == 0 {
		client.Timeout = DefaultRequestTimeout
	}
	return client, nil
}

// headers go with every request to an API.
func (c *Config) headers() http.Header {
	headers := http.Header{}
	if c.UserAgent != "" {
		headers.Set("User-Agent", c.UserAgent)
	}
	if c.RequestReason != "" {
		headers.Set("X-Goog-Request-Reason", c.RequestReason)
	}
	if c.UserProjectOverride != nil && *c.UserProjectOverride {
		if project := c.BillingProject; project != "" {
			headers.Set("X-Goog-User-Project", project)
		} else if c.Project != "" {
			headers.Set("X-Goog-User-Project", c.Project)
		}
	}
	return headers
}

// signing gives a client that has the token of creds on each request.
func (c *Config) signing(creds *auth.Credentials, headers http.Header) (*http.Client, error) {
	return httptransport.NewClient(&httptransport.Options{
		Credentials:      creds,
		Headers:          headers,
		UniverseDomain:   c.UniverseDomain,
		DisableTelemetry: true,
	})
}

// credentials gives whom to act as.
func (c *Config) credentials() (*auth.Credentials, error) {
	creds, err := c.ownCredentials()
	if err != nil || c.ImpersonateServiceAccount == "" {
		return creds, err
	}
	client, err := c.signing(creds, nil)
	if err != nil {
		return nil, err
	}
	if custom := c.Endpoints[IAMCredentials]; custom != "" {
		target, err := url.Parse(c.Endpoint(IAMCredentials, ""))
		if err != nil {
			return nil, errors.New("iam_credentials_custom_endpoint is no URL")
		}
		client.Transport = &redirected{to: target, base: client.Transport}
	}
	return impersonate.NewCredentials(&impersonate.CredentialsOptions{
		TargetPrincipal: c.ImpersonateServiceAccount,
		Delegates:       c.ImpersonateServiceAccountDelegates,
		Scopes:          []string{scope},
		Credentials:     creds,
		Client:          client,
		UniverseDomain:  c.UniverseDomain,
	})
}

// ownCredentials gives whom the configuration itself names: by token, by key, or by the environment's default.
func (c *Config) ownCredentials() (*auth.Credentials, error) {
	options := &credentials.DetectOptions{Scopes: []string{scope}, UniverseDomain: c.UniverseDomain}
	switch {
	case c.AccessToken != "":
		return auth.NewCredentials(&auth.CredentialsOptions{
			TokenProvider: staticToken(c.AccessToken),
			UniverseDomainProvider: auth.CredentialsPropertyFunc(func(context.Context) (string, error) {
				if c.UniverseDomain == "" {
					return defaultUniverse, nil
				}
				return c.UniverseDomain, nil
			}),
		}), nil
	case c.Credentials != "":
		content, err := c.credentialsJSON()
		if err != nil {
			return nil, err
		}
		kind, err := credentialType(content)
		if err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		return credentials.NewCredentialsFromJSON(kind, content, options)
	default:
		return credentials.DetectDefault(options)
	}
}

// inlineCredentials says whether credentials are the JSON itself, not the path of a file.
func (c *Config) inlineCredentials() bool {
	return strings.HasPrefix(strings.TrimSpace(c.Credentials), "{")
}

func (c *Config) credentialsJSON() ([]byte, error) {
	if c.inlineCredentials() {
		return []byte(c.Credentials), nil
	}
	path := c.Credentials
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("credentials: find the home directory: %w", err)
		}
		path = filepath.Join(home, rest)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		// Without the path: whoever pastes a secret in its place must not see it in a log.
		var failed *os.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("credentials: read the file that is named: %w", err)
	}
	return content, nil
}

// credentialType gives the kind of a credential's JSON. Its errors hold nothing of the content.
func credentialType(content []byte) (credentials.CredType, error) {
	var file struct {
		Type credentials.CredType `json:"type"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return "", errors.New("what is given is no JSON")
	}
	if !slices.Contains(credentialTypes, file.Type) {
		return "", fmt.Errorf("the JSON is of none of the types %s", joinTypes())
	}
	return file.Type, nil
}

func joinTypes() string {
	names := make([]string, len(credentialTypes))
	for i, kind := range credentialTypes {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// staticToken is a token that somebody else made and that nobody here can renew.
type staticToken string

func (t staticToken) Token(context.Context) (*auth.Token, error) {
	return &auth.Token{Value: string(t)}, nil
}

// redirected sends requests to another origin, for a client that knows no other than Google's.
type redirected struct {
	to   *url.URL
	base http.RoundTripper
}

func (r *redirected) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = r.to.Scheme, r.to.Host
	req.URL.Path = strings.TrimSuffix(r.to.Path, "/") + req.URL.Path
	req.Host = r.to.Host
	return r.base.RoundTrip(req)
}
