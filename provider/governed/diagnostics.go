package governed

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Unable is the one form of an error: what could not be done, why, and what to do next where the error knows.
func Unable(verb, noun, name string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("Unable to %s %s %q", verb, noun, name), Reason(err))
}

// Reason gives what an error says, and what to do next where it knows.
func Reason(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		return err.Error() + "\n\n" + hinted.Hint()
	}
	return err.Error()
}

// ProblemDiagnostics puts each problem on the attribute at fault.
func ProblemDiagnostics(problems spec.Problems) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, p := range problems {
		if len(p.Path) == 0 { // nothing that the user wrote
			diags.AddError("Invalid configuration", p.Detail)
			continue
		}
		diags.AddAttributeError(AttributePath(p.Path), "Invalid "+spec.PathString(p.Path), p.Detail)
	}
	return diags
}

// AttributePath gives the attribute that a problem is of.
func AttributePath(steps []any) path.Path {
	p := path.Empty()
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			p = p.AtName(s)
		case int:
			p = p.AtListIndex(s)
		case spec.MapKey:
			p = p.AtMapKey(string(s))
		}
	}
	return p
}
