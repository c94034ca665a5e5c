package token

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4/json"
)

// openidPath is where OpenID Connect Discovery §4 has the metadata of an issuer, behind the issuer's own path.
const openidPath = "/.well-known/openid-configuration"

// fetchable says why a URL is not one that keys may come from.
func fetchable(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("%q is not an absolute URL", raw)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return fmt.Errorf("%q is neither https nor http on loopback", raw)
	}
	return nil
}

// discover finds the JWK Set of the issuer: in its OpenID configuration, else in the metadata of RFC 8414.
func (r *Remote) discover(ctx context.Context) (string, error) {
	openid, failure := r.described(ctx, strings.TrimSuffix(r.options.Issuer, "/")+openidPath)
	if failure == nil {
		return openid, nil
	}
	u, err := url.Parse(r.options.Issuer)
	if err != nil {
		return "", err
	}
	oauth, err := r.described(ctx, u.Scheme+"://"+u.Host+metadataPath+strings.TrimSuffix(u.EscapedPath(), "/"))
	if err != nil {
		return "", errors.Join(failure, err)
	}
	return oauth, nil
}

// described reads metadata, which must be the issuer's own: else one issuer could speak for another (RFC 8414 §3.3).
func (r *Remote) described(ctx context.Context, where string) (string, error) {
	document, err := r.get(ctx, where)
	if err != nil {
		return "", err
	}
	var m struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(document, &m); err != nil {
		return "", fmt.Errorf("GET %s: %w", where, err)
	}
	if m.Issuer != r.options.Issuer {
		return "", fmt.Errorf("GET %s: it is the metadata of issuer %.200q, not of %q", where, m.Issuer, r.options.Issuer)
	}
	if err := fetchable(m.JWKS); err != nil {
		return "", fmt.Errorf("GET %s: jwks_uri: %w", where, err)
	}
	return m.JWKS, nil
}
