package token_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// published is a JWK Set at a URL that a test changes.
type published struct {
	*httptest.Server
	fetches atomic.Int64
	clock   atomic.Int64

	mu     sync.Mutex
	status int
	body   []byte
}

func publish(t *testing.T, body []byte) *published {
	t.Helper()
	p := &published{status: http.StatusOK, body: body}
	p.clock.Store(at.Unix())
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		w.WriteHeader(p.status)
		_, _ = w.Write(p.body)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *published) set(status int, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body = status, body
}

func (p *published) now() time.Time { return time.Unix(p.clock.Load(), 0) }

func (p *published) wait(d time.Duration) { p.clock.Add(int64(d / time.Second)) }

func remote(t *testing.T, p *published) *token.Remote {
	t.Helper()
	r, err := token.NewRemote(token.RemoteOptions{URL: p.URL, Now: p.now, Client: p.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fetches(t *testing.T, p *published, want int64) {
	t.Helper()
	if got := p.fetches.Load(); got != want {
		t.Errorf("%d fetches, want %d", got, want)
	}
}

func has(t *testing.T, r *token.Remote, id string) {
	t.Helper()
	if _, err := r.Key(t.Context(), id); err != nil {
		t.Errorf("key %s: %v", id, err)
	}
}

func hasNot(t *testing.T, r *token.Remote, id string) error {
	t.Helper()
	_, err := r.Key(t.Context(), id)
	if err == nil {
		t.Errorf("key %s is still known", id)
	}
	return err
}

func TestRemoteFetchesOnceAndAgainForAKeyThatIsNew(t *testing.T) {
	first, second := newSigner(t, "1"), newSigner(t, "2")
	p := publish(t, document(t, first))
	r := remote(t, p)
	fetches(t, p, 0)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { has(t, r, "1") })
	}
	group.Wait()
	fetches(t, p, 1)

	p.set(http.StatusOK, document(t, first, second))
	p.wait(token.DefaultMinInterval)
	has(t, r, "2")
	fetches(t, p, 2)
}

func TestRemoteDoesNotFetchForEachKeyThatIsMadeUp(t *testing.T) {
	p := publish(t, document(t, newSigner(t, "1")))
	r := remote(t, p)
	has(t, r, "1")
	p.wait(token.DefaultMinInterval)
	for range 50 {
		if err := hasNot(t, r, "made up"); !errors.Is(err, token.ErrNoKey) {
			t.Fatalf("got %v, want %v", err, token.ErrNoKey)
		}
	}
	fetches(t, p, 2)
}

func TestRemoteKeepsItsKeysDuringAnOutageButNotForEver(t *testing.T) {
	p := publish(t, document(t, newSigner(t, "1")))
	r := remote(t, p)
	has(t, r, "1")
	p.set(http.StatusInternalServerError, nil)
	p.wait(token.DefaultMaxStale)
	has(t, r, "1")
	p.wait(token.DefaultMinInterval)
	if err := hasNot(t, r, "1"); errors.Is(err, token.ErrNoKey) || !strings.Contains(err.Error(), "500") {
		t.Errorf("got %v, want what was wrong with the fetch", err)
	}
	p.set(http.StatusOK, document(t, newSigner(t, "1")))
	p.wait(token.DefaultMinInterval)
	has(t, r, "1")
}

func TestRemoteForgetsAKeyThatWasTakenBack(t *testing.T) {
	first, second := newSigner(t, "1"), newSigner(t, "2")
	p := publish(t, document(t, first, second))
	r := remote(t, p)
	has(t, r, "2")
	p.set(http.StatusOK, document(t, first))
	p.wait(token.DefaultRefresh)
	has(t, r, "2") // begins the fetch, and does not wait for it
	p.wait(token.DefaultMinInterval)
	for p.fetches.Load() < 2 {
		if t.Context().Err() != nil {
			t.Fatal("no fetch began")
		}
		runtime.Gosched()
	}
	// A key that is not there waits for the fetch that is under way, or for one of its own.
	_ = hasNot(t, r, "3")
	_ = hasNot(t, r, "2")
}

func TestRemoteRefusesWhatIsNoKeySet(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":          "<html>",
		"no keys":           `{"keys":[]}`,
		"a private key":     `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}`,
		"a symmetric key":   `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`,
		"keys for secrecy":  `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		"a member twice":    `{"keys":[],"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		"more than is read": `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]` + strings.Repeat(" ", 256<<10) + "}",
		"far too many keys": `{"keys":[` + strings.Repeat(`{"kty":"x"},`, 64) + `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_ = hasNot(t, remote(t, publish(t, []byte(body))), "")
		})
	}
	good := `{"keys":[{"kty":"future"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	has(t, remote(t, publish(t, []byte(good))), "")
}

func TestRemoteFollowsNoRedirect(t *testing.T) {
	target := publish(t, document(t, newSigner(t, "1")))
	redirect := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer redirect.Close()
	r, err := token.NewRemote(token.RemoteOptions{URL: redirect.URL, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, hasNot(t, r, "1"), "302")
	fetches(t, target, 0)
}

func TestRemoteThatHangsIsGivenUp(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hang)
	r, err := token.NewRemote(token.RemoteOptions{URL: server.URL, Now: now, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := hasNot(t, r, "1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	slow, err := token.NewRemote(token.RemoteOptions{URL: server.URL, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := slow.Key(ctx, "1"); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left got %v, want %v", err, context.Canceled)
	}
}

func TestRemoteIsHTTPSOrOnLoopback(t *testing.T) {
	for url, want := range map[string]bool{
		"https://issuer.example/jwks": true, "http://127.0.0.1:1/jwks": true, "http://[::1]/jwks": true, "http://localhost/jwks": true,
		"http://issuer.example/jwks": false, "http://127.0.0.1.example/": false, "file:///etc/passwd": false, "/jwks": false, "https://u:p@issuer.example/": false,
	} {
		if _, err := token.NewRemote(token.RemoteOptions{URL: url, Now: now}); (err == nil) != want {
			t.Errorf("%s is taken: %v, want %v", url, err == nil, want)
		}
	}
}
