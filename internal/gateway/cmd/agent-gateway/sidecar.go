package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

// registeredTime is how long a sidecar waits for its identity where nothing else is said: in a pod, until somebody has registered it.
const registeredTime = 5 * time.Minute

func runSidecar(ctx context.Context, e environment, args []string) error {
	var a agent
	var listen, readyAt string
	var paths bool
	err := flags(e, "sidecar", func(f *flag.FlagSet) {
		a.flags(f)
		a.oauth.flags(f)
		f.Lookup("url").Usage += "; may be given again, and each target is then served below the path of its URL. Services of gRPC are named behind a #, as in https://gateway.example.org/ledger#bank.v1.Ledger"
		a.wait = registeredTime
		f.Lookup("wait").DefValue = registeredTime.String()
		f.StringVar(&listen, "listen", "127.0.0.1:7070", "loopback `address` of the endpoint")
		f.BoolVar(&paths, "paths", false, "serve a target below the path of its URL where there is one alone too, so that another one changes nothing")
		f.StringVar(&readyAt, "ready", "", "`address`, of any interface, where /readyz says whether the sidecar has its identity and serves, and nothing else is served")
	}, args)
	if err != nil {
		return err
	}
	if err := devauthority.RequireLoopback(listen); err != nil {
		return fmt.Errorf("-listen %q is not on loopback: use an address such as 127.0.0.1:7070", listen)
	}
	var r readiness
	if readyAt != "" {
		probes, err := r.serve(readyAt)
		if err != nil {
			return fmt.Errorf("-ready: %w", err)
		}
		defer probes.Close() //nolint:errcheck // nothing is under way that matters
	}
	o, end, err := a.options(ctx, e)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop while it waited
		}
		return err
	}
	defer end()
	all, err := a.each(o)
	if err != nil {
		return err
	}
	paths = paths || len(all) > 1
	s, err := handler(all, paths)
	if err != nil {
		return err
	}
	on, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	for _, one := range all {
		at := url.URL{Scheme: "http", Host: on.Addr().String()}
		if paths {
			at.Path, at.RawPath = one.Target.Path, one.Target.RawPath
		}
		o.Log.Info("sidecar", "url", at.String(), "target", one.Target.String())
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // clients of gRPC
	endpoint := &http.Server{Handler: s, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- endpoint.Serve(on) }()
	r.from(o.SVID)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return endpoint.Close() // streams have no end to wait for
	}
}

// handler passes requests on to the one target that there is, or to the one that the path says.
func handler(all []sidecar.Options, paths bool) (http.Handler, error) {
	if paths {
		return sidecar.NewSeveral(all)
	}
	return sidecar.New(all[0])
}

// readiness says whether a sidecar can pass something on.
type readiness struct {
	svid atomic.Pointer[x509svid.Source]
}

// from says that it serves, with an identity from a source, nil where it needs none.
func (r *readiness) from(s x509svid.Source) { r.svid.Store(&s) }

// serve answers probes at an address, which a kubelet reaches where it cannot reach loopback. There is nothing to learn from them.
func (r *readiness) serve(address string) (*http.Server, error) {
	on, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		from := r.svid.Load()
		if from != nil && *from != nil {
			if _, err := (*from).GetX509SVID(); err != nil {
				from = nil
			}
		}
		if from == nil {
			http.Error(w, "not ready: there is no SVID", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	probes := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxHeaderBytes: 4 << 10}
	go probes.Serve(on) //nolint:errcheck // who asks sees that it does not answer
	return probes, nil
}
