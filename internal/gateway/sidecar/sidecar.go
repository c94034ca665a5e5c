// Package sidecar gives an unmodified client a plain endpoint on loopback, and adds what the gateway asks of an agent: the SVID as client
// certificate, an access token, and a proof of possession for each request.
package sidecar

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/oauth"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// maxBody is the largest request that is passed on, in bytes: it is kept until it is answered, since the gateway may ask for it again
// with a nonce.
const maxBody = 64 << 20

// early is how long before its end a token is replaced.
const early = 30 * time.Second

// Options are what a Sidecar is made from.
type Options struct {
	// Target is the URL of a target at the gateway. It is also the resource that tokens are asked for.
	Target *url.URL
	// Services are those of gRPC that the target has, as package.Service. They need to be named only where there are several targets.
	Services []string
	// TokenEndpoint is the gateway's; "" where it asks for no token.
	TokenEndpoint string
	// OAuth gets tokens from the authorization server that the target names, instead of TokenEndpoint; nil for none. Resource, HTTP, Proofs
	// and Now are the sidecar's to fill in.
	OAuth *oauth.Options
	// SVID is the agent's own, and Bundles verify the gateway's. Nil, both, for a target that asks for no certificate and is verified as
	// public servers are.
	SVID    x509svid.Source
	Bundles x509bundle.Source
	// Gateway says which SPIFFE IDs the gateway may have.
	Gateway tlsconfig.Authorizer
	Now     func() time.Time
	Log     *slog.Logger
}

// Sidecar is an http.Handler that passes every request on to one target: its own path is the target's, and what is below the one is below
// the other. Serve it on loopback alone: whoever reaches it is the agent.
type Sidecar struct {
	o      Options
	base   string        // of the paths here, as they are escaped; "" where the target is what is at the root
	signer *dpop.Signer  // nil without tokens
	tokens *oauth.Tokens // nil without Options.OAuth
	proxy  *httputil.ReverseProxy

	mu      sync.Mutex
	session *session
	nonce   string
}

// session is what holds for one SVID: tokens are bound to it, and so are connections.
type session struct {
	serial    string
	transport *http.Transport
	tokens    *token.Client
	access    *token.Access
}

// New gives a sidecar with a DPoP key of its own.
func New(o Options) (*Sidecar, error) {
	s := &Sidecar{o: o}
	if o.TokenEndpoint != "" || o.OAuth != nil {
		key, err := dpop.NewKey()
		if err != nil {
			return nil, err
		}
		if s.signer, err = dpop.NewSigner(key, o.Now); err != nil {
			return nil, err
		}
	}
	if o.OAuth != nil {
		if err := s.authorization(*o.OAuth); err != nil {
			return nil, err
		}
	}
	s.proxy = &httputil.ReverseProxy{
		Transport:     s,
		FlushInterval: -1, // events are passed on as they come
		ErrorLog:      slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL = s.destination(r.In)
			r.Out.Host = "" // the gateway's
			r.Out.Header.Del("Authorization")
			r.Out.Header.Del(dpop.Header)
			r.Out.Header.Del("Origin") // of this machine, which has been checked
		},
		ModifyResponse: s.returned,
		ErrorHandler:   s.away,
	}
	return s, nil
}

// ServeHTTP passes a request on. What comes from a web page of another origin is refused: a browser on this machine is not the agent.
func (s *Sidecar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, foreign, http.StatusForbidden)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), host{}, r.Host))
	if !replayable(r) {
		s.proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "sidecar: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	s.proxy.ServeHTTP(w, r)
}

// foreign is said to web pages.
const foreign = "sidecar: requests of web pages are not passed on"

// local says that a request was made to a name of loopback, and by no page of another origin: a page that a foreign name leads here
// (DNS rebinding) writes that name into Host.
func local(r *http.Request) bool {
	loopback := func(host string) bool {
		return host == "localhost" || host == "127.0.0.1" || host == "::1"
	}
	u := url.URL{Host: r.Host}
	if !loopback(u.Hostname()) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	o, err := url.Parse(origin)
	return err == nil && loopback(o.Hostname())
}

