package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

const trustDomain = "example.org"

// The hops that every comparison rests on.
const (
	hopDirect       = "direct"
	hopReverseProxy = "ReverseProxy mTLS"
	hopNginx        = "nginx TLS"
)

// hop is one way to the target.
type hop struct {
	Name      string
	process   *process // nil where no process of ours is measured
	address   string
	path      string
	tls       *tls.Config                                    // nil for plain HTTP
	authorize func(method string) (header string, err error) // nil where the connection is all
	skipped   string
	rest      int64 // bytes resident before the first request
}

// explain adds to an error what the hop's process said last.
func (h *hop) explain(err error) error {
	if h.process == nil {
		return err
	}
	if said := h.process.log.String(); said != "" {
		return fmt.Errorf("%w; it says: %s", err, said[max(0, len(said)-1000):])
	}
	return err
}

// bench is a run.
type bench struct {
	options
	root, dir string
	out       io.Writer

	target    string // address
	authority *devauthority.Authority
	client    *tls.Config // of an agent
	folder    string      // the certificate, key and bundle of every hop that takes them from files
	processes []*process
	hops      []*hop
}

// start makes identities and starts the target and every hop before it.
func (b *bench) start(ctx context.Context) error {
	var err error
	if b.authority, err = devauthority.Open(filepath.Join(b.dir, "authority"), trustDomain, time.Now); err != nil {
		return err
	}
	b.folder = filepath.Join(b.dir, "hop")
	server, err := spiffeid.FromPath(b.authority.TrustDomain(), "/hop")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return err
	}
	if err := b.authority.Write(b.folder, server); err != nil {
		return err
	}
	id, err := b.authority.Agent("payments", "billing", "")
	if err != nil {
		return err
	}
	source, err := b.authority.Source(id)
	if err != nil {
		return err
	}
	b.client = tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeAny())
	b.client.MinVersion = tls.VersionTLS13
	b.client.NextProtos = []string{"http/1.1"}

	target, err := b.role(ctx, roleTarget, "target")
	if err != nil {
		return err
	}
	b.target = target.address
	for _, start := range []func(context.Context) error{b.startDirect, b.startNginx, b.startReverseProxy, b.startGateways, b.startPeers} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	time.Sleep(time.Second) // what a program does once it has started is not its rest
	for _, h := range b.hops {
		if h.process != nil {
			h.rest = h.process.resident()
		}
	}
	return nil
}

// role starts this program as a part of the run.
func (b *bench) role(ctx context.Context, role, name string, env ...string) (*hop, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	env = append(env, roleVariable+"="+role, listenVariable+"="+address, upstreamVariable+"="+b.upstream(),
		filesVariable+"="+b.file(devauthority.CertificateFile)+","+b.file(devauthority.KeyFile)+","+b.file(devauthority.BundleFile))
	p, err := b.begin(ctx, name, address, env, self)
	if err != nil {
		return nil, err
	}
	return &hop{Name: name, process: p, address: address, path: "/mcp"}, nil
}

func (b *bench) begin(ctx context.Context, name, address string, env []string, program string, args ...string) (*process, error) {
	p, err := startProcess(ctx, name, address, env, program, args...)
	if p != nil {
		b.processes = append(b.processes, p)
	}
	return p, err
}

func (b *bench) upstream() string { return "http://" + b.target + "/mcp" }

func (b *bench) file(name string) string { return filepath.Join(b.folder, name) }

func (b *bench) stop() error {
	var failures []error
	for _, p := range b.processes {
		failures = append(failures, p.stop())
	}
	return errors.Join(failures...)
}

func (b *bench) startDirect(context.Context) error {
	b.hops = append(b.hops, &hop{Name: hopDirect, address: b.target, path: "/mcp"})
	return nil
}

func (b *bench) startReverseProxy(ctx context.Context) error {
	h, err := b.role(ctx, roleReverseProxy, hopReverseProxy)
	if err != nil {
		return err
	}
	h.tls = b.client
	b.hops = append(b.hops, h)
	return nil
}

// startNginx starts nginx as it is set up for the same work: TLS, connections to the target kept, streams not buffered, no log.
func (b *bench) startNginx(ctx context.Context) error {
	if !b.wanted(hopNginx) {
		return nil
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		b.hops = append(b.hops, &hop{Name: hopNginx, skipped: "nginx is not installed (on Debian: apt-get install nginx-light)"})
		return nil //nolint:nilerr // it is left out, and the report says so
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	file := filepath.Join(b.dir, "nginx.conf")
	text := fmt.Sprintf(`
daemon off;
user root;
worker_processes auto;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 32768; }
worker_rlimit_nofile 65536;
http {
  access_log off;
  client_body_buffer_size 64k;
  client_body_temp_path %[1]s/nginx-body;
  proxy_temp_path       %[1]s/nginx-proxy;
  fastcgi_temp_path     %[1]s/nginx-fastcgi;
  uwsgi_temp_path       %[1]s/nginx-uwsgi;
  scgi_temp_path        %[1]s/nginx-scgi;
  keepalive_requests 1000000000;
  keepalive_timeout  3600s;
  proxy_read_timeout 3600s;
  upstream target { server %[2]s; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen %[3]s ssl;
    ssl_certificate     %[4]s;
    ssl_certificate_key %[5]s;
    ssl_protocols TLSv1.3;
    location / {
      proxy_pass http://target;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`, b.dir, b.target, address, b.file(devauthority.CertificateFile), b.file(devauthority.KeyFile))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	p, err := b.begin(ctx, hopNginx, address, nil, program, "-c", file, "-e", "stderr")
	if err != nil {
		return err
	}
	b.hops = append(b.hops, &hop{Name: hopNginx, process: p, address: address, path: "/mcp", tls: b.client})
	return nil
}

// at gives address and path of a URL.
func at(text string) (address, path string, secure bool, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", "", false, err
	}
	if u.Port() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", false, fmt.Errorf("%q is not a URL with a port", text)
	}
	return u.Host, u.Path, u.Scheme == "https", nil
}
