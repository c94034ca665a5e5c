// Package workload is the gateway's, or an agent's, own identity and trust as the SPIFFE Workload API gives them: an X.509-SVID that is renewed in
// time, and the bundles of its trust domain and of those that it is federated with.
package workload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// Options are what an API is made from.
type Options struct {
	// Address of the Workload API: "unix:///run/spire/agent.sock", or "tcp://127.0.0.1:8081".
	Address string
	// ID is the SPIFFE ID of the SVID that is wanted where there are several, the zero value for the first (SPIFFE Workload API §5.3).
	ID spiffeid.ID
	// Now reads the clock.
	Now func() time.Time
	// Log says what is waited for, and what fails.
	Log *slog.Logger
}

// API follows the Workload API. While that is away, what it gave last holds until the SVID ends; after that there is neither an SVID nor a bundle, so that
// nobody is known any more. It is an x509svid.Source and a bundle.Source, and safe for concurrent use.
type API struct {
	o      Options
	client *workloadapi.Client
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	svid    *x509svid.SVID
	served  *tls.Certificate // of svid
	bundles *x509bundle.Set
	keys    *jwtbundle.Set
	failure error // since the last update
	first   chan struct{}
}

// Check says what is wrong with an address.
func Check(address string) error { return workloadapi.ValidateAddress(address) }

// Open connects and waits for the first SVID until ctx is done; the error then says what was waited for, and what was said instead. Close ends what is
// begun here.
func Open(ctx context.Context, o Options) (*API, error) {
	client, err := workloadapi.New(ctx, workloadapi.WithAddr(o.Address), workloadapi.WithBackoffStrategy(impatient{}))
	if err != nil {
		return nil, fmt.Errorf("workload API %s: %w", o.Address, err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	a := &API{o: o, client: client, stop: stop, first: make(chan struct{})}
	a.done.Go(func() { _ = client.WatchX509Context(watching, svids{a}) }) // each failure is told to the watcher
	a.done.Go(func() { _ = client.WatchJWTBundles(watching, keys{a}) })
	o.Log.Info("waiting for an SVID of the workload API", "address", o.Address)
	select {
	case <-a.first:
		return a, nil
	case <-ctx.Done():
		a.mu.Lock()
		failure := a.failure
		a.mu.Unlock()
		if failure == nil {
			failure = context.Cause(ctx)
		}
		return nil, errors.Join(fmt.Errorf("no SVID of the workload API %s%s: %w", o.Address, a.wanted(), failure), a.Close())
	}
}

// impatient asks again ever later, but no later than after two seconds: a workload that has just been started is unknown for its first seconds,
// since it is registered while it starts.
type impatient struct{}

// NewBackoff implements workloadapi.BackoffStrategy.
func (impatient) NewBackoff() workloadapi.Backoff { return new(backoff) }

type backoff struct{ last time.Duration }

// Next implements workloadapi.Backoff.
func (b *backoff) Next() time.Duration {
	b.last = min(max(2*b.last, 250*time.Millisecond), 2*time.Second)
	return b.last
}

// Reset implements workloadapi.Backoff.
func (b *backoff) Reset() { b.last = 0 }

func (a *API) wanted() string {
	if a.o.ID.IsZero() {
		return ""
	}
	return " for " + a.o.ID.String()
}

// Close ends the connection. What was given before holds no longer.
func (a *API) Close() error {
	a.stop()
	a.done.Wait()
	a.mu.Lock()
	a.svid = nil
	a.mu.Unlock()
	return a.client.Close()
}

// current fails where the SVID has ended. The lock is held.
func (a *API) current() error {
	if a.svid == nil {
		return errors.New("workload API: there is no SVID")
	}
	if end := a.svid.Certificates[0].NotAfter; !a.o.Now().Before(end) {
		return fmt.Errorf("workload API: the SVID ended at %s, and there is no new one: %w", end.UTC().Format(time.RFC3339), a.failure)
	}
	return nil
}

// Failure says why there has been no update since the last one, nil where nothing went wrong.
func (a *API) Failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failure
}

// GetX509SVID implements x509svid.Source.
func (a *API) GetX509SVID() (*x509svid.SVID, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.svid, a.current()
}

// Certificate gives the SVID as servers show it.
func (a *API) Certificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.served, a.current()
}

// GetX509BundleForTrustDomain implements x509bundle.Source.
func (a *API) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.current(); err != nil {
		return nil, err
	}
	return a.bundles.GetX509BundleForTrustDomain(domain)
}

// GetJWTBundleForTrustDomain implements jwtbundle.Source.
func (a *API) GetJWTBundleForTrustDomain(domain spiffeid.TrustDomain) (*jwtbundle.Bundle, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.current(); err != nil {
		return nil, err
	}
	if a.keys == nil {
		return nil, errors.New("workload API: there are no JWT bundles yet")
	}
	return a.keys.GetJWTBundleForTrustDomain(domain)
}

// pick gives the SVID that is wanted.
func (a *API) pick(all []*x509svid.SVID) *x509svid.SVID {
	for _, s := range all {
		if a.o.ID.IsZero() || s.ID == a.o.ID {
			return s
		}
	}
	return nil
}

// svids takes SVIDs and X.509 bundles.
type svids struct{ *API }

// OnX509ContextUpdate implements workloadapi.X509ContextWatcher.
func (w svids) OnX509ContextUpdate(update *workloadapi.X509Context) {
	picked := w.pick(update.SVIDs)
	if picked == nil {
		w.failed(fmt.Errorf("it has %d SVIDs, and none%s", len(update.SVIDs), w.wanted()))
		return
	}
	served := &tls.Certificate{PrivateKey: picked.PrivateKey, Leaf: picked.Certificates[0]}
	for _, c := range picked.Certificates {
		served.Certificate = append(served.Certificate, c.Raw)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.svid == nil {
		close(w.first)
	}
	w.svid, w.served, w.bundles, w.failure = picked, served, update.Bundles, nil
	w.o.Log.Info("SVID", "id", picked.ID.String(), "until", served.Leaf.NotAfter)
}

// OnX509ContextWatchError implements workloadapi.X509ContextWatcher.
func (w svids) OnX509ContextWatchError(err error) { w.failed(err) }

// keys takes JWT bundles.
type keys struct{ *API }

// OnJWTBundlesUpdate implements workloadapi.JWTBundleWatcher.
func (w keys) OnJWTBundlesUpdate(update *jwtbundle.Set) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.API.keys = update
}

// OnJWTBundlesWatchError implements workloadapi.JWTBundleWatcher.
func (w keys) OnJWTBundlesWatchError(err error) {
	if !errors.Is(err, context.Canceled) {
		w.o.Log.Debug("workload API: JWT bundles", "error", err)
	}
}

// failed notes that there is no update.
func (a *API) failed(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	a.mu.Lock()
	a.failure = err
	a.mu.Unlock()
	a.o.Log.Warn("workload API", "address", a.o.Address, "error", err)
}
