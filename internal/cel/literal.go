package cel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// String gives the CEL literal whose value is s. Bytes that are not UTF-8 become the replacement character, as they do in
// JSON. (strconv.Quote writes escapes that CEL does not read, such as \x7f for a code point.)
func String(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, string(utf8.RuneError)) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Strings gives the CEL list literal of the strings, in their order.
func Strings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = String(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Value gives the CEL literal of a JSON value: string, bool, int64, []any or map[string]any, whose keys it sorts. CEL wants the elements
// of a list or a map to be of one type; where they are not all strings, each is dynamic.
func Value(v any) string {
	switch v := v.(type) {
	case string:
		return String(v)
	case []any:
		element := dynamicUnlessText(slices.Values(v))
		texts := make([]string, len(v))
		for i, e := range v {
			texts[i] = element(e)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case map[string]any:
		element := dynamicUnlessText(maps.Values(v))
		var texts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, String(key)+": "+element(v[key]))
		}
		return "{" + strings.Join(texts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func dynamicUnlessText(elements func(yield func(any) bool)) func(any) string {
	for e := range elements {
		if _, isText := e.(string); !isText {
			return func(v any) string { return "dyn(" + Value(v) + ")" }
		}
	}
	return Value
}
