package mcp

import (
	"bytes"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// HeaderParam is what the name of a header that repeats an argument begins with.
const HeaderParam = "Mcp-Param-"

// maxMirrors bounds the headers that one tool may want, and maxMirror the bytes of a header's name and of the path to its argument.
const (
	maxMirrors = 32
	maxMirror  = 512
)

// Mirror is an argument that a tool wants repeated in a header (2026-07-28 "Custom Headers from Tool Parameters").
type Mirror struct {
	Header string   // in Go's canonical form
	Path   []string // of the argument, outermost member first
}

// mirrors reads the x-mcp-header annotations of a tool's input schema. What the specification does not allow makes the tool one that
// clients drop: nothing is known of it here then.
func mirrors(schema jsonscan.Value) []Mirror {
	if !bytes.Contains(schema.Raw, []byte(`"x-mcp-header"`)) {
		return nil
	}
	var all []Mirror
	if !collect(schema, nil, &all) {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.Header] {
			return nil
		}
		seen[m.Header] = true
	}
	return all
}

// collect walks the properties of a schema, and says whether all annotations on the way are sound.
func collect(schema jsonscan.Value, path []string, to *[]Mirror) bool {
	for key, properties := range schema.Members() {
		if name, _ := key.Text(); name != "properties" {
			continue
		}
		for key, property := range properties.Members() {
			name, _ := key.Text()
			below := slices.Concat(path, []string{name})
			if !annotated(property, below, to) || !collect(property, below, to) {
				return false
			}
		}
	}
	return true
}

// annotated adds the mirror of one property, if it has one.
func annotated(property jsonscan.Value, path []string, to *[]Mirror) bool {
	for key, v := range property.Members() {
		if name, _ := key.Text(); name != "x-mcp-header" {
			continue
		}
		name, ok := v.Text()
		if !ok || !token(name) || len(*to) == maxMirrors || len(name)+len(strings.Join(path, "")) > maxMirror {
			return false
		}
		*to = append(*to, Mirror{Header: textproto.CanonicalMIMEHeaderKey(HeaderParam + name), Path: path})
	}
	return true
}

// token says that a text may be the name of a header (RFC 9110 §5.1).
func token(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// CheckMirrors compares the headers that repeat arguments of a tool call with these (2026-07-28 "Server Behavior for Custom Headers").
// A header that no mirror knows is not looked at. Where the call's revision does not know such headers they may be absent, but not lie.
func CheckMirrors(h http.Header, c *call.Call, mirrors []Mirror) *Error {
	for _, m := range mirrors {
		mismatch := func(text string) *Error { return NewError(CodeHeaderMismatch, c.RequestID, m.Header+": "+text) }
		header, present, bad := single(h, m.Header)
		if bad != nil {
			return NewError(CodeHeaderMismatch, c.RequestID, bad.Message)
		}
		v := argument(c.Arguments, m.Path)
		switch v.Kind() {
		case jsonscan.Absent, jsonscan.Null:
			if present {
				return mismatch("the header is there and the argument is not")
			}
			continue
		}
		if !present {
			if stateless(c.Version) {
				return mismatch(fmt.Sprintf("the header is missing; it repeats the argument %s", strings.Join(m.Path, ".")))
			}
			continue
		}
		text, ok := DecodeHeader(header)
		switch {
		case !ok:
			return mismatch("the header's Base64 is invalid")
		case !mirrored(text, v):
			return mismatch(fmt.Sprintf("the header does not say what the argument %s says", strings.Join(m.Path, ".")))
		}
	}
	return nil
}

// argument gives the value at a path of an object that has been read strictly.
func argument(arguments []byte, path []string) jsonscan.Value {
	v := jsonscan.Value{Raw: arguments}
	for _, name := range path {
		var next jsonscan.Value
		for key, member := range v.Members() {
			if text, _ := key.Text(); text == name {
				next = member
			}
		}
		v = next
	}
	return v
}

// mirrored says that a header's text is the value: numbers by what they are, everything else as it is written.
func mirrored(text string, v jsonscan.Value) bool {
	switch v.Kind() {
	case jsonscan.String:
		s, _ := v.Text()
		return s == text
	case jsonscan.NumberKind:
		// Past 2^53 floats run together: there only the same text is the same number.
		a, errA := strconv.ParseFloat(text, 64)
		b, errB := strconv.ParseFloat(string(v.Raw), 64)
		const exact = 1<<53 - 1
		return text == string(v.Raw) || errA == nil && errB == nil && a == b && -exact <= a && a <= exact && decimal(text)
	case jsonscan.Bool:
		return text == string(v.Raw)
	}
	return false
}

// decimal says that a text is a number as JSON writes it: no other reader takes hexadecimal, underscores or infinity for one.
func decimal(text string) bool {
	v, err := jsonscan.Validate([]byte(text), jsonscan.Limits{})
	return err == nil && v.Kind() == jsonscan.NumberKind
}
