package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// The environment of this program where it is a part of its own run.
const (
	roleVariable     = "AGENTWARD_BENCH_ROLE"
	listenVariable   = "AGENTWARD_BENCH_LISTEN"
	upstreamVariable = "AGENTWARD_BENCH_UPSTREAM"
	filesVariable    = "AGENTWARD_BENCH_FILES"
)

// The parts that this program can be.
const (
	roleTarget       = "target"
	roleReverseProxy = "reverse-proxy"
	roleTLS          = "tls"
)

var roles = map[string]func() error{roleTarget: serveTarget, roleReverseProxy: serveReverseProxy, roleTLS: serveTLS, roleGateway: serveGateway}

// What the target answers: a result of about the size of the question, and a stream of events.
const (
	answerText = `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"transferred 5 to alice, reference 20261123-0001"}],"isError":false}}`
	eventText  = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":50,\"total\":100}}\n\n"
	lastEvent  = "event: message\ndata: " + answerText + "\n\n"
	events     = 100
)

// serveTarget is the target: it does as little as an MCP server can, so that the run has its CPU for what is measured. A question with the
// word "stream" in its first bytes is answered with a stream of events, a GET with one that says nothing.
func serveTarget() error {
	l, err := net.Listen("tcp", os.Getenv(listenVariable))
	if err != nil {
		return err
	}
	document := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(answerText)) + "\r\n\r\n" + answerText
	const stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"
	chunk := func(text string) string { return strconv.FormatInt(int64(len(text)), 16) + "\r\n" + text + "\r\n" }
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			r := bufio.NewReaderSize(c, 32<<10)
			for {
				first, head, length, err := readHead(r)
				if err != nil {
					return
				}
				body, _ := r.Peek(min(length, 200))
				streams := bytes.Contains(body, []byte(`"stream"`))
				if _, err := r.Discard(length); err != nil {
					return
				}
				switch {
				case strings.HasPrefix(first, "GET"):
					_, err = io.WriteString(c, stream)
				case !streams:
					_, err = io.WriteString(c, document)
				default:
					_, err = io.WriteString(c, stream)
					for range events - 1 {
						if err == nil {
							_, err = io.WriteString(c, chunk(eventText))
						}
					}
					if err == nil {
						_, err = io.WriteString(c, chunk(lastEvent)+"0\r\n\r\n")
					}
				}
				if err != nil || head.close {
					return
				}
			}
		}()
	}
}

// serveReverseProxy is what Go's standard library offers for the same place: mutual TLS and httputil.ReverseProxy, with as many idle
// connections as the gateway keeps.
func serveReverseProxy() error {
	config, err := serverConfig()
	if err != nil {
		return err
	}
	to, err := url.Parse(os.Getenv(upstreamVariable))
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.URL.Path = to.Path },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	server := &http.Server{Addr: os.Getenv(listenVariable), Handler: proxy, TLSConfig: config, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServeTLS("", "")
}

// serveTLS holds connections that nothing comes on: what TLS alone costs in memory.
func serveTLS() error {
	config, err := serverConfig()
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", os.Getenv(listenVariable), config)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			var one [1]byte
			for {
				if _, err := c.Read(one[:]); err != nil {
					return
				}
			}
		}()
	}
}

// serverConfig verifies clients at the handshake, as a server of the standard library does.
func serverConfig() (*tls.Config, error) {
	files := strings.Split(os.Getenv(filesVariable), ",")
	source, err := x509svid.Load(files[0], files[1])
	if err != nil {
		return nil, err
	}
	bundle, err := x509bundle.Load(spiffeid.RequireTrustDomainFromString(trustDomain), files[2])
	if err != nil {
		return nil, err
	}
	config := tlsconfig.MTLSServerConfig(source, bundle, tlsconfig.AuthorizeAny())
	config.MinVersion = tls.VersionTLS13
	return config, nil
}
