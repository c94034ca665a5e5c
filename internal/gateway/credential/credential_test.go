package credential

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// clock is one that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var billing = principal.FromSPIFFEID("spiffe://example.org/ns/pay/agent/billing")

func TestAStaticSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &Static{Name: "X-Api-Key", Prefix: "key ", Secret: File(path)}
	if _, err := s.Value(t.Context(), billing); err == nil {
		t.Error("a file that is not there gives a secret")
	}
	write("one\n")
	if got, err := s.Value(t.Context(), billing); err != nil || got != "key one" {
		t.Errorf("got %q, %v", got, err)
	}
	if s.Refused(billing, "key one") {
		t.Error("a secret that the target refused and nobody changed is shown again")
	}
	write("second")
	if !s.Refused(billing, "key one") {
		t.Error("a secret that was changed is not tried")
	}
	if got, err := s.Value(t.Context(), billing); err != nil || got != "key second" {
		t.Errorf("after a change: got %q, %v", got, err)
	}
	for name, bad := range map[string]string{"nothing": "", "white space": " \n", "two lines": "a\r\nX-Admin: true", "a control character": "a\x00b", "past ASCII": "schlüssel"} {
		got, err := Fixed(bad)()
		if err == nil {
			t.Errorf("%s is taken: %q", name, got)
		} else if bad != "" && strings.Contains(err.Error(), bad) && strings.TrimSpace(bad) != "" {
			t.Errorf("%s: the error tells the secret: %v", name, err)
		}
	}
}

// changing is a source whose value changes each time it is refused, so often.
type changing struct {
	left int
	now  string
}

func (*changing) Header() string { return "Authorization" }

func (c *changing) Value(context.Context, principal.Principal) (string, error) {
	if c.now == "" {
		return "", errors.New("nothing")
	}
	return c.now, nil
}

func (c *changing) Refused(principal.Principal, string) bool {
	c.left--
	c.now += "+"
	return c.left >= 0
}

func TestATargetThatRefusesTheCredential(t *testing.T) {
	for name, c := range map[string]struct {
		source   changing
		accepted string
		stream   bool // the body cannot be sent again
		status   int
		seen     string
	}{
		"it is taken at once":                         {changing{1, "a"}, "a", false, 200, "a:body"},
		"a fresh one is taken":                        {changing{1, "a"}, "a+", false, 200, "a:body a+:body"},
		"a fresh one is refused as well":              {changing{5, "a"}, "b", false, 401, "a:body a+:body"},
		"there is no fresh one":                       {changing{0, "a"}, "b", false, 401, "a:body"},
		"the body is a stream and is not sent again":  {changing{1, "a"}, "a+", true, 401, "a:body"},
		"a stream's credential is taken all the same": {changing{1, "a"}, "a", true, 200, "a:body"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []string
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got := r.Header.Values("Authorization")
				seen = append(seen, strings.Join(got, ",")+":"+string(body))
				if got[0] != c.accepted {
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer target.Close()
			var body io.Reader = strings.NewReader("body")
			if c.stream {
				body = io.MultiReader(body)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer of-the-caller")
			response, err := (&Transport{Base: http.DefaultTransport, Sources: []Source{&c.source}}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != c.status || strings.Join(seen, " ") != c.seen {
				t.Errorf("got %d, the target saw %q", response.StatusCode, seen)
			}
			if r.Header.Get("Authorization") != "Bearer of-the-caller" {
				t.Error("the request itself was changed")
			}
		})
	}
}

func TestWithoutACredentialNothingIsSent(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the target is asked") }))
	defer target.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&Transport{Base: http.DefaultTransport, Sources: []Source{&changing{}}}).RoundTrip(r)
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if response != nil {
		_ = response.Body.Close()
	}
}
