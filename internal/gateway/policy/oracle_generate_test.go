package policy

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// generator makes policies over the schema, and requests that they are about. It makes the same of the same seed.
type generator struct {
	random  *rand.Rand
	strings []string // that a policy text speaks of
}

var literal = regexp.MustCompile(`"([^"\\]*)"`)

func newGenerator(seed uint64, text string) *generator {
	g := &generator{random: rand.New(rand.NewPCG(seed, 0xceda2))} //nolint:gosec // for tests that can be repeated
	for _, m := range literal.FindAllStringSubmatch(text, -1) {
		g.strings = append(g.strings, m[1])
	}
	return g
}

func (g *generator) one(of ...string) string { return of[g.random.IntN(len(of))] }

// often is true in n of 100 cases.
func (g *generator) often(n int) bool { return g.random.IntN(100) < n }

func (g *generator) policies() string {
	var b strings.Builder
	for i := range 1 + g.random.IntN(4) {
		action, resource := g.scope()
		fmt.Fprintf(&b, "@id(\"p%d\")\n%s (%s, %s, %s)", i, g.effect(i), g.principal(), action, resource)
		for range g.random.IntN(3) {
			fmt.Fprintf(&b, "\n%s { %s }", g.one("when", "when", "unless"), g.truth(3))
		}
		b.WriteString(";\n")
	}
	return b.String()
}

func (g *generator) effect(i int) string {
	if i == 0 || g.often(70) {
		return "permit"
	}
	return "forbid"
}

func (g *generator) principal() string {
	return g.one("principal", "principal", "principal", "principal is Agent", "principal is User",
		`principal == Agent::"spiffe://example.org/ns/payments/agent/billing"`, `principal in Namespace::"example.org/payments"`,
		`principal in TrustDomain::"example.org"`, `principal is Agent in Namespace::"example.org/payments"`,
		`principal == User::"https://idp.example.org#alice"`)
}

// scope is an action with the resources that it may be about, mostly: what can apply to nothing is refused.
func (g *generator) scope() (action, resource string) {
	either := []string{"resource", "resource", `resource in Target::"bank"`, `resource in Target::"shop"`}
	tools := append([]string{`resource == Tool::"bank/pay"`, "resource is Tool", `resource is Tool in Target::"bank"`}, either...)
	switch g.random.IntN(9) {
	case 0:
		return `action in Action::"discover"`, g.one(append(either, `resource == Target::"bank"`)...)
	case 1:
		return `action in [Action::"callTool", Action::"getPrompt", Action::"sendMessage"]`, g.one(tools...)
	case 2:
		return `action == Action::"sendMessage"`, g.one(append(either, `resource == Skill::"bank/advise"`, `resource == Target::"bank"`)...)
	case 3:
		return `action in [Action::"request", Action::"invoke"]`, g.one(either...)
	case 4:
		return `action in [Action::"readResource", Action::"getTask"]`, g.one(append(either, "resource is Resource")...)
	case 5, 6:
		return `action == Action::"callTool"`, g.one(tools...)
	}
	return "action", g.one(tools...)
}

// truth makes a Boolean expression.
func (g *generator) truth(depth int) string {
	if depth > 0 && g.often(45) {
		a, b := g.truth(depth-1), g.truth(depth-1)
		return g.one("("+a+") && ("+b+")", "("+a+") || ("+b+")", "!("+a+")", "if "+a+" then "+b+" else "+g.truth(depth-1))
	}
	if g.often(3) {
		return g.wrong()
	}
	switch g.random.IntN(5) {
	case 0:
		return g.aboutCall()
	case 1:
		return g.aboutEntities()
	case 2:
		return g.aboutToken()
	}
	return g.aboutArguments()
}

func (g *generator) aboutCall() string {
	return g.one("context.mtls", `context.protocol == "mcp"`, `context.method like "tools/*"`, `["2025-11-25", "1.0"].contains(context.version)`,
		`context.authentication.contains("dpop")`, `context.authentication.containsAll(["mtls", "dpop"])`, `context.authentication.containsAny(["did", "jwt"])`,
		`context.authentication.isEmpty()`, `context.time < datetime("2026-06-01T12:00:00Z")`, `context.time.toTime() >= duration("8h")`,
		`context.time.offset(duration("1d")).toDate() == datetime("2026-03-02")`, `context has source && context.source.isInRange(ip("10.0.0.0/8"))`,
		`context has source && context.source.isLoopback()`, `context has user && context.user == "alice"`,
		`context has message && context.message.partKinds.contains("text")`, `context has message && context.message.role == "user"`,
		`context has message && context.message.pushHost like "*.example.org"`, `context has message && ["text/plain"].containsAll(context.message.mediaTypes)`)
}

