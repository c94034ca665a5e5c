package authn

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// metadataPath is where RFC 9728 §3.1 has a resource's metadata, before the resource's own path.
const metadataPath = "/.well-known/oauth-protected-resource"

// Metadata describes a protected resource to clients that look for a token (RFC 9728 §2).
type Metadata struct {
	// Resource is its URI, which tokens are asked for and issued to.
	Resource string `json:"resource"`
	// AuthorizationServers are the issuers that give tokens for it.
	AuthorizationServers []string `json:"authorization_servers,omitempty"`
	Name                 string   `json:"resource_name,omitempty"`
	// Methods is how tokens are sent; "header" is all that there is here.
	Methods []string `json:"bearer_methods_supported"`
	// CertificateBound says that tokens bound to a client certificate are taken.
	CertificateBound bool `json:"tls_client_certificate_bound_access_tokens"`
	// Algorithms of DPoP proofs.
	Algorithms []string `json:"dpop_signing_alg_values_supported,omitempty"`
	// ProofRequired says that only tokens bound to a key are taken.
	ProofRequired bool `json:"dpop_bound_access_tokens_required"`
	// Scopes are what tokens of some issuers must have.
	Scopes []string `json:"scopes_supported,omitempty"`
}

// Metadata describes a resource as this authenticator guards it.
func (a *Authenticator) Metadata(resource, name string, authorizationServers []string) Metadata {
	m := Metadata{
		Resource: resource, Name: name, AuthorizationServers: authorizationServers, Methods: []string{"header"},
		CertificateBound: a.o.Clients != nil && a.o.Tokens != nil,
	}
	if a.o.Tokens != nil {
		m.Algorithms, m.Scopes = a.o.Proofs.AlgorithmNames(), a.o.Tokens.Scopes()
		m.ProofRequired = !slices.ContainsFunc(a.o.Enough, func(c principal.Combination) bool { return !c.Has(principal.DPoP) })
	} else {
		m.AuthorizationServers = nil
	}
	return m
}

// MetadataURL gives where a resource's metadata is (RFC 9728 §3.1).
func MetadataURL(resource string) (string, error) {
	u, err := url.Parse(resource)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("resource %q is not a URL without query and fragment", resource)
	}
	return u.Scheme + "://" + u.Host + metadataPath + strings.TrimSuffix(u.EscapedPath(), "/"), nil
}

// MetadataHandler serves the metadata of resources, each at its place. Anyone may read it, from any web page.
func MetadataHandler(resources []Metadata) (http.Handler, error) {
	documents := map[string][]byte{}
	for _, m := range resources {
		where, err := MetadataURL(m.Resource)
		if err != nil {
			return nil, err
		}
		u, err := url.Parse(where)
		if err != nil {
			return nil, err
		}
		document, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("resource %q: %w", m.Resource, err)
		}
		if _, ok := documents[u.EscapedPath()]; ok {
			return nil, fmt.Errorf("resource %q is described twice", m.Resource)
		}
		documents[u.EscapedPath()] = document
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, ok := documents[r.URL.EscapedPath()]
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method is not allowed", http.StatusMethodNotAllowed)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "public, max-age=300")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			_, _ = w.Write(document) // the caller is gone
		}
	}), nil
}
