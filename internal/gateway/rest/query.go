package rest

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// maxParameters is how many parameters a query may have.
const maxParameters = 256

// pair is one parameter of a query.
type pair struct {
	name, value string
	bare        bool // there was no equals sign
}

// pairs reads a query as forms write it (WHATWG URL §5.1): what servers would read in another way is refused, and what is passed on is
// written anew from what was read.
func pairs(query string) ([]pair, *Problem) {
	if query == "" {
		return nil, nil
	}
	if strings.ContainsAny(query, ";") {
		return nil, bad("the query has a semicolon, which some servers take for the end of a parameter: write %3B")
	}
	var read []pair
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, assigned := strings.Cut(part, "=")
		p := pair{bare: !assigned}
		var problem *Problem
		if p.name, problem = formed(name); problem != nil {
			return nil, problem
		}
		if p.value, problem = formed(value); problem != nil {
			return nil, problem
		}
		if p.name == "" || strings.ContainsFunc(p.name, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }) {
			return nil, bad("the name of a query parameter is empty or has white space in it")
		}
		if read = append(read, p); len(read) > maxParameters {
			return nil, bad("the query has more than 256 parameters")
		}
	}
	for i, p := range read {
		for _, other := range read[:i] {
			if p.name != other.name && jsonscan.Folds(p.name, other.name) {
				return nil, bad("two query parameters differ in letter case alone")
			}
		}
	}
	return read, nil
}

func formed(s string) (string, *Problem) {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return "", bad("the query has an escape that is none")
	}
	if !utf8.ValidString(plain) || strings.IndexByte(plain, 0) >= 0 {
		return "", bad("the query is not UTF-8, or has U+0000 in it")
	}
	return plain, nil
}

// rewritten gives the one spelling of a query that is passed on.
func rewritten(read []pair) string {
	var to strings.Builder
	for i, p := range read {
		if i > 0 {
			to.WriteByte('&')
		}
		to.WriteString(escaped(p.name))
		if !p.bare {
			to.WriteByte('=')
			to.WriteString(escaped(p.value))
		}
	}
	return to.String()
}

// escaped leaves nothing to read in two ways: a space is %20, which is one to all.
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
