package gcp

import (
	"maps"
	"slices"
	"strings"
)

// change is what brings a live object to what is desired.
type change struct {
	// immutable are the fields that would have to change and cannot.
	immutable []string
	// mask are the fields to send, sorted, and body is what to send of them. A field of mask that body lacks is cleared.
	mask []string
	body map[string]any
}

// nothing says that there is nothing to change.
func (c change) nothing() bool { return len(c.mask) == 0 && len(c.immutable) == 0 }

// change compares a live object with a desired one. prior is what was desired last: what left it is cleared, and what Google never
// shows counts as changed where it differs from it. Secrets of prior are hashes, so desired is given as its projection too.
func (l lens) change(live, prior, desired, projected map[string]any) change {
	c := change{body: map[string]any{}}
	for _, path := range l.kind.immutable {
		if l.differs(path, at(live, path), at(prior, path), at(projected, path)) {
			c.immutable = append(c.immutable, path)
		}
	}
	l.compare(&c, "", live, prior, desired, projected)
	slices.Sort(c.mask)
	return c
}

func (l lens) compare(c *change, path string, live, prior, desired, projected map[string]any) {
	names := maps.Clone(prior)
	if names == nil {
		names = map[string]any{}
	}
	maps.Copy(names, desired)
	maps.Copy(names, l.added(path, live, desired))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		below := join(path, name)
		want, wanted := desired[name]
		_, message := want.(map[string]any)
		switch {
		case slices.Contains(l.kind.immutable, below):
		case !l.differs(below, field(live, name), field(prior, name), field(projected, name)):
		case slices.Contains(l.kind.within, below) && (message || !wanted):
			l.compare(c, below, fieldsOf(live[name]), fieldsOf(prior[name]), fieldsOf(want), fieldsOf(projected[name]))
		case wanted:
			c.mask = append(c.mask, below)
			set(c.body, below, l.merged(below, live[name], prior[name], want))
		default:
			c.mask = append(c.mask, below)
		}
	}
}

// missing stands for a field that is not there.
type missing struct{}

func field(body map[string]any, name string) any {
	if value, ok := body[name]; ok {
		return value
	}
	return missing{}
}

func at(body map[string]any, path string) any {
	var value any = body
	for name := range strings.SplitSeq(path, ".") {
		fields, ok := value.(map[string]any)
		if !ok {
			return missing{}
		}
		value = field(fields, name)
	}
	return value
}

func fieldsOf(value any) map[string]any {
	fields, _ := value.(map[string]any)
	return fields
}

func set(body map[string]any, path string, value any) {
	outer, name, nested := strings.Cut(path, ".")
	if !nested {
		body[outer] = value
		return
	}
	inner := fieldsOf(body[outer])
	if inner == nil {
		inner = map[string]any{}
		body[outer] = inner
	}
	set(inner, name, value)
}

// differs says that a field is not what is desired, or holds what has left the desired object, or that what was sent last of what
// Google never shows is not what is to be sent.
func (l lens) differs(path string, live, prior, projected any) bool {
	_, unset := projected.(missing)
	_, absent := live.(missing)
	_, fresh := prior.(missing)
	if l.unseen(path) {
		return !unset && (fresh || !same(prior, projected))
	}
	switch {
	case unset:
		return (!fresh || l.closed(path)) && !absent && !l.zero(path, live)
	case absent && !l.zero(path, projected), !absent && !l.equal(path, live, projected):
		return true
	case fresh:
		prior = nil
	}
	return l.unseenDiffers(path, prior, projected) || !absent && l.leftover(path, live, prior, projected)
}

// unseenDiffers looks for fields below that Google never shows.
func (l lens) unseenDiffers(path string, prior, projected any) bool {
	for name, want := range fieldsOf(projected) {
		below := join(path, name)
		if l.unseen(below) {
			if had, ok := fieldsOf(prior)[name]; !ok || !same(had, want) {
				return true
			}
			continue
		}
		if l.unseenDiffers(below, fieldsOf(prior)[name], want) {
			return true
		}
	}
	return false
}

// leftover says that live still holds a field that prior had and that is no longer desired.
func (l lens) leftover(path string, live, prior, desired any) bool {
	if had, ok := prior.([]any); ok {
		have, there := live.([]any)
		want, wanted := desired.([]any)
		if !there || !wanted || len(have) != len(want) || len(had) != len(want) {
			return false
		}
		for i := range want {
			if l.leftover(path, have[i], had[i], want[i]) {
				return true
			}
		}
		return false
	}
	for name, had := range fieldsOf(prior) {
		below := join(path, name)
		have, there := fieldsOf(live)[name]
		want, wanted := fieldsOf(desired)[name]
		if there && !wanted && !l.zero(below, have) || there && wanted && l.leftover(below, have, had, want) {
			return true
		}
	}
	return false
}

func same(a, b any) bool {
	return lens{kind: &kind{}, same: func(x, y string) bool { return x == y }}.equal("", a, b)
}

// merged gives what to send of a field, all of which the update replaces: what is desired, and beside it what others have set in it.
// What has left the desired object, what is the server's, and fields that exclude each other are not kept.
func (l lens) merged(path string, live, prior, desired any) any {
	want, wanted := desired.(map[string]any)
	have, there := live.(map[string]any)
	if !wanted || !there || l.closed(path) || slices.Contains(l.kind.whole, path) {
		return clone(desired)
	}
	out := map[string]any{}
	for name, value := range have {
		below := join(path, name)
		_, had := fieldsOf(prior)[name]
		if !had && !slices.Contains(l.kind.outputOnly, below) && !l.unseen(below) {
			out[name] = l.settable(below, value)
		}
	}
	for name, value := range want {
		out[name] = l.merged(join(path, name), have[name], fieldsOf(prior)[name], value)
	}
	return out
}
