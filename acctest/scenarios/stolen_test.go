package scenarios_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// Whatever of an agent's credentials is carried off, it serves nobody else: the token is bound to a key and to a certificate, a proof is
// for one request, and an SVID ends soon.
func TestStolenCredentials(t *testing.T) {
	t.Parallel()
	s := enter(t, "stolen")
	s.run(s.Server(s.Bank(s.tools, "bank")))
	s.run(s.Server(s.Bank(s.tools, "savings")))
	s.govern(s.identity("victim", "") + s.identity("brief", `x509_ttl = "1m"`) + s.identity("thief", "") + s.opened(`
  token_service = {}
  targets = {
    bank    = { protocol = "mcp", url = "http://bank.`+s.tools+`.svc:3000/mcp" }
    savings = { protocol = "mcp", url = "http://savings.`+s.tools+`.svc:3000/mcp" }
  }
  allow = {
    bank    = { agents = ["ns:`+s.agents+`"], target = "bank", tools = ["balance"] }
    savings = { agents = ["ns:`+s.agents+`"], target = "savings", tools = ["balance"] }
  }`))
	s.serving()
	victim, brief, thief := s.start("victim", 1)[0], s.start("brief", 1)[0], s.start("thief", 1)[0]
	access := victim.token("bank")
	call := victim.balance("bank", access)

	if good := victim.makes(call); good.Status != http.StatusOK || !strings.Contains(good.Body, "1234 euro") {
		t.Fatalf("the owner's own call: %+v", good)
	}
	s.recorded("the owner's own call", victim, func(r audit.Record) bool { return r.Tool == "balance" && r.Decision == "allow" })

	elsewhere := victim.token("savings")
	if answer := victim.makes(victim.balance("savings", elsewhere)); answer.Status != http.StatusOK {
		t.Fatalf("the owner's call of another target, with the token for that: %+v", answer)
	}

	const seen = "the proof of an earlier call"
	spoiled := func(by *probe.Proof, with *probe.Access) probe.Call {
		c := call
		c.Proof, c.Access = by, with
		return c
	}
	for name, c := range map[string]struct {
		by   *agent
		call probe.Call
		code string // that the caller is told
		why  string // that the caller and the audit log are told
	}{
		"the token, from another pod without its key": {
			thief, spoiled(&probe.Proof{OtherKey: true}, access), "invalid_token", "token is bound to another key than the proof's",
		},
		"the token, from another pod without a proof": {
			thief, spoiled(&probe.Proof{None: true}, access), "invalid_dpop_proof", "request has 0 DPoP headers, must have one",
		},
		"the token as a bearer's, from another pod": {
			thief, spoiled(&probe.Proof{None: true}, &probe.Access{Token: access.Token, Scheme: "Bearer"}), "invalid_token", "bound to a key, but presented as Bearer",
		},
		"the token and its key, from another pod": {thief, call, "invalid_token", "bound to another certificate"},
		"a proof that was seen before":            {victim, spoiled(&probe.Proof{Raw: seen}, access), "invalid_dpop_proof", "proof was used before"},
		"a proof for another URL":                 {victim, spoiled(&probe.Proof{URL: s.at("savings")}, access), "invalid_dpop_proof", "htu is not the request's URL"},
		"a proof for another method":              {victim, spoiled(&probe.Proof{Method: http.MethodGet}, access), "invalid_dpop_proof", "htm is not the request's method"},
		"a token for another target":              {victim, spoiled(nil, elsewhere), "invalid_token", "audience is another one"},
	} {
		t.Run(name, func(t *testing.T) {
			by, since := c.by.within(t), time.Now()
			if p := c.call.Proof; p != nil && p.Raw == seen {
				p.Raw = by.makes(call).Proof // of just now: one that is too old is refused for that
			}
			answer := by.makes(c.call)
			told := answer.Header.Get("Www-Authenticate")
			if answer.Status != http.StatusUnauthorized || !strings.Contains(told, `error="`+c.code+`"`) || !strings.Contains(told, c.why) || strings.Contains(answer.Body, "euro") {
				t.Fatalf("it gets %d %s, is told %q, and reads %q", answer.Status, answer.Error, told, answer.Body)
			}
			by.unauthenticated("the refusal", by, since, func(r audit.Record) bool {
				return r.Status == http.StatusUnauthorized && r.Target == "bank" && strings.Contains(r.Reason, c.why)
			})
		})
	}

	t.Run("an SVID that has expired", func(t *testing.T) {
		brief, thief := brief.within(t), thief.within(t)
		var carriedOff *probe.Identity
		var stale probe.Call
		cluster.Eventually(t, "another pod calls with it while it holds", func(ctx context.Context) error {
			carriedOff = brief.svid()
			access, err := brief.triesToken(ctx, "bank", carriedOff)
			if err != nil {
				return err
			}
			stale = brief.balance("bank", access)
			stale.Identity = carriedOff
			before := thief.makes(stale)
			if before.Status == http.StatusOK {
				return nil
			}
			if time.Now().Before(carriedOff.Expires.Add(-clocks)) {
				t.Fatalf("while it holds, nothing else is wrong with the call: %+v", before)
			}
			return fmt.Errorf("it has ended before that: %+v", before)
		})
		time.Sleep(time.Until(carriedOff.Expires.Add(clocks)))
		since := time.Now()
		if after := thief.makes(stale); after.Status != http.StatusUnauthorized {
			t.Errorf("after it has ended: %+v", after)
		}
		thief.unauthenticated("the refusal", thief, since, func(r audit.Record) bool {
			return r.Status == http.StatusUnauthorized && strings.HasPrefix(r.Reason, "client certificate is not an X.509-SVID")
		})
		// The owner has another by now.
		identity := brief.svid()
		fresh := brief.balance("bank", brief.tokenAs("bank", identity))
		fresh.Identity = identity
		if answer := brief.makes(fresh); answer.Status != http.StatusOK {
			t.Errorf("the owner, with the SVID after that: %+v", answer)
		}
	})
}
