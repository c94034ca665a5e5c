package gcp

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

func TestBinaryAuthorizationGoldens(t *testing.T) {
	golden.Check(t, "admission", func(t *testing.T, input string) string {
		var b spec.GoogleBinaryAuthorization
		if err := yaml.UnmarshalStrict([]byte(input), &b); err != nil {
			t.Fatal(err)
		}
		p := spec.AdmissionPolicy{BinaryAuthorization: &b}
		if problems := p.ValidateGoogle(); len(problems) > 0 {
			t.Fatalf("the policy is not valid: %v", problems)
		}
		return golden.YAML(t, BinaryAuthorization(p))
	})
}

// What Kubernetes enforces is the same on both stacks, and stands first.
func TestAdmissionOnGKEIsThatOfTheOpenSourceStackAndMore(t *testing.T) {
	p := spec.AdmissionPolicy{Name: "agents", Engine: spec.EngineNative, Actions: []spec.Action{spec.ActionDeny}, Rules: spec.AdmissionRules{NoAutomountedTokens: true}}
	want, err := oss.Admission(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Admission(p)
	if err != nil || golden.YAML(t, got) != golden.YAML(t, want) {
		t.Errorf("without Binary Authorization got\n%s\n%v", golden.YAML(t, got), err)
	}
	p.BinaryAuthorization = &spec.GoogleBinaryAuthorization{
		Project: spec.GoogleProject{ID: "acme-agents"}, Default: &spec.GoogleAdmissionRule{Evaluation: spec.EvaluateDeny, Enforcement: spec.EnforcementAudit}, Adopt: true,
	}
	if got, err = Admission(p); err != nil || len(got) != len(want)+1 || golden.YAML(t, got[:len(want)]) != golden.YAML(t, want) {
		t.Fatalf("with Binary Authorization got\n%s\n%v", golden.YAML(t, got), err)
	}
	last := got[len(want)]
	if key := "//binaryauthorization.googleapis.com/projects/acme-agents/policy#defaultAdmissionRule"; last.Key.String() != key || !last.Adopt {
		t.Errorf("the last is %s, adopted %t", last.Key, last.Adopt)
	}
	for _, o := range got {
		if parsed, err := stack.ParseKey(o.Key.String()); err != nil || parsed != o.Key {
			t.Errorf("the key of %s is read as %s: %v", o.Key, parsed, err)
		}
	}
}
