package dpop

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Target gives the normal form of an http or https URL without query and fragment, as two htu values are compared (RFC 9449 §4.3; RFC 3986
// §6.2.2, §6.2.3): scheme and host in lower case, no default port, percent-encoding only where needed and in upper case, no dot segments.
func Target(raw string) (string, error) {
	if len(raw) > maxHTU {
		return "", fmt.Errorf("longer than %d bytes", maxHTU)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("not a URL")
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "https" && scheme != "http" {
		return "", errors.New("scheme is neither https nor http")
	}
	if u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", errors.New("not an absolute URL of a host alone")
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		port = ""
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host + normalPath(u.EscapedPath()), nil
}

// normalPath decodes what need not be encoded, writes the rest in upper case and removes dot segments.
func normalPath(escaped string) string {
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c != '%' || i+2 >= len(escaped) { // url.Parse refused a percent sign without two digits
			b.WriteByte(c)
			continue
		}
		decoded := hexDigit(escaped[i+1])<<4 | hexDigit(escaped[i+2])
		if unreserved(decoded) {
			b.WriteByte(decoded)
		} else {
			b.WriteString(strings.ToUpper(escaped[i : i+3]))
		}
		i += 2
	}
	return removeDots(b.String())
}

// removeDots is RFC 3986 §5.2.4 for a path that is empty or starts with a slash. Unlike path.Clean it keeps empty segments and a
// trailing slash, which mean something.
func removeDots(path string) string {
	var out []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case ".":
			if last {
				out = append(out, "")
			}
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, segment)
		}
	}
	return "/" + strings.Join(out, "/")
}

// unreserved is RFC 3986 §2.3.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func hexDigit(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
