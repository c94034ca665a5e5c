package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// policies is how many policies the gateways decide by where there are more than one.
const policies = 50

// variant is the gateway with some of what it can do.
type variant struct {
	name     string
	policies int
	dpop     bool
	audit    bool // to a file; where it is false the log goes to /dev/null, since the gateway has no way to be without one
}

// full is the variant that the aims are set for.
const full = "gateway +audit"

var variants = []variant{
	{name: "gateway mTLS", policies: 1},
	{name: "gateway +policies", policies: policies},
	{name: full, policies: policies, audit: true},
	{name: "gateway +DPoP", policies: policies, audit: true, dpop: true},
}

// startGateways builds the gateway and starts its variants.
func (b *bench) startGateways(ctx context.Context) error {
	program := filepath.Join(b.dir, "agent-gateway")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "./internal/gateway/cmd/agent-gateway")
	build.Dir = b.root
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the gateway: %w: %s", err, text)
	}
	for i, v := range variants {
		if !b.wanted(v.name) {
			continue
		}
		h, err := b.gateway(ctx, program, i, v)
		if err != nil {
			return err
		}
		b.hops = append(b.hops, h)
	}
	return nil
}

func (b *bench) gateway(ctx context.Context, program string, number int, v variant) (*hop, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, fmt.Sprintf("gateway-%d.hcl", number))
	if err := os.WriteFile(file, []byte(b.configuration(v, address, number)), 0o600); err != nil {
		return nil, err
	}
	var p *process
	if b.profile == "" {
		p, err = b.begin(ctx, v.name, address, nil, program, "serve", "-config", file)
	} else {
		p, err = b.profiled(ctx, v, address, file, number)
	}
	if err != nil {
		return nil, err
	}
	h := &hop{Name: v.name, process: p, address: address, path: "/bank", tls: b.client}
	if v.dpop {
		err = b.authorized(ctx, h)
	}
	return h, err
}

func (b *bench) configuration(v variant, address string, number int) string {
	log, authenticate := "/dev/null", `"mtls"`
	if v.audit {
		log = filepath.Join(b.dir, fmt.Sprintf("audit-%d.log", number))
	}
	if v.dpop {
		authenticate += `, "dpop"`
	}
	return fmt.Sprintf(`
development_authority {
  trust_domain = %q
  directory    = %q
}
token_service { lifetime = "1h" }
listener "agents" {
  address      = %q
  authenticate = [%s]
}
target "bank" {
  protocol = "mcp"
  url      = %q
}
policies { text = %q }
audit {
  file {
    path = %q
    keep = 1
  }
}
limits {
  concurrent_requests       = 100000
  concurrent_streams        = 100000
  agent_concurrent_requests = 100000
  agent_concurrent_streams  = 100000
  agent_rate                = 1000000
  agent_burst               = 2000000
}
`, trustDomain, filepath.Join(b.dir, "authority"), address, authenticate, b.upstream(), policyText(v.policies), log)
}

// policyText gives policies as teams have them: most name an agent and a tool, some forbid something to everybody, and the last lets the
// agent of the run do what it does.
func policyText(n int) string {
	var text strings.Builder
	if n > 1 {
		text.WriteString("forbid(principal, action, resource) when {!context.mtls};\n")
	}
	for i := range n - 2 {
		fmt.Fprintf(&text, "permit(principal == Agent::\"spiffe://example.org/ns/payments/agent/a%d\", action == Action::\"callTool\", resource == Tool::\"bank/t%d\");\n", i/10, i)
	}
	text.WriteString("permit(principal == Agent::\"spiffe://example.org/ns/payments/agent/billing\", action, resource)\n" +
		"unless {context has arguments && context.arguments has amount && context.arguments.amount > 100};\n")
	return text.String()
}

// authorized gets a token for the agent of the run. Each request then has a proof of its own.
func (b *bench) authorized(ctx context.Context, h *hop) error {
	key, err := dpop.NewKey()
	if err != nil {
		return err
	}
	signer, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: h.tls.Clone()}
	defer transport.CloseIdleConnections()
	resource := "https://" + h.address + h.path
	client := &token.Client{HTTP: &http.Client{Transport: transport, Timeout: 10 * time.Second}, Endpoint: "https://" + h.address + "/oauth/token", Proofs: signer, Now: time.Now}
	access, err := client.Agent(ctx, resource)
	if err != nil {
		return fmt.Errorf("%s: %w", h.Name, err)
	}
	h.authorize = func(method string) (string, error) {
		proof, err := signer.Proof(method, resource, access.Token, "")
		return "Authorization: " + access.Scheme + " " + access.Token + "\r\nDPoP: " + proof + "\r\n", err
	}
	return nil
}
