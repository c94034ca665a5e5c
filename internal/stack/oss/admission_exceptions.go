package oss

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// excepted gives the CEL expression that is true where an exception lets the pod through, "" where there are no exceptions.
//
// CEL in Kubernetes has no clock. The one trustworthy time in a request is metadata.creationTimestamp of a pod that is being
// created: the API server sets it before validating admission, whatever the client sent. So an exception that expires covers
// pods created before that moment, in the same way on all engines, and needs no apply to end. It covers no update, since an
// update carries no time: what an update changes must meet the rules. See docs/adr/0005-exceptions-end-in-the-policy.md.
func excepted(exceptions []spec.AdmissionException) string {
	cases := make([]string, len(exceptions))
	for i, e := range exceptions {
		cases[i] = comment(e) + "(" + strings.Join(conditions(e), " && ") + ")"
	}
	return strings.Join(cases, "\n|| ")
}

// conditions must not use the policy's variables: match conditions have none.
func conditions(e spec.AdmissionException) []string {
	var all []string
	if len(e.Namespaces) > 0 {
		all = append(all, "request.namespace in "+cel.Strings(e.Namespaces))
	}
	if len(e.Names) > 0 {
		all = append(all, nameIn(e.Names))
	}
	if !e.ExpiresAt.IsZero() {
		all = append(all, `request.operation != "UPDATE" && has(object.metadata.creationTimestamp)`+
			` && object.metadata.creationTimestamp != null`+
			` && timestamp(object.metadata.creationTimestamp) < timestamp(`+cel.String(e.ExpiresAt.UTC().Format(time.RFC3339))+`)`)
	}
	if e.Expression != "" {
		all = append(all, "(\n"+e.Expression+"\n)")
	}
	return all
}

// nameIn matches the pod's name. The API server has already completed a generateName by then.
func nameIn(names []string) string {
	var exact, tests []string
	for _, n := range names {
		if prefix, ok := strings.CutSuffix(n, "*"); ok {
			tests = append(tests, `object.metadata.name.startsWith(`+cel.String(prefix)+`)`)
		} else {
			exact = append(exact, n)
		}
	}
	if len(exact) > 0 {
		tests = append([]string{`object.metadata.name in ` + cel.Strings(exact)}, tests...)
	}
	return `has(object.metadata.name) && (` + strings.Join(tests, " || ") + `)`
}

// comment tells whoever reads the object in the cluster what the exception is for.
func comment(e spec.AdmissionException) string {
	text := e.Name
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if !e.ExpiresAt.IsZero() {
		text += fmt.Sprintf(" (until %s)", e.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return "// " + strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text) + "\n"
}
