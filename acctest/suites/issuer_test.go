package suites

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// The gateway takes the tokens of an authorization server that others wrote, from a client that others wrote, and nothing that resembles them.
func TestForeignIssuer(t *testing.T) {
	packages := npm.Require(t)
	behind, asked := target(t)
	issuer := port.Address(t)
	g := gateway.Serve(t, fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
issuer "http://%[2]s" {}
listener "agents" {
  address      = "ADDRESS"
  authenticate = ["dpop"]
  dpop_nonces  = true
}
target "one" {
  protocol = "mcp"
  url      = %[1]q
}
target "two" {
  protocol = "mcp"
  url      = %[1]q
}
policies { text = "permit (principal == User::\"http://%[2]s#bound\", action, resource in Target::\"one\");" }
`, behind, issuer))
	_, port, _ := strings.Cut(issuer, ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	resource := "https://" + g.Address + "/one"
	all := script(t, packages, "oauth_server.mjs", map[string]any{
		"port": number, "resource": resource, "other": "https://" + g.Address + "/two", "folder": certificates(t, g, "bundle"),
	})
	used, refused := 0, 0
	for _, one := range all {
		kind, what, _ := strings.Cut(one.Name, ": ")
		switch kind {
		case "resource metadata":
			if one.Resource != resource || one.Issuer != "http://"+issuer {
				t.Errorf("%+v", one)
			}
		case "nonces": // of the authorization server, and of the gateway
			if one.Servers != 2 {
				t.Errorf("%d servers demanded a nonce", one.Servers)
			}
		case "used":
			used++
			if one.Status != http.StatusOK {
				t.Errorf("%s: %d %s", what, one.Status, one.Error)
			}
		case "refused":
			refused++
			if one.Status != http.StatusUnauthorized || one.Error != "invalid_token" {
				t.Errorf("%s: %d %s", what, one.Status, one.Error)
			}
		}
	}
	if used != 3 || refused != 8 || asked.Load() != int64(used) {
		t.Errorf("%d tokens were used and %d refused; the target was asked %d times", used, refused, asked.Load())
	}
	g.Audit.Wait(t, `"decision":"allow"`, `"issuer":"http://`+issuer+`"`)
}
