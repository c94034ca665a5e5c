package oss

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Whatever text a valid policy holds, the CEL made from it compiles.
func FuzzAdmissionExpressionsCompile(f *testing.F) {
	f.Add("example.org/approved", "yes", "registry.example.org/agents", "registry.example.org/mcp/a:1", "csi.spiffe.io", "gvisor", "because", "old-*", "true // c")
	f.Add("a", "", "localhost:5000/", "a.b/c@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "x", "y", "a\nb\"\u2028", "a.b", "object.a == \"\\\"\"")
	f.Fuzz(func(t *testing.T, key, value, registry, image, driver, class, reason, name, expression string) {
		p := spec.AdmissionPolicy{
			Name: "p", Engine: spec.EngineNative, Actions: []spec.Action{spec.ActionDeny},
			Rules: spec.AdmissionRules{
				ApprovalLabel:     &spec.ApprovalLabel{Key: key, Values: []string{value}},
				AllowedRegistries: []string{registry},
				MCPServers:        &spec.MCPServers{LabelKey: key, LabelValue: value, AllowedImages: []string{image}},
				SPIFFEIdentity:    &spec.SPIFFEIdentity{CSIDriver: driver, Annotation: key},
				RuntimeClasses:    []string{class},
				Custom:            []spec.CustomRule{{Name: "r", Expression: expression}},
			},
			Exceptions: []spec.AdmissionException{{Name: "e", Names: []string{name}, Reason: reason}},
		}
		if len(p.Validate()) > 0 {
			return
		}
		objects, err := Admission(p)
		if err != nil {
			t.Fatal(err)
		}
		checkExpressions(t, objects[0].Body["spec"].(map[string]any))
	})
}

// checkExpressions compiles the validations of a policy with its variables, as an API server does.
func checkExpressions(t *testing.T, content map[string]any) {
	t.Helper()
	var declared []cel.Variable
	for _, v := range content["variables"].([]any) {
		declared = append(declared, cel.Variable{Name: v.(map[string]any)["name"].(string), Expression: v.(map[string]any)["expression"].(string)})
	}
	checker, err := cel.NewChecker(false, declared...)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range content["validations"].([]any) {
		expression := v.(map[string]any)["expression"].(string)
		if err := checker.Bool(expression); err != nil && len(expression) < cel.MaxExpression {
			t.Errorf("%s: %v", expression, err)
		}
	}
}
