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
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/credentials/impersonate"
	"cloud.google.com/go/auth/httptransport"
	"google.golang.org/api/option"
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

// ClientOptions authenticate Google's clients. They read the files that are named; without any they look for Application Default
// Credentials, which on a machine outside Google's cloud asks for a metadata server that is not there. An error
// holds no secret.
func (s *Settings) ClientOptions(context.Context) ([]option.ClientOption, error) {
	creds, err := s.credentials()
	if err != nil {
		return nil, err
	}
	options := []option.ClientOption{option.WithAuthCredentials(creds)}
	if s.RequestReason != "" {
		options = append(options, option.WithRequestReason(s.RequestReason))
	}
	return options, nil
}

// credentials gives whom to act as.
func (s *Settings) credentials() (*auth.Credentials, error) {
	creds, err := s.ownCredentials()
	if err != nil || s.ImpersonateServiceAccount == "" {
		return creds, err
	}
	client, err := httptransport.NewClient(&httptransport.Options{
		Credentials: creds, UniverseDomain: s.UniverseDomain, DisableTelemetry: true,
	})
	if err != nil {
		return nil, err
	}
	client.Timeout = s.RequestTimeout
	if custom := s.Endpoints[IAMCredentials]; custom != "" {
		target, err := url.Parse(apiVersion.ReplaceAllString(custom, ""))
		if err != nil {
			return nil, errors.New("iam_credentials_custom_endpoint is no URL")
		}
		client.Transport = &redirected{to: target, base: client.Transport}
	}
	return impersonate.NewCredentials(&impersonate.CredentialsOptions{
		TargetPrincipal: s.ImpersonateServiceAccount,
		Delegates:       s.ImpersonateServiceAccountDelegates,
		Scopes:          []string{scope},
		Credentials:     creds,
		Client:          client,
		UniverseDomain:  s.UniverseDomain,
	})
}

// ownCredentials gives whom the configuration itself names: by token, by key, or by the environment's default.
func (s *Settings) ownCredentials() (*auth.Credentials, error) {
	options := &credentials.DetectOptions{Scopes: []string{scope}, UniverseDomain: s.UniverseDomain}
	switch {
	case s.AccessToken != "":
		return auth.NewCredentials(&auth.CredentialsOptions{
			TokenProvider: staticToken(s.AccessToken),
			UniverseDomainProvider: auth.CredentialsPropertyFunc(func(context.Context) (string, error) {
				if s.UniverseDomain == "" {
					return defaultUniverse, nil
				}
				return s.UniverseDomain, nil
			}),
		}), nil
	case s.Credentials != "":
		content, err := s.credentialsJSON()
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
func (s *Settings) inlineCredentials() bool {
	return strings.HasPrefix(strings.TrimSpace(s.Credentials), "{")
}

func (s *Settings) credentialsJSON() ([]byte, error) {
	if s.inlineCredentials() {
		return []byte(s.Credentials), nil
	}
	path := s.Credentials
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

// apiVersion is how hashicorp/google has an endpoint end. Google's clients write the version themselves.
var apiVersion = regexp.MustCompile(`/v\d+[a-z0-9]*/?$`)

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
