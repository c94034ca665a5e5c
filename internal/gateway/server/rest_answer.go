package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// answer passes the target's answer back as it comes.
func (c *restConversation) answer(ctx context.Context, response *http.Response) {
	status := response.StatusCode
	switch {
	case status == http.StatusUnauthorized || status == http.StatusProxyAuthRequired:
		c.fault("the target does not accept the gateway", fmt.Errorf("status %d", status))
		return
	case status < 200:
		c.fault("the target wants another protocol", fmt.Errorf("status %d", status))
		return
	case !c.relocate(response):
		c.fault("the target sends elsewhere", fmt.Errorf("status %d", status))
		return
	}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	events := media == "text/event-stream"
	if events && !c.openStream() || !c.write(status) {
		return
	}
	response.Header.Del("Set-Cookie") // cookies of a caller are not passed on either
	c.headers(response)
	if response.ContentLength >= 0 && status != http.StatusNoContent && status != http.StatusNotModified {
		c.w.Header().Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
	}
	c.w.WriteHeader(status)
	out := c.flushing()
	if events {
		out.flush()
	}
	_, err := io.CopyBuffer(out, struct{ io.Reader }{response.Body}, make([]byte, 32<<10))
	switch {
	case err == nil:
		dropHops(response.Trailer)
		for name, values := range response.Trailer {
			c.w.Header()[http.TrailerPrefix+name] = values
		}
	case events:
		c.broken(ctx, err)
	default:
		if context.Cause(ctx) == nil {
			c.metrics.count("agent_gateway_upstream_faults_total", "target", c.target.Name)
			c.options.Log.Warn("an answer was broken off", "target", c.target.Name, "error", err)
		}
		panic(http.ErrAbortHandler) // it must not look whole
	}
}

// relocate makes references to the target in the header ones to the gateway, and says whether the answer may be passed back: a redirection to
// somewhere else would take the caller around the gateway.
func (c *restConversation) relocate(response *http.Response) bool {
	for _, name := range []string{"Location", "Content-Location"} {
		written := response.Header.Values(name)
		if len(written) == 0 {
			continue
		}
		here, err := c.here(response.Request.URL, written)
		switch {
		case err == nil:
			response.Header.Set(name, here)
		case name == "Location" && response.StatusCode >= 300 && response.StatusCode < 400:
			return false
		default:
			response.Header.Del(name)
		}
	}
	return true
}

// here gives what a reference of the target is called at the gateway.
func (c *restConversation) here(at *url.URL, written []string) (string, error) {
	if len(written) > 1 {
		return "", errors.New("there is more than one")
	}
	to, err := at.Parse(written[0])
	if err != nil {
		return "", err
	}
	base := strings.TrimSuffix(c.base.EscapedPath(), "/")
	below, ok := strings.CutPrefix(to.EscapedPath(), base)
	if to.Scheme != c.base.Scheme || !strings.EqualFold(to.Host, c.base.Host) || to.User != nil || !ok || below != "" && below[0] != '/' {
		return "", errors.New("it is elsewhere")
	}
	ref := url.URL{RawQuery: to.RawQuery, ForceQuery: to.ForceQuery, Fragment: to.Fragment, RawFragment: to.RawFragment}
	path := strings.TrimSuffix(c.target.Path, "/") + below
	if path == "" || strings.HasPrefix(path, "//") {
		path = "/" + strings.TrimLeft(path, "/")
	}
	return path + ref.String(), nil
}
