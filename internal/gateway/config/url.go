package config

import (
	"net/url"
	"strconv"
	"strings"
)

// hosted says whether a URL names a host, and no port that none can have.
func hosted(u *url.URL) bool {
	if u.Hostname() == "" {
		return false
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil && port > 0
}

// redacted is a URL, or what was meant to be one, as an error may show it: without a user and without a query, which may hold secrets. It
// does not parse: a password with a slash in it makes something else of a URL.
func redacted(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	} else {
		scheme += "://"
	}
	if end := strings.LastIndexByte(rest, '@'); end >= 0 {
		rest = "xxxxx" + rest[end:]
	}
	if place, _, ok := strings.Cut(rest, "?"); ok {
		rest = place + "?xxxxx"
	}
	return scheme + rest
}
