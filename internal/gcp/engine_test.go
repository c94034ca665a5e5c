package gcp

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestAnObjectIsCreatedChangedAndDeleted(t *testing.T) {
	b := newBench(t, gcptest.Options{Polls: 3, HiddenReads: 2})
	created := b.mustApply(t, gateway(t, egress), "")
	if want := `{"description":"of agents","googleManaged":{"governedAccessPath":"AGENT_TO_ANYWHERE"},"labels":{"team":"agents"}}`; created.Projection != want {
		t.Errorf("the projection is %s", created.Projection)
	}
	b.Forget()
	b.mustApply(t, gateway(t, egress), created.Projection)
	if calls := b.methods(); calls != "" {
		t.Errorf("nothing changed, and it called %s", calls)
	}
	changed := b.mustApply(t, gateway(t, `{"description":"","googleManaged":{"governedAccessPath":"AGENT_TO_ANYWHERE"},"registries":["//agentregistry.googleapis.com/projects/agents-1/locations/us-central1"]}`), created.Projection)
	if calls := b.methods(); calls != "agentGateways.patch" {
		t.Fatalf("it called %s", calls)
	}
	if mask := b.Mutations()[0].Query.Get("updateMask"); mask != "description,labels,registries" {
		t.Errorf("the update mask is %s", mask)
	}
	if b.Mutations()[0].Body["etag"] == nil {
		t.Error("the update has no etag")
	}
	if stored, _ := b.Object(gateway(t, egress).Key.String()); stored["labels"] != nil || stored["description"] != nil && stored["description"] != "" {
		t.Errorf("what left the desired object is still there: %v", stored)
	}
	b.mustRead(t, gateway(t, egress).Key, changed.Projection, changed.Projection)
	b.mustDelete(t, gateway(t, egress).Key)
	b.mustDelete(t, gateway(t, egress).Key)
}

func TestDriftShowsInOurFieldsAlone(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	key := gateway(t, egress).Key
	created := b.mustApply(t, gateway(t, egress), "")
	change := func(change func(map[string]any)) {
		t.Helper()
		if err := b.Change(key.String(), change); err != nil {
			t.Fatal(err)
		}
	}
	change(func(live map[string]any) {
		live["labels"] = map[string]any{"team": "agents", "cost": "7"}
		live["registries"] = []any{"//agentregistry.googleapis.com/projects/agents-1/locations/us-central1"}
	})
	b.mustRead(t, key, created.Projection, created.Projection)

	change(func(live map[string]any) { live["description"] = "of somebody else" })
	drifted := strings.Replace(created.Projection, "of agents", "of somebody else", 1)
	b.mustRead(t, key, created.Projection, drifted)
	b.Forget()
	b.mustApply(t, gateway(t, egress), drifted)
	if calls := b.methods(); calls != "agentGateways.patch" || b.Mutations()[0].Query.Get("updateMask") != "description" {
		t.Errorf("it called %s with %v", calls, b.Mutations()[0].Query)
	}
	b.Forget()
	b.mustApply(t, gateway(t, strings.Replace(egress, `"agents"}`, `"platform"}`, 1)), created.Projection)
	stored, _ := b.Object(key.String())
	if labels, _ := stored["labels"].(map[string]any); labels["cost"] != "7" || labels["team"] != "platform" {
		t.Errorf("labels are %v: those of others stay", labels)
	}
}

