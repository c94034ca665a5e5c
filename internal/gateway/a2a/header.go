package a2a

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// The headers of the protocol, in Go's canonical form (1.0 §3.2.6). 0.3 has the second with an X- before it.
const (
	HeaderVersion    = "A2a-Version"
	HeaderExtensions = "A2a-Extensions"
	headerOldName    = "X-A2a-Extensions"
)

// queryVersion is the query parameter that may stand for the header.
const queryVersion = "A2A-Version"

// single gives the value of a header that may occur once; two of them are a request that two readers take differently.
func single(h http.Header, name string) (value string, bad *Error) {
	switch values := h[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		value = strings.Trim(values[0], " \t")
	default:
		return "", newError(InvalidRequest, name+": the header occurs more than once")
	}
	for _, c := range []byte(value) {
		if c < ' ' || c > '~' {
			return "", newError(InvalidRequest, name+": the header holds invalid characters")
		}
	}
	return value, nil
}

// version gives the version that header and query name, "" for none. Two that differ are refused, as is one that is not let through.
func (p *Parser) version(h http.Header, query string) (string, *Error) {
	for name := range h {
		// Servers that make variables of headers take an underscore for the dash.
		if dashed := http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-")); dashed != name && (dashed == HeaderVersion || dashed == HeaderExtensions || dashed == headerOldName) {
			return "", newError(InvalidRequest, oneLine(name)+": write the header with dashes")
		}
	}
	said, bad := single(h, HeaderVersion)
	if bad != nil {
		return "", bad
	}
	said, query = withoutPatch(said), withoutPatch(query)
	if query != "" {
		if said != "" && said != query {
			return "", newError(InvalidRequest, fmt.Sprintf("A2A-Version: the header says %q, the query %q", oneLine(said), oneLine(query)))
		}
		said = query
	}
	if said == "" {
		return "", nil
	}
	return said, p.serves(said)
}

// withoutPatch gives a version's major and minor number, which are all that counts (1.0 §3.6).
func withoutPatch(version string) string {
	parts := strings.Split(version, ".")
	if len(parts) != 3 || parts[2] == "" || strings.Trim(parts[2], "0123456789") != "" {
		return version
	}
	return parts[0] + "." + parts[1]
}

func (p *Parser) serves(version string) *Error {
	accepted := p.Versions
	if accepted == nil {
		accepted = Versions()
	}
	if slices.Contains(accepted, version) {
		return nil
	}
	return newError(VersionNotSupported, fmt.Sprintf("the version %q is not supported, but %s is", oneLine(version), strings.Join(accepted, ", ")))
}

// agree checks the version that a request was read as against the one that it names.
func (p *Parser) agree(read, named string) *Error {
	switch named {
	case "", read:
		return p.serves(read)
	}
	return newError(MethodNotFound, fmt.Sprintf("there is no such method in version %s, which the request names", named))
}

// extensions adds those that headers name to the message's.
func extensions(h http.Header, m *call.Message) *Error {
	for _, name := range []string{HeaderExtensions, headerOldName} {
		for _, list := range h[name] {
			for uri := range strings.SplitSeq(list, ",") {
				uri = strings.Trim(uri, " \t")
				if uri == "" {
					continue
				}
				if len(uri) > maxName || len(m.Extensions) >= maxSet {
					return newError(InvalidRequest, name+": too many extensions")
				}
				m.Extensions = append(m.Extensions, uri)
			}
		}
	}
	m.Extensions = set(m.Extensions)
	return nil
}

func set(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}

// checkMedia refuses bodies that are not plain JSON.
func checkMedia(h http.Header, allowed ...string) *Error {
	unsupported := func(text string) *Error {
		e := newError(InvalidRequest, text)
		e.Status = http.StatusUnsupportedMediaType
		return e
	}
	value, bad := single(h, "Content-Type")
	if bad != nil {
		return unsupported(bad.Message)
	}
	media, parameters, err := mime.ParseMediaType(value)
	if err != nil || !slices.Contains(allowed, media) {
		return unsupported("Content-Type: must be " + strings.Join(allowed, " or "))
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return unsupported("Content-Type: the charset must be utf-8")
	}
	if value, bad := single(h, "Content-Encoding"); bad != nil || value != "" && value != "identity" {
		return unsupported("Content-Encoding: must be absent")
	}
	return nil
}
