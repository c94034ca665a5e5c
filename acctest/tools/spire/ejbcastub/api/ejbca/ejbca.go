// Package ejbca has the shape of the EJBCA client SDK that SPIRE's "ejbca" upstream authority compiles against, and none of
// its behaviour: whatever would talk to an EJBCA server answers ErrNotCompiledIn.
package ejbca

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
)

// ErrNotCompiledIn is what every call that would reach an EJBCA server returns.
var ErrNotCompiledIn = errors.New("the EJBCA client is not compiled in")

// Authenticator gives the HTTP client that carries the caller's credentials.
type Authenticator interface {
	GetHttpClient() (*http.Client, error) //nolint:revive // the SDK's name
}

// MTLSAuthenticatorBuilder collects the credentials of an mTLS client.
type MTLSAuthenticatorBuilder struct{}

// NewMTLSAuthenticatorBuilder returns an empty builder.
func NewMTLSAuthenticatorBuilder() *MTLSAuthenticatorBuilder { return &MTLSAuthenticatorBuilder{} }

// WithClientCertificate is ignored.
func (b *MTLSAuthenticatorBuilder) WithClientCertificate(any) *MTLSAuthenticatorBuilder { return b }

// WithCaCertificates is ignored.
func (b *MTLSAuthenticatorBuilder) WithCaCertificates([]*x509.Certificate) *MTLSAuthenticatorBuilder {
	return b
}

// Build returns ErrNotCompiledIn.
func (b *MTLSAuthenticatorBuilder) Build() (Authenticator, error) { return nil, ErrNotCompiledIn }

// Configuration names the EJBCA server.
type Configuration struct{ Host string }

// NewConfiguration returns an empty configuration.
func NewConfiguration() *Configuration { return &Configuration{} }

// SetAuthenticator is ignored.
func (c *Configuration) SetAuthenticator(Authenticator) {}

// V1CertificateApiService is the certificate part of the API.
type V1CertificateApiService struct{} //nolint:revive // the SDK's name

// EnrollPkcs10Certificate starts a request.
func (s *V1CertificateApiService) EnrollPkcs10Certificate(context.Context) ApiEnrollPkcs10CertificateRequest {
	return ApiEnrollPkcs10CertificateRequest{}
}

// APIClient is the client of one server.
type APIClient struct {
	V1CertificateApi *V1CertificateApiService //nolint:revive // the SDK's name
}

// NewAPIClient returns ErrNotCompiledIn.
func NewAPIClient(*Configuration) (*APIClient, error) { return nil, ErrNotCompiledIn }

// ApiEnrollPkcs10CertificateRequest is one enrolment under way.
type ApiEnrollPkcs10CertificateRequest struct{} //nolint:revive // the SDK's name

// EnrollCertificateRestRequest is ignored.
func (r ApiEnrollPkcs10CertificateRequest) EnrollCertificateRestRequest(EnrollCertificateRestRequest) ApiEnrollPkcs10CertificateRequest {
	return r
}

// Execute returns ErrNotCompiledIn.
func (r ApiEnrollPkcs10CertificateRequest) Execute() (*CertificateRestResponse, *http.Response, error) {
	return nil, nil, ErrNotCompiledIn
}

// CertificateRestResponse is an issued certificate.
type CertificateRestResponse struct{ CertificateChain []string }

// GetResponseFormat returns "".
func (*CertificateRestResponse) GetResponseFormat() string { return "" }

// GetCertificate returns "".
func (*CertificateRestResponse) GetCertificate() string { return "" }

// EnrollCertificateRestRequest asks for a certificate.
type EnrollCertificateRestRequest struct{}

// NewEnrollCertificateRestRequest returns an empty request.
func NewEnrollCertificateRestRequest() *EnrollCertificateRestRequest {
	return &EnrollCertificateRestRequest{}
}

// SetUsername is ignored.
func (*EnrollCertificateRestRequest) SetUsername(string) {}

// SetPassword is ignored.
func (*EnrollCertificateRestRequest) SetPassword(string) {}

// SetCertificateRequest is ignored.
func (*EnrollCertificateRestRequest) SetCertificateRequest(string) {}

// SetCertificateAuthorityName is ignored.
func (*EnrollCertificateRestRequest) SetCertificateAuthorityName(string) {}

// SetCertificateProfileName is ignored.
func (*EnrollCertificateRestRequest) SetCertificateProfileName(string) {}

// SetEndEntityProfileName is ignored.
func (*EnrollCertificateRestRequest) SetEndEntityProfileName(string) {}

// SetIncludeChain is ignored.
func (*EnrollCertificateRestRequest) SetIncludeChain(bool) {}

// SetAccountBindingId is ignored.
func (*EnrollCertificateRestRequest) SetAccountBindingId(string) {} //nolint:revive // the SDK's name

// GenericOpenAPIError is an error answer of the server.
type GenericOpenAPIError struct{}

// Error describes the error.
func (*GenericOpenAPIError) Error() string { return ErrNotCompiledIn.Error() }

// Body returns nil.
func (*GenericOpenAPIError) Body() []byte { return nil }