// RoundTrip implements http.RoundTripper. A request is made again where the gateway wants another nonce, token or scope.
func (s *Sidecar) RoundTrip(r *http.Request) (*http.Response, error) {
	tried := map[string]bool{"": true}
	for {
		response, with, err := s.attempt(r)
		if err != nil || s.signer == nil {
			return response, err
		}
		why, err := s.refused(r.Context(), response, with)
		if gone := r.GetBody == nil && r.Body != nil && r.Body != http.NoBody; err == nil && (tried[why] || gone) {
			return response, nil // where the body is gone, the next request has what this one lacked
		}
		tried[why] = true
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
	}
}

// attempt makes a request once, and says with what token.
func (s *Sidecar) attempt(r *http.Request) (*http.Response, *token.Access, error) {
	held, access, nonce, err := s.credentials(r.Context())
	if err == nil && s.tokens != nil {
		access, err = s.tokens.Token(r.Context())
	}
	if err != nil {
		return nil, nil, err
	}
	out := r.Clone(r.Context())
	if r.GetBody != nil && r.Body != http.NoBody {
		if out.Body, err = r.GetBody(); err != nil {
			return nil, nil, err
		}
	}
	if access != nil {
		u := *out.URL
		u.RawQuery, u.ForceQuery, u.Fragment = "", false, ""
		proof, err := s.signer.Proof(out.Method, u.String(), access.Token, nonce)
		if err != nil {
			return nil, nil, err
		}
		out.Header.Set("Authorization", access.Scheme+" "+access.Token)
		if access.Scheme == "DPoP" {
			out.Header.Set(dpop.Header, proof)
		}
	}
	response, err := held.transport.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	if fresh := response.Header.Get(dpop.NonceHeader); fresh != "" {
		s.mu.Lock()
		s.nonce = fresh
		s.mu.Unlock()
		response.Header.Del(dpop.NonceHeader)
	}
	return response, access, nil
}

// credentials gives what a request is made with, and gets anew what has ended.
func (s *Sidecar) credentials(ctx context.Context) (*session, *token.Access, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.renew(); err != nil {
		return nil, nil, "", err
	}
	if s.signer == nil || s.tokens != nil {
		return s.session, nil, s.nonce, nil
	}
	if a := s.session.access; a == nil || !s.o.Now().Before(a.Expiry.Add(-early)) {
		access, err := s.session.tokens.Agent(ctx, s.o.Target.String())
		if err != nil {
			return nil, nil, "", fmt.Errorf("get a token: %w", err)
		}
		s.session.access = access
	}
	return s.session, s.session.access, s.nonce, nil
}

// renew begins a new session where the SVID is another than before.
func (s *Sidecar) renew() error {
	if s.o.SVID == nil {
		if s.session == nil {
			s.session = &session{transport: transport()}
		}
		return nil
	}
	svid, err := s.o.SVID.GetX509SVID()
	if err != nil {
		return fmt.Errorf("get the agent's SVID: %w", err)
	}
	if len(svid.Certificates) == 0 {
		return errors.New("get the agent's SVID: it holds no certificate")
	}
	serial := string(svid.Certificates[0].Raw)
	if s.session != nil && s.session.serial == serial {
		return nil
	}
	config := tlsconfig.MTLSClientConfig(fixed{svid}, s.o.Bundles, s.o.Gateway)
	config.MinVersion = tls.VersionTLS13
	if s.session != nil {
		s.session.transport.CloseIdleConnections()
	}
	connections := transport()
	connections.TLSClientConfig = config
	s.session = &session{serial: serial, transport: connections, tokens: &token.Client{
		HTTP: &http.Client{Transport: connections, Timeout: 30 * time.Second}, Endpoint: s.o.TokenEndpoint, Proofs: s.signer, Now: s.o.Now,
	}}
	return nil
}

// forget drops the token, so that the next request gets another.
func (s *Sidecar) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		s.session.access = nil
	}
}

// CloseIdleConnections closes the connections to the gateway that nothing is under way on.
func (s *Sidecar) CloseIdleConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		s.session.transport.CloseIdleConnections()
	}
}

// fixed is a source of one SVID.
type fixed struct{ svid *x509svid.SVID }

// GetX509SVID implements x509svid.Source.
func (f fixed) GetX509SVID() (*x509svid.SVID, error) { return f.svid, nil }
