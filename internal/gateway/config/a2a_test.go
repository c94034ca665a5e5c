package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/policy"
)

const agentText = `
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
listener "agents" {
  address = "127.0.0.1:8443"
}
target "bank" {
  protocol = "a2a"
  url      = "https://bank.example/"
}
policies { text = "" }
`

func agentTarget(t *testing.T, block string, files map[string]string) (*Config, string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Replace(agentText, "/\"\n}", "/\"\n"+block+"\n}", 1)
	if extra, ok := strings.CutPrefix(block, "beside:"); ok {
		text = agentText + extra
	}
	text = strings.Replace(text, `text = ""`, `text = "permit(principal, action, resource);"`, 1)
	c, diagnostics := Parse(filepath.Join(folder, "gateway.hcl"), []byte(text))
	if diagnostics.HasErrors() {
		return nil, diagnostics.Error()
	}
	return c, ""
}

const publicKey = `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`

func TestATargetOfA2A(t *testing.T) {
	for name, c := range map[string]struct {
		block string
		want  A2A
	}{
		"nothing is said": {"", A2A{JSONRPC: "https://bank.example/", HTTPJSON: "https://bank.example/", Card: "https://bank.example/.well-known/agent-card.json", Keep: 24 * 60 * 60 * 1e9}},
		"gRPC alone":      {"a2a {\ngrpc = \"http://127.0.0.1:9\"\ncard_max_age = \"1h\"\nskill_key = \"urn:x\"\n}", A2A{GRPC: "http://127.0.0.1:9", Card: "https://bank.example/.well-known/agent-card.json", Keep: 60 * 60 * 1e9, SkillKey: "urn:x"}},
		"a card of its own": {"a2a {\njsonrpc = \"https://bank.example/rpc\"\ncard = \"https://cards.example/bank.json\"\n}", A2A{
			JSONRPC: "https://bank.example/rpc", Card: "https://cards.example/bank.json", Keep: 24 * 60 * 60 * 1e9,
		}},
	} {
		got, problem := agentTarget(t, c.block, nil)
		if problem != "" {
			t.Errorf("%s: %s", name, problem)
		} else if *got.Targets[0].A2A != c.want {
			t.Errorf("%s: %+v", name, *got.Targets[0].A2A)
		}
	}
	got, problem := agentTarget(t, "a2a {\ncard_keys = \"keys.json\"\n}\nversions = [\"1.0\"]", map[string]string{"keys.json": publicKey})
	if problem != "" || got.Targets[0].A2A.Keys == nil {
		t.Errorf("keys: %s", problem)
	}
}

func TestWhatIsWrongWithATargetOfA2A(t *testing.T) {
	for name, c := range map[string]struct{ block, says string }{
		"a version of another protocol":    {`versions = ["2025-11-25"]`, "0.3, 1.0"},
		"a URL that is none":               {"a2a {\njsonrpc = \"bank\"\n}", "Not a URL of an agent"},
		"a URL with a query":               {"a2a {\nhttp_json = \"http://bank/?x=y\"\n}", "without user, query or fragment"},
		"a path of gRPC":                   {"a2a {\ngrpc = \"http://bank/grpc\"\n}", "gRPC has no path"},
		"a card that is no URL":            {"a2a {\ncard = \"card.json\"\n}", "Not a URL of an agent"},
		"keys that are not there":          {"a2a {\ncard_keys = \"absent.json\"\n}", "Keys of the card cannot be used"},
		"keys that are private":            {"a2a {\ncard_keys = \"private.json\"\n}", "no part of a public key"},
		"an age that is none":              {"a2a {\ncard_max_age = \"soon\"\n}", "Not a duration"},
		"gRPC of two targets":              {"beside:\ntarget \"a\" {\nprotocol = \"a2a\"\nurl = \"http://a\"\na2a {\ngrpc = \"http://a\"\n}\n}\ntarget \"b\" {\nprotocol = \"a2a\"\nurl = \"http://b\"\na2a {\ngrpc = \"http://b\"\n}\n}", "Service is taken"},
		"a block of another protocol":      {"beside:\ntarget \"a\" {\nprotocol = \"mcp\"\nurl = \"http://a\"\na2a {}\n}", "Not a target of A2A"},
		"a secret that is not there":       {"beside:\nagent_cards {\nsecret_file = \"absent\"\n}", "Secret cannot be read"},
		"a secret that is too short":       {"beside:\nagent_cards {\nsecret_file = \"short\"\n}", "Secret is too short"},
		"an attribute that nobody knows":   {"a2a {\nrpc = \"http://a\"\n}", "Unsupported argument"},
		"a query of the agent's own URL":   {"beside:\ntarget \"a\" {\nprotocol = \"a2a\"\nurl = \"http://a/?x\"\n}", "no query"},
		"services that it has by gRPC":     {"services = [\"x.Y\"]", "Not a target of gRPC"},
		"descriptors that it brings along": {"descriptors = \"x\"", "Not a target of gRPC"},
	} {
		_, problem := agentTarget(t, c.block, map[string]string{
			"private.json": strings.Replace(publicKey, `"kid"`, `"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","kid"`, 1), "short": "short",
		})
		if !strings.Contains(problem, c.says) || !regexp.MustCompile(`gateway\.hcl:\d+,\d+`).MatchString(problem) {
			t.Errorf("%s: %q", name, problem)
		}
	}
}

// What the page shows can be used as it stands.
func TestTheConfigurationAndPoliciesOfTheA2APage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/gateway/a2a.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(hcl|cedar)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	count := map[string]int{}
	var hcl strings.Builder
	for _, b := range blocks {
		count[b[1]]++
		if b[1] == "hcl" {
			hcl.WriteString(b[2])
			continue
		}
		if _, err := policy.New(policy.Source{Name: "a2a.md", Text: []byte(b[2])}); err != nil {
			t.Errorf("%v in\n%s", err, b[2])
		}
	}
	if count["hcl"] != 2 || count["cedar"] != 1 {
		t.Fatalf("the page has %v", count)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"bank-keys.json": publicKey, "card-secret": strings.Repeat("s", 32)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before, _, _ := strings.Cut(agentText, "target")
	text := fmt.Sprintf("%s\n%s\npolicies { text = %q }", before, hcl.String(), "permit(principal, action, resource);")
	if _, diagnostics := Parse(filepath.Join(folder, "gateway.hcl"), []byte(text)); diagnostics.HasErrors() {
		t.Error(diagnostics)
	}
}
