package gcp

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// lens looks at objects of one kind as we see them.
type lens struct {
	kind *kind
	// same says whether a string of the live object says what one of ours says.
	same func(live, ours string) bool
}

// project gives what live holds of the fields of ours, in the spelling of ours where both say the same. Fields that live lacks are left
// out, unless ours has the zero value there, which is the same. A list that has as many elements as ours is looked at element by
// element, another is shown whole. What Google takes and never shows is as ours has it: what became of it cannot be seen.
func (l lens) project(live, ours map[string]any) map[string]any {
	projected, _ := l.value("", live, ours).(map[string]any)
	return projected
}

func (l lens) value(path string, live, ours any) any {
	if l.equal(path, live, ours) {
		return ours
	}
	switch live := live.(type) {
	case map[string]any:
		if fields, ok := ours.(map[string]any); ok {
			return l.fields(path, live, fields)
		}
	case []any:
		if list, ok := ours.([]any); ok && len(list) == len(live) {
			out := make([]any, len(live))
			for i := range live {
				out[i] = l.value(path, live[i], list[i])
			}
			return out
		}
	}
	return live
}

func (l lens) fields(path string, live, ours map[string]any) map[string]any {
	out := make(map[string]any, len(ours))
	for name, want := range ours {
		below := join(path, name)
		have, there := live[name]
		switch {
		case l.unseen(below), !there && l.zero(below, want):
			out[name] = want
		case there:
			out[name] = l.value(below, have, want)
		}
	}
	maps.Copy(out, l.added(path, live, ours))
	return out
}

// unseen says that Google never shows the field.
func (l lens) unseen(path string) bool {
	return slices.Contains(l.kind.inputOnly, path) || stack.GoogleSecret(path)
}

// importable gives what an object holds that somebody may have set: all but what is the server's and what is zero.
func (l lens) importable(live map[string]any) map[string]any {
	out, _ := l.settable("", live).(map[string]any)
	return out
}

// serverFields are output-only wherever they stand outermost (https://google.aip.dev/148), but where a kind has a call that sets one.
var serverFields = []string{
	"name", "uid", "etag", "createTime", "updateTime", "deleteTime", "expireTime", "purgeTime", "state", "selfLink", "reconciling",
}

func (l lens) settable(path string, live any) any {
	fields, ok := live.(map[string]any)
	if !ok {
		return live
	}
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		below := join(path, name)
		switch {
		case path == "" && slices.Contains(serverFields, name) && !slices.Contains(l.kind.later, name), slices.Contains(l.kind.outputOnly, below), l.unseen(below):
		case l.zero(below, value):
		default:
			out[name] = l.settable(below, value)
		}
	}
	return out
}

// zero says that a value is the same as its absence: it is the server's default, or protobuf does not tell them apart. A message that
// means something by being there is never zero.
func (l lens) zero(path string, value any) bool {
	if standard, ok := l.kind.defaults[path]; ok && l.equal(path, value, standard) {
		return true
	}
	return zero(value) && !slices.Contains(l.kind.present, path)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
