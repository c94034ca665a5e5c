package rest

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// segments reads a path, escaped as it came, that begins with a slash or is empty. It refuses what servers read in different ways: empty and
// dot segments, parameters of segments, and escapes of what would divide a path if they were resolved earlier or twice. A slash at the end
// makes a last segment that is empty.
func segments(escaped string) ([]string, *Problem) {
	if escaped == "" || escaped == "/" {
		return nil, nil
	}
	if escaped[0] != '/' {
		return nil, bad("the path does not begin with a slash")
	}
	read := strings.Split(escaped[1:], "/")
	for i, s := range read {
		if s == "" && i < len(read)-1 {
			return nil, bad("the path has two slashes after each other")
		}
		plain, problem := unescaped(s)
		if problem != nil {
			return nil, problem
		}
		if strings.Trim(plain, ".") == "" && plain != "" {
			return nil, bad("the path has a segment of dots alone")
		}
		read[i] = plain
	}
	return read, nil
}

// unescaped reads one segment.
func unescaped(s string) (string, *Problem) {
	plain := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '%' {
			if !unreserved(c) && !strings.ContainsRune("!$&'()*+,=:@", rune(c)) {
				return "", bad("the path has a character that has to be escaped, or a parameter of a segment")
			}
			plain = append(plain, c)
			continue
		}
		if i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0 {
			return "", bad("the path has an escape that is none")
		}
		c = byte(hex(s[i+1])<<4 | hex(s[i+2]))
		if c < ' ' || c == 0x7f || strings.ContainsRune("/\\;%?#", rune(c)) {
			return "", bad("the path escapes a character that servers read in different ways: a slash, backslash, semicolon, percent sign, question mark, number sign or control character")
		}
		plain = append(plain, c)
		i += 2
	}
	if !utf8.Valid(plain) {
		return "", bad("the path is not UTF-8")
	}
	return string(plain), nil
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// hex is the value of a hexadecimal digit, -1 for none.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// written gives the one spelling of a path that is passed on.
func written(read []string) string {
	if len(read) == 0 {
		return "/"
	}
	var to strings.Builder
	for _, s := range read {
		to.WriteByte('/')
		to.WriteString(url.PathEscape(s))
	}
	return to.String()
}
