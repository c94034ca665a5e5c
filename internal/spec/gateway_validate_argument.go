package spec

import (
	"slices"
	"unicode/utf8"
)

// kind is what an argument has to be for the condition to hold: "string", "number" or "boolean"; "" where anything does.
func (c ArgumentCondition) kind() string {
	switch {
	case c.Equals != nil:
		return kindOf(c.Equals)
	case len(c.OneOf) > 0:
		return kindOf(c.OneOf[0])
	case c.Like != "":
		return "string"
	case c.Min != nil || c.Max != nil:
		return "number"
	}
	return ""
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case int64:
		return "number"
	case bool:
		return "boolean"
	}
	return ""
}

func (v *gatewayValidator) condition(path []any, c ArgumentCondition) {
	said := 0
	for _, is := range []bool{c.Equals != nil, len(c.OneOf) > 0, c.Like != "", c.Min != nil || c.Max != nil} {
		if is {
			said++
		}
	}
	switch {
	case said > 1:
		v.add(path, "says several things of one argument: give one of equals, one_of, like, or min and max")
	case said == 0 && c.Optional:
		v.add(path, "asks for nothing, as the argument may be absent and may be anything: say what it must be like, or leave it out")
	case c.Min != nil && c.Max != nil && *c.Min > *c.Max:
		v.add(at(path, "max"), "%d is less than min, which is %d, so that no number would do", *c.Max, *c.Min)
	}
	if c.Equals != nil {
		v.value(at(path, "equals"), c.Equals)
	}
	for i, value := range c.OneOf {
		v.value(at(path, "one_of", i), value)
		if kindOf(value) != kindOf(c.OneOf[0]) {
			v.add(at(path, "one_of", i), "%v is a %s, and others are each a %s: values are of one type", value, kindOf(value), kindOf(c.OneOf[0]))
		} else if kindOf(value) != "" && slices.Contains(c.OneOf[:i], value) {
			v.add(at(path, "one_of", i), "%v is given twice", value)
		}
	}
	if !utf8.ValidString(c.Like) {
		v.add(at(path, "like"), "%q is not UTF-8", c.Like)
	}
}

func (v *gatewayValidator) value(path []any, value any) {
	if kindOf(value) == "" {
		v.add(path, "%v is no value that an argument is compared with: use a string, a whole number or a boolean", value)
	}
	if text, ok := value.(string); ok && !utf8.ValidString(text) {
		v.add(path, "%q is not UTF-8", text)
	}
}
