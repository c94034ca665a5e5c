package config

import (
	"slices"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// TokenService issues access tokens to agents.
type TokenService struct {
	// SecretFiles hold what signing keys are derived from: the first signs, tokens of all are taken. Empty for a secret of this machine or process alone.
	SecretFiles []string
	Lifetime    time.Duration
	Listener    string   // that serves it
	KeyAlone    bool     // tokens that were asked for with a proof are bound to its key and not to the certificate too
	Exchange    []string // issuers whose tokens agents may exchange, to act for a user
}

// tokenService reads the token service, once the listeners are known.
func (r *reading) tokenService(f *written.File) {
	s := f.TokenService
	if s == nil {
		return
	}
	made := &TokenService{Lifetime: token.DefaultLifetime, Exchange: s.Exchange}
	if s.Lifetime != "" {
		r.duration(&made.Lifetime, s.Lifetime, s.LifetimeAt, time.Hour)
	}
	r.secrets(s, made)
	switch s.Bind {
	case "", "key_and_certificate":
	case "key":
		made.KeyAlone = true
	default:
		r.wrong(s.BindAt, s.At, "Not a choice", "%q: it is \"key_and_certificate\" where nothing is said, and may be \"key\".", s.Bind)
	}
	for _, name := range s.Exchange {
		if !slices.ContainsFunc(r.Issuers, func(i Issuer) bool { return i.Name == name }) {
			r.wrong(s.ExchangeAt, s.At, "No such issuer", "%q: there is no issuer block of that name.", name)
		}
	}
	made.Listener = s.Listener
	if s.Listener == "" {
		if first := slices.IndexFunc(r.Listeners, func(l Listener) bool { return !l.Plain }); first >= 0 {
			made.Listener = r.Listeners[first].Name
		} else if len(r.Listeners) > 0 {
			r.wrong(s.At, s.At, "Nothing serves the token service", "Agents authenticate to it with certificates, and every listener is plain. Add one that is not.")
		}
	} else if at := slices.IndexFunc(r.Listeners, func(l Listener) bool { return l.Name == s.Listener }); at < 0 {
		r.wrong(s.ListenerAt, s.At, "No such listener", "%q: there is no listener block of that name.", s.Listener)
	} else if r.Listeners[at].Plain {
		r.wrong(s.ListenerAt, s.At, "Listener is plain", "Agents authenticate to the token service with certificates, and listener %q has no TLS.", s.Listener)
	}
	r.TokenService = made
	for i, l := range r.Listeners {
		if !made.KeyAlone && len(r.Issuers) == 0 && (l.Asks(principal.DPoP) || l.Asks(principal.JWT)) && !l.Asks(principal.MTLS) && !l.Asks(principal.CertBound) {
			r.wrong(f.Listeners[i].AuthenticateAt, f.Listeners[i].At, "Tokens are bound to certificates",
				"Listener %q looks at no certificates, and the tokens of the token service are bound to them. Set bind = \"key\" in token_service.", l.Name)
		}
	}
}

// secrets reads the files of secrets, to see that they can be used.
func (r *reading) secrets(s *written.TokenService, to *TokenService) {
	files, at := s.Secrets, s.SecretsAt
	if s.Secret != "" {
		if len(files) > 0 {
			r.wrong(s.SecretAt, s.At, "Secrets from one place", "Give either secret_file or secret_files.")
		}
		files, at = []string{s.Secret}, s.SecretAt
	}
	for _, file := range files {
		path := r.within(file)
		r.Files = append(r.Files, path)
		to.SecretFiles = append(to.SecretFiles, path)
		r.sharedSecret(path, token.MinSecret, at, s.At)
	}
}