func TestADeletedObjectIsMadeAgain(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	created := b.mustApply(t, gateway(t, egress), "")
	if err := b.Remove(gateway(t, egress).Key.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read(deadline(t), gateway(t, egress).Key, created.Projection); !errors.Is(err, stack.ErrNotFound) {
		t.Errorf("it reads with %v", err)
	}
	b.mustApply(t, gateway(t, egress), created.Projection)
}

func TestAnObjectThatIsThereIsAdoptedOnlyWhereItIsEqual(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	b.mustApply(t, gateway(t, egress), "")
	b.Forget()
	if live := b.mustPlan(t, gateway(t, egress), ""); len(live.Adopted) == 0 {
		t.Error("the plan does not say that it is there")
	}
	b.mustApply(t, gateway(t, egress), "")
	if calls := b.methods(); calls != "agentGateways.create!" {
		t.Errorf("it called %s", calls)
	}
	other := gateway(t, strings.Replace(egress, "of agents", "of others", 1))
	var exists *existsError
	if _, err := b.Plan(deadline(t), other, ""); !errors.As(err, &exists) || !strings.Contains(err.Error(), "differs in description") || !strings.Contains(exists.Hint(), other.Key.String()) {
		t.Errorf("the plan of another says %v", err)
	}
	if _, err := b.Apply(deadline(t), other, ""); !errors.As(err, &exists) {
		t.Errorf("the apply of another says %v", err)
	}
	if stored, _ := b.Object(other.Key.String()); stored["description"] != "of agents" {
		t.Errorf("it was changed: %v", stored)
	}
}

func TestWhatCannotBeChangedIsReplaced(t *testing.T) {
	b := newBench(t, gcptest.Options{Polls: 1})
	created := b.mustApply(t, gateway(t, egress), "")
	ingress := gateway(t, strings.Replace(egress, "AGENT_TO_ANYWHERE", "CLIENT_TO_AGENT", 1))
	if live := b.mustPlan(t, ingress, created.Projection); len(live.Replaced) != 1 || live.Replaced[0] != "googleManaged" {
		t.Errorf("the plan replaces %v", live.Replaced)
	}
	b.Forget()
	b.mustApply(t, ingress, created.Projection)
	if calls := b.methods(); calls != "agentGateways.delete agentGateways.create" {
		t.Errorf("it called %s", calls)
	}
}

func TestAnImportShowsWhatSomebodyMayHaveSet(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	created := b.mustApply(t, gateway(t, egress), "")
	b.mustRead(t, gateway(t, egress).Key, "", created.Projection)
}

func TestAPolicyIsForAnObjectThatIsNotSeenEverywhereYet(t *testing.T) {
	b := newBench(t, gcptest.Options{UnknownReferences: 3})
	b.mustApply(t, gateway(t, egress), "")
	b.mustApply(t, denyByDefault(t), "")
	if b.paused == 0 {
		t.Error("it did not have to wait")
	}
}

func denyByDefault(t *testing.T) stack.Object {
	t.Helper()
	return object(t, NetworkSecurity, "authzPolicies/edge-default", `{"action":"DENY_BY_DEFAULT","target":{"resources":["`+location+`/agentGateways/edge"]}}`)
}

func TestADeletionWaitsForWhatHoldsTheObject(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	b.mustApply(t, gateway(t, egress), "")
	b.mustApply(t, denyByDefault(t), "")
	gone := 0
	b.config.Pace.Pause = func(context.Context, time.Duration) error {
		if gone++; gone == 3 {
			return b.Remove(denyByDefault(t).Key.String())
		}
		return nil
	}
	b.mustDelete(t, gateway(t, egress).Key)
	if gone < 3 {
		t.Errorf("it waited %d times", gone)
	}
}

func TestADeletionSaysWhatHoldsTheObject(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	b.mustApply(t, gateway(t, egress), "")
	b.mustApply(t, denyByDefault(t), "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	b.config.Pace.Pause = func(context.Context, time.Duration) error { return context.DeadlineExceeded }
	defer cancel()
	err := b.Delete(ctx, gateway(t, egress).Key, "")
	var held *heldError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "edge-default") {
		t.Errorf("the error is %v", err)
	}
}

// What others have put into an engine is not waited for, and goes with it only where the engine says so.
func TestADeletionOfWhatIsFilled(t *testing.T) {
	engine := func(labels string) stack.Object {
		return object(t, VertexAI, "reasoningEngines/{agents.billing}", `{"displayName":"agents.billing","labels":{`+labels+`},"spec":{"identityType":"AGENT_IDENTITY"}}`)
	}
	b := newBench(t, gcptest.Options{})
	made := b.mustApply(t, engine(`"agentward-agent":"billing"`), "")
	b.Inject(gcptest.Fault{Method: "aiplatform.*.reasoningEngines.delete", Status: "FAILED_PRECONDITION", Message: "the engine has sessions"})
	b.Forget()
	err := b.Delete(deadline(t), engine("").Key, "")
	var held *heldError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "it is not empty: ") || !strings.Contains(held.Hint(), "force_delete = true") {
		t.Errorf("the error is %v", err)
	}
	if got := b.methods(); got != "reasoningEngines.delete!" {
		t.Errorf("it was tried by %s", got)
	}
	b.mustApply(t, engine(`"agentward-agent":"billing","`+stack.ForceDeleteLabel+`":"true"`), made.Projection)
	b.Forget()
	b.mustDelete(t, engine("").Key)
	if r := b.Mutations(); len(r) != 1 || r[0].Query.Get("force") != "true" {
		t.Errorf("it was deleted by %+v", r)
	}
}

// Resources of one configuration are destroyed side by side, and it may be the later one that what is deleted first waits for.
func TestADeletionThatWaitsLetsTheOneThatItWaitsForThrough(t *testing.T) {
	b := newBench(t, gcptest.Options{Polls: 1})
	b.mustApply(t, gateway(t, egress), "")
	b.mustApply(t, denyByDefault(t), "")
	held := make(chan struct{})
	var once sync.Once
	b.config.Pace.Pause = func(ctx context.Context, _ time.Duration) error {
		once.Do(func() { close(held) })
		return byTheClock(ctx, time.Millisecond)
	}
	result := make(chan error, 1)
	go func() { result <- b.Delete(deadline(t), gateway(t, egress).Key, "") }()
	<-held
	if err := b.Delete(deadline(t), denyByDefault(t).Key, ""); err != nil {
		t.Error(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	if names := b.Names(); len(names) > 0 {
		t.Errorf("these are left: %v", names)
	}
}
