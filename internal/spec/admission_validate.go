package spec

import (
	"slices"
	"strings"

	metavalidation "k8s.io/apimachinery/pkg/api/validation"
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
	v.metadata()
	return v.problems
}

// admissionValidator gathers the problems of one policy.
type admissionValidator struct {
	policy   AdmissionPolicy
	problems Problems
}

func (v *admissionValidator) add(path []any, format string, args ...any) {
	v.problems.Add(path, format, args...)
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

func (v *admissionValidator) selector(path []any, s LabelSelector) {
	v.labels(at(path, "match_labels"), s.MatchLabels)
	for i, e := range s.MatchExpressions {
		path := at(path, "match_expressions", i)
		v.labelKey(at(path, "key"), e.Key)
		switch e.Operator {
		case "In", "NotIn":
			if len(e.Values) == 0 {
				v.add(at(path, "values"), "is empty: operator %s needs at least one value", e.Operator)
			}
		case "Exists", "DoesNotExist":
			if len(e.Values) > 0 {
				v.add(at(path, "values"), "must be left out: operator %s looks at the key alone", e.Operator)
			}
		default:
			v.add(at(path, "operator"), "%q is no operator: use In, NotIn, Exists or DoesNotExist", e.Operator)
		}
		v.labelValues(at(path, "values"), e.Values)
	}
}

func (v *admissionValidator) metadata() {
	v.labels([]any{"labels"}, v.policy.Labels)
	for _, key := range sortedKeys(v.policy.Annotations) {
		// Annotation keys may have capitals in their prefix.
		if msgs := validation.IsQualifiedName(strings.ToLower(key)); len(msgs) > 0 {
			v.add([]any{"annotations", MapKey(key)}, "%q is no annotation key: %s", key, msgs[0])
		}
	}
	if err := metavalidation.ValidateAnnotationsSize(v.policy.Annotations); err != nil {
		v.add([]any{"annotations"}, "are too long: %v", err)
	}
}

func (v *admissionValidator) labels(path []any, labels map[string]string) {
	for _, key := range sortedKeys(labels) {
		v.labelKey(at(path, MapKey(key)), key)
		v.labelValues(at(path, MapKey(key)), []string{labels[key]})
	}
}

func (v *admissionValidator) labelKey(path []any, key string) {
	if msgs := validation.IsQualifiedName(key); len(msgs) > 0 {
		v.add(path, "%q is no label key: %s", key, msgs[0])
	}
}

func (v *admissionValidator) labelValues(path []any, values []string) {
	for i, value := range values {
		if msgs := validation.IsValidLabelValue(value); len(msgs) > 0 {
			v.add(path, "%q is no label value: %s", value, msgs[0])
		}
		v.duplicate(path, values, i)
	}
}

// duplicate notes that values[i] stands in the list before.
func (v *admissionValidator) duplicate(path []any, values []string, i int) {
	if slices.Contains(values[:i], values[i]) {
		v.add(path, "%q is given twice", values[i])
	}
}

// at gives the path with further steps, without sharing its array.
func at(path []any, steps ...any) []any {
	return append(slices.Clone(path), steps...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
