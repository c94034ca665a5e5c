package admission

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func TestWhatAnImportTakesIn(t *testing.T) {
	m := &model{Name: types.StringValue("agents")}
	keys := m.keysByEngine()
	by := func(manager string) stack.Live {
		return stack.Live{Body: map[string]any{"metadata": map[string]any{"managedFields": []any{
			map[string]any{"manager": "kube-controller", "operation": "Update", "subresource": "status"},
			map[string]any{"manager": manager, "operation": "Apply"},
		}}}}
	}
	native, kyverno := keys[spec.EngineNative][:2], keys[spec.EngineKyverno]
	tests := []struct {
		name  string
		found map[stack.Key]stack.Live
		want  []stack.Key
	}{
		{"nothing where nothing is", nil, nil},
		{"what we applied before", map[stack.Key]stack.Live{native[0]: by("us"), native[1]: by("us")}, native},
		{
			"what we applied, not what another tool made for another engine",
			map[stack.Key]stack.Live{native[0]: by("us"), native[1]: by("us"), kyverno[0]: by("helm")},
			native,
		},
		{"what another tool made for the one engine that has any", map[stack.Key]stack.Live{kyverno[0]: by("helm")}, kyverno[:1]},
		{"nothing where other tools made some for two engines", map[stack.Key]stack.Live{native[0]: by("argo"), kyverno[0]: by("helm")}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			adopted := m.Adopted(&governed.Provider{FieldManager: "us"}, test.found)
			if len(adopted) != len(test.want) {
				t.Errorf("%d objects are taken in, want %d: %v", len(adopted), len(test.want), adopted)
			}
			for _, key := range test.want {
				if _, ok := adopted[key]; !ok {
					t.Errorf("%s is not taken in", key.Describe())
				}
			}
		})
	}
}

func TestImportLooksForEveryKindThatAPolicyCanHave(t *testing.T) {
	m := &model{Name: types.StringValue("agents")}
	keys := m.ImportKeys(nil)
	for _, kind := range []string{
		"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingPolicy",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingPolicy", "ImageValidatingPolicy", "Secret", "ConstraintTemplate",
	} {
		if !slices.ContainsFunc(keys, func(key stack.Key) bool { return key.Kind == kind }) {
			t.Errorf("no %s is looked for", kind)
		}
	}
	if len(keys) != 10 {
		t.Errorf("%d objects are looked for, want these and a constraint: %v", len(keys), keys)
	}
}

func TestAPlanWarnsOfExceptionsThatHaveEnded(t *testing.T) {
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	m := &model{Name: types.StringValue("agents"), Exceptions: []exceptionModel{
		{Name: types.StringValue("never-ends")},
		{Name: types.StringValue("ends"), ExpiresAt: types.StringValue("2027-01-31T01:00:00+01:00")},
	}}
	if warnings := m.expired(end.Add(-time.Second)); len(warnings) > 0 {
		t.Errorf("there is a warning before the end: %v", warnings)
	}
	warnings := m.expired(end)
	if len(warnings) != 1 {
		t.Fatalf("there are %d warnings at the end, want 1", len(warnings))
	}
	located, ok := warnings[0].(interface{ Path() path.Path })
	if !ok || located.Path().String() != "exceptions[1].expires_at" {
		t.Errorf("the warning is not on the attribute: %v", warnings[0])
	}
}

func TestPolicyThatNothingConfinesIsWarnedOf(t *testing.T) {
	selected := &governed.LabelSelector{MatchLabels: map[string]types.String{"workload-type": types.StringValue("ai-agent")}}
	for name, test := range map[string]struct {
		model model
		warns bool
	}{
		"denies everywhere":              {model{}, true},
		"denies in selected namespaces":  {model{NamespaceSelector: selected}, false},
		"denies selected pods":           {model{ObjectSelector: selected}, false},
		"only audits, though everywhere": {model{Actions: []types.String{types.StringValue("audit")}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if warnings := test.model.unconfined(nil); (len(warnings) > 0) != test.warns {
				t.Errorf("warnings are %v", warnings)
			}
		})
	}
}
