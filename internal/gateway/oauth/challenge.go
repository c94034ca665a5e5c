package oauth

import (
	"net/http"
	"strings"
)

// maxChallenges bounds how many challenges of one answer are read.
const maxChallenges = 16

// Challenge is what an answer says is missing (RFC 9110 §11.6.1).
type Challenge struct {
	// Scheme as it was written.
	Scheme string
	// Parameters by their names in lower case. Of two with one name the first counts.
	Parameters map[string]string
}

// Challenges reads the WWW-Authenticate headers of an answer, as far as they can be read.
func Challenges(header http.Header) []Challenge {
	var found []Challenge
	for _, value := range header.Values("WWW-Authenticate") {
		r := &reader{rest: value}
		for len(found) < maxChallenges {
			c, ok := r.challenge()
			if !ok {
				break
			}
			found = append(found, c)
		}
	}
	return found
}

// parameter gives the first parameter of a name among challenges of the schemes that tokens are presented with.
func parameter(challenges []Challenge, name string) string {
	for _, c := range challenges {
		if !strings.EqualFold(c.Scheme, "DPoP") && !strings.EqualFold(c.Scheme, "Bearer") {
			continue
		}
		if v := c.Parameters[name]; v != "" {
			return v
		}
	}
	return ""
}

// reader reads one header. A word that no equals sign follows begins a challenge; one that it follows is a parameter of the last.
type reader struct{ rest string }

func (r *reader) challenge() (Challenge, bool) {
	r.skip(" \t,")
	scheme := r.word()
	if scheme == "" {
		return Challenge{}, false
	}
	c := Challenge{Scheme: scheme, Parameters: map[string]string{}}
	for {
		r.skip(" \t,")
		before := r.rest
		name := r.word()
		r.skip(" \t")
		if name == "" || !strings.HasPrefix(r.rest, "=") {
			r.rest = before // the next challenge, or what cannot be read
			return c, true
		}
		r.rest = r.rest[1:]
		r.skip(" \t")
		value := r.value()
		if name = strings.ToLower(name); c.Parameters[name] == "" {
			c.Parameters[name] = value
		}
	}
}

func (r *reader) skip(what string) { r.rest = strings.TrimLeft(r.rest, what) }

// word reads a token (RFC 9110 §5.6.2).
func (r *reader) word() string {
	end := strings.IndexFunc(r.rest, func(c rune) bool {
		return !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	})
	if end < 0 {
		end = len(r.rest)
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	return word
}

// value reads a token or a quoted string (RFC 9110 §5.6.4). One that does not end goes to the end of the header.
func (r *reader) value() string {
	if !strings.HasPrefix(r.rest, `"`) {
		return r.word()
	}
	var b strings.Builder
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(r.rest):
			i++
			b.WriteByte(r.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	r.rest = ""
	return b.String()
}
