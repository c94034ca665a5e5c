package a2a

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
)

// publisher is an agent that publishes a card.
type publisher struct {
	mu    sync.Mutex
	asked int
	says  func(r *http.Request) (*http.Response, error)
}

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked++
	says := p.says
	p.mu.Unlock()
	return says(r)
}

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *publisher) now(says func(r *http.Request) (*http.Response, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says = says
}

func response(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return r, nil
	}
}

func away(*http.Request) (*http.Response, error) { return nil, errors.New("nobody is there") }

func TestACardIsKept(t *testing.T) {
	clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := &publisher{}
	cards := &Cards{URL: "http://agent/card", Keep: time.Hour, Now: func() time.Time { return clock }}
	// step lets time pass and says what the card then is: its name, "none" for an agent without one, "" for an error.
	step := func(name string, wait time.Duration, want string, asked int) {
		t.Helper()
		clock = clock.Add(wait)
		before := p.count()
		card, err := cards.Get(t.Context(), p)
		got := ""
		switch {
		case errors.Is(err, ErrNoCard):
			got = "none"
		case err == nil:
			got, _ = card.members["name"].(string)
		}
		if got != want || p.count()-before != asked {
			t.Errorf("%s: %q (%v), asked %d times; want %q, %d", name, got, err, p.count()-before, want, asked)
		}
	}
	named := func(name string) string { return `{"name":"` + name + `","skills":[]}` }

	p.now(away)
	step("nobody is there", 0, "", 1)
	step("and is not asked again at once", time.Second, "", 0)
	p.now(response(http.StatusOK, named("a"), "Cache-Control", "max-age=120", "Etag", `"1"`))
	step("the agent is there", minFresh, "a", 1)
	step("as long as it said", 119*time.Second, "a", 0)
	p.now(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") != `"1"` {
			return response(http.StatusOK, named("b"))(r)
		}
		return response(http.StatusNotModified, "")(r)
	})
	step("the same card", 2*time.Second, "a", 1)
	step("which is fresh again", 30*time.Second, "a", 0)
	p.now(response(http.StatusOK, named("c")))
	step("another card", 2*time.Minute, "c", 1)
	for name, broken := range map[string]func(*http.Request) (*http.Response, error){
		"nobody is there": away, "an error": response(http.StatusInternalServerError, ""), "another place": response(http.StatusFound, ""),
		"no JSON": response(http.StatusOK, "<html>"), "a key twice": response(http.StatusOK, `{"skills":[],"skills":[]}`),
		"two skills of one id": response(http.StatusOK, `{"skills":[{"id":"x"},{"id":"x"}]}`), "too much": response(http.StatusOK, named(strings.Repeat("x", MaxCard))),
	} {
		p.now(broken)
		step("the last good one while there is "+name, 2*time.Minute, "c", 1)
	}
	p.now(away)
	step("the last good one for so long", 40*time.Minute, "c", 1)
	step("and no longer", 10*time.Minute, "", 1)
	p.now(response(http.StatusNotFound, ""))
	step("an agent without a card", time.Minute, "none", 1)
	step("has none for a while", 30*time.Second, "none", 0)
	cards = &Cards{URL: "http://agent/card", Keep: time.Hour, Now: func() time.Time { return clock }, Keys: newSigner(t, "k").keys(t)}
	step("an agent without a card that must be signed", 0, "", 1)
}

func TestACardIsAskedForOnceHoweverManyWantIt(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	p := &publisher{says: func(r *http.Request) (*http.Response, error) {
		asked.Add(1)
		<-release
		return response(http.StatusOK, `{"name":"a"}`)(r)
	}}
	cards := &Cards{URL: "http://agent/card", Keep: time.Hour, Now: time.Now}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := cards.Get(t.Context(), p); err != nil {
				t.Error(err)
			}
		})
	}
	await.True(t, "the first question", func() bool { return asked.Load() > 0 })
	close(release)
	wait.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}
