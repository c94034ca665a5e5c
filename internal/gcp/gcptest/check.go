package gcptest

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// refuse names a field, from the object, as JSON has it; the violation has it as protobuf does.
func (c *check) refuse(field, description string) {
	c.wrong = append(c.wrong, violation{c.at + "." + snake(field), description})
}

func (c *check) has(path string) bool { return dig(c.body, path) != nil }

// exactlyOne of some fields is set: a oneof that must be there.
func (c *check) exactlyOne(paths ...string) {
	c.one(1, paths)
}

// atMostOne of some fields is set: a oneof.
func (c *check) atMostOne(paths ...string) {
	c.one(0, paths)
}

func (c *check) one(least int, paths []string) {
	var set []string
	for _, path := range paths {
		if c.has(path) {
			set = append(set, path)
		}
	}
	switch {
	case len(set) > 1:
		c.refuse(set[1], fmt.Sprintf("only one of %s may be set, not %s", strings.Join(paths, ", "), strings.Join(set, " and ")))
	case len(set) < least:
		c.refuse(paths[0], "one of "+strings.Join(paths, ", ")+" is required")
	}
}

// atMost limits the length of a text, in characters.
func (c *check) atMost(path string, characters int) {
	if utf8.RuneCountInString(text(c.body, path)) > characters {
		c.refuse(path, fmt.Sprintf("the text has more than %d characters", characters))
	}
}

// count limits the length of a list.
func (c *check) count(path string, most int) {
	if list, _ := dig(c.body, path).([]any); len(list) > most {
		c.refuse(path, fmt.Sprintf("there are %d, and at most %d are allowed", len(list), most))
	}
}

// matches refuses a text, if there is one, that does not have a form.
func (c *check) matches(path string, form *regexp.Regexp) {
	if value := text(c.body, path); value != "" && !form.MatchString(value) {
		c.refuse(path, fmt.Sprintf("%q does not match %s", value, form))
	}
}

var (
	labelKey   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	labelValue = regexp.MustCompile(`^[a-z0-9_-]{0,63}$`)
)

// labels have the form that all of Google Cloud requires (https://cloud.google.com/compute/docs/labeling-resources#requirements).
func (c *check) labels() {
	labels, _ := c.body["labels"].(map[string]any)
	if len(labels) > 64 {
		c.refuse("labels", "there are at most 64 labels")
	}
	for _, key := range sorted(labels) {
		if value, _ := labels[key].(string); !labelKey.MatchString(key) || !labelValue.MatchString(value) {
			c.refuse("labels", fmt.Sprintf("%q = %q is no label: lower case letters, digits, _ and - are allowed, 63 at most", key, value))
		}
	}
}

// text is the text at a path, or nothing.
func text(body map[string]any, path string) string {
	value, _ := dig(body, path).(string)
	return value
}

// texts are the texts of a list at a path.
func texts(body map[string]any, path string) []string {
	list, _ := dig(body, path).([]any)
	var found []string
	for _, element := range list {
		if value, ok := element.(string); ok {
			found = append(found, value)
		}
	}
	return found
}

// location is that of a resource's name.
func location(name string) string {
	_, rest, _ := strings.Cut(name, "/locations/")
	place, _, _ := strings.Cut(rest, "/")
	return place
}

// relative takes the service off a full resource name, in any of the forms in which Google's APIs take references.
func relative(name string) string {
	if rest, ok := strings.CutPrefix(name, "https://"); ok {
		if _, after, ok := strings.Cut(rest, "/v1/"); ok {
			return after
		}
	}
	if strings.HasPrefix(name, "//") {
		_, name = splitFullName(name)
	}
	return name
}

// named is a reference, if the field is set.
func named(field, api, name string) []reference {
	if name == "" {
		return nil
	}
	return []reference{{field: field, api: api, name: relative(name)}}
}

// gatewaysAmong are the references to agent gateways in a list of targets; what else may be targeted the fake does not have.
func gatewaysAmong(field string, targets []string) []reference {
	var found []reference
	for _, target := range targets {
		if gatewayName.MatchString(relative(target)) {
			found = append(found, named(field, "networkservices", target)...)
		}
	}
	return found
}
