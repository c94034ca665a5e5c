// Package server is the gateway at work: it listens, authenticates, decides, and passes on what is allowed.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/h1"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
	"github.com/agentward/terraform-provider-agent/internal/gateway/workload"
)

// Options are what a Server needs besides its configuration.
type Options struct {
	Now func() time.Time
	// Log is for operators; it holds no credentials and no arguments.
	Log *slog.Logger
	// Stdout is where the audit log goes if the configuration says so.
	Stdout io.Writer
	// Stale says of what the configuration comes from, which parts may have changed without the gateway knowing, and why; nil where it always knows.
	Stale func() []error
}

func (o *Options) stale() []error {
	if o.Stale == nil {
		return nil
	}
	return o.Stale()
}

// nonceLifetime is how long a DPoP nonce holds.
const nonceLifetime = 5 * time.Minute

// Server is a running gateway.
type Server struct {
	options Options
	now     atomic.Pointer[generation]

	listeners map[string]net.Listener
	origins   map[string]string
	servers   []serving
	admin     *http.Server
	adminAt   net.Listener

	began      time.Time
	store      store.Store
	sources    *store.Memory // rates of those who are refused; of this process alone
	bounds     bounds
	withheld   withheld
	telemetry  atomic.Pointer[telemetry]
	suspended  atomic.Pointer[suspensions] // besides those of the configuration in force; nil for none
	status     atomic.Pointer[inForce]
	exchanges  atomic.Uint64
	workload   *workload.API // nil without one
	federation federation
	remotes    map[string]*token.Remote // keys of issuers, by what was configured
	alone      map[string][]byte        // secrets of this process, by purpose
	audit      *audit.Log
	metrics    *metrics
	underway   underway
	tools      tools
	ready      atomic.Bool
	reload     sync.Mutex
	leaving    sync.WaitGroup // what configurations left behind and is being ended
	failed     chan error
}

// New opens the listeners of a configuration. Nothing is served before Serve.
func New(c *config.Config, o Options) (*Server, error) { return Open(context.Background(), c, o) }

// Open is New, which ends early when ctx is done: the Workload API may have to be waited for.
func Open(ctx context.Context, c *config.Config, o Options) (_ *Server, err error) {
	s := &Server{
		options: o, began: o.Now(), metrics: newMetrics(), listeners: map[string]net.Listener{}, origins: map[string]string{}, alone: map[string][]byte{},
		failed: make(chan error, len(c.Listeners)+1),
	}
	defer func() {
		if err != nil {
			s.closeListeners()
			s.closeIdentity()
		}
	}()
	if i := c.Identity; i != nil && i.WorkloadAPI != "" {
		if s.workload, err = s.openWorkload(ctx, i); err != nil {
			return nil, err
		}
	}
	if s.store, err = s.openStore(c.Store); err != nil {
		return nil, err
	}
	if s.sources, err = store.NewMemory(sourceCapacity, o.Now); err != nil {
		return nil, err
	}
	for _, l := range c.Listeners {
		listening, err := net.Listen("tcp", l.Address)
		if err != nil {
			return nil, fmt.Errorf("listener %q: %w", l.Name, err)
		}
		s.listeners[l.Name] = listening
		s.origins[l.Name] = origin(l, listening.Addr())
	}
	if c.Admin != "" {
		if s.adminAt, err = net.Listen("tcp", c.Admin); err != nil {
			return nil, fmt.Errorf("admin: %w", err)
		}
	}
	g, err := s.generation(c, s.origins)
	if err != nil {
		return nil, err
	}
	sent, err := s.openTelemetry(c)
	if err != nil {
		return nil, err
	}
	if s.audit, err = s.openAudit(c); err != nil {
		return nil, err
	}
	s.telemetry.Store(sent)
	s.now.Store(g)
	s.status.Store(&inForce{Revision: c.Revision, Since: o.Now().UTC()})
	s.metrics.registry.MustRegister(gauges{s})
	s.federation.take(g.identity)
	return s, nil
}

// openWorkload waits for the gateway's SVID.
func (s *Server) openWorkload(ctx context.Context, i *config.Identity) (*workload.API, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, i.Wait, fmt.Errorf("nothing came within %s", i.Wait))
	defer cancel()
	o := workload.Options{Address: i.WorkloadAPI, Now: s.options.Now, Log: s.options.Log}
	if i.SPIFFEID != "" {
		var err error
		if o.ID, err = spiffeid.FromString(i.SPIFFEID); err != nil {
			return nil, err
		}
	}
	return workload.Open(ctx, o)
}

// closeIdentity ends what keeps certificates and bundles fresh.
func (s *Server) closeIdentity() {
	s.federation.stop()
	if s.workload != nil {
		_ = s.workload.Close() // nothing is written to it
	}
}

// origin is the URL that agents call a listener by.
func origin(l config.Listener, at net.Addr) string {
	switch {
	case l.URL != "":
		return l.URL
	case l.Plain:
		return "http://" + at.String()
	}
	return "https://" + at.String()
}

// Origin gives the URL of a listener, "" where there is none of that name.
func (s *Server) Origin(listener string) string { return s.origins[listener] }

// Admin gives the admin address, "" for none.
func (s *Server) Admin() string {
	if s.adminAt == nil {
		return ""
	}
	return s.adminAt.Addr().String()
}

