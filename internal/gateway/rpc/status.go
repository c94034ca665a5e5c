package rpc

import (
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
)

// Status is how an RPC ended.
type Status struct {
	Code    codes.Code
	Message string
	// Details are the value of Grpc-Status-Details-Bin, a google.rpc.Status in base64; "" for none.
	Details string
}

// NewStatus gives a status without details.
func NewStatus(code codes.Code, message string) *Status { return &Status{Code: code, Message: message} }

// Error implements error.
func (s *Status) Error() string { return s.Code.String() + ": " + s.Message }

// Write sets the headers of the status, each with before in front of its name.
func (s *Status) Write(h http.Header, before string) {
	h[before+HeaderStatus] = []string{strconv.Itoa(int(s.Code))}
	if s.Message != "" {
		h[before+HeaderMessage] = []string{encoded(s.Message)}
	}
	if s.Details != "" {
		h[before+HeaderDetails] = []string{s.Details}
	}
}

// encoded writes a Status-Message (Responses): what is not printable ASCII, and the percent sign, are percent-encoded.
func encoded(message string) string {
	const hex = "0123456789ABCDEF"
	var to strings.Builder
	for i := range len(message) {
		if c := message[i]; c >= ' ' && c <= '~' && c != '%' {
			to.WriteByte(c)
		} else {
			to.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return to.String()
}

// FromHTTP gives the code of an answer that is none of gRPC, as clients derive it (http-grpc-status-mapping.md of the gRPC project).
func FromHTTP(status int) codes.Code {
	switch status {
	case http.StatusBadRequest:
		return codes.Internal
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	}
	return codes.Unknown
}

// HasStatus says whether headers or trailers end an RPC.
func HasStatus(h http.Header) bool { return len(h[HeaderStatus]) > 0 }
