package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestVersionIsOneLine(t *testing.T) {
	var out, errs strings.Builder
	if status := run(t.Context(), environment{stdout: &out, stderr: &errs}, []string{"version"}); status != 0 || errs.Len() > 0 {
		t.Fatalf("%d %s", status, &errs)
	}
	if !regexp.MustCompile(`^agent-gateway dev \(go1\.\S+, \w+/\w+.*\)\n$`).MatchString(out.String()) {
		t.Errorf("%q", out.String())
	}
	if status := run(t.Context(), environment{stdout: &out, stderr: &errs}, []string{"version", "please"}); status != 2 {
		t.Errorf("with more: %d", status)
	}
}
