package gcp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/iap/v1"
	"google.golang.org/api/option"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// through is how far an object has come that is made, changed and deleted.
type through struct {
	created, changed string // projections, "" before
	deleted          bool
}

// goOn does what is not done yet, as an apply after an apply does.
func (done *through) goOn(ctx context.Context, c *Client, first, second stack.Object) (err error) {
	if done.created == "" {
		if done.created, err = planAndApply(ctx, c, first, ""); err != nil {
			return err
		}
	}
	if done.changed == "" {
		if done.changed, err = planAndApply(ctx, c, second, done.created); err != nil {
			return err
		}
	}
	if !done.deleted {
		if err := c.Delete(ctx, second.Key, ""); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		done.deleted = true
	}
	return nil
}

func planAndApply(ctx context.Context, c *Client, desired stack.Object, prior string) (string, error) {
	planned, err := c.Plan(ctx, desired, prior)
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	live, err := c.Apply(ctx, desired, prior)
	if err == nil && live.Projection != planned.Projection {
		err = fmt.Errorf("it came out as %s, and was planned as %s", live.Projection, planned.Projection)
	}
	if err != nil {
		return "", fmt.Errorf("apply: %w", err)
	}
	return live.Projection, nil
}

// begin gives what a life needs, and what it is about.
func begin(t *testing.T, name string) (b *bench, first, second stack.Object) {
	t.Helper()
	life := lives[name]
	b = newBench(t, gcptest.Options{Polls: 1})
	for i := 0; i < len(life.before); i += 3 {
		b.mustApply(t, declared(t, life.before[i], life.before[i+1], life.before[i+2]), "")
	}
	b.Forget()
	return b, declared(t, life.service, life.name, life.first), declared(t, life.service, life.name, life.second)
}

func TestEachKindIsFinishedByTheNextApplyWhereverTheLastWasCut(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(lives)) {
		t.Run(name, func(t *testing.T) {
			b, first, second := begin(t, name)
			if err := new(through).goOn(deadline(t), b.Client, first, second); err != nil {
				t.Fatal(err)
			}
			for n := range len(b.Requests()) {
				b, first, second := begin(t, name)
				done := new(through)
				b.StopAfter(n)
				// Without a deadline a request is tried a few times only.
				if err := done.goOn(t.Context(), b.Client, first, second); err == nil {
					t.Fatalf("after %d requests it was cut, and saw nothing of it", n)
				}
				b.Resume()
				if err := done.goOn(deadline(t), b.client(t), first, second); err != nil {
					t.Errorf("cut after %d requests, the next apply says %v", n, err)
				}
			}
		})
	}
}

func TestEachRequestOfEachKindMayFailOnce(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(lives)) {
		t.Run(name, func(t *testing.T) {
			b, first, second := begin(t, name)
			if err := new(through).goOn(deadline(t), b.Client, first, second); err != nil {
				t.Fatal(err)
			}
			for n := range len(b.Requests()) {
				for _, fault := range []gcptest.Fault{{Drop: gcptest.DropAfter}, {Status: "ABORTED"}} {
					b, first, second := begin(t, name)
					fault.Skip = n
					b.Inject(fault)
					if err := new(through).goOn(deadline(t), b.Client, first, second); err != nil {
						t.Errorf("with %+v it says %v", fault, err)
					}
				}
			}
		})
	}
}

func TestWhatSomebodyAddsToARuleIsTakenBack(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	life := lives["a deny policy"]
	desired := declared(t, life.service, life.name, life.first)
	created := b.mustApply(t, desired, "")
	if err := b.Change(desired.Key.String(), func(live map[string]any) {
		rule := fieldsOf(fieldsOf(live["rules"].([]any)[0])["denyRule"]) //nolint:forcetypeassert // as it was made
		rule["exceptionPrincipals"] = []any{"principal://agents.global.org-1.system.id.goog/a"}
	}); err != nil {
		t.Fatal(err)
	}
	live, err := b.Read(deadline(t), desired.Key, created.Projection)
	if err != nil || !strings.Contains(live.Projection, `"exceptionPrincipals":["principal://agents.global.org-1.system.id.goog/a"]`) {
		t.Fatalf("an exception that somebody made shows as %s (%v)", live.Projection, err)
	}
	b.Forget()
	b.mustApply(t, desired, live.Projection)
	if calls := b.methods(); calls != "policies.update" {
		t.Errorf("it called %s", calls)
	}
	sent := b.Mutations()[0]
	if sent.Body["etag"] == nil || !strings.Contains(sent.Path, "cloudresourcemanager.googleapis.com%2Fprojects%2Fagents-1/denypolicies/billing") {
		t.Errorf("it sent %v to %s", sent.Body, sent.Path)
	}
}

