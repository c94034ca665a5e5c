package sidecar

import (
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/oauth"
)

// transport is one for connections that are kept.
func transport() *http.Transport {
	return &http.Transport{ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
}

// authorization makes what gets tokens from the authorization server that the target names.
func (s *Sidecar) authorization(o oauth.Options) (err error) {
	o.Resource, o.Proofs, o.Now = s.o.Target.String(), s.signer, s.o.Now
	o.HTTP = &http.Client{
		Transport: servers{s, transport()}, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.tokens, err = oauth.New(o)
	return err
}

// servers reaches the target as the agent does, and everything else as a public server: by the system's certificate authorities, and
// without the agent's certificate.
type servers struct {
	*Sidecar
	public *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (s servers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != s.o.Target.Host {
		return s.public.RoundTrip(r)
	}
	held, _, _, err := s.credentials(r.Context())
	if err != nil {
		return nil, err
	}
	return held.transport.RoundTrip(r)
}
