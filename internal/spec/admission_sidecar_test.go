package spec

import (
	"strings"
	"testing"
)

func goodSidecar() AdmissionPolicy {
	return AdmissionPolicy{
		Name: "agents", Engine: EngineNative, Actions: []Action{ActionDeny},
		Rules: AdmissionRules{NoAutomountedTokens: true},
		Sidecar: &Sidecar{
			Image: "registry.example.org/agents/agent-gateway:1.0.0", Gateway: "https://edge.gateways.svc:8443",
			GatewayID: "spiffe://agents.example.org/ns/gateways/gateway/edge", Port: 7070,
			WorkloadAPI: WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "spire-agent.sock"},
		},
	}
}

func TestSidecarIsChecked(t *testing.T) {
	registries := func(list ...string) func(*AdmissionPolicy) {
		return func(p *AdmissionPolicy) { p.Rules.AllowedRegistries = list }
	}
	mcp := func(images ...string) func(*AdmissionPolicy) {
		return func(p *AdmissionPolicy) { p.Rules.MCPServers = &MCPServers{LabelKey: "mcp", AllowedImages: images} }
	}
	limits := func(l ResourceLimits, set map[string]string) func(*AdmissionPolicy) {
		return func(p *AdmissionPolicy) { p.Rules.ResourceLimits, p.Sidecar.Resources.Limits = &l, set }
	}
	const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for name, test := range map[string]struct {
		change func(*AdmissionPolicy)
		want   string // "" for no problem
	}{
		"all is well":     {func(*AdmissionPolicy) {}, ""},
		"with Kyverno":    {func(p *AdmissionPolicy) { p.Engine = EngineKyverno }, ""},
		"with Gatekeeper": {func(p *AdmissionPolicy) { p.Engine = EngineGatekeeper }, `sidecar: engine "gatekeeper" adds nothing to pods`},
		"targets": {func(p *AdmissionPolicy) {
			p.Sidecar.Targets = []string{"/bank", "https://edge.gateways.svc:8443/crm/v2"}
		}, ""},
		"an image of anywhere": {func(p *AdmissionPolicy) { p.Sidecar.Image = "agent-gateway" }, `sidecar.image: `},
		"a gateway with a path": {
			func(p *AdmissionPolicy) { p.Sidecar.Gateway += "/bank" },
			`sidecar.gateway: "https://edge.gateways.svc:8443/bank" is no origin`,
		},
		"a gateway without TLS":       {func(p *AdmissionPolicy) { p.Sidecar.Gateway = "http://edge" }, `sidecar.gateway: `},
		"a gateway by its domain":     {func(p *AdmissionPolicy) { p.Sidecar.GatewayID = "spiffe://agents.example.org" }, `sidecar.gateway_spiffe_id: `},
		"a target of another host":    {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"https://evil.example.org/bank"} }, `sidecar.targets[0]: `},
		"a target that climbs":        {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"/bank/../admin"} }, `sidecar.targets[0]: `},
		"a target with a slash more":  {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"/bank/"} }, `sidecar.targets[0]: `},
		"a target twice":              {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"/bank", "https://edge.gateways.svc:8443/bank"} }, `sidecar.targets[1]: `},
		"tokens for nothing":          {func(p *AdmissionPolicy) { p.Sidecar.TokenEndpoint = "https://edge/token" }, `sidecar.targets: is empty`},
		"a token endpoint of no TLS":  {func(p *AdmissionPolicy) { p.Sidecar.TokenEndpoint = "http://edge/token" }, `sidecar.token_endpoint: `},
		"a target of gRPC":            {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"/ledger#bank.v1.Ledger,bank.v1.Accounts"} }, ""},
		"a target of no service":      {func(p *AdmissionPolicy) { p.Sidecar.Targets = []string{"/ledger#"} }, `sidecar.targets[0]: `},
		"a port of the administrator": {func(p *AdmissionPolicy) { p.Sidecar.Port = 80 }, `sidecar.port: `},
		"the Workload API in two places": {
			func(p *AdmissionPolicy) { p.Sidecar.WorkloadAPI.HostPath = "/run/spire" },
			`sidecar.workload_api: `,
		},
		"resources that are none": {func(p *AdmissionPolicy) { p.Sidecar.Resources.Requests = map[string]string{"cpu": "much"} }, `sidecar.resources.requests["cpu"]: `},
		"a request over the limit": {func(p *AdmissionPolicy) {
			p.Sidecar.Resources = Resources{Requests: map[string]string{"cpu": "2"}, Limits: map[string]string{"cpu": "1"}}
		}, `sidecar.resources.requests["cpu"]: `},

		"its registry is allowed":           {registries("docker.io", "registry.example.org/agents"), ""},
		"its registry is not allowed":       {registries("registry.example.org/agent"), `sidecar.image: "registry.example.org/agents/agent-gateway:1.0.0" is from none of`},
		"its repository is an MCP server's": {mcp("registry.example.org/agents/agent-gateway"), ""},
		"its tag is an MCP server's":        {mcp("registry.example.org/agents/agent-gateway:1.0.0"), ""},
		"another tag is an MCP server's":    {mcp("registry.example.org/agents/agent-gateway:1.0.1"), `sidecar.image: `},
		"a digest is an MCP server's":       {mcp("registry.example.org/agents/agent-gateway@" + digest), `sidecar.image: `},
		"its digest is an MCP server's": {func(p *AdmissionPolicy) {
			p.Sidecar.Image += "@" + digest
			mcp("registry.example.org/agents/agent-gateway@" + digest)(p)
		}, ""},
		"the node's folder is not allowed": {func(p *AdmissionPolicy) {
			p.Sidecar.WorkloadAPI = WorkloadAPI{HostPath: "/run/spire", Socket: "agent.sock"}
			p.Rules.SecurityContext = &SecurityContext{NoHostPath: true}
		}, `sidecar.workload_api.host_path: `},
		"its limits are enough":  {limits(ResourceLimits{Required: []string{"memory"}, MaxMemory: "1Gi"}, nil), ""},
		"it has too few limits":  {limits(ResourceLimits{Required: []string{"cpu"}, MaxCPU: "1"}, nil), `sidecar.resources.limits: has no cpu`},
		"its limit is too large": {limits(ResourceLimits{MaxMemory: "1Gi"}, map[string]string{"memory": "2Gi"}), `sidecar.resources.limits["memory"]: 2Gi is more than`},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodSidecar()
			test.change(&p)
			var all []string
			for _, problem := range p.Validate() {
				all = append(all, problem.Error())
			}
			text := strings.Join(all, "\n")
			if (test.want == "") != (text == "") || !strings.Contains(text, test.want) {
				t.Errorf("problems are %q, want %q", all, test.want)
			}
		})
	}
}

func TestSidecarThatMustBeSigned(t *testing.T) {
	for pattern, want := range map[string]bool{
		"registry.example.org/agents/*": true, "*": true, "registry.example.org/*gateway:*": true,
		"registry.example.org/agents/agent-gateway:1.0.0": true, "registry.example.org/agents/agent-gateway": false, "docker.io/*": false,
	} {
		p := goodSidecar()
		p.Rules.SignedImages = &SignedImages{Images: []string{"ghcr.io/*", pattern}}
		if got := p.SidecarMustBeSigned(); got != want {
			t.Errorf("%s: %v", pattern, got)
		}
	}
	if goodSidecar().SidecarMustBeSigned() {
		t.Error("no image must be signed, and this one must")
	}
}
