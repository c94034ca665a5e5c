package oss

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/golden"
)

// A golden file holds the policy and, after the first "---", what each engine gets. A policy that names no engine is rendered
// for all three.
func TestAdmissionRendersTheGoldenObjects(t *testing.T) {
	golden.Check(t, "admission", renderAll)
}

func renderAll(t *testing.T, input string) string {
	t.Helper()
	var p spec.AdmissionPolicy
	if err := yaml.UnmarshalStrict([]byte(input), &p); err != nil {
		t.Fatal(err)
	}
	engines := []spec.Engine{p.Engine}
	if p.Engine == "" {
		engines = []spec.Engine{spec.EngineNative, spec.EngineKyverno, spec.EngineGatekeeper}
	}
	var out bytes.Buffer
	for _, p.Engine = range engines {
		if problems := p.Validate(); len(problems) > 0 {
			t.Fatalf("the policy is not valid: %v", problems)
		}
		objects, err := Admission(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			body, err := yaml.Marshal(o.Body)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "---\n# %s %s", p.Engine, o.Key)
			if o.Secret {
				out.WriteString(" (secret)")
			}
			fmt.Fprintf(&out, "\n%s", body)
		}
	}
	return out.String()
}

func TestAdmissionRefusesWhatNoObjectCouldExpress(t *testing.T) {
	approval := spec.AdmissionRules{ApprovalLabel: &spec.ApprovalLabel{Key: "a"}}
	for name, c := range map[string]struct {
		policy spec.AdmissionPolicy
		want   string
	}{
		"no rule":        {spec.AdmissionPolicy{Name: "p", Engine: spec.EngineNative}, "has no rule"},
		"unknown engine": {spec.AdmissionPolicy{Name: "p", Engine: "opa", Rules: approval}, `unknown engine "opa"`},
		"signatures without Kyverno": {
			spec.AdmissionPolicy{Name: "p", Engine: spec.EngineGatekeeper, Rules: spec.AdmissionRules{SignedImages: &spec.SignedImages{}}},
			`engine "gatekeeper" cannot verify`,
		},
		"an exception without conditions": {
			spec.AdmissionPolicy{Name: "p", Engine: spec.EngineNative, Rules: approval, Exceptions: []spec.AdmissionException{{Name: "all"}}},
			"would switch the policy off",
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects, err := Admission(c.policy)
			if err == nil || !strings.Contains(err.Error(), c.want) || objects != nil {
				t.Errorf("got %v, %v; want an error with %q", objects, err, c.want)
			}
		})
	}
}

func TestConstraintKindsOfDifferentNamesDiffer(t *testing.T) {
	long := strings.Repeat("a", 62)
	seen := map[string]string{}
	for _, name := range []string{"a-b", "a.b", "ab", "aB", "9", "a--b", "require-agent-approval", long + "x", long + "y"} {
		kind := constraintKind(name)
		// A CRD's plural is the lower-cased kind, and must be a DNS label.
		if msgs := validation.IsDNS1035Label(strings.ToLower(kind)); len(msgs) > 0 {
			t.Errorf("%q gives the kind %q: %v", name, kind, msgs)
		}
		if other, twice := seen[strings.ToLower(kind)]; twice {
			t.Errorf("%q and %q give the same kind %q", name, other, kind)
		}
		seen[strings.ToLower(kind)] = name
	}
}

func TestOneEnforcementActionStandsForAll(t *testing.T) {
	for want, actions := range map[string][]spec.Action{
		"deny":   {spec.ActionAudit, spec.ActionDeny},
		"warn":   {spec.ActionAudit, spec.ActionWarn},
		"dryrun": {spec.ActionAudit},
	} {
		if got := enforcementAction(actions); got != want {
			t.Errorf("%v gives %q, want %q", actions, got, want)
		}
	}
}

// A rule or the condition of an exception that ends in a comment, or that binds loosely, keeps its meaning beside the rest.
func TestFreeExpressionsStandByThemselves(t *testing.T) {
	p := spec.AdmissionPolicy{
		Name: "p", Engine: spec.EngineNative, Actions: []spec.Action{spec.ActionDeny},
		Rules: spec.AdmissionRules{Custom: []spec.CustomRule{{Name: "r", Expression: "false || false // why"}}},
		Exceptions: []spec.AdmissionException{
			{Name: "e", Namespaces: []string{"n"}, Expression: "true ? false : true // why", Reason: "a\nb\u2028c"},
			{Name: "f", Expression: "false"},
		},
	}
	objects, err := Admission(p)
	if err != nil {
		t.Fatal(err)
	}
	checkExpressions(t, objects[0].Body["spec"].(map[string]any))
}

func TestPasswordIsInTheSecretAlone(t *testing.T) {
	p := spec.AdmissionPolicy{
		Name: "p", Engine: spec.EngineKyverno, Actions: []spec.Action{spec.ActionDeny},
		Rules: spec.AdmissionRules{SignedImages: &spec.SignedImages{
			Images: []string{"a.b/*"}, PublicKey: "key",
			Registry: &spec.RegistryCredentials{Server: "a.b", Username: "me", Password: "hunter2", Namespace: "kyverno"},
		}},
	}
	objects, err := Admission(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2 || objects[0].Key.Kind != "Secret" || !objects[0].Secret || objects[1].Secret {
		t.Fatalf("want a secret and then its user, got %v", objects)
	}
	config, err := base64.StdEncoding.DecodeString(objects[0].Body["data"].(map[string]any)[".dockerconfigjson"].(string))
	if want := `{"auths":{"a.b":{"auth":"bWU6aHVudGVyMg==","password":"hunter2","username":"me"}}}`; err != nil || string(config) != want {
		t.Errorf("got %s, %v; want %s", config, err, want)
	}
	if text, err := stack.CanonicalJSON(objects[1].Body); err != nil || strings.Contains(text, "hunter2") {
		t.Errorf("%s, %v", text, err)
	}
}
