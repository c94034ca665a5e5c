package rest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Type is what a parameter's text stands for.
type Type struct {
	// Of is "string", "integer", "number" or "boolean".
	Of string
	// List makes it a list, of as many parameters as there are, or, with Split, of one whose parts commas divide.
	List, Split bool
	// Members makes the parameter one of the form name[member]=text (deepObject of OpenAPI), whose members are strings.
	Members bool
}

// types are the names of types in a configuration.
var types = []string{"string", "integer", "number", "boolean", "strings", "integers", "numbers", "booleans"}

// ParseType reads the name of a type: that of the plural is a list.
func ParseType(name string) (Type, error) {
	if !slices.Contains(types, name) {
		return Type{}, fmt.Errorf("%q is not a type: it may be one of %s", name, strings.Join(types, ", "))
	}
	one, list := strings.CutSuffix(name, "s")
	return Type{Of: one, List: list}, nil
}

// appendText appends the JSON of one value's text, and says whether it is one of the type. Numbers are those of JSON: a sign or a zero in front,
// which some readers take for octal, is none.
func (t Type) appendText(to []byte, text string) ([]byte, bool) {
	switch t.Of {
	case "integer":
		return append(to, text...), integer(text)
	case "number":
		return append(to, text...), len(text) <= 64 && number(text)
	case "boolean":
		return append(to, text...), text == "true" || text == "false"
	}
	return appendString(to, text), true
}

func appendString(to []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string can always be written
		return append(to, `""`...)
	}
	return append(to, text...)
}

func integer(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 19 || digits[0] == '0' && len(s) > 1 {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

func number(s string) bool {
	return s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s))
}

// appendValue appends the JSON of a parameter's texts.
func (t Type) appendValue(to []byte, texts []string) ([]byte, bool) {
	if !t.List {
		if len(texts) != 1 {
			return to, false
		}
		return t.appendText(to, texts[0])
	}
	if t.Split {
		if len(texts) != 1 {
			return to, false
		}
		texts = strings.Split(texts[0], ",")
	}
	to = append(to, '[')
	for i, text := range texts {
		if i > 0 {
			to = append(to, ',')
		}
		var ok bool
		if to, ok = t.appendText(to, text); !ok {
			return to, false
		}
	}
	return append(to, ']'), true
}