func TestAnAuthProviderIsDisabledRightAfterItIsMade(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	desired := declared(t, AgentIdentity, location+"/authProviders/billing", strings.Replace(lives["an auth provider"].first, "ENABLED", "DISABLED", 1))
	live := b.mustApply(t, desired, "")
	if calls := b.methods(); calls != "authProviders.create authProviders.disable" {
		t.Errorf("it called %s", calls)
	}
	if strings.Contains(live.Projection, "s3cr3t") || !strings.Contains(live.Projection, `"state":"DISABLED"`) {
		t.Errorf("the projection is %s", live.Projection)
	}
	for _, sent := range b.Mutations() {
		if sent.Body["state"] != nil {
			t.Errorf("%s was sent a state", sent.Method)
		}
	}
}

func TestASecretOfAnotherVersionIsSent(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	desired := declared(t, AgentIdentity, location+"/authProviders/billing", lives["an auth provider"].first)
	created := b.mustApply(t, desired, "")
	b.Forget()
	b.mustApply(t, declared(t, AgentIdentity, location+"/authProviders/billing", strings.Replace(lives["an auth provider"].first, "s3cr3t", "n3w", 1)), created.Projection)
	stored, _ := b.Object(desired.Key.String())
	if calls := b.methods(); calls != "authProviders.patch" || at(stored, "authProviderTypeParams.apiKey.apiKey") != "n3w" {
		t.Errorf("it called %s, and the key is %v", calls, at(stored, "authProviderTypeParams.apiKey.apiKey"))
	}
}

func TestAnEngineOfOthersIsNotOursEvenIfItHasTheName(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	if err := b.Put("//"+VertexAI+"/"+location+"/reasoningEngines/1", map[string]any{"displayName": "agents.billing"}); err != nil {
		t.Fatal(err)
	}
	life := lives["a reasoning engine"]
	desired := declared(t, VertexAI, life.name, life.first)
	live := b.mustApply(t, desired, "")
	if live.UID == "" || strings.HasSuffix(live.UID, "/reasoningEngines/1") || live.Body["name"] != live.UID {
		t.Errorf("ours is %q", live.UID)
	}
	b.mustDelete(t, desired.Key)
	if _, there := b.Object("//" + VertexAI + "/" + location + "/reasoningEngines/1"); !there {
		t.Error("somebody else's engine is gone")
	}
}

func TestOfTwoEnginesTheFirstIsOurs(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	for id, made := range map[string]string{"5": "2026-01-02T00:00:00Z", "7": "2026-01-01T00:00:00Z"} {
		engine := map[string]any{"displayName": "agents.billing", "createTime": made, "labels": map[string]any{engineLabel: "billing"}}
		if err := b.Put("//"+VertexAI+"/"+location+"/reasoningEngines/"+id, engine); err != nil {
			t.Fatal(err)
		}
	}
	live, err := b.Read(deadline(t), stack.GoogleKey(VertexAI, lives["a reasoning engine"].name), "")
	if err != nil || !strings.HasSuffix(live.UID, "/reasoningEngines/7") {
		t.Errorf("ours is %q (%v)", live.UID, err)
	}
}

