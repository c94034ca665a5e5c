package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// sessions binds the sessions of MCP servers to those who opened them: what an agent gets is the server's id with a code that only the
// gateway can make, for this agent and this target. So a session's id is of no use to anybody else, and nothing is kept for it.
//
// Of several secrets one makes codes, and those of all are taken, so that a session goes on while replicas change from one secret to another.
type sessions struct{ secrets *shared.Secrets }

// codeSize is the length of a code: 16 bytes in base64url.
const codeSize = 22

func code(secret []byte, p principal.Principal, target string, of ...string) string {
	mac := hmac.New(sha256.New, secret)
	for _, part := range append([]string{target, p.SPIFFEID, p.Issuer, p.Subject, p.User, p.UserIssuer}, of...) {
		_, _ = mac.Write([]byte(part)) // a hash takes everything
		_, _ = mac.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// ours says whether a code is one of ours.
func (s sessions) ours(made string, p principal.Principal, target string, of ...string) bool {
	return slices.ContainsFunc(s.secrets.All(), func(secret []byte) bool { return hmac.Equal([]byte(made), []byte(code(secret, p, target, of...))) })
}

// bind gives the id that an agent sees.
func (s sessions) bind(p principal.Principal, target, id string) string {
	return id + "." + code(s.secrets.Signing(), p, target, "session", id)
}

// open gives the server's id, and whether the session is this agent's with this target.
func (s sessions) open(p principal.Principal, target, bound string) (string, bool) {
	at := strings.LastIndexByte(bound, '.')
	if at <= 0 || len(bound)-at-1 != codeSize {
		return "", false
	}
	id := bound[:at]
	return id, s.ours(bound[at+1:], p, target, "session", id)
}

// ask gives the id under which an agent gets a request of the server: the server's own, with a code that says that the gateway let it
// through to this agent in this session. An answer under any other id is one that nobody asked for.
func (s sessions) ask(p principal.Principal, target, session string, id []byte) []byte {
	return mcp.TagID(id, code(s.secrets.Signing(), p, target, "request", session, string(id)))
}

// answered gives the server's own id of the request that an agent answers, and whether it is one that the agent got.
func (s sessions) answered(p principal.Principal, target, session string, asked []byte) ([]byte, bool) {
	id, made, ok := mcp.CutTag(asked)
	return id, ok && s.ours(made, p, target, "request", session, string(id))
}
