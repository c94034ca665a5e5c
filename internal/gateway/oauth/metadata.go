package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4/json"
)

// maxDocument is the longest metadata that is read, in bytes.
const maxDocument = 64 << 10

// Where metadata lies (RFC 9728 §3, RFC 8414 §3, OpenID Connect Discovery §4).
const (
	resourcePath = "/.well-known/oauth-protected-resource"
	serverPath   = "/.well-known/oauth-authorization-server"
	openidPath   = "/.well-known/openid-configuration"
)

// resource is what a protected resource says of itself (RFC 9728 §2).
type resource struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
}

// server is what an authorization server says of itself (RFC 8414 §2, RFC 9449 §5.1, RFC 9207 §3).
type server struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
	Grants        []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Proofs        []string `json:"dpop_signing_alg_values_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"`
}

// findResource reads what the resource says of itself: where its challenge said, or else where RFC 9728 has it.
func (t *Tokens) findResource(ctx context.Context, said string) (*resource, error) {
	u, err := url.Parse(t.o.Resource)
	if err != nil {
		return nil, err
	}
	origin := u.Scheme + "://" + u.Host
	places := []string{origin + resourcePath + strings.TrimSuffix(u.EscapedPath(), "/"), origin + resourcePath}
	if said != "" {
		// A resource speaks for itself on its own host alone.
		if !strings.HasPrefix(said, origin+"/") {
			return nil, fmt.Errorf("the metadata of %s are said to be elsewhere, at %.200q", t.o.Resource, said)
		}
		places = []string{said}
	}
	var failures []error
	for _, place := range places {
		var found resource
		if err := t.get(ctx, place, &found); err != nil {
			failures = append(failures, err)
			continue
		}
		// RFC 9728 §3.3: metadata of something else lead to tokens for something else. What speaks for a whole origin, or for a path,
		// speaks for what is below it.
		if found.Resource != t.o.Resource && !strings.HasPrefix(t.o.Resource, strings.TrimSuffix(found.Resource, "/")+"/") {
			return nil, fmt.Errorf("%s describes %.200q, not %s", place, found.Resource, t.o.Resource)
		}
		if len(found.Servers) == 0 {
			return nil, fmt.Errorf("%s names no authorization server", place)
		}
		return &found, nil
	}
	return nil, errors.Join(failures...)
}

// findServer reads what an authorization server says of itself.
func (t *Tokens) findServer(ctx context.Context, issuer string) (*server, error) {
	u, err := fetchable(issuer)
	if err != nil {
		return nil, fmt.Errorf("authorization server: %w", err)
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	places := []string{origin + serverPath + path, origin + openidPath + path}
	if path != "" {
		places = append(places, origin+path+openidPath)
	}
	var failures []error
	for _, place := range places {
		var found server
		if err := t.get(ctx, place, &found); err != nil {
			failures = append(failures, err)
			continue
		}
		// Else one server could speak for another (RFC 8414 §3.3).
		if found.Issuer != issuer {
			return nil, fmt.Errorf("%s is the metadata of %.200q, not of %s", place, found.Issuer, issuer)
		}
		if _, err := fetchable(found.Token); err != nil {
			return nil, fmt.Errorf("%s: token_endpoint: %w", place, err)
		}
		return &found, nil
	}
	return nil, errors.Join(failures...)
}

// get reads one JSON document.
func (t *Tokens) get(ctx context.Context, from string, to any) error {
	if _, err := fetchable(from); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	response, err := t.o.HTTP.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", from, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err != nil {
		return fmt.Errorf("GET %s: %w", from, err)
	}
	if len(text) > maxDocument {
		return fmt.Errorf("GET %s: it has more than %d bytes", from, maxDocument)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("GET %s: %w", from, err)
	}
	return nil
}

// fetchable gives a URL that something may be fetched from: https, or http on loopback.
func fetchable(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%.200q is not an absolute URL", raw)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("%.200q is neither https nor http on loopback", raw)
	}
	return u, nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
