package permit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// quote writes a string as Cedar does. What does not show, or could show as something else, is written by its number.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
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
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// pattern writes what follows like: every * of it stands for any characters, as it does there.
func pattern(text string) string { return quote(text) }

// entity writes an entity. Types are names of the schema.
func entity(typ, id string) string { return typ + "::" + quote(id) }

func entities(typ string, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = entity(typ, id)
	}
	return out
}

func quoted(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = quote(text)
	}
	return out
}

// list writes a set; a long one in lines of its own, so that a plan shows which items come and go.
func list(items []string) string {
	short := "[" + strings.Join(items, ", ") + "]"
	if len(items) == 1 || len(short) <= maxLine {
		return short
	}
	return "[\n    " + strings.Join(items, ",\n    ") + "\n]"
}

const maxLine = 100

// oneOf says that a value is one of those given.
func oneOf(items []string, value string) string {
	if len(items) == 1 {
		return value + " == " + items[0]
	}
	return list(items) + ".contains(" + value + ")"
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved are words that name nothing.
var reserved = []string{"true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"}

// isName says whether a text can stand where Cedar wants a name, without quotes.
func isName(text string) bool { return name.MatchString(text) && !slices.Contains(reserved, text) }
