package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// A2A is what only a target that speaks A2A has.
type A2A struct {
	// JSONRPC, HTTPJSON and GRPC are where the agent serves the bindings, "" for one that the gateway does not serve.
	JSONRPC, HTTPJSON, GRPC string
	Card                    string        // URL of the agent's public card
	Keys                    a2a.Keys      // that sign the card; nil where it needs no signature
	Keep                    time.Duration // how long a card that cannot be fetched anew is used
	SkillKey                string        // of a message's metadata
}

// Serves says whether the gateway serves a binding.
func (a *A2A) Serves(b a2a.Binding) bool {
	return map[a2a.Binding]string{a2a.JSONRPC: a.JSONRPC, a2a.HTTPJSON: a.HTTPJSON, a2a.GRPC: a.GRPC}[b] != ""
}

// a2a reads what a target of A2A has, and no other.
func (r *reading) a2a(t *written.Target, to *Target) {
	if t.Protocol != "a2a" {
		if t.A2A != nil {
			r.wrong(t.A2A.At, t.At, "Not a target of A2A", "Only a target with protocol = \"a2a\" has an a2a block.")
		}
		return
	}
	b := t.A2A
	if b == nil {
		b = &written.A2A{At: t.At}
	}
	made := &A2A{JSONRPC: b.JSONRPC, HTTPJSON: b.HTTPJSON, GRPC: b.GRPC, Card: b.Card, Keep: a2a.DefaultKeep, SkillKey: b.SkillKey}
	if b.JSONRPC == "" && b.HTTPJSON == "" && b.GRPC == "" {
		made.JSONRPC, made.HTTPJSON = t.URL, t.URL
	}
	if b.Card == "" {
		made.Card = strings.TrimSuffix(t.URL, "/") + a2a.WellKnown
	}
	for _, u := range []struct {
		text string
		at   hcl.Range
		bare bool
	}{{b.JSONRPC, b.JSONRPCAt, false}, {b.HTTPJSON, b.HTTPJSONAt, false}, {b.GRPC, b.GRPCAt, true}, {b.Card, b.CardAt, false}} {
		if u.text != "" {
			r.place(u.text, u.at, b.At, u.bare)
		}
	}
	if parsed, err := url.Parse(t.URL); err == nil && parsed.RawQuery != "" {
		r.wrong(t.URLAt, t.At, "Not a URL of an agent", "%q: the paths of A2A follow the URL, so that it has no query.", redacted(t.URL))
	}
	if b.Keep != "" {
		r.duration(&made.Keep, b.Keep, b.KeepAt, 30*24*time.Hour)
	}
	if b.Keys != "" {
		r.cardKeys(b, made)
	}
	if made.GRPC != "" {
		to.Services = []string{a2a.Services[a2a.Version10], a2a.Services[a2a.Version03]}
		for _, other := range r.Targets {
			if slices.ContainsFunc(to.Services, func(s string) bool { return slices.Contains(other.Services, s) }) {
				r.wrong(b.GRPCAt, b.At, "Service is taken", "Target %q serves A2A over gRPC already: its calls name the service alone, so that one target of a gateway has it.", other.Name)
			}
		}
	}
	to.A2A = made
}

// place checks a URL of an agent.
func (r *reading) place(text string, at, block hcl.Range, bare bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !hosted(u) || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.RawQuery != "":
		r.wrong(at, block, "Not a URL of an agent", "%q: use one such as \"https://agent.example.org/a2a\", without user, query or fragment.", redacted(text))
	case bare && strings.Trim(u.Path, "/") != "":
		r.wrong(at, block, "Not a URL of an agent", "%q: gRPC has no path below which services are. Use one such as \"https://agent.example.org\".", redacted(text))
	}
}

func (r *reading) cardKeys(b *written.A2A, to *A2A) {
	file := r.within(b.Keys)
	r.Files = append(r.Files, file)
	text, err := r.source.Read(file, mostSecret)
	if errors.Is(err, ErrLater) {
		return
	}
	if err == nil {
		var keys *token.Static
		if keys, err = token.ParseJWKS(text); err == nil {
			to.Keys = keys
			return
		}
	}
	r.wrong(b.KeysAt, b.At, "Keys of the card cannot be used", "%s: %v. Name a file with a JWK Set of the public keys that sign the card.", file, err)
}

// agentCards reads what the gateway signs cards with.
func (r *reading) agentCards(a *written.AgentCards) {
	if a == nil {
		return
	}
	r.CardSecretFile = r.within(a.Secret)
	r.Files = append(r.Files, r.CardSecretFile)
	r.sharedSecret(r.CardSecretFile, a2a.MinSecret, a.SecretAt, a.At)
}
