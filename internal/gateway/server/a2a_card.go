package server

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// CardKeys is the path of the JWK Set with the key that a listener's agent cards are signed with.
const CardKeys = "/.well-known/agent-card-keys.json"

// cardFresh is how long a caller need not ask for a card again, in seconds.
const cardFresh = 60

// card answers with a card. What it shows is for the caller alone.
func (c *a2aConversation) card(text []byte, tag string) {
	h := c.w.Header()
	h.Set("Etag", tag)
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(cardFresh))
	status := http.StatusOK
	if c.r.Header.Get("If-None-Match") == tag {
		status, text = http.StatusNotModified, nil
	} else {
		h.Set("Content-Type", "application/json")
	}
	if c.write(status) {
		c.w.WriteHeader(status)
		_, _ = c.w.Write(text) // a client that is gone needs no answer; of HEAD net/http writes none
	}
}

// face is how the gateway shows an agent to the caller of x.
func (p *a2aProtocol) face(x *exchange, asked *a2a.Exchange) a2a.Face {
	f := a2a.Face{
		URLs: map[a2a.Binding]string{}, Versions: p.parser.Versions, Signer: x.site.cards,
		Shows: func(s a2a.Skill) bool { return x.shows(asked.SkillSeen(s)) },
		Proto: asked.Binding == a2a.GRPC,
	}
	for _, b := range []a2a.Binding{a2a.JSONRPC, a2a.HTTPJSON} {
		if p.Serves(b) {
			f.URLs[b] = x.target.resource
		}
	}
	if p.Serves(a2a.GRPC) {
		f.URLs[a2a.GRPC] = authority(x.site.origin)
	}
	f.MTLS, f.TokenURL = x.site.asks()
	return f
}

// authority is the host and port of an origin: what clients of gRPC take for an address.
func authority(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		port := "443"
		if u.Scheme == "http" {
			port = "80"
		}
		return net.JoinHostPort(strings.Trim(u.Host, "[]"), port)
	}
	return u.Host
}

// asks says what callers of a listener have to bring: a client certificate, and a token from an endpoint.
func (at *site) asks() (mtls bool, tokens string) {
	if at.listener.Asks(principal.DPoP) {
		tokens = at.tokenURL
	}
	return at.listener.Asks(principal.MTLS), tokens
}

// shown gives a card that the agent sent as the gateway shows it.
func (p *a2aProtocol) shown(x *exchange, asked *a2a.Exchange, text []byte) ([]byte, error) {
	card, err := a2a.ParseCard(text, p.Keys, jsonscan.Limits{Size: a2a.MaxCard, Depth: int(x.limits().Depth)})
	if err != nil {
		return nil, err
	}
	text, _, err = card.Shown(p.face(x, asked))
	return text, err
}

// cardSigner gives what a listener's agent cards are signed with, nil where no target has one.
func (s *Server) cardSigner(g *generation, origin string) (*a2a.Signer, error) {
	if !slices.ContainsFunc(g.config.Targets, func(t config.Target) bool { return t.A2A != nil }) {
		return nil, nil //nolint:nilnil // there is nothing to sign
	}
	secrets, err := s.secrets(g, "agent-cards")
	if file := g.config.CardSecretFile; file != "" {
		var text []byte
		text, err = os.ReadFile(file)
		secrets = shared.Of(text)
	}
	if err != nil {
		return nil, fmt.Errorf("agent cards: %w", err)
	}
	return a2a.NewSigner(secrets, origin+CardKeys)
}

// serveCardKeys answers with the public keys.
func (at *site) serveCardKeys(w http.ResponseWriter, r *http.Request) {
	text, err := at.cards.JWKS()
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "keys are asked for with GET", http.StatusMethodNotAllowed)
	case err != nil:
		http.Error(w, "the keys cannot be written", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", "max-age=300")
		_, _ = w.Write(text) // a client that is gone needs no answer
	}
}
