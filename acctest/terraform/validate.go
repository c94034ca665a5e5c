package terraform

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Diagnostic is one error or warning of "terraform validate".
type Diagnostic struct {
	Severity string // error or warning
	Summary  string
	Detail   string
	Block    string // the block that it is in, as: resource "agent_identity" "test"
}

// String gives the diagnostic in one line.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", d.Severity, d.Block, d.Summary, d.Detail)
}

// Validate runs "terraform validate" on a folder, which it leaves as it is, and gives all errors and warnings.
func Validate(tb testing.TB, dir string) []Diagnostic {
	tb.Helper()
	return At(tb, dir).Validate(tb)
}

// Validate runs "terraform validate" on the folder, whose modules must have been looked up, and gives all errors and warnings.
func (f *Folder) Validate(tb testing.TB) []Diagnostic {
	tb.Helper()
	// The program fails where the configuration is not valid; what it prints then says why.
	out, complaints, runErr := f.Run(tb.Context(), "validate", "-json", "-no-color")
	var report struct {
		Diagnostics []struct {
			Severity, Summary, Detail string
			Snippet                   struct{ Context string }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		tb.Fatalf("terraform validate: %v: %s%s", runErr, out, complaints)
	}
	var diagnostics []Diagnostic
	for _, d := range report.Diagnostics {
		if d.Summary != "Provider development overrides are in effect" {
			diagnostics = append(diagnostics, Diagnostic{d.Severity, d.Summary, d.Detail, d.Snippet.Context})
		}
	}
	return diagnostics
}
