package suites

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/npm"
)

// The official suite judges the sidecar as an MCP client: its servers ask for tokens, and the client before the sidecar knows of none.
func TestSidecarConformance(t *testing.T) {
	packages := npm.Require(t)
	program := gateway.Program(t)
	script, err := filepath.Abs("client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	// The suite's clients register themselves where they can. The sidecar does not (the specification deprecates it): its id is given.
	unregistered := []string{"client-registration"}
	for scenario, lacking := range map[string][]string{
		"auth/dpop":       nil,
		"auth/dpop-nonce": nil,

		"auth/wif-jwt-bearer":           nil,
		"auth/client-credentials-basic": nil,
		"auth/token-endpoint-auth-none": nil,
		"auth/pre-registration":         nil,

		"auth/metadata-default":         unregistered,
		"auth/metadata-var1":            unregistered,
		"auth/metadata-var2":            unregistered,
		"auth/metadata-var3":            unregistered,
		"auth/metadata-issuer-mismatch": nil,
		"auth/resource-mismatch":        nil,

		"auth/scope-from-www-authenticate": nil,
		"auth/scope-from-scopes-supported": nil,
		"auth/scope-step-up":               nil,
		"auth/scope-retry-limit":           nil,

		"auth/iss-supported":         nil,
		"auth/iss-not-advertised":    nil,
		"auth/iss-supported-missing": nil,
		"auth/iss-wrong-issuer":      nil,
		"auth/iss-unexpected":        nil,
		"auth/iss-normalized":        nil,
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			home := t.TempDir()
			cmd := packages.Command(ctx, home, packages.Path(conformance), "client", "--scenario", scenario, "--output-dir", "found",
				"--command", packages.Node()+" "+script)
			cmd.Env = append(cmd.Env, "AGENT_GATEWAY="+program, "INSPECTOR="+packages.Path(inspector))
			out, _ := cmd.CombinedOutput() // it fails where a check does, and these are read below
			found := verdictsIn(t, filepath.Join(home, "found"), out)
			if len(found) != 1 {
				t.Fatalf("%d scenarios were judged\n%s", len(found), out)
			}
			for _, checks := range found {
				passed := 0
				for _, check := range checks {
					id, status, _ := strings.Cut(check, " ")
					switch {
					case status == "SUCCESS":
						passed++
					case status == "FAILURE" && !slices.Contains(lacking, id), status == "WARNING":
						t.Errorf("%s\n%s", check, out)
					}
				}
				if passed < 2 {
					t.Errorf("%d checks pass\n%s", passed, out)
				}
				if dpop := slices.Contains(checks, "sep-1932-client-fresh-proof SUCCESS"); dpop != strings.HasPrefix(scenario, "auth/dpop") {
					t.Errorf("proofs were judged: %t", dpop)
				}
			}
		})
	}
}
