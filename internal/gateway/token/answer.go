package token

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

// maxForm is the longest token request, in bytes: a subject token and little else.
const maxForm = 64 << 10

// metadataPath is where RFC 8414 §3 has the metadata of an issuer, before the issuer's own path.
const metadataPath = "/.well-known/oauth-authorization-server"

// failure is an error of the token endpoint (RFC 6749 §5.2).
type failure struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error gives the code and what it is about.
func (f *failure) Error() string { return f.Code + ": " + f.Description }

func fail(code, description string) error { return &failure{Code: code, Description: description} }

func writeError(w http.ResponseWriter, err error) {
	var f *failure
	var proof *dpop.Error
	status := http.StatusBadRequest
	switch {
	case errors.As(err, &f):
		if f.Code == "invalid_client" {
			status = http.StatusUnauthorized
		}
	case errors.As(err, &proof) && proof.Code != dpop.Unavailable:
		f = &failure{Code: string(proof.Code), Description: proof.Reason}
	case proof != nil, errors.Is(err, ErrUnavailable):
		status = http.StatusServiceUnavailable
		f = &failure{Code: "temporarily_unavailable", Description: "try again"}
	default:
		status = http.StatusInternalServerError
		f = &failure{Code: "server_error"}
	}
	writeJSON(w, status, f)
}

// readForm reads the parameters of a token request. They come in the body alone, and each once but resource (RFC 6749 §3.2, RFC 8707 §2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, fail("invalid_request", "body is not application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, fail("invalid_request", "body cannot be read or is too long")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fail("invalid_request", "body cannot be parsed")
	}
	for name, values := range form {
		if len(values) > 1 && name != "resource" {
			return nil, fail("invalid_request", "a parameter appears twice")
		}
	}
	return form, nil
}

// metadata is what clients discover (RFC 8414 §2, RFC 8705 §3.3, RFC 9449 §5.1).
type metadata struct {
	Issuer           string   `json:"issuer"`
	TokenEndpoint    string   `json:"token_endpoint"`
	JWKS             string   `json:"jwks_uri"`
	Responses        []string `json:"response_types_supported"`
	Grants           []string `json:"grant_types_supported"`
	Authentication   []string `json:"token_endpoint_auth_methods_supported"`
	CertificateBound bool     `json:"tls_client_certificate_bound_access_tokens"`
	Proofs           []string `json:"dpop_signing_alg_values_supported"`
}

func (s *Service) metadata(w http.ResponseWriter, _ *http.Request) {
	m := metadata{
		Issuer: s.o.Issuer, TokenEndpoint: s.o.Issuer + "/token", JWKS: s.o.Issuer + "/jwks",
		Responses: []string{}, Grants: []string{clientCredentials}, Authentication: []string{"tls_client_auth"},
		CertificateBound: true, Proofs: s.o.Proofs.AlgorithmNames(),
	}
	if s.o.Subjects != nil {
		m.Grants = append(m.Grants, tokenExchange)
	}
	writeJSON(w, http.StatusOK, m)
}
