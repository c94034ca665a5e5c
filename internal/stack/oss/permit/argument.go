package permit

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// arguments gives conditions for when and unless clauses. What may be absent is said with unless: a call without the argument holds.
func arguments(conditions map[string]spec.ArgumentCondition) (when, unless []string) {
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		path := strings.Split(name, ".")
		condition := conditions[name]
		is := holds(access(path), condition)
		switch {
		case is == "" && condition.Optional:
		case is == "":
			when = append(when, has(path))
		case condition.Optional:
			unless = append(unless, has(path)+" && !("+is+")")
		default:
			when = append(when, has(path)+" && "+is)
		}
	}
	return when, unless
}

// holds says what an argument must be like, "" for anything.
func holds(argument string, c spec.ArgumentCondition) string {
	switch {
	case c.Equals != nil:
		return argument + " == " + literal(c.Equals)
	case len(c.OneOf) > 0:
		values := make([]string, len(c.OneOf))
		for i, v := range c.OneOf {
			values[i] = literal(v)
		}
		return oneOf(values, argument)
	case c.Like != "":
		return argument + " like " + pattern(c.Like)
	}
	var bounds []string
	if c.Min != nil {
		bounds = append(bounds, argument+" >= "+literal(*c.Min))
	}
	if c.Max != nil {
		bounds = append(bounds, argument+" <= "+literal(*c.Max))
	}
	return strings.Join(bounds, " && ")
}

const root = "context.arguments"

// access reads an argument.
func access(path []string) string {
	text := root
	for _, name := range path {
		if isName(name) {
			text += "." + name
		} else {
			text += "[" + quote(name) + "]"
		}
	}
	return text
}

// has asks whether an argument is there, and each object that it is in.
func has(path []string) string {
	if !slices.ContainsFunc(path, func(name string) bool { return !isName(name) }) {
		return root + " has " + strings.Join(path, ".")
	}
	steps := make([]string, len(path))
	for i, name := range path {
		if !isName(name) {
			name = quote(name)
		}
		steps[i] = access(path[:i]) + " has " + name
	}
	return strings.Join(steps, " && ")
}

func literal(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	// No other value is valid. An empty set is like none that could be compared with, so that nothing is permitted.
	return "[]"
}
