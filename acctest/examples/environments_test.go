package examples_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
)

// The environments are made of the same files, and differ in what becomes of what is not permitted.
func TestEnvironmentsDifferInStrictness(t *testing.T) {
	dir := checkout(t)
	type strictness struct {
		Enforcement, Engine, FailurePolicy string
		Actions                            []any
		Signed, Store                      bool
	}
	same := map[string]any{}
	for environment, want := range map[string]strictness{
		"dev":     {"audit", "native", "Ignore", []any{"audit", "warn"}, false, false},
		"staging": {"enforce", "native", "Fail", []any{"deny"}, false, true},
		"prod":    {"enforce", "kyverno", "Fail", []any{"deny"}, true, true},
	} {
		t.Run(environment, func(t *testing.T) {
			planned := rendered(t, filepath.Join(dir, "examples", "environments", environment))
			gateway := planned["module.stack.module.platform.agent_gateway.this"]
			admission := planned["module.stack.module.platform.agent_admission_policy.agents"]
			got := strictness{
				Enforcement: gateway["enforcement"].(string), Store: gateway["store"] != nil,
				Engine: admission["engine"].(string), FailurePolicy: admission["failure_policy"].(string), Actions: admission["actions"].([]any),
				Signed: admission["rules"].(map[string]any)["signed_images"] != nil,
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("it is %+v, want %+v", got, want)
			}
			// What holds everywhere but for the trust domain in it: who may use what, as there is.
			permitted := []any{len(gateway["allow"].(map[string]any)), gateway["policies"], gateway["targets"].(map[string]any)["bank"].(map[string]any)["url"]}
			for other, theirs := range same {
				if !reflect.DeepEqual(permitted, theirs) {
					t.Errorf("%v is permitted, and in %s %v", permitted, other, theirs)
				}
			}
			same[environment] = permitted
		})
	}
}

// rendered plans a configuration in render mode and gives the attributes of its resources by address.
func rendered(t *testing.T, path string) map[string]map[string]any {
	t.Helper()
	write(t, filepath.Join(path, "render_override.tf"), rendering)
	folder := installed(t, path)
	run(t, folder, "plan", "-no-color", "-out=plan")
	var plan struct {
		Changes []struct {
			Address string
			Change  struct{ After map[string]any }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(run(t, folder, "show", "-json", "plan")), &plan); err != nil {
		t.Fatal(err)
	}
	resources := map[string]map[string]any{}
	for _, r := range plan.Changes {
		resources[r.Address] = r.Change.After
	}
	return resources
}
