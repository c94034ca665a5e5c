package rest

import (
	"fmt"
	"slices"
	"strings"
)

// Template is a path with parameters: "/users/{id}", "/files/{name}.json", or "/files/{path...}" for all that follows, one segment at least.
type Template struct {
	Text  string
	parts []part
}

// part is one segment of a template.
type part struct {
	literal        string // where name is ""
	name           string
	prefix, suffix string // of the parameter in its segment
	// names are those of the segment's parameters, one unless the segment has several, as {base}...{head} has: they are then one argument,
	// "base...head", since servers divide it in different places. inner is what stands between them.
	names, inner []string
	tail         bool // the parameter takes all segments that are left
}

// maxParts is how many segments a template, and a path that one is found for, may have.
const maxParts = 64

// ParseTemplate reads a template.
func ParseTemplate(text string) (Template, error) {
	t := Template{Text: text}
	if !strings.HasPrefix(text, "/") {
		return t, fmt.Errorf("%q does not begin with a slash", text)
	}
	if text == "/" {
		return t, nil
	}
	written := strings.Split(text[1:], "/")
	if len(written) > maxParts {
		return t, fmt.Errorf("%q has more than %d segments", text, maxParts)
	}
	for i, s := range written {
		p, err := parsePart(s)
		if err != nil {
			return t, fmt.Errorf("%q: %w", text, err)
		}
		last := i == len(written)-1
		switch {
		case p.tail && !last:
			return t, fmt.Errorf("%q: {%s...} stands for all that follows, and something follows it", text, p.name)
		case p.name == "" && p.literal == "" && !last:
			return t, fmt.Errorf("%q has two slashes after each other", text)
		case p.name != "" && slices.ContainsFunc(p.names, func(name string) bool { return slices.Contains(t.Names(), name) }):
			return t, fmt.Errorf("%q has a parameter twice", text)
		}
		t.parts = append(t.parts, p)
	}
	return t, nil
}

func parsePart(s string) (part, error) {
	if !strings.ContainsAny(s, "{}") {
		plain, problem := unescaped(s)
		if problem == nil && plain != "" && strings.Trim(plain, ".") == "" {
			problem = bad("the path has a segment of dots alone")
		}
		if problem != nil {
			return part{}, problem
		}
		return part{literal: plain}, nil
	}
	var names, between []string
	for rest := s; ; {
		literal, after, more := strings.Cut(rest, "{")
		plain, problem := unescaped(literal)
		if problem != nil {
			return part{}, problem
		}
		between = append(between, plain)
		if !more {
			break
		}
		name, after, ok := strings.Cut(after, "}")
		if !ok || strings.Trim(name, ".") == "" || strings.ContainsAny(name, " \t/{") {
			return part{}, fmt.Errorf("a parameter of the segment %q has no name", s)
		}
		names, rest = append(names, name), after
	}
	last := len(between) - 1
	p := part{prefix: between[0], suffix: between[last], inner: between[1:last], names: names}
	if slices.Contains(p.inner, "") {
		return part{}, fmt.Errorf("nothing divides the parameters of the segment %q", s)
	}
	if p.name, p.tail = strings.CutSuffix(names[0], "..."); p.tail && s != "{"+names[0]+"}" {
		return part{}, fmt.Errorf("{%s} has to be a segment of its own", names[0])
	}
	if len(names) > 1 {
		p.name = strings.NewReplacer("{", "", "}", "").Replace(strings.TrimSuffix(s[len(between[0]):], p.suffix))
	} else {
		p.names = []string{p.name}
	}
	return p, nil
}

// Names are the template's parameters.
func (t Template) Names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" {
			names = append(names, p.names...)
		}
	}
	return names
}

// kinds of parts by how much they say of a segment.
const (
	isTail = iota
	isParameter
	isAffixed
	isLiteral
)

func (p part) kind() int {
	switch {
	case p.tail:
		return isTail
	case p.name == "":
		return isLiteral
	case p.prefix+p.suffix != "" || len(p.inner) > 0:
		return isAffixed
	}
	return isParameter
}

// takes gives the value of a parameter in a segment, and whether the part matches it.
func (p part) takes(segment string) (string, bool) {
	if p.name == "" {
		return "", segment == p.literal
	}
	if len(segment) <= len(p.prefix)+len(p.suffix) || !strings.HasPrefix(segment, p.prefix) || !strings.HasSuffix(segment, p.suffix) {
		return "", false
	}
	value := segment[len(p.prefix) : len(segment)-len(p.suffix)]
	rest := value
	for _, literal := range p.inner {
		at := strings.Index(rest, literal)
		if at < 1 || at+len(literal) == len(rest) {
			return "", false
		}
		rest = rest[at+len(literal):]
	}
	return value, true
}
