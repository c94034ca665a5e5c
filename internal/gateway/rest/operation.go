package rest

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// Operation is something that an API does: a method on a path.
type Operation struct {
	Name     string // "" for none
	Method   string
	Template Template
	// Path and Query are the types of parameters by name; those of others are strings.
	Path, Query map[string]Type
	// Content are the media types that a body may have, as "application/json", "image/*" or "*/*". Nil stands for JSON.
	Content []string
}

// methods are those of operations.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// Methods are those that an operation may have.
func Methods() []string { return slices.Clone(methods) }

// ParseMedia reads a media type, or a range of them, of an operation's content.
func ParseMedia(s string) (string, error) {
	media, parameters, err := mime.ParseMediaType(s)
	if err != nil || len(parameters) > 0 || !strings.Contains(media, "/") || strings.Count(media, "*") > 2 {
		return "", fmt.Errorf("%q is not a media type: write one such as \"application/json\", \"image/*\" or \"*/*\", without parameters", s)
	}
	return media, nil
}

// takes says whether a body of a media type is one that the operation takes.
func takes(content []string, media string) bool {
	if content == nil {
		return IsJSON(media)
	}
	main, _, _ := strings.Cut(media, "/")
	return slices.ContainsFunc(content, func(c string) bool {
		return c == media || c == "*/*" || c == main+"/*" || c == "application/json" && IsJSON(media)
	})
}

// IsJSON says whether a media type is JSON (RFC 8259, RFC 6839 §3.1).
func IsJSON(media string) bool {
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}
