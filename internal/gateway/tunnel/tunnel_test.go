package tunnel

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"testing/iotest"
	"time"
)

// hello is how a client of TLS begins.
func hello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	go func() { _ = tls.Client(client, config).Handshake() }()
	_ = server.SetReadDeadline(time.Now().Add(time.Minute)) // pipes have deadlines
	part := make([]byte, 16<<10)
	n, err := server.Read(part)
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Close() // ends the handshake
	return part[:n]
}

func TestTheNameThatTLSBeginsFor(t *testing.T) {
	for name, c := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"a name":      {&tls.Config{ServerName: "api.example.org"}, "api.example.org"},
		"TLS 1.2":     {&tls.Config{ServerName: "api.example.org", MaxVersion: tls.VersionTLS12}, "api.example.org"},
		"an address":  {&tls.Config{ServerName: "192.0.2.1"}, ""},
		"no name":     {&tls.Config{InsecureSkipVerify: true}, ""},
		"many protos": {&tls.Config{ServerName: "x.example.org", NextProtos: []string{"h2", "http/1.1"}}, "x.example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			sent := append(hello(t, c.config), "more"...)
			for how, r := range map[string]io.Reader{"at once": bytes.NewReader(sent), "byte by byte": iotest.OneByteReader(bytes.NewReader(sent))} {
				got, read, err := Hello(r)
				if err != nil || got != c.want {
					t.Errorf("%s: got %q, %v", how, got, err)
				}
				if !bytes.HasPrefix(sent, read) || len(read) < len(sent)-4 {
					t.Errorf("%s: %d bytes of %d were kept", how, len(read), len(sent))
				}
			}
		})
	}
}

func TestWhatIsNoTLS(t *testing.T) {
	whole := hello(t, &tls.Config{ServerName: "a"})
	for name, sent := range map[string][]byte{
		"HTTP": []byte("GET / HTTP/1.1\r\n\r\n"), "nothing": nil, "half of it": whole[:len(whole)/2], "noise": append([]byte{0x16, 3, 1, 0, 5}, "noise"...),
		"a record without end": append([]byte{0x16, 3, 1, 0xff, 0xff}, bytes.Repeat([]byte{1}, 1<<17)...),
	} {
		if got, _, err := Hello(bytes.NewReader(sent)); err == nil {
			t.Errorf("%s is for %q", name, got)
		}
	}
}

func TestWhetherANameIsTheHosts(t *testing.T) {
	for _, c := range []struct {
		name, host string
		want       bool
	}{
		{"api.example.org", "api.example.org", true},
		{"API.example.org", "api.example.org", true},
		{"api.example.org.", "api.example.org", true},
		{"evil.example", "api.example.org", false},
		{"", "api.example.org", false},
		{"", "192.0.2.1", true},
		{"a", "192.0.2.1", false},
		{"", "2001:db8::1", true},
	} {
		if For(c.name, c.host) != c.want {
			t.Errorf("%q for %q", c.name, c.host)
		}
	}
}

// pair is two ends of a TCP connection.
func pair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialed.Close(), accepted.Close() })
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

func TestWhatIsSaidGoesThrough(t *testing.T) {
	agent, client := pair(t)
	server, target := pair(t)
	done := make(chan Carried, 1)
	go func() { done <- Carry(t.Context(), client, server, time.Minute, func() {}) }()
	if _, err := io.WriteString(agent, "question"); err != nil {
		t.Fatal(err)
	}
	if err := agent.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	asked, err := io.ReadAll(target)
	if err != nil || string(asked) != "question" {
		t.Errorf("the target hears %q, %v", asked, err)
	}
	if _, err := io.WriteString(target, "an answer"); err != nil {
		t.Fatal(err)
	}
	_ = target.Close() // it has said all
	answer, err := io.ReadAll(agent)
	if err != nil || string(answer) != "an answer" {
		t.Errorf("the agent hears %q, %v", answer, err)
	}
	if got := <-done; got != (Carried{8, 9}) {
		t.Errorf("carried %+v", got)
	}
}

func TestATunnelEndsWithItsContextAndWhenItIsIdle(t *testing.T) {
	for name, every := range map[string]time.Duration{"its context": time.Minute, "nothing goes through": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			agent, client := pair(t)
			server, target := pair(t)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan Carried, 1)
			go func() { done <- Carry(ctx, client, server, every, cancel) }()
			if every == time.Minute {
				cancel()
			}
			<-done
			for _, end := range []net.Conn{agent, target} {
				if _, err := end.Read(make([]byte, 1)); err == nil {
					t.Error("an end is still open")
				}
			}
		})
	}
}

func FuzzHello(f *testing.F) {
	f.Add(hello(f, &tls.Config{ServerName: "api.example.org"}))
	f.Add([]byte("CONNECT"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		_, read, err := Hello(bytes.NewReader(sent))
		if err == nil && !bytes.HasPrefix(sent, read) {
			t.Error("what is passed on is not what came")
		}
	})
}
