package oss

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

func TestGatewayRendersTheGoldenObjects(t *testing.T) {
	golden.Check(t, "gateway", func(t *testing.T, input string) string {
		g := readGateway(t, input)
		objects, err := Gateway(g)
		if err != nil {
			t.Fatal(err)
		}
		return golden.YAML(t, objects)
	})
}

func readGateway(t *testing.T, input string) spec.Gateway {
	t.Helper()
	var g spec.Gateway
	if err := yaml.UnmarshalStrict([]byte(input), &g); err != nil {
		t.Fatal(err)
	}
	if problems := g.Validate(); len(problems) > 0 {
		t.Fatalf("the gateway is not valid: %v", problems)
	}
	return g
}

// The gateway's own code has the last word on what is rendered for it.
func TestTheGatewayTakesWhatIsRendered(t *testing.T) {
	for _, file := range golden.Files(t, "gateway") {
		t.Run(file, func(t *testing.T) {
			rendered, err := GatewayConfig(readGateway(t, golden.Input(t, file)))
			if err != nil {
				t.Fatal(err)
			}
			source := config.Memory{Texts: map[string][]byte{}}
			for name, text := range rendered.Files {
				source.Texts[ConfigFolder+"/"+name] = text
			}
			for _, m := range rendered.Mirrors {
				source.Later = append(source.Later, directory+"/"+m.Directory)
			}
			taken, diagnostics := config.ParseFrom(source, ConfigFolder+"/"+ConfigFile, rendered.Files[ConfigFile])
			for _, d := range diagnostics {
				t.Error(d)
			}
			if taken != nil && taken.Revision != rendered.Revision {
				t.Errorf("its revision is %q, want %q", taken.Revision, rendered.Revision)
			}
		})
	}
}

// A change that a running gateway takes over rolls nothing, and any other does: see its server's reload.
func TestWhatMakesNewPods(t *testing.T) {
	with := func(change func(*spec.Gateway)) spec.Gateway {
		g := readGateway(t, golden.Input(t, "testdata/gateway/everything.yaml"))
		if change != nil {
			change(&g)
		}
		return g
	}
	listener := func(change func(*spec.Listener)) func(*spec.Gateway) {
		return func(g *spec.Gateway) {
			l := g.Listeners["agents"]
			change(&l)
			g.Listeners["agents"] = l
		}
	}
	before := pods(t, with(nil))
	for name, c := range map[string]struct {
		change func(*spec.Gateway)
		rolls  bool
	}{
		"a policy":                 {func(g *spec.Gateway) { g.Policies["bank"] += "\n" }, false},
		"a permission":             {func(g *spec.Gateway) { delete(g.Allow, "users") }, false},
		"a target":                 {func(g *spec.Gateway) { delete(g.Targets, "shop") }, false},
		"who is suspended":         {func(g *spec.Gateway) { g.Suspended = nil }, false},
		"a key":                    {func(g *spec.Gateway) { g.Keys.IDs = append([]string{"2026-12"}, g.Keys.IDs...) }, false},
		"enforcement":              {func(g *spec.Gateway) { g.Audit = false }, false},
		"how callers authenticate": {listener(func(l *spec.Listener) { l.Authenticate = []string{"mtls"} }), false},
		"a limit of requests":      {func(g *spec.Gateway) { g.Limits.Body = nil }, false},
		"who reaches the gateway":  {func(g *spec.Gateway) { g.Network.Agents = nil }, false},
		"how many replicas":        {func(g *spec.Gateway) { g.Deployment.Replicas = 5 }, false},
		"a port":                   {listener(func(l *spec.Listener) { l.Port = 8444 }), true},
		"a URL":                    {listener(func(l *spec.Listener) { l.URL = "https://other.example.org" }), true},
		"TLS":                      {listener(func(l *spec.Listener) { l.MinimumTLS = "1.3" }), true},
		"a listener":               {func(g *spec.Gateway) { delete(g.Listeners, "partners") }, true},
		"the store":                {func(g *spec.Gateway) { g.Store.URL = "rediss://other.svc" }, true},
		"a limit of connections":   {func(g *spec.Gateway) { g.Limits.HeaderTime = 0 }, true},
		"the Workload API":         {func(g *spec.Gateway) { g.Deployment.WorkloadAPI.Socket = "x.sock" }, true},
		"the admin port":           {func(g *spec.Gateway) { g.Deployment.AdminPort = 9999 }, true},
		"the image":                {func(g *spec.Gateway) { g.Deployment.Image = "x:2" }, true},
		"how long draining takes":  {func(g *spec.Gateway) { g.Limits.Drain = 0 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			if rolls := pods(t, with(c.change)) != before; rolls != c.rolls {
				t.Errorf("makes new pods: %v", rolls)
			}
		})
	}
}

// pods gives the template of a gateway's pods.
func pods(t *testing.T, g spec.Gateway) string {
	t.Helper()
	objects, err := Gateway(g)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(objects, func(o stack.Object) bool { return o.Key.Kind == "Deployment" })
	template, _, err := unstructured.NestedMap(objects[at].Body, "spec", "template")
	if err != nil {
		t.Fatal(err)
	}
	text, err := stack.CanonicalJSON(template)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whatever the ConfigMap holds is named by the revision, documents beside the configuration included.
func TestARevisionIsOfEverything(t *testing.T) {
	revisions := map[string]string{}
	for name, change := range map[string]func(*spec.Gateway){
		"nothing":      func(*spec.Gateway) {},
		"a policy":     func(g *spec.Gateway) { g.Policies["bank"] += "\n" },
		"a permission": func(g *spec.Gateway) { delete(g.Allow, "users") },
		"a document": func(g *spec.Gateway) {
			crm := g.Targets["crm"]
			crm.OpenAPI += " "
			g.Targets["crm"] = crm
		},
		"a Secret that is read": func(g *spec.Gateway) { g.AuditLog.OTLP.Headers.Secret = "other" },
		"a limit":               func(g *spec.Gateway) { g.Limits.Idle = 1e9 },
	} {
		g := readGateway(t, golden.Input(t, "testdata/gateway/everything.yaml"))
		change(&g)
		c, err := GatewayConfig(g)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := revisions[c.Revision]; taken {
			t.Errorf("%s and %s have the same revision", name, other)
		}
		revisions[c.Revision] = name
	}
}

func TestPodsOutliveTheGatewaysDraining(t *testing.T) {
	if standard := config.Defaults().Drain; standard != drainTime {
		t.Errorf("the gateway drains for %s by itself, and pods are told %s", standard, drainTime)
	}
}

func TestWhereAgentsCall(t *testing.T) {
	g := spec.Gateway{
		Name: "tools", Namespace: "gateways",
		Listeners: map[string]spec.Listener{"agents": {Port: 8443}, "standard": {Port: 443}, "public": {Port: 8444, URL: "https://tools.example.org/"}},
		Targets:   map[string]spec.Target{"bank": {Protocol: "mcp"}, "desk": {Protocol: "a2a", Path: "/desk/eu"}, "shop": {Protocol: "grpc"}},
	}
	for _, c := range []struct{ listener, target, want string }{
		{"agents", "bank", "https://tools.gateways.svc:8443/bank"},
		{"standard", "bank", "https://tools.gateways.svc/bank"},
		{"public", "desk", "https://tools.example.org/desk/eu"},
		{"agents", "shop", "https://tools.gateways.svc:8443"},
	} {
		if got := TargetURL(g, c.listener, c.target); got != c.want {
			t.Errorf("%s at %s is %s, want %s", c.target, c.listener, got, c.want)
		}
	}
}
