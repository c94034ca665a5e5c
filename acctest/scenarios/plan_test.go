package scenarios_test

import (
	"encoding/json"
	"maps"
	"slices"
)

// planned gives the objects that Terraform would change, by their keys in `objects`, sorted. What it would change besides them, it
// fails the test for.
func (s *stage) planned() []string {
	s.Helper()
	const file = "plan.bin"
	if out, complaints, err := s.terraform.Run(s.Context(), "plan", "-out="+file, "-no-color"); err != nil {
		s.Fatalf("terraform plan: %v\n%s%s", err, out, complaints)
	}
	text, complaints, err := s.terraform.Run(s.Context(), "show", "-json", file)
	if err != nil {
		s.Fatalf("terraform show: %v\n%s", err, complaints)
	}
	var plan struct {
		ResourceChanges []struct {
			Address string
			Change  struct {
				Actions       []string
				Before, After struct{ Objects map[string]string }
				AfterUnknown  struct{ Objects json.RawMessage } `json:"after_unknown"`
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		s.Fatalf("terraform show: %v", err)
	}
	changed := map[string]bool{}
	for _, r := range plan.ResourceChanges {
		if slices.Equal(r.Change.Actions, []string{"no-op"}) {
			continue
		}
		if !slices.Equal(r.Change.Actions, []string{"update"}) {
			s.Errorf("%s: the plan would %v", r.Address, r.Change.Actions)
		}
		// A Secret's projection is known after the apply alone.
		var unknown map[string]bool
		if len(r.Change.AfterUnknown.Objects) > 0 {
			if err := json.Unmarshal(r.Change.AfterUnknown.Objects, &unknown); err != nil {
				s.Fatalf("%s: all of its objects are unknown", r.Address)
			}
		}
		before, after := r.Change.Before.Objects, r.Change.After.Objects
		for _, objects := range []map[string]string{before, after} {
			for key := range objects {
				if before[key] != after[key] && !unknown[key] {
					changed[key] = true
				}
			}
		}
		for key := range unknown {
			changed[key] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// inventory gives the keys of all objects that Terraform's state has, sorted.
func (s *stage) inventory() []string {
	s.Helper()
	text, complaints, err := s.terraform.Run(s.Context(), "show", "-json")
	if err != nil {
		s.Fatalf("terraform show: %v\n%s", err, complaints)
	}
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Values struct{ Objects map[string]string }
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		s.Fatalf("terraform show: %v", err)
	}
	var keys []string
	for _, r := range state.Values.RootModule.Resources {
		keys = slices.AppendSeq(keys, maps.Keys(r.Values.Objects))
	}
	slices.Sort(keys)
	return keys
}
