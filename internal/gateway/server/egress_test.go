package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// world is what lies beyond a gateway: an MCP server in the clear, and a site with TLS.
type world struct {
	*gateway
	bank, site *httptest.Server
	api        string // host and port of the site
}

const outward = `
@id("calls") permit (principal, action, resource) when { context.protocol == "mcp" };
@id("tunnels") permit (principal, action == Action::"tunnel", resource == Target::"api")
  when { context.arguments has host && context.arguments.host == "127.0.0.1" && context.arguments has port && context.arguments.port > 0 };
@id("not-mallory") forbid (principal == Agent::"spiffe://example.org/ns/demo/agent/mallory", action, resource);`

func (w *world) configuration(more string) *config.Config {
	w.t.Helper()
	text := fmt.Sprintf(`
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
listener "agents" {
  address   = "127.0.0.1:0"
  direction = "agent_to_anywhere"
}
target "bank" {
  protocol = "mcp"
  url      = "%s/mcp"
}
target "api" {
  protocol = "mcp"
  url      = %q
  tunnel   = true
}
policies { text = %q }
%s`, w.folder, w.bank.URL, w.site.URL, outward, more)
	c, diagnostics := config.Parse("test.hcl", []byte(text))
	if diagnostics.HasErrors() {
		w.t.Fatal(diagnostics)
	}
	return c
}

func outside(t *testing.T, more string) *world {
	t.Helper()
	w := &world{gateway: &gateway{t: t, folder: t.TempDir()}}
	w.bank = httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/mcp" || r.Header.Get("Authorization") != "" || r.Header.Get("Proxy-Authorization") != "" {
			t.Errorf("the target gets %s with %v", r.URL, r.Header)
		}
		done(to, r)
	}))
	t.Cleanup(w.bank.Close)
	certificate, _ := selfSigned(t)
	w.site = secureTarget(t, &tls.Config{Certificates: []tls.Certificate{certificate}}, nil)
	w.api = strings.TrimPrefix(w.site.URL, "https://")
	w.serve(w.configuration(more))
	return w
}

// proxied is an agent that asks the gateway as its proxy.
func (w *world) proxied(agent string) *http.Client {
	proxy, err := url.Parse(w.Origin("agents"))
	if err != nil {
		w.t.Fatal(err)
	}
	config := w.tls(agent, "http/1.1")
	transport := &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // of the site
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		},
	}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// connect asks for a tunnel, and gives the connection and the proxy's answer.
func (w *world) connect(authority string) (net.Conn, *http.Response) {
	w.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(w.Origin("agents"), "https://"), w.tls("a", "http/1.1"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority, authority); err != nil {
		w.t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 16), &http.Request{Method: http.MethodConnect})
	if err != nil {
		w.t.Fatal(err)
	}
	return c, response
}

func (w *world) ask(c *http.Client, url string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, url, strings.NewReader(transfer))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer of-the-agent")
	response, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestARequestToAProxyIsDecidedLikeAnyOther(t *testing.T) {
	w := outside(t, "")
	if status, body := w.ask(w.proxied("a"), w.bank.URL+"/mcp"); status != http.StatusOK || !strings.Contains(body, `"result"`) {
		t.Errorf("a permitted call: %d %s", status, body)
	}
	if status, body := w.ask(w.proxied("mallory"), w.bank.URL+"/mcp"); status != http.StatusForbidden || !strings.Contains(body, "not-mallory") {
		t.Errorf("a denied call: %d %s", status, body)
	}
	for name, u := range map[string]string{
		"another path":     w.bank.URL + "/other",
		"a path below":     w.bank.URL + "/mcp/below",
		"another port":     "http://127.0.0.1:1/mcp",
		"another host":     "http://evil.example/mcp",
		"another spelling": strings.Replace(w.bank.URL, "127.0.0.1", "127.0.0.1.", 1) + "/mcp",
		"dots in the path": w.bank.URL + "/x/../mcp",
	} {
		if status, body := w.ask(w.proxied("a"), u); status != http.StatusForbidden || !strings.Contains(body, "no target of this listener") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if refused := w.records(`"event":"refused"`, "evil.example"); len(refused) != 1 || refused[0]["principal"] != "spiffe://example.org/ns/demo/agent/a" || refused[0]["server.address"] != "evil.example" {
		t.Errorf("the audit log has %v", refused)
	}
	if calls := w.records(`"gen_ai.tool.name":"transfer"`, `"target":"bank"`); len(calls) != 2 {
		t.Errorf("the audit log has %v", calls)
	}
}

func TestATunnelToAKnownHost(t *testing.T) {
	w := outside(t, "")
	agent := w.proxied("a")
	if status, body := w.ask(agent, w.site.URL); status != http.StatusOK || !strings.Contains(body, `"result"`) {
		t.Errorf("through a tunnel: %d %s", status, body)
	}
	agent.CloseIdleConnections()
	if status, body := w.ask(w.proxied("mallory"), w.site.URL); status != 0 || !strings.Contains(body, "Forbidden") {
		t.Errorf("a tunnel that is denied: %d %s", status, body)
	}
	for name, authority := range map[string]string{
		"a host that no target has":     "evil.example:443",
		"another port of the host":      "127.0.0.1:22",
		"a target that has no tunnel":   strings.TrimPrefix(w.bank.URL, "http://"),
		"the cloud's metadata":          "169.254.169.254:80",
		"a host without a port":         "127.0.0.1",
		"a host that is written oddly":  strings.Replace(w.api, "127.0.0.1", "2130706433", 1),
		"a host that is mapped to IPv6": strings.Replace(w.api, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
	} {
		c, response := w.connect(authority)
		_ = c.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	ended := w.records(`"event":"stream_end"`, `"protocol":"tunnel"`)
	if len(ended) != 1 || ended[0]["stream.outcome"] != "complete" {
		t.Fatalf("the audit log has %v of %s", ended, w.log())
	}
	if up, _ := ended[0]["http.request.body.size"].(float64); up < 100 {
		t.Errorf("so much went up: %v", ended[0])
	}
	if down, _ := ended[0]["http.response.body.size"].(float64); down < 100 {
		t.Errorf("so much came down: %v", ended[0])
	}
	if begun := w.records(`"event":"call"`, `"decision":"allow"`, `"protocol":"tunnel"`, `"policies":["tunnels"]`); len(begun) != 1 {
		t.Errorf("the audit log has %v", begun)
	}
}

func TestWhatIsSaidInATunnelBeginsWithTLSForItsHost(t *testing.T) {
	w := outside(t, "limits { header_time = \"300ms\" }")
	for name, say := range map[string]func(net.Conn) error{
		"TLS for another name": func(c net.Conn) error {
			return tls.Client(c, &tls.Config{ServerName: "evil.example", InsecureSkipVerify: true}).Handshake()
		},
		"HTTP": func(c net.Conn) error {
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			return err
		},
		"nothing": func(net.Conn) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			c, response := w.connect(w.api)
			if response.StatusCode != http.StatusOK {
				t.Fatalf("got %d", response.StatusCode)
			}
			_ = c.SetDeadline(time.Now().Add(time.Minute)) // connections have deadlines
			err := say(c)
			if name == "TLS for another name" && err == nil {
				t.Error("the handshake is done")
			}
			if got, _ := io.ReadAll(c); len(got) > 0 {
				t.Errorf("the agent hears %q", got)
			}
		})
	}
	c, _ := w.connect(w.api) // and so that the test would see it: the right name
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Error(err)
	}
}

func TestATunnelEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end     func(*world) error
		outcome string
	}{
		"when its agent is suspended": {func(w *world) error {
			return w.Reload(w.configuration(`suspended = ["spiffe://example.org/ns/demo/agent/a"]`))
		}, "suspended"},
		"when the gateway stops": {func(w *world) error { return w.stop() }, "stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := outside(t, "")
			raw, _ := w.connect(w.api)
			secure := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			if err := c.end(w); err != nil {
				t.Fatal(err)
			}
			_ = raw.SetDeadline(time.Now().Add(time.Minute)) // connections have deadlines
			if _, err := raw.Read(make([]byte, 1)); err == nil {
				// what TLS still had to say
				if _, err := io.Copy(io.Discard, raw); err != nil {
					t.Log(err)
				}
			}
			if err := w.stop(); err != nil {
				t.Fatal(err)
			}
			if ended := w.records(`"event":"stream_end"`, `"stream.outcome":"`+c.outcome+`"`); len(ended) != 1 {
				t.Errorf("the audit log has %s", w.log())
			}
		})
	}
}

func TestAProxyAsksForCredentialsAsProxiesDo(t *testing.T) {
	w := outside(t, "")
	config := w.tls("a")
	config.GetClientCertificate, config.Certificates = nil, nil
	c, err := tls.Dial("tcp", strings.TrimPrefix(w.Origin("agents"), "https://"), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", w.api, w.api)
	response, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusProxyAuthRequired && response.StatusCode != http.StatusForbidden || response.Header.Get("Www-Authenticate") != "" {
		t.Errorf("got %d %v", response.StatusCode, response.Header)
	}
}

func TestAListenerOfTheOtherDirectionIsNoProxy(t *testing.T) {
	g := start(t, open, "", done)
	for name, request := range map[string]string{
		"CONNECT":       "CONNECT 127.0.0.1:443 HTTP/1.1\nHost: 127.0.0.1:443\n\n",
		"absolute form": "GET " + g.target + " HTTP/1.1\nHost: 127.0.0.1\n\n",
	} {
		if status, body := g.raw(request); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// pipe is a stream of HTTP/2 as a connection.
type pipe struct {
	net.Conn // for what is not asked of it
	io.Reader
	io.Writer
}

func (p pipe) Read(b []byte) (int, error)       { return p.Reader.Read(b) }
func (p pipe) Write(b []byte) (int, error)      { return p.Writer.Write(b) }
func (pipe) Close() error                       { return nil }
func (pipe) SetDeadline(time.Time) error        { return nil }
func (pipe) SetReadDeadline(time.Time) error    { return nil }
func (pipe) SetWriteDeadline(t time.Time) error { return nil }

func TestATunnelInAStreamOfHTTP2(t *testing.T) {
	w := outside(t, "")
	transport := &http.Transport{TLSClientConfig: w.tls("a", "h2"), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	gateway, err := url.Parse(w.Origin("agents"))
	if err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	response, err := transport.RoundTrip((&http.Request{Method: http.MethodConnect, URL: gateway, Host: w.api, Header: http.Header{}, Body: read, ContentLength: -1}).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Fatalf("got %s %s", response.Proto, response.Status)
	}
	secure := tls.Client(pipe{Reader: response.Body, Writer: write}, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if _, err := fmt.Fprintf(secure, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(secure), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), `"result"`) {
		t.Errorf("got %s, %v", body, err)
	}
	_ = write.Close() // the agent has said all
}
