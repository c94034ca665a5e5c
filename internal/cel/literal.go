package cel

import (
	"fmt"
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
