package policy

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

var update = flag.Bool("update", false, "write the schema into the documentation")

const page = "../../../docs/gateway/policies.md"

// The page has the published schema word for word, each policy in it can be used, and each that cannot is refused in the words that follow it.
func TestThePageOnPolicies(t *testing.T) {
	read, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(read)
	before, rest, found := strings.Cut(text, "```cedarschema\n")
	schema, after, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatal("the page has no schema")
	}
	if *update {
		text = before + "```cedarschema\n" + string(Schema()) + "```\n" + after
		if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if schema != string(Schema()) {
		t.Error("the page's schema is another than the published one: go test ./internal/gateway/policy -run ThePage -update")
	}
	policies, refusals := 0, 0
	fences := strings.Split(text, "```")
	for i := 1; i < len(fences); i += 2 {
		language, body, _ := strings.Cut(fences[i], "\n")
		_, err := New(Source{Name: "policy.cedar", Text: []byte(body)})
		switch language {
		case "cedar":
			policies++
			if err != nil {
				t.Errorf("%s\n%v", body, err)
			}
		case "cedar wrong":
			refusals++
			_, want, _ := strings.Cut(fences[i+2], "\n")
			if err == nil || err.Error() != strings.TrimSpace(want) {
				t.Errorf("%s\nis told\n%v\nand not\n%s", body, err, want)
			}
		}
	}
	if policies < 5 || refusals < 3 {
		t.Errorf("the page has %d policies and %d that are wrong", policies, refusals)
	}
}

// The page on MCP tells the action of every method that has one.
func TestThePageOnMCP(t *testing.T) {
	text, err := os.ReadFile("../../../docs/gateway/mcp.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		names := strings.Split(cells[1], "`")
		for i := 1; i < len(names); i += 2 {
			told[names[i]] = strings.Trim(cells[2], " `")
		}
	}
	for method, action := range methods[call.MCP] {
		if told[method] != action {
			t.Errorf("%s is %s, and the page says %q", method, action, told[method])
		}
	}
	fences := strings.Split(string(text), "```")
	for i := 1; i < len(fences); i += 2 {
		if language, body, _ := strings.Cut(fences[i], "\n"); language == "cedar" {
			engine(t, body)
		}
	}
}
