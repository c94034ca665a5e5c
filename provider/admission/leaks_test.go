package admission_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

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
