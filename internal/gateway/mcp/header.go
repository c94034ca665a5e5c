package mcp

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

// The headers of Streamable HTTP, in Go's canonical form.
const (
	HeaderVersion = "Mcp-Protocol-Version"
	HeaderSession = "Mcp-Session-Id"
	HeaderMethod  = "Mcp-Method"
	HeaderName    = "Mcp-Name"
)

// single gives the value of a header that may occur once; two of them are a request that two readers take differently.
func single(h http.Header, name string) (value string, present bool, bad *Error) {
	values := h[name]
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
	default:
		return "", false, NewError(CodeHeaderMismatch, nil, name+": the header occurs more than once")
	}
	for _, c := range []byte(values[0]) {
		if c != '\t' && (c < ' ' || c > '~') {
			return "", false, NewError(CodeHeaderMismatch, nil, name+": the header holds invalid characters")
		}
	}
	return strings.Trim(values[0], " \t"), true, nil
}

// checkMedia refuses bodies that are not plain JSON.
func checkMedia(h http.Header) *Error {
	unsupported := func(text string) *Error {
		return &Error{Status: http.StatusUnsupportedMediaType, Code: CodeInvalidRequest, Message: text}
	}
	value, _, bad := single(h, "Content-Type")
	if bad != nil {
		return unsupported(bad.Message)
	}
	media, parameters, err := mime.ParseMediaType(value)
	if err != nil || media != "application/json" {
		return unsupported("Content-Type: must be application/json")
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return unsupported("Content-Type: the charset must be utf-8")
	}
	if value, ok, bad := single(h, "Content-Encoding"); bad != nil || ok && value != "identity" {
		return unsupported("Content-Encoding: must be absent")
	}
	return nil
}

// checkMirrors compares the headers that repeat the body with it (2026-07-28 "Server Validation"). Older revisions do not know
// them; where they occur all the same they must not lie, since a server behind may route on them.
func checkMirrors(h http.Header, version string, c *call.Call) *Error {
	mismatch := func(text string) *Error { return NewError(CodeHeaderMismatch, c.RequestID, text) }
	required := stateless(version) && c.RequestID != nil // for notifications the revision defines no headers
	method, present, bad := single(h, HeaderMethod)
	switch {
	case bad != nil:
		return mismatch(bad.Message)
	case !present && required:
		return mismatch(HeaderMethod + ": the header is missing")
	case present && method != c.Method:
		return mismatch(fmt.Sprintf("%s: the header says %q, the body %q", HeaderMethod, method, c.Method))
	}
	name, present, bad := single(h, HeaderName)
	switch c.Method {
	case "tools/call", "prompts/get", "resources/read":
	default:
		required = false
	}
	switch {
	case bad != nil:
		return mismatch(bad.Message)
	case !present && required:
		return mismatch(HeaderName + ": the header is missing")
	case !present, c.Resource.Kind == call.Method:
		return nil // of what such a method's name would mirror the specification says nothing
	}
	decoded, ok := DecodeHeader(name)
	if !ok {
		return mismatch(HeaderName + ": the header's Base64 is invalid")
	}
	if decoded != c.Resource.Name {
		return mismatch(fmt.Sprintf("%s: the header says %q, the body %q", HeaderName, decoded, c.Resource.Name))
	}
	return nil
}

// DecodeHeader gives the text of a header that mirrors a body (2026-07-28 "Value Encoding"): Base64 between =?base64? and ?=, or
// the value as it is. It reports false for Base64 that is invalid or does not hold UTF-8.
func DecodeHeader(value string) (string, bool) {
	inside, ok := strings.CutPrefix(value, "=?base64?")
	if !ok {
		return value, true
	}
	if inside, ok = strings.CutSuffix(inside, "?="); !ok {
		return value, true
	}
	text, err := base64.StdEncoding.Strict().DecodeString(inside)
	if err != nil || !utf8.Valid(text) {
		return "", false
	}
	return string(text), true
}