func (g *generator) aboutEntities() string {
	return g.one(`principal is Agent && principal.trustDomain == "example.org"`, `principal is Agent && principal has instance && principal.instance == "7"`,
		`principal is Agent && principal has namespace && principal.namespace like "pay*"`, `principal is User && principal.issuer == "https://idp.example.org"`,
		`principal in Namespace::"example.org/payments"`, `principal == Agent::"spiffe://example.org/other"`, `resource in Target::"bank"`,
		`resource is Tool && resource.name == "pay"`, `resource is Tool && resource has readOnly && resource.readOnly`,
		`resource is Tool && !(resource has destructive && resource.destructive)`, `resource is Resource && resource.uri like "file:///*"`,
		`action == Action::"callTool"`, `action in Action::"discover"`, `resource == Tool::"bank/pay"`)
}

func (g *generator) aboutToken() string {
	return g.one(`context has token && context.token.issuer == "https://idp.example.org"`, `context has token && context.token.subject like "*alice*"`,
		`context has token && context.token.claims has level && context.token.claims.level > 2`,
		`context has token && context.token.claims has groups && context.token.claims.groups.contains("finance")`,
		`!(context has token && context.token.claims has guest && context.token.claims.guest)`)
}

func (g *generator) aboutArguments() string {
	about := func(name, then string) string {
		return "context.arguments has " + name + " && " + strings.ReplaceAll(then, "IT", "context.arguments."+name)
	}
	return g.one(about("amount", "IT <= 100"), about("amount", "IT * 3 - 10 > 20"), about("amount", "IT == 50"), about("amount", "-IT < 0"),
		about("amount", "IT + 9223372036854775000 > 0"),
		about("price", `IT.lessThan(decimal("9.95"))`), about("price", `IT == decimal("1.5")`), about("price", `IT.greaterThanOrEqual(decimal("0.0001"))`),
		about("to", `IT == "alice"`), about("to", `IT like "*@example.org"`), about("to", `["alice", "bob"].contains(IT)`),
		about("flag", "IT"), about("flag", "IT != true"), about("labels", `IT.contains("urgent")`), about("labels", `IT.containsAny(["urgent", "later"])`),
		about("labels", `IT == ["urgent"]`), about("labels", "IT.isEmpty()"), about("host", `IT.isInRange(ip("192.168.0.0/16"))`), about("host", "IT.isIpv4()"),
		about("when", `IT > datetime("2026-01-01")`), about("order", `IT has lines && IT.lines > 2`), about("order", `IT has address && IT.address has city && IT.address.city == "Berlin"`),
		`context.arguments has order.address && context.arguments.order.address has city`, "!(context.arguments has to)")
}

// wrong makes an expression that the schema does not allow.
func (g *generator) wrong() string {
	return g.one(`context.argments has amount`, `context.mtls == "yes" && context.mtls`, `context.user == "alice"`, `principal.trustDomain == "example.org"`,
		`context.protocol < 5`, `resource.readOnly`, `context.source.isLoopback()`, `principal in Target::"bank"`, `Nobody::"x" == principal`,
		`context.authentication.contains(5)`, `context.token.claims has level`)
}

// arguments makes JSON that is mostly of the types that policies use.
func (g *generator) arguments() string {
	var members []string
	add := func(name string, values ...string) {
		if g.often(55) {
			members = append(members, fmt.Sprintf("%q:%s", name, g.one(values...)))
		}
	}
	add("amount", "5", "50", "100", "101", "10", "-3", "5e1", "9007199254740991", "50.0", "null", `"50"`)
	add("price", "1.5", "9.95", "10", "0.0001", "1.50", "0.00001", "null")
	to := []string{`"alice"`, `"bob"`, `"mallory"`, `"eve@example.org"`, "null"}
	for _, s := range g.strings {
		to = append(to, fmt.Sprintf("%q", s))
	}
	add("to", to...)
	add("flag", "true", "false", "null")
	add("labels", `["urgent"]`, `["urgent","later"]`, `[]`, `["none"]`, `["urgent","urgent"]`, `[null]`)
	add("host", `"192.168.3.4"`, `"10.0.0.1"`, `"::1"`, `"not an address"`)
	add("when", `"2026-03-01T00:00:00Z"`, `"2025-03-01T00:00:00Z"`)
	add("order", `{"lines":3}`, `{"lines":1,"address":{"city":"Berlin"}}`, `{"address":{"city":"Rome"}}`, `{"address":{}}`, `{}`, "null")
	add("unread", `{"deep":[1,{"x":null}]}`, "1.23456", `"text"`)
	return "{" + strings.Join(members, ",") + "}"
}

