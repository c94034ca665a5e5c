package admission

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// ImportKeys lists what a policy of this name has with each engine, since the name does not tell the engine. The Secret with
// registry credentials is looked for in Kyverno's default namespace; in another one, the first apply takes it over.
func (m *model) ImportKeys(*governed.Provider) []stack.Key {
	var keys []stack.Key
	for _, keysOf := range m.keysByEngine() {
		keys = append(keys, keysOf...)
	}
	return keys
}

// keysByEngine renders a policy of every kind for its keys alone.
func (m *model) keysByEngine() map[spec.Engine][]stack.Key {
	keys := map[spec.Engine][]stack.Key{}
	for _, engine := range []spec.Engine{spec.EngineNative, spec.EngineKyverno, spec.EngineGatekeeper} {
		p := spec.AdmissionPolicy{Name: m.Name.ValueString(), Engine: engine, Rules: spec.AdmissionRules{NoAutomountedTokens: true}}
		if engine != spec.EngineGatekeeper {
			p.Sidecar = &spec.Sidecar{}
		}
		if engine == spec.EngineKyverno {
			p.Rules.SignedImages = &spec.SignedImages{Registry: &spec.RegistryCredentials{Namespace: kyvernoNamespace}}
		}
		objects, err := oss.Admission(p)
		if err != nil {
			continue
		}
		keys[engine] = stack.Keys(objects)
	}
	return keys
}

// Adopted keeps an import from taking in what somebody else made of the same name for another engine, which the next apply
// would then delete: it takes what this field manager has written before, else what is there if that is of one engine.
func (m *model) Adopted(provider *governed.Provider, live map[stack.Key]stack.Live) map[stack.Key]stack.Live {
	ours := maps.Clone(live)
	maps.DeleteFunc(ours, func(_ stack.Key, object stack.Live) bool { return !writtenBy(provider.FieldManager, object) })
	if len(ours) > 0 {
		return ours
	}
	engines := 0
	for _, keys := range m.keysByEngine() {
		if slices.ContainsFunc(keys, func(key stack.Key) bool { _, found := live[key]; return found }) {
			engines++
		}
	}
	if engines > 1 {
		return nil
	}
	return live
}

func writtenBy(manager string, object stack.Live) bool {
	entries := (&unstructured.Unstructured{Object: object.Body}).GetManagedFields()
	return slices.ContainsFunc(entries, func(e metav1.ManagedFieldsEntry) bool {
		return e.Manager == manager && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == ""
	})
}
