package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

func runSidecar(ctx context.Context, e environment, args []string) error {
	var a agent
	var listen string
	err := flags(e, "sidecar", func(f *flag.FlagSet) {
		a.flags(f)
		a.oauth.flags(f)
		f.StringVar(&listen, "listen", "127.0.0.1:7070", "loopback `address` of the endpoint")
	}, args)
	if err != nil {
		return err
	}
	if err := devauthority.RequireLoopback(listen); err != nil {
		return fmt.Errorf("-listen %q is not on loopback: use an address such as 127.0.0.1:7070", listen)
	}
	o, end, err := a.options(ctx, e)
	if err != nil {
		return err
	}
	defer end()
	s, err := sidecar.New(o)
	if err != nil {
		return err
	}
	on, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	o.Log.Info("sidecar", "url", "http://"+on.Addr().String(), "target", o.Target.String())
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // clients of gRPC
	endpoint := &http.Server{Handler: s, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- endpoint.Serve(on) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return endpoint.Close() // streams have no end to wait for
	}
}