func TestBindingsOfOthersStay(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	const resource = location + "/iap_web/agentRegistry"
	service, err := iap.NewService(t.Context(), option.WithoutAuthentication(), option.WithEndpoint(b.Endpoint("iap")))
	if err != nil {
		t.Fatal(err)
	}
	others := []*iap.Binding{
		{Role: "roles/iap.egressor", Members: []string{"principal://agents.global.org-1.system.id.goog/others"}},
		{Role: "roles/iap.egressor", Members: []string{"principal://agents.global.org-1.system.id.goog/others"}, Condition: &iap.Expr{Title: "theirs", Expression: "true"}},
	}
	if _, err := service.V1.SetIamPolicy(resource, &iap.SetIamPolicyRequest{Policy: &iap.Policy{Version: 3, Bindings: others}}).Do(); err != nil {
		t.Fatal(err)
	}
	life := lives["a grant of IAP"]
	first, second := declared(t, IAP, life.name, life.first), declared(t, IAP, life.name, life.second)
	// Somebody else writes the policy between our look at it and our write.
	b.Inject(gcptest.Fault{Method: "iap.setIamPolicy", Status: "ABORTED"})
	created := b.mustApply(t, first, "")
	b.mustApply(t, second, created.Projection)
	if bindings, _ := b.AllowPolicy("//" + IAP + "/" + resource)["bindings"].([]any); len(bindings) != 3 {
		t.Errorf("there are %v", bindings)
	}
	b.mustDelete(t, second.Key)
	policy, err := service.V1.GetIamPolicy(resource, &iap.GetIamPolicyRequest{Options: &iap.GetPolicyOptions{RequestedPolicyVersion: 3}}).Do()
	if err != nil || len(policy.Bindings) != 2 || policy.Bindings[0].Condition != nil || policy.Bindings[1].Condition.Title != "theirs" {
		t.Errorf("others have %v (%v)", policy.Bindings, err)
	}
	for _, sent := range b.Mutations()[1:] {
		if sent.Status == http.StatusOK && at(sent.Body, "policy.etag") == (missing{}) {
			t.Errorf("a policy was written without its etag: %v", sent)
		}
	}
}

func TestABindingIsToldByItsTitle(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	desired := declared(t, IAP, location+"/iap_web/agentRegistry#billing", `{"condition":{"expression":"true","title":"another"},"members":["principal://agents.global.org-1.system.id.goog/a"],"role":"roles/iap.egressor"}`)
	if _, err := b.Apply(deadline(t), desired, ""); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("the error is %v", err)
	}
	if _, err := b.Plan(deadline(t), declared(t, IAP, location+"/iap_web/agentRegistry", `{}`), ""); err == nil || !strings.Contains(err.Error(), "not ours alone") {
		t.Errorf("the error is %v", err)
	}
}

func TestRulesOfOthersInBinaryAuthorizationStay(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	const policy = "//" + BinaryAuthorization + "/projects/agents-1/policy"
	theirs := map[string]any{"eu.theirs": map[string]any{"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}}
	if err := b.Put(policy, map[string]any{
		"globalPolicyEvaluationMode": "ENABLE", "description": "theirs", "clusterAdmissionRules": theirs,
		"admissionWhitelistPatterns": []any{map[string]any{"namePattern": "theirs.example/*"}},
		"defaultAdmissionRule":       map[string]any{"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"},
	}); err != nil {
		t.Fatal(err)
	}
	before, _ := b.Object(policy)
	var objects []stack.Object
	for part, text := range map[string]string{
		"defaultAdmissionRule":                        `{"enforcementMode":"DRYRUN_AUDIT_LOG_ONLY","evaluationMode":"ALWAYS_DENY"}`,
		"globalPolicyEvaluationMode":                  `{"globalPolicyEvaluationMode":"DISABLE"}`,
		"clusterAdmissionRules/us-central1.prod":      `{"enforcementMode":"DRYRUN_AUDIT_LOG_ONLY","evaluationMode":"ALWAYS_DENY"}`,
		"admissionWhitelistPatterns/ours.example/a/*": `{"namePattern":"ours.example/a/*"}`,
	} {
		objects = append(objects, declared(t, BinaryAuthorization, "projects/agents-1/policy#"+part, text))
	}
	for _, object := range objects {
		b.mustApply(t, object, "")
	}
	during, _ := b.Object(policy)
	if len(fieldsOf(during["clusterAdmissionRules"])) != 2 || at(during, "defaultAdmissionRule.evaluationMode") != "ALWAYS_DENY" || during["description"] != "theirs" {
		t.Errorf("the policy is %v", during)
	}
	for _, object := range objects {
		b.mustDelete(t, object.Key)
	}
	after, _ := b.Object(policy)
	delete(after, "updateTime")
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("what is left is\n  %v, and there was\n  %v", after, before)
	}
}

func TestAPartThatNoPolicyHas(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	for _, part := range []string{"", "#description", "#defaultAdmissionRule/x", "#clusterAdmissionRules", "#clusterAdmissionRules/"} {
		key, err := stack.ParseKey("//" + BinaryAuthorization + "/projects/agents-1/policy" + part)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Read(deadline(t), key, "{}"); err == nil || errors.Is(err, stack.ErrNotFound) {
			t.Errorf("%q gives %v", part, err)
		}
	}
}
