package gcptest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
)

// schema is a message, a field or a parameter as a discovery document describes it.
type schema struct {
	ID                   string             `json:"id"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Pattern              string             `json:"pattern"`
	Ref                  string             `json:"$ref"`
	Description          string             `json:"description"`
	ReadOnly             bool               `json:"readOnly"`
	Deprecated           bool               `json:"deprecated"`
	Repeated             bool               `json:"repeated"`
	Enum                 []string           `json:"enum"`
	Items                *schema            `json:"items"`
	AdditionalProperties *schema            `json:"additionalProperties"`
	Properties           map[string]*schema `json:"properties"`
	// OneOf is no part of discovery: protobuf descriptors say which oneof a field belongs to.
	OneOf string `json:"oneOf"`
}

// prefixes matches the words that Google's descriptions begin with. Discovery has no machine-readable form of them.
var prefixes = regexp.MustCompile(`(?i)^((Required|Optional|Immutable|Output only|Input only|Identifier|Deprecated|Unordered list)[.:]\s*)+`)

func (s *schema) behaves(word string) bool {
	return strings.Contains(strings.ToLower(prefixes.FindString(s.Description)), strings.ToLower(word))
}

func (s *schema) required() bool   { return s.behaves("required") && !s.behaves("identifier") }
func (s *schema) immutable() bool  { return s.behaves("immutable") }
func (s *schema) outputOnly() bool { return s.ReadOnly || s.behaves("output only") }
func (s *schema) inputOnly() bool  { return s.behaves("input only") }
func (s *schema) deprecated() bool { return s.Deprecated || s.behaves("deprecated") }

// resolve follows a reference to the message it names. The field keeps its own description.
func (d *document) resolve(s *schema) *schema {
	if s.Ref != "" {
		return d.Schemas[s.Ref]
	}
	return s
}

func (s *schema) array() bool { return s.Type == "array" }
func (s *schema) object() bool {
	return s.Type == "object" && len(s.Properties) > 0 || s.Type == "object" && s.AdditionalProperties == nil
}

// free says whether the value is the caller's own JSON, which has no fields and whose zero values mean something.
func (s *schema) free() bool { return s.Type == "any" || s.Type == "" && s.Ref == "" }

// reading reads bodies: it refuses what the schema does not have, and gives the values as Google's servers give them back.
type reading struct {
	document *document
	wrong    []violation
	// deprecated are the deprecated fields that were set. Google takes them; a test may not want them.
	deprecated []string
}

func (r *reading) refuse(at, format string, arguments ...any) {
	r.wrong = append(r.wrong, violation{at, fmt.Sprintf(format, arguments...)})
}

// value checks one value and gives its canonical form: without nulls and without the zero values that proto3's JSON leaves out.
// It is nil where there is nothing to keep.
func (r *reading) value(s *schema, v any, at string) any {
	if v == nil {
		return nil
	}
	s = r.document.resolve(s)
	switch {
	case s == nil || s.free():
		return v
	case s.array():
		return r.list(s, v, at)
	case s.object():
		return r.message(s, v, at)
	case s.Type == "object":
		return r.entries(s, v, at)
	}
	return r.scalar(s, v, at)
}

func (r *reading) message(s *schema, v any, at string) any {
	fields, ok := v.(map[string]any)
	if !ok {
		r.refuse(at, "Invalid value (%s), an object is expected", short(v))
		return nil
	}
	kept := map[string]any{}
	for _, name := range sorted(fields) {
		p := s.Properties[name]
		below := at + "." + snake(name)
		switch {
		case p == nil:
			r.refuse(at, "Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", name, at)
			continue
		case fields[name] == nil:
			continue
		case p.outputOnly():
			r.refuse(below, "the field is output only and was set")
			continue
		case p.deprecated():
			r.deprecated = append(r.deprecated, below)
		}
		if value := r.value(p, fields[name], below); value != nil {
			kept[name] = value
		}
	}
	return kept
}

func (r *reading) list(s *schema, v any, at string) any {
	values, ok := v.([]any)
	if !ok {
		r.refuse(at, "Invalid value (%s), a list is expected", short(v))
		return nil
	}
	var kept []any
	for i, value := range values {
		below := fmt.Sprintf("%s[%d]", at, i)
		if value == nil {
			r.refuse(below, "null is no element of a list")
			continue
		}
		element := r.value(s.Items, value, below)
		if element == nil { // a zero value is left out of messages, not of lists
			element = value
		}
		kept = append(kept, element)
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func (r *reading) entries(s *schema, v any, at string) any {
	values, ok := v.(map[string]any)
	if !ok {
		r.refuse(at, "Invalid value (%s), an object is expected", short(v))
		return nil
	}
	kept := map[string]any{}
	for _, name := range sorted(values) {
		below := fmt.Sprintf("%s[%q]", at, name)
		value := r.value(s.AdditionalProperties, values[name], below)
		if value == nil && !s.AdditionalProperties.free() {
			value = values[name]
		}
		kept[name] = value
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func (r *reading) scalar(s *schema, v any, at string) any {
	switch s.Type {
	case "boolean":
		b, ok := v.(bool)
		if !ok {
			r.refuse(at, "Invalid value (%s), true or false is expected", short(v))
		}
		if !b {
			return nil
		}
		return b
	case "integer", "number":
		n, ok := v.(json.Number)
		if !ok {
			r.refuse(at, "Invalid value (%s), a number is expected", short(v))
			return nil
		}
		if problem := s.text(n.String()); problem != "" {
			r.refuse(at, "%s", problem)
		}
		if f, err := n.Float64(); err == nil && f == 0 {
			return nil
		}
		return n
	}
	text, ok := v.(string)
	if n, number := v.(json.Number); number && (s.Format == "int64" || s.Format == "uint64") {
		text, ok = n.String(), true
	}
	if !ok {
		r.refuse(at, "Invalid value (%s), a string is expected", short(v))
		return nil
	}
	if text == "" {
		return nil
	}
	if problem := s.text(text); problem != "" {
		r.refuse(at, "%s", problem)
		return nil
	}
	switch {
	case s.Format == "google-duration":
		d, _ := duration(text)
		return d
	case len(s.Enum) > 0 && text == s.Enum[0] && strings.HasSuffix(text, "_UNSPECIFIED"):
		return nil
	case (s.Format == "int64" || s.Format == "uint64") && text == "0":
		return nil
	}
	return text
}

// text checks a scalar, or a query parameter, in its text form. It gives what is wrong, or nothing.
func (s *schema) text(value string) string {
	var err error
	switch {
	case len(s.Enum) > 0:
		if !slices.Contains(s.Enum, value) {
			return fmt.Sprintf("Invalid value (%q) of an enum: none of %s", value, strings.Join(s.Enum, ", "))
		}
	case s.Type == "boolean":
		_, err = strconv.ParseBool(value)
	case s.Format == "int32":
		_, err = strconv.ParseInt(value, 10, 32)
	case s.Format == "uint32":
		_, err = strconv.ParseUint(value, 10, 32)
	case s.Format == "int64":
		_, err = strconv.ParseInt(value, 10, 64)
	case s.Format == "uint64":
		_, err = strconv.ParseUint(value, 10, 64)
	case s.Type == "number":
		_, err = strconv.ParseFloat(value, 64)
	case s.Format == "google-duration":
		_, err = duration(value)
	case s.Format == "google-datetime":
		_, err = time.Parse(time.RFC3339Nano, value)
	case s.Format == "byte":
		_, err = base64.StdEncoding.DecodeString(value)
	case s.Format == "uri":
		_, err = url.Parse(value)
	}
	if err != nil {
		return fmt.Sprintf("Invalid value (%q), %s is expected", value, strings.TrimSpace(s.Type+" "+s.Format))
	}
	return ""
}

// duration is the one text that protobuf's JSON gives a duration: "1.500s".
func duration(text string) (string, error) {
	var d durationpb.Duration
	if err := protojson.Unmarshal([]byte(strconv.Quote(text)), &d); err != nil {
		return "", err
	}
	seconds := strconv.FormatInt(d.Seconds, 10)
	switch nanos := d.Nanos; {
	case nanos == 0:
		return seconds + "s", nil
	case nanos%1_000_000 == 0:
		return fmt.Sprintf("%s.%03ds", seconds, nanos/1_000_000), nil
	case nanos%1_000 == 0:
		return fmt.Sprintf("%s.%06ds", seconds, nanos/1_000), nil
	default:
		return fmt.Sprintf("%s.%09ds", seconds, nanos), nil
	}
}

// snake is the name that protobuf has for a field: "http_rules" for "httpRules".
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) {
			if i > 0 {
				b.WriteByte('_')
			}
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// short shows a value in an error.
func short(v any) string {
	content, err := json.Marshal(v)
	if err != nil || len(content) > 60 {
		return fmt.Sprintf("%T", v)
	}
	return string(content)
}
