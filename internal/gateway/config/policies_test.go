package config

import "testing"

func TestAPolicyForATargetThatThereIsNotIsWarnedOf(t *testing.T) {
	for policy, want := range map[string]string{
		`forbid (principal, action, resource in Target::"bank");`:                              "",
		`forbid (principal, action == Action::"callTool", resource == Tool::"bank/transfer");`: "",
		`forbid (principal, action == Action::"callTool", resource == Tool::"bnak/transfer");`: "g.hcl:21,1-2: Policy never applies; Policy `policy1` is for target \"bnak\", and there is none of that name.",
	} {
		read, diagnostics := Parse("g.hcl", []byte(whole+"policies {\n  text = <<EOT\n"+policy+"\nEOT\n}\n"))
		got := ""
		for _, d := range diagnostics {
			got += d.Error()
		}
		if read == nil || got != want {
			t.Errorf("%s: %q, want %q", policy, got, want)
		}
	}
}
