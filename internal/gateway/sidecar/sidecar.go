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
	"strings"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
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
	// TokenEndpoint is the gateway's; "" where it asks for no token.
	TokenEndpoint string
	// SVID is the agent's own, and Bundles verify the gateway's.
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
	signer *dpop.Signer // nil without tokens
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
	if o.TokenEndpoint != "" {
		key, err := dpop.NewKey()
		if err != nil {
			return nil, err
		}
		if s.signer, err = dpop.NewSigner(key, o.Now); err != nil {
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
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				o.Log.Error("the gateway cannot be asked", "error", err)
			}
			http.Error(w, "sidecar: "+err.Error(), http.StatusBadGateway)
		},
	}
	return s, nil
}

// ServeHTTP passes a request on. What comes from a web page of another origin is refused: a browser on this machine is not the agent.
func (s *Sidecar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "sidecar: requests of web pages are not passed on", http.StatusForbidden)
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

// RoundTrip implements http.RoundTripper: once, and a second time where the gateway wants another nonce or token.
func (s *Sidecar) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.attempt(r)
	if err != nil || response.StatusCode != http.StatusUnauthorized || s.signer == nil {
		return response, err
	}
	said := strings.Join(response.Header.Values("WWW-Authenticate"), " ")
	if !strings.Contains(said, string(dpop.UseNonce)) {
		if !strings.Contains(said, string(dpop.InvalidToken)) {
			return response, nil
		}
		s.forget()
	}
	if r.GetBody == nil && r.Body != nil && r.Body != http.NoBody {
		return response, nil // its body is gone; the next request has what this one lacked
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
	_ = response.Body.Close()
	return s.attempt(r)
}

func (s *Sidecar) attempt(r *http.Request) (*http.Response, error) {
	held, access, nonce, err := s.credentials(r.Context())
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	if r.GetBody != nil && r.Body != http.NoBody {
		if out.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	if access != nil {
		u := *out.URL
		u.RawQuery, u.ForceQuery, u.Fragment = "", false, ""
		proof, err := s.signer.Proof(out.Method, u.String(), access.Token, nonce)
		if err != nil {
			return nil, err
		}
		out.Header.Set("Authorization", access.Scheme+" "+access.Token)
		out.Header.Set(dpop.Header, proof)
	}
	response, err := held.transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	if fresh := response.Header.Get(dpop.NonceHeader); fresh != "" {
		s.mu.Lock()
		s.nonce = fresh
		s.mu.Unlock()
		response.Header.Del(dpop.NonceHeader)
	}
	return response, nil
}

// credentials gives what a request is made with, and gets anew what has ended.
func (s *Sidecar) credentials(ctx context.Context) (*session, *token.Access, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.renew(); err != nil {
		return nil, nil, "", err
	}
	if s.signer == nil {
		return s.session, nil, "", nil
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
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	s.session = &session{serial: serial, transport: transport, tokens: &token.Client{
		HTTP: &http.Client{Transport: transport, Timeout: 30 * time.Second}, Endpoint: s.o.TokenEndpoint, Proofs: s.signer, Now: s.o.Now,
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
