package gcptest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
)

// call is a request that a method of an API answers.
type call struct {
	server *Server
	api    string
	route  *route
	kind   *kind
	name   string // that the path carries: the resource's, or its parent's; with the project's ID
	query  url.Values
	body   map[string]any // canonical, nil where the method takes none
	log    *Request
}

// message is what the body is called in violations: "authz_policy".
func (c *call) message() string { return snakeMessage(c.route.Request.Ref) }

func snakeMessage(ref string) string {
	// aiplatform's messages carry their package: GoogleCloudAiplatformV1ReasoningEngine.
	for _, prefix := range []string{"GoogleCloudAiplatformV1", "GoogleIamV2", "GoogleIamV1"} {
		ref = strings.TrimPrefix(ref, prefix)
	}
	return snake(ref)
}

// schema is the message the method takes.
func (c *call) schema() *schema { return c.route.document.Schemas[c.route.Request.Ref] }

// readBody checks the body of a request against the message the method takes.
func (c *call) readBody(content []byte) *refusal {
	content = bytes.TrimSpace(content)
	if c.route.Request.Ref == "" {
		if len(content) > 0 && !bytes.Equal(content, []byte("{}")) {
			return refuse("INVALID_ARGUMENT", "The method %s takes no body.", c.route.ID)
		}
		return nil
	}
	if len(content) == 0 {
		content = []byte("{}")
	}
	if rewrite := c.route.document.rewrite; rewrite != nil {
		var r *refusal
		if content, r = rewrite(c.route.Request.Ref, content); r != nil {
			return r
		}
	}
	var raw any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return refuse("INVALID_ARGUMENT", "Invalid JSON payload received. %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return refuse("INVALID_ARGUMENT", "Invalid JSON payload received. There is more than one value.")
	}
	r := reading{document: c.route.document}
	body := r.value(&schema{Ref: c.route.Request.Ref}, raw, c.message())
	c.body, _ = body.(map[string]any)
	if fields, ok := raw.(map[string]any); ok {
		c.log.Body = redacted(c.route.document, c.schema(), fields)
	}
	c.log.Deprecated = r.deprecated
	return invalid(r.wrong)
}

// redacted is a body as the log has it: values that are never given back stand as "***".
func redacted(d *document, s *schema, body map[string]any) map[string]any {
	shown, _ := d.without(s, clone(body), func(p *schema) bool { return !p.inputOnly() }, "***").(map[string]any)
	return shown
}

// answer gives an object back to a client.
func (c *call) answer(o *stored) map[string]any { return c.server.answer(c.route.document, o) }

func (s *Server) answer(d *document, o *stored) map[string]any {
	message := d.message(o.kind)
	answer, _ := d.without(message, clone(o.body), func(p *schema) bool { return !p.inputOnly() }, nil).(map[string]any)
	answer["name"] = o.name
	if o.kind.numbered {
		answer["name"] = s.byNumber(o.name)
	}
	if message.Properties["etag"] != nil {
		answer["etag"] = o.etag()
	}
	if o.kind.made != nil {
		o.kind.made(s, o, answer)
	}
	return answer
}

// message is what a kind's objects are: what its get method answers.
func (d *document) message(k *kind) *schema {
	for _, r := range d.routes {
		if r.collection == k.collection && slices.Contains([]string{"get", "getPolicy", "getFloorSetting"}, r.verb) {
			return d.Schemas[r.Response.Ref]
		}
	}
	panic("no method reads " + k.api + "." + k.collection)
}
