package server

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// answer passes the agent's answer back, as far as it may be.
func (c *a2aConversation) answer(ctx context.Context, response *http.Response) {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	encoding := response.Header.Get("Content-Encoding")
	status := response.StatusCode
	switch {
	case status == http.StatusUnauthorized || status == http.StatusProxyAuthRequired:
		c.fault("the target does not accept the gateway", fmt.Errorf("status %d", status))
	case status >= 300 && status < 400 || status < 200:
		c.fault("the target sends elsewhere", fmt.Errorf("status %d", status))
	case encoding != "" && encoding != "identity":
		c.fault("the target's answer cannot be read", fmt.Errorf("content encoding %q", encoding))
	case media == "text/event-stream" && status == http.StatusOK && c.asked.Stream():
		c.stream(ctx, response)
	case response.ContentLength == 0 || status == http.StatusNoContent:
		c.whole(response, nil)
	case media == "application/json" || media == "application/a2a+json" || status >= 400 && (media == "text/plain" || media == ""):
		c.document(ctx, response)
	default:
		c.fault("the target's answer is neither JSON nor a stream that was asked for", fmt.Errorf("status %d of type %q", status, media))
	}
}

// document passes one document back. It is read whole, since lists in it show only what the caller may use.
func (c *a2aConversation) document(ctx context.Context, response *http.Response) {
	body, ok := c.answered(ctx, response)
	if !ok {
		return
	}
	if response.StatusCode < 300 {
		var err error
		if body, err = c.mediated(body); err != nil {
			c.fault(errNoAnswer.Error(), err)
			return
		}
	}
	c.whole(response, body)
}

// whole passes an answer back that is there as a whole.
func (c *a2aConversation) whole(response *http.Response, body []byte) {
	if !c.write(response.StatusCode) {
		return
	}
	if c.asked.Card() {
		response.Header.Del("Etag") // it is the agent's, of another card
	}
	c.headers(response)
	c.say(response.StatusCode, body)
}

// stream passes a stream of events back as they come, each within the limit of an answer.
func (c *a2aConversation) stream(ctx context.Context, response *http.Response) {
	if !c.openStream() || !c.write(http.StatusOK) {
		return
	}
	c.headers(response)
	c.w.WriteHeader(http.StatusOK)
	out := c.flushing()
	out.flush()
	err := mcp.Relay(out.events(), mcp.NewEvents(response.Body, int(c.limits().Answer)), func(e mcp.Event) ([]byte, error) { return e.Data, nil })
	if err != nil {
		c.broken(ctx, err)
	}
}

// publicCard answers with the agent's card as the gateway shows it.
func (c *a2aConversation) publicCard() {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		c.w.Header().Set("Allow", "GET, HEAD")
		c.refuse(refusal{status: http.StatusMethodNotAllowed, reason: "a card is asked for with GET"})
		return
	}
	c.asked = c.parser.PublicCard()
	if !c.allowed() {
		return
	}
	card, err := c.cards.Get(c.r.Context(), c.cardTransport())
	var text []byte
	var tag string
	if err == nil {
		text, tag, err = card.Shown(c.face(c.exchange, c.asked))
	}
	switch {
	case errors.Is(err, a2a.ErrNoCard):
		if c.write(http.StatusNotFound) {
			c.refuse(refusal{status: http.StatusNotFound, reason: a2a.ErrNoCard.Error()})
		}
	case err != nil:
		c.noCard(err)
		if c.write(http.StatusBadGateway) {
			c.refuse(refusal{status: http.StatusBadGateway, reason: "the agent's card cannot be had"})
		}
	default:
		c.card(text, tag)
	}
}
