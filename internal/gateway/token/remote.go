package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What Remote does unless said otherwise.
const (
	DefaultRefresh     = 10 * time.Minute
	DefaultMinInterval = 10 * time.Second
	DefaultMaxStale    = 12 * time.Hour
	DefaultTimeout     = 5 * time.Second
	maxDocument        = 256 << 10 // bytes of a JWK Set, or of metadata
)

// RemoteOptions are what a Remote is made from.
type RemoteOptions struct {
	// URL of the JWK Set: https, or http on loopback. Either it or Issuer is required.
	URL string
	// Issuer is an OpenID provider or authorization server whose metadata says where the JWK Set is: https, or http on loopback.
	Issuer string
	// Client fetches it; http.DefaultClient where nil. Redirects are not followed.
	Client *http.Client
	// Now reads the clock. It is required.
	Now func() time.Time
	// Refresh is how old a set may get before it is fetched again.
	Refresh time.Duration
	// MinInterval is the least time between two fetches, so that tokens with made-up key ids do not become requests.
	MinInterval time.Duration
	// MaxStale is how old a set may get while its URL cannot be fetched. After that no key is known.
	MaxStale time.Duration
	// Timeout bounds one fetch.
	Timeout time.Duration
}

// Remote is a JWK Set behind a URL. It is fetched when first needed, when it is old, and when a key id is not in it.
type Remote struct {
	options RemoteOptions
	client  *http.Client

	mu      sync.Mutex
	keys    *Static
	fetched time.Time // when keys were fetched
	tried   time.Time // when a fetch last began
	err     error     // of the last fetch
	running chan struct{}
}

// NewRemote gives the keys behind a URL. It does not fetch them yet.
func NewRemote(o RemoteOptions) (*Remote, error) {
	if o.Now == nil {
		return nil, errors.New("jwks: clock is required")
	}
	if (o.URL == "") == (o.Issuer == "") {
		return nil, errors.New("jwks: either a URL or an issuer is required")
	}
	if err := fetchable(o.URL + o.Issuer); err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	orElse(&o.Refresh, DefaultRefresh)
	orElse(&o.MinInterval, DefaultMinInterval)
	orElse(&o.MaxStale, DefaultMaxStale)
	orElse(&o.Timeout, DefaultTimeout)
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Remote{options: o, client: &client}, nil
}

func orElse(d *time.Duration, otherwise time.Duration) {
	if *d <= 0 {
		*d = otherwise
	}
}

// Key gives the public key of an id. A set that is due to be fetched again is used meanwhile where it has the key; a caller waits only for one
// that has not.
func (r *Remote) Key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	key, err := r.known(ctx, id)
	wait := r.refresh(err != nil)
	if err == nil {
		return key, nil
	}
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if key, err = r.known(ctx, id); err == nil {
		return key, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, fmt.Errorf("jwks: keys are not to be had: %w", r.err)
	}
	return nil, err
}

// known gives a key of the set at hand, if that is not too old.
func (r *Remote) known(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	r.mu.Lock()
	keys, age := r.keys, r.options.Now().Sub(r.fetched)
	r.mu.Unlock()
	if keys == nil || age > r.options.MaxStale {
		return nil, ErrNoKey
	}
	return keys.Key(ctx, id)
}

// refresh begins a fetch where one is due, or needed and allowed again. It gives what to wait for, nil where no fetch is under way.
func (r *Remote) refresh(needed bool) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		return r.running
	}
	now := r.options.Now()
	due := needed || now.Sub(r.fetched) >= r.options.Refresh
	if !due || !r.tried.IsZero() && now.Sub(r.tried) < r.options.MinInterval {
		return nil
	}
	r.tried = now
	done := make(chan struct{})
	r.running = done
	go r.run(done)
	return done
}

// run fetches once. It is not bound to the caller that began it, since others wait for it too; the timeout ends it.
func (r *Remote) run(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), r.options.Timeout)
	defer cancel()
	keys, err := r.fetch(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	if err == nil {
		r.keys, r.fetched = keys, r.options.Now()
	}
	r.running = nil
	close(done)
}

func (r *Remote) fetch(ctx context.Context) (*Static, error) {
	where := r.options.URL
	if where == "" {
		var err error
		if where, err = r.discover(ctx); err != nil {
			return nil, err
		}
	}
	document, err := r.get(ctx, where)
	if err != nil {
		return nil, err
	}
	return ParseJWKS(document)
}

// get reads a document of at most maxDocument bytes.
func (r *Remote) get(ctx context.Context, where string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", where, response.Status)
	}
	document, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", where, err)
	}
	if len(document) > maxDocument {
		return nil, fmt.Errorf("GET %s: longer than %d bytes", where, maxDocument)
	}
	return document, nil
}
