package policy

import (
	"slices"
	"testing"
)

func TestScopesNameTargetsThemselvesOrByWhatTheyHave(t *testing.T) {
	engine, err := New(Source{Name: "a.cedar", Line: 3, Text: []byte(`
permit (principal, action, resource);
@id("one tool")
permit (principal, action == Action::"callTool", resource == Tool::"bank/transfer/abroad");
forbid (principal, action, resource in Target::"crm");
forbid (principal, action == Action::"callTool", resource is Tool in Target::"shop") unless { context.mtls };
permit (principal, action == Action::"callTool", resource is Tool);`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []Mention{
		{"bank", "one tool", "a.cedar", 5, 1}, {"crm", "policy2", "a.cedar", 7, 1}, {"shop", "policy3", "a.cedar", 8, 1},
	}
	if got := engine.Mentions(); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
