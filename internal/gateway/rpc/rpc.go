// Package rpc reads gRPC over HTTP/2 as a gateway must: frames without buffering streams, status and deadlines exactly, and messages so
// strictly that no two decoders can read them differently.
//
// The protocol is "gRPC over HTTP2" (PROTOCOL-HTTP2.md of the gRPC project); the sections named in comments are its.
package rpc

import (
	"mime"
	"strings"
)

// Headers of gRPC, as net/http spells them.
const (
	HeaderStatus         = "Grpc-Status"
	HeaderMessage        = "Grpc-Message"
	HeaderDetails        = "Grpc-Status-Details-Bin"
	HeaderTimeout        = "Grpc-Timeout"
	HeaderEncoding       = "Grpc-Encoding"
	HeaderAcceptEncoding = "Grpc-Accept-Encoding"
)

// Method is the name of an RPC of a path, "package.Service/Method", and whether the path is that of an RPC: two segments of letters,
// digits, dots and underscores, which need no escapes and which nobody reads in another way.
func Method(path string) (string, bool) {
	name, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", false
	}
	service, method, ok := strings.Cut(name, "/")
	return name, ok && named(service, true) && named(method, false)
}

func named(s string, dots bool) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', dots && c == '.':
		default:
			return false
		}
	}
	return true
}

// Content is the sort of messages that a Content-Type names, "proto" where it names none, and whether it is one of gRPC. That of
// gRPC-Web is not.
func Content(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	media, _, err := mime.ParseMediaType(values[0])
	if err != nil {
		return "", false
	}
	if media == "application/grpc" {
		return "proto", true
	}
	if sort, ok := strings.CutPrefix(media, "application/grpc+"); ok && sort != "" {
		return sort, true
	}
	return "", false
}
