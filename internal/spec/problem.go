package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem is one thing wrong with a spec, at a path that a caller can map to its own attributes.
type Problem struct {
	// Path leads to the field in the user's terms: string is an attribute, int an index of a list, MapKey a key of a map.
	Path   []any
	Detail string // why, and what to do
}

// MapKey is a path step into a map.
type MapKey string

// Error gives "path: detail".
func (p Problem) Error() string {
	return PathString(p.Path) + ": " + p.Detail
}

// Problems are everything wrong with a spec, in the order of its fields.
type Problems []Problem

// Add notes a problem. The detail is formatted as fmt.Sprintf does.
func (ps *Problems) Add(path []any, format string, args ...any) {
	*ps = append(*ps, Problem{Path: append([]any(nil), path...), Detail: fmt.Sprintf(format, args...)})
}

// PathString writes a path as HCL does: rules.custom[2].expression, instances["a1"].parent_id.
func PathString(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		case MapKey:
			b.WriteString("[" + strconv.Quote(string(s)) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, s)
		}
	}
	return b.String()
}
