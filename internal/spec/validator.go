package spec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
)

// validator gathers the problems of one spec.
type validator struct{ problems Problems }

func (v *validator) add(path []any, format string, args ...any) {
	v.problems.Add(path, format, args...)
}

func (v *validator) selector(path []any, s LabelSelector) {
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

func (v *validator) metadata(labels, annotations map[string]string) {
	v.labels([]any{"labels"}, labels)
	for _, key := range sortedKeys(annotations) {
		// Annotation keys may have capitals in their prefix.
		if msgs := validation.IsQualifiedName(strings.ToLower(key)); len(msgs) > 0 {
			v.add([]any{"annotations", MapKey(key)}, "%q is no annotation key: %s", key, msgs[0])
		}
	}
	if err := metavalidation.ValidateAnnotationsSize(annotations); err != nil {
		v.add([]any{"annotations"}, "are too long: %v", err)
	}
}

func (v *validator) labels(path []any, labels map[string]string) {
	for _, key := range sortedKeys(labels) {
		v.labelKey(at(path, MapKey(key)), key)
		v.labelValues(at(path, MapKey(key)), []string{labels[key]})
	}
}

func (v *validator) labelKey(path []any, key string) {
	if msgs := validation.IsQualifiedName(key); len(msgs) > 0 {
		v.add(path, "%q is no label key: %s", key, msgs[0])
	}
}

func (v *validator) labelValues(path []any, values []string) {
	for i, value := range values {
		if msgs := validation.IsValidLabelValue(value); len(msgs) > 0 {
			v.add(path, "%q is no label value: %s", value, msgs[0])
		}
		v.duplicate(path, values, i)
	}
}

// duplicate notes that values[i] stands in the list before.
func (v *validator) duplicate(path []any, values []string, i int) {
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

func (v *validator) quantity(path []any, text string) {
	if text == "" {
		return
	}
	q, err := resource.ParseQuantity(text)
	if err != nil {
		v.add(path, "%q is no quantity: write it as Kubernetes does, as in \"500m\", \"2\" or \"4Gi\"", text)
	} else if q.Sign() <= 0 {
		v.add(path, "%q would allow nothing: give a quantity above zero", text)
	}
}