func (g *generator) requests(n int) []*decide.Request {
	made := make([]*decide.Request, n)
	for i := range made {
		made[i] = &decide.Request{
			Principal: g.caller(), Call: g.call(), MTLS: g.often(60), SourceIP: g.one("10.1.2.3", "127.0.0.1", "192.0.2.7", "2001:db8::1", ""),
			Time: time.Date(2026, time.Month(1+g.random.IntN(12)), 1+g.random.IntN(28), g.random.IntN(24), g.random.IntN(60), 7, 9_000_000, time.UTC),
		}
	}
	return made
}

func (g *generator) caller() principal.Principal {
	ids := []string{
		"spiffe://example.org/ns/payments/agent/billing", "spiffe://example.org/ns/payments/agent/billing/instance/7", "spiffe://example.org/ns/demo/agent/assistant",
		"spiffe://example.org/other", "spiffe://partner.example/ns/payments/agent/billing", "", "",
	}
	for _, s := range g.strings {
		if strings.HasPrefix(s, "spiffe://") {
			ids = append(ids, s, s, s+"/instance/7")
		}
	}
	p := principal.FromSPIFFEID(g.one(ids...))
	p.Methods = [][]string{nil, {"mtls"}, {"dpop", "jwt", "mtls"}, {"did"}}[g.random.IntN(4)]
	if p.SPIFFEID == "" || g.often(40) {
		p.Issuer, p.Subject = g.one("https://idp.example.org", "https://other.example"), g.one("alice", "bob")
		p.Claims = map[string]any{"level": g.random.IntN(5), "groups": []string{g.one("finance", "sales")}, "guest": g.often(50), "unread": nil}
	}
	if g.often(30) {
		p.User = g.one("alice", "bob")
	}
	return p
}

func (g *generator) call() *call.Call {
	c := &call.Call{Direction: call.ToTarget, Target: g.one("bank", "bank", "shop"), Arguments: []byte(g.arguments())}
	of := func(protocol call.Protocol, version, method string, kind call.Kind, names ...string) {
		c.Protocol, c.Version, c.Method = protocol, version, method
		c.Resource = call.Resource{Kind: kind, Name: g.one(names...)}
	}
	tools := []string{"pay", "pay", "balance"}
	for _, s := range g.strings {
		if target, name, ok := strings.Cut(s, "/"); ok && !strings.Contains(name, "/") && g.often(60) {
			c.Target, tools = target, append(tools, name, name, name)
		}
	}
	switch g.random.IntN(12) {
	case 0:
		of(call.MCP, "2026-07-28", "tools/list", call.Method, "tools/list")
	case 1:
		of(call.MCP, "2025-11-25", "resources/read", call.Document, "file:///etc/motd", "https://example.org/x")
	case 2:
		of(call.MCP, "2025-11-25", "prompts/get", call.Prompt, "greet")
	case 3:
		of(call.A2A, "1.0", "SendMessage", call.Skill, "advise", "trade")
		c.Message = &call.Message{
			Role: g.one("user", "agent"), PartKinds: []string{g.one("text", "url")}, MediaTypes: []string{g.one("text/plain", "image/png")},
			PushHost: g.one("", "hooks.example.org", "evil.example"), Task: g.one("", "t1"),
		}
	case 4:
		of(call.A2A, "1.0", "GetTask", call.Task, "t1")
	case 5:
		of(call.REST, "", "GET", call.Path, "/users/{id}")
	case 6:
		of(call.GRPC, "", "Check", call.RPC, "grpc.health.v1.Health/Check")
	default:
		of(call.MCP, g.one("2025-11-25", "2026-07-28"), "tools/call", call.Tool, tools...)
		if g.often(60) {
			c.Annotations = &call.Annotations{ReadOnly: g.often(50), Destructive: g.often(50), Idempotent: g.often(50), OpenWorld: g.often(50)}
		}
	}
	return c
}
