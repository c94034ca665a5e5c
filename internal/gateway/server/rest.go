package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/rest"
)

// restProtocol is a target that is an HTTP API.
type restProtocol struct {
	base *url.URL
	api  *rest.API
}

func newREST(_ *config.Config, t config.Target) (protocol, error) {
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", t.Name, err)
	}
	return &restProtocol{base: u, api: t.API}, nil
}

func (p *restProtocol) below() bool { return true }

func (p *restProtocol) begin(x *exchange) conversation {
	return &restConversation{exchange: x, restProtocol: p}
}

// restConversation is one request to an HTTP API.
type restConversation struct {
	*exchange
	*restProtocol

	request *rest.Request
}

func (c *restConversation) serve() {
	if problem := c.read(); problem != nil {
		c.problem(problem)
		return
	}
	media, problem := c.media()
	if problem != nil {
		c.problem(problem)
		return
	}
	if media != "" && !rest.IsJSON(media) {
		if c.allowed(nil) {
			c.stream()
		}
		return
	}
	var body []byte
	if media != "" {
		var ok bool
		if body, ok = c.body(); !ok {
			return
		}
		document, err := jsonscan.Validate(body, jsonscan.Limits{Size: int(c.limits().Body), Depth: int(c.limits().Depth)})
		if err != nil {
			c.problem(&rest.Problem{Status: http.StatusBadRequest, Detail: "the body cannot be decided on: " + err.Error()})
			return
		}
		if !c.allowed(document.Raw) {
			return
		}
	} else if !c.allowed(nil) {
		return
	}
	c.pass(c.r.Method, c.url(), c.header(), bytes.NewReader(body), c.answer)
}

// overrides are headers that make some servers take another method or path than the request's. Servers that make variables of headers take an
// underscore for the dash.
var overrides = map[string]bool{
	"x-http-method-override": true, "x-http-method": true, "x-method-override": true,
	"x-original-url": true, "x-rewrite-url": true, "x-original-uri": true, "x-request-uri": true,
}

// read reads all but the body.
func (c *restConversation) read() *rest.Problem {
	for name := range c.r.Header {
		if overrides[strings.ReplaceAll(strings.ToLower(name), "_", "-")] {
			return &rest.Problem{Status: http.StatusBadRequest, Detail: "the header " + name + " would make some servers take another method or path: send the one that is meant"}
		}
	}
	if c.r.Header.Get("Upgrade") != "" {
		return &rest.Problem{Status: http.StatusNotImplemented, Detail: "a change of the protocol (Upgrade: " + c.r.Header.Get("Upgrade") + ") is not passed on"}
	}
	if c.r.URL.RawPath != "" && c.r.URL.RawPath != c.r.URL.EscapedPath() {
		return &rest.Problem{Status: http.StatusBadRequest, Detail: "the path has a character that has to be escaped"}
	}
	var problem *rest.Problem
	c.request, problem = c.api.Read(c.r.Method, c.exchange.below, c.r.URL.RawQuery)
	return problem
}

// media gives the media type of the body, "" where there is none.
func (c *restConversation) media() (string, *rest.Problem) {
	if c.r.ContentLength == 0 || c.r.Body == nil || c.r.Body == http.NoBody {
		return "", nil
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return "", &rest.Problem{Status: http.StatusBadRequest, Detail: "a body of a " + c.r.Method + " has no meaning (RFC 9110 §9.3), and is not passed on"}
	}
	values := c.r.Header.Values("Content-Type")
	if len(values) == 0 {
		values = []string{"application/octet-stream"} // RFC 9110 §8.3
	}
	media, parameters, err := mime.ParseMediaType(values[0])
	if err != nil || len(values) > 1 {
		return "", &rest.Problem{Status: http.StatusBadRequest, Detail: "the Content-Type cannot be read"}
	}
	unsupported := func(why string) (string, *rest.Problem) {
		return "", &rest.Problem{Status: http.StatusUnsupportedMediaType, Detail: why}
	}
	if !c.request.Takes(media) {
		return unsupported("a body of type " + media + " is not among those that the gateway's configuration has for this request")
	}
	if !rest.IsJSON(media) {
		return media, nil
	}
	if set := parameters["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		return unsupported("JSON is UTF-8 (RFC 8259 §8.1), and the Content-Type says " + set)
	}
	if encoding := c.r.Header.Values("Content-Encoding"); len(encoding) > 1 || len(encoding) == 1 && encoding[0] != "identity" {
		return unsupported("JSON is decided on, and is not read when it is compressed")
	}
	return media, nil
}

// allowed decides on the request, and answers it where it is denied.
func (c *restConversation) allowed(body []byte) bool {
	asked := &call.Call{
		Protocol: call.REST, Direction: call.ToTarget, Method: c.r.Method, Target: c.target.Name,
		Resource: call.Resource{Kind: call.Path, Name: c.request.Template}, Arguments: c.request.Arguments(body),
	}
	if c.request.Operation != nil {
		asked.Operation = c.request.Operation.Name
	}
	d := c.ask(asked)
	if d.Allowed || !c.enforced() {
		return true
	}
	if c.write(http.StatusForbidden) {
		(&rest.Problem{Status: http.StatusForbidden, Detail: "denied: " + d.Reason, Policies: d.Policies}).Respond(c.w)
	}
	return false
}

// url is the target's, with what was read and nothing else.
func (c *restConversation) url() *url.URL {
	u := *c.base
	plain, err := url.PathUnescape(c.request.Path)
	if err != nil { // it has been written here
		plain = c.request.Path
	}
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + c.request.Path
	u.Path = strings.TrimSuffix(u.Path, "/") + plain
	u.RawQuery = c.request.Query
	return &u
}

// header is that of the request as the target may see it. Cookies are credentials, which the caller has of somebody else.
func (c *restConversation) header() http.Header {
	h := c.r.Header.Clone()
	h.Del("Cookie")
	return h
}

// stream passes a body on as it comes.
func (c *restConversation) stream() {
	limit := c.limits().Body
	large := refusal{http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("the request has more than %d bytes", limit)}
	if c.r.ContentLength > limit {
		if c.write(large.status) {
			c.exchange.refuse(large)
		}
		return
	}
	ctx, cancel := context.WithCancelCause(c.r.Context())
	defer cancel(nil)
	c.r = c.r.WithContext(ctx)
	body := &bounded{Reader: c.r.Body, left: limit, over: func() { cancel(large) }, length: c.r.ContentLength}
	c.pass(c.r.Method, c.url(), c.header(), body, c.answer)
}

// bounded is a body that is passed on as it comes, up to a limit.
type bounded struct {
	io.Reader
	left   int64
	over   func()
	length int64 // -1 where it is not known
}

// Read implements io.Reader.
func (b *bounded) Read(to []byte) (int, error) {
	n, err := b.Reader.Read(to)
	if b.left -= int64(n); b.left < 0 {
		b.over()
		return 0, errors.New("limits.body")
	}
	return n, err
}

func (c *restConversation) problem(p *rest.Problem) {
	c.metrics.count("agent_gateway_refused_total", "target", c.target.Name)
	c.rejected(p.Status, "", "the request cannot be read as one of the API")
	p.Respond(c.w)
}

func (c *restConversation) refuse(r refusal) {
	(&rest.Problem{Status: r.status, Detail: r.text(), Limit: r.limit}).Respond(c.w)
}
