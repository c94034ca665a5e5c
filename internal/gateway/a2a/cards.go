package a2a

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// WellKnown is where an agent's public card is, below its URL (1.0 §8.2).
const WellKnown = "/.well-known/agent-card.json"

// How a card is fetched. A target's Cache-Control makes the time between two fetches longer or shorter within the bounds.
const (
	MaxCard     = 1 << 20 // bytes of a card
	fetchTime   = 10 * time.Second
	minFresh    = 5 * time.Second
	usualFresh  = time.Minute
	maxFresh    = time.Hour
	DefaultKeep = 24 * time.Hour // how long a card that cannot be fetched anew is used
)

// ErrNoCard says that the agent publishes no card.
var ErrNoCard = errors.New("the agent has no card")

// Cards keeps an agent's public card. It is safe for concurrent use. Its fields do not change once it is used.
type Cards struct {
	URL  string
	Keys Keys // nil where a card needs no signature
	Keep time.Duration
	Now  func() time.Time
	// Depth bounds the card's JSON, 0 for jsonscan's default.
	Depth int

	mu       sync.Mutex
	fetching chan struct{} // closed when the fetch under way is done; nil without one
	last     *Card         // nil for none yet, and for an agent that has none
	known    bool          // last is what the agent said
	tag      string
	said     time.Time // when it did
	next     time.Time // when it is asked again
	err      error     // of the last fetch
}

// Get gives the card, fetched through the transport where it is not fresh. A card that cannot be fetched or is not signed as it must be
// leaves the last good one for the time of Keep. ErrNoCard says that there is none.
func (c *Cards) Get(ctx context.Context, through http.RoundTripper) (*Card, error) {
	for {
		c.mu.Lock()
		now := c.Now()
		usable := c.known && now.Before(c.said.Add(c.Keep))
		if now.Before(c.next) || usable && c.fetching != nil {
			card, err := c.last, c.err
			c.mu.Unlock()
			switch {
			case usable && card == nil:
				return nil, ErrNoCard
			case usable:
				return card, nil
			}
			return nil, err
		}
		wait := c.fetching
		if wait == nil {
			c.fetching = make(chan struct{})
			tag := c.tag
			c.mu.Unlock()
			c.fetch(through, tag)
			continue
		}
		c.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fetch asks for the card once. Whoever waits for it may go away; the next one wants it too.
func (c *Cards) fetch(through http.RoundTripper, tag string) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	got, err := c.ask(ctx, through, tag)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.fetching)
	c.fetching = nil
	now := c.Now()
	c.err = err
	if err != nil {
		c.next = now.Add(minFresh)
		return
	}
	c.said, c.next, c.known = now, now.Add(got.fresh), true
	if !got.same {
		c.last, c.tag = got.card, got.tag
	}
}

type answer struct {
	card  *Card
	tag   string
	same  bool
	fresh time.Duration
}

func (c *Cards) ask(ctx context.Context, through http.RoundTripper, tag string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "identity")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := through.RoundTrip(request)
	if err != nil {
		return answer{}, fmt.Errorf("agent card: %w", err)
	}
	defer response.Body.Close()
	got := answer{tag: response.Header.Get("Etag"), fresh: fresh(response.Header)}
	switch {
	case response.StatusCode == http.StatusNotModified && tag != "":
		got.same = true
		return got, nil
	case response.StatusCode == http.StatusNotFound && c.Keys == nil:
		got.tag = ""
		return got, nil
	case response.StatusCode != http.StatusOK:
		return answer{}, fmt.Errorf("agent card: status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, MaxCard+1))
	if err != nil {
		return answer{}, fmt.Errorf("agent card: %w", err)
	}
	if got.card, err = ParseCard(text, c.Keys, jsonscan.Limits{Size: MaxCard, Depth: c.Depth}); err != nil {
		return answer{}, err
	}
	return got, nil
}

// fresh is how long a card need not be asked for again.
func fresh(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return minFresh
		case "max-age":
			if seconds, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && seconds >= 0 {
				return min(max(time.Duration(min(seconds, 1<<20))*time.Second, minFresh), maxFresh)
			}
		}
	}
	return usualFresh
}