// Serve serves until ctx is done; then it says that it is not ready, serves on for as long as others take to see that, takes no new
// connections, lets what is under way end within the drain time, and writes the audit log out. An error is what stopped it, or what could not be ended in time.
func (s *Server) Serve(ctx context.Context) error {
	g := s.now.Load()
	for _, l := range g.config.Listeners {
		s.start(s.server(l), s.listeners[l.Name])
	}
	if s.adminAt != nil {
		s.admin = &http.Server{Handler: s.adminHandler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug)}
		s.start(s.admin, s.adminAt)
	}
	s.ready.Store(true)
	var stopped error
	select {
	case <-ctx.Done():
	case stopped = <-s.failed:
	}
	s.ready.Store(false)
	if stopped == nil {
		select {
		case <-time.After(s.now.Load().config.Limits.Withdraw):
		case stopped = <-s.failed:
		}
	}
	return errors.Join(stopped, s.stop())
}

// serving is a server of HTTP, as net/http has it.
type serving interface {
	Serve(on net.Listener) error
	Shutdown(ctx context.Context) error
	Close() error
}

func (s *Server) start(server serving, on net.Listener) {
	s.servers = append(s.servers, server)
	go func() {
		if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", on.Addr(), err)
		}
	}()
}

// server makes the HTTP server of a listener.
func (s *Server) server(l config.Listener) *h1.Server {
	limits := s.now.Load().config.Limits
	var secured *tls.Config
	if !l.Plain {
		secured = tlsConfig(l.MinimumTLS, func() *identity { return s.now.Load().identity })
	}
	return &h1.Server{
		Handler:    s.handler(l.Name),
		HeaderTime: limits.HeaderTime,
		IdleTime:   limits.Idle,
		HeaderSize: int(limits.Header),
		TLS:        secured,
		HTTP2:      &http.HTTP2Config{MaxConcurrentStreams: int(limits.Streams)},
		Log:        s.options.Log,
	}
}

// stop ends everything in the order in which it depends on each other.
func (s *Server) stop() error {
	drain, cancel := context.WithTimeout(context.Background(), s.now.Load().config.Limits.Drain)
	defer cancel()
	s.underway.end(drain) // streams would go on as long as they like
	var failures []error
	for _, server := range s.servers {
		if err := server.Shutdown(drain); err != nil {
			failures = append(failures, fmt.Errorf("drain: %w", err), server.Close())
		}
	}
	if err := s.underway.wait(drain); err != nil {
		failures = append(failures, err)
	}
	s.now.Load().leave(nil, func(err error) { failures = append(failures, err) })
	s.leaving.Wait()
	s.closeIdentity()
	flush, cancelFlush := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancelFlush()
	return errors.Join(append(failures, s.audit.Close(flush), s.telemetry.Load().end(flush), s.store.Close())...)
}

// Close releases what New took, for a Server that is not to serve.
func (s *Server) Close() error {
	s.closeListeners()
	s.closeIdentity()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(s.audit.Close(ctx), s.telemetry.Load().end(ctx), s.store.Close())
}

func (s *Server) closeListeners() {
	for _, l := range s.listeners {
		_ = l.Close() // nothing was accepted on it
	}
	if s.adminAt != nil {
		_ = s.adminAt.Close()
	}
}

// Reload takes over a new configuration, for requests that begin from now on. What it cannot take over while running (addresses, the store,
// the authority) is an error, as is everything that New would refuse; the last good configuration then stays.
func (s *Server) Reload(c *config.Config) error {
	s.reload.Lock()
	defer s.reload.Unlock()
	before := s.now.Load().config
	err := fixed(before, c)
	var g *generation
	if err == nil {
		g, err = s.generation(c, s.origins)
	}
	var turn func()
	if err == nil {
		turn, err = s.turnOutputs(before, c)
	}
	if err != nil {
		s.refuse(c.Revision, err)
		return err
	}
	left := s.now.Swap(g)
	s.federation.take(g.identity)
	s.suspended.Store(nil)
	s.endSuspended(g)
	s.status.Store(&inForce{Revision: c.Revision, Since: s.options.Now().UTC()}) // whoever asks for it relies on all of the above
	s.leaving.Go(func() { left.leave(g, func(err error) { s.options.Log.Warn("a target is left", "error", err) }) })
	s.metrics.count("agent_gateway_reloads_total", "result", "taken")
	turn()
	return nil
}

// fixed says what differs that only a new process can take over.
func fixed(from, to *config.Config) error {
	same := func(a, b config.Listener) bool {
		return a.Name == b.Name && a.Address == b.Address && a.URL == b.URL && a.MinimumTLS == b.MinimumTLS && a.Plain == b.Plain
	}
	switch {
	case !slices.EqualFunc(from.Listeners, to.Listeners, same):
		return errors.New("names, addresses and TLS of listeners change with a restart only")
	case from.Admin != to.Admin:
		return errors.New("the admin address changes with a restart only")
	case from.Store != to.Store:
		return errors.New("the store changes with a restart only")
	case (from.Authority == nil) != (to.Authority == nil) || from.Authority != nil && *from.Authority != *to.Authority:
		return errors.New("the development authority changes with a restart only")
	case workloadAPI(from) != workloadAPI(to):
		return errors.New("the workload API changes with a restart only")
	}
	a, b := from.Limits, to.Limits
	if a.Header != b.Header || a.Streams != b.Streams || a.HeaderTime != b.HeaderTime {
		return errors.New("the limits header, header_time and streams_per_connection change with a restart only")
	}
	return nil
}

// workloadAPI is where the gateway's identity comes from, "" where it comes from elsewhere.
func workloadAPI(c *config.Config) string {
	if c.Identity == nil || c.Identity.WorkloadAPI == "" {
		return ""
	}
	return c.Identity.WorkloadAPI + " " + c.Identity.SPIFFEID
}
