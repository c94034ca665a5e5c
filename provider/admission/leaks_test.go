package admission_test

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

type leaks struct{ passwords []string }

// keepsOut is a check that no part of a plan has one of the passwords.
func keepsOut(passwords ...string) plancheck.PlanCheck { return leaks{passwords} }

// stateKeepsOut is a check that no part of the state has one of the passwords.
func stateKeepsOut(passwords ...string) statecheck.StateCheck { return stateLeaks{leaks{passwords}} }

func (l leaks) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	// What the plan says of resources: its "configuration" repeats the HCL, as any plan does.
	text, err := json.Marshal([]any{req.Plan.ResourceChanges, req.Plan.ResourceDrift, req.Plan.PlannedValues, req.Plan.PriorState})
	if err != nil {
		resp.Error = err
		return
	}
	resp.Error = l.check(string(text))
}

// check asks for what stands beside the password, too: a check that looks at the wrong thing finds no password either.
func (l leaks) check(text string) error {
	if !strings.Contains(text, `"password_wo_version":`) {
		return errors.New("there are no credentials at all: the check looks at the wrong thing")
	}
	return without(text, l.passwords...)
}

type stateLeaks struct{ leaks }

func (l stateLeaks) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	text, err := json.Marshal(req.State)
	if err != nil {
		resp.Error = err
		return
	}
	resp.Error = l.check(string(text))
}

// unzipped gives all that is in a saved plan.
func unzipped(t *testing.T, file string) string {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var all strings.Builder
	for _, member := range archive.File {
		content, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, content); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// stateFile gives the state as it lies on disk, and what the provider keeps in it for itself.
func stateFile(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Resources []struct {
			Instances []struct{ Private string }
		}
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		t.Fatal(err)
	}
	all := string(raw)
	for _, r := range content.Resources {
		for _, i := range r.Instances {
			private, err := base64.StdEncoding.DecodeString(i.Private)
			if err != nil || len(private) == 0 {
				t.Fatalf("no private state: %v", err)
			}
			all += string(private)
		}
	}
	return all
}
