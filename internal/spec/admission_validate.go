package spec

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Validate gives everything wrong with the policy, in the order of its fields: what the API server or an engine would refuse,
// and what they would accept but that could not do what it says.
func (p AdmissionPolicy) Validate() Problems {
	v := admissionValidator{policy: p}
	v.name()
	v.engine()
	v.actions()
	v.selector([]any{"namespace_selector"}, p.NamespaceSelector)
	v.selector([]any{"object_selector"}, p.ObjectSelector)
	v.rules()
	v.exceptions()
	if p.Sidecar != nil {
		v.sidecar([]any{"sidecar"}, *p.Sidecar)
	}
	v.metadata(p.Labels, p.Annotations)
	return v.problems
}

// admissionValidator gathers the problems of one policy.
type admissionValidator struct {
	validator
	policy AdmissionPolicy
}

// maxPolicyName leaves room: engines put the name into label values, which end at 63 characters.
const maxPolicyName = validation.LabelValueMaxLength

func (v *admissionValidator) name() {
	path := []any{"name"}
	name := v.policy.Name
	switch msgs := validation.IsDNS1123Subdomain(name); {
	case name == "":
		v.add(path, "is empty: give the policy a name, such as \"require-agent-approval\"")
	case len(msgs) > 0:
		v.add(path, "%q cannot name a Kubernetes object: %s", name, msgs[0])
	case len(name) > maxPolicyName:
		v.add(path, "%q has %d characters, the most is %d because engines use the name as a label value", name, len(name), maxPolicyName)
	}
}

func (v *admissionValidator) engine() {
	if !slices.Contains([]Engine{EngineKyverno, EngineNative, EngineGatekeeper}, v.policy.Engine) {
		v.add([]any{"engine"}, "%q is no engine: use %q, %q or %q", v.policy.Engine, EngineKyverno, EngineNative, EngineGatekeeper)
	}
}

func (v *admissionValidator) actions() {
	path := []any{"actions"}
	actions := v.policy.Actions
	if len(actions) == 0 {
		v.add(path, "is empty, so the policy would do nothing: give %q, %q or %q", ActionDeny, ActionAudit, ActionWarn)
	}
	for i, a := range actions {
		if !slices.Contains([]Action{ActionDeny, ActionAudit, ActionWarn}, a) {
			v.add(path, "%q is no action: use %q, %q or %q", a, ActionDeny, ActionAudit, ActionWarn)
		} else if slices.Contains(actions[:i], a) {
			v.add(path, "%q is given twice", a)
		}
	}
	if slices.Contains(actions, ActionDeny) && slices.Contains(actions, ActionWarn) {
		v.add(path, "%q and %q exclude each other, as a refusal already carries the message: leave one out", ActionDeny, ActionWarn)
	}
}
