package examples_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

var update = flag.Bool("update", false, "write the table of what is portable into the guide's template")

const (
	subsetTemplate = "../../templates/guides/gateway-on-both-stacks.md.tmpl"
	subsetBegins   = "<!-- portable subset -->\n"
	subsetEnds     = "<!-- end -->\n"
)

// The guide says of each attribute of allow what the provider itself goes by (go test ./acctest/examples -run Subset -update writes it).
func TestTheGuideHasThePortableSubset(t *testing.T) {
	text, err := os.ReadFile(subsetTemplate)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), subsetBegins)
	written, after, ends := strings.Cut(rest, subsetEnds)
	if !begins || !ends {
		t.Fatalf("the guide has no place for the table: %q and %q", subsetBegins, subsetEnds)
	}
	table := subset()
	if *update {
		if err := os.WriteFile(subsetTemplate, []byte(before+subsetBegins+table+subsetEnds+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if written != table {
		t.Errorf("the guide is not what the provider goes by:\n%s\nwant\n%s", written, table)
	}
}

func subset() string {
	var b strings.Builder
	b.WriteString("\n| attribute of `allow` | by an access policy (IAP `V2`) | by an AuthzPolicy (no IAP) |\n|---|---|---|\n")
	for _, row := range spec.GoogleSubset() {
		access, authz := orDash(row.AccessPolicy), orDash(row.AuthzPolicy)
		if row.Never != "" {
			access, authz = "never: "+row.Never, "never"
		}
		b.WriteString("| " + row.Attribute + " | " + access + " | " + authz + " |\n")
	}
	b.WriteString("\n")
	return b.String()
}

func orDash(text string) string {
	if text == "" {
		return "—"
	}
	return strings.ReplaceAll(text, "|", "\\|")
}
