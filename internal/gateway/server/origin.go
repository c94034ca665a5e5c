package server

import (
	"net/http"
	"slices"
)

// foreign says that a request was made by a web page that the listener does not know. Browsers write whose page it is into Origin, also where
// a foreign name leads to this address (DNS rebinding); agents that are no browsers write nothing (MCP 2025-11-25 "Security Warning").
// No page can make a browser ask us as a proxy that is not the browser's own; then the origin is the target's to judge.
func (at *site) foreign(r *http.Request) bool {
	origins := r.Header["Origin"]
	return len(origins) > 0 && (len(origins) > 1 || origins[0] != at.origin && !slices.Contains(at.listener.Origins, origins[0]))
}
