package grpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/server"
)

// cases are those of the suite that need nothing of a cloud. What streams or ends with trailers alone is asked more often: proxies that lose
// trailers lose them only sometimes.
var cases = map[string]int{
	"empty_unary": 1, "large_unary": 1, "client_streaming": 5, "server_streaming": 5, "ping_pong": 5, "empty_stream": 10,
	"timeout_on_sleeping_server": 5, "cancel_after_begin": 5, "cancel_after_first_response": 5, "status_code_and_message": 10,
	"special_status_message": 10, "custom_metadata": 5, "unimplemented_method": 10, "unimplemented_service": 10,
}

func TestInteroperabilityOfGRPC(t *testing.T) {
	client, target := tool.Require(t, tool.GRPCInteropClient), interopServer(t)
	for name, c := range map[string]struct{ target string }{
		"messages passed as they come":     {},
		"each message read and decided on": {`descriptors = "` + descriptors(t) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			through, log := gateway(t, target, c.target)
			for test, times := range cases {
				t.Run(test, func(t *testing.T) {
					if out, err := interop(t, client, target, test); err != nil {
						t.Fatalf("without the gateway: %v\n%s", err, out)
					}
					for i := range times {
						if out, err := interop(t, client, through, test); err != nil {
							t.Errorf("time %d: %v\n%s", i+1, err, out)
						}
					}
				})
			}
			if !strings.Contains(log.String(), `"resource.name":"grpc.testing.TestService/FullDuplexCall"`) {
				t.Error("the audit log says nothing of what went through the gateway")
			}
		})
	}
}

func interop(t *testing.T, client, address, test string) (string, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, client, "-server_host", host, "-server_port", port, "-test_case", test).CombinedOutput()
	return string(out), err
}

// interopServer runs the suite's server until the test ends.
func interopServer(t *testing.T) string {
	t.Helper()
	address := port.Address(t) // the server has no way to say which port it took
	_, number, _ := strings.Cut(address, ":")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, tool.Require(t, tool.GRPCInteropServer), "-port", number)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close() // it has told what it was to tell
			return address
		}
		if time.Now().After(deadline) {
			t.Fatalf("the suite's server does not listen on %s: %s", address, out.String())
		}
	}
}

// gateway gives a loopback address from which an agent's connections, with its SVID, lead to a gateway in front of the target.
func gateway(t *testing.T, target, more string) (string, *safeBuffer) {
	t.Helper()
	folder, log := t.TempDir(), &safeBuffer{}
	c, diagnostics := config.Parse("gateway.hcl", fmt.Appendf(nil, `
development_authority {
  trust_domain = "example.org"
  directory    = %q
}
listener "agents" { address = "127.0.0.1:0" }
target "interop" {
  protocol = "grpc"
  url      = "http://%s"
  services = ["grpc.testing.TestService", "grpc.testing.UnimplementedService"]
  %s
}
policies { text = "permit (principal, action == Action::\"invoke\", resource in Target::\"interop\");" }
`, folder, target, more))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	s, err := server.New(c, server.Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Stdout: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway ends with %v", err)
		}
	})
	authority, err := devauthority.Open(folder, "example.org", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := authority.Agent("demo", "tester", "")
	if err != nil {
		t.Fatal(err)
	}
	source, err := authority.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	tlsConfig := tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeMemberOf(spiffeid.RequireTrustDomainFromString("example.org")))
	tlsConfig.NextProtos = []string{"h2"}
	return tunnel(t, strings.TrimPrefix(s.Origin("agents"), "https://"), tlsConfig), log
}

// tunnel gives an address whose connections lead to another, over TLS.
func tunnel(t *testing.T, to string, c *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("the tunnel ends with %v", err)
				}
				return
			}
			go func() {
				defer from.Close()
				onward, err := tls.Dial("tcp", to, c)
				if err != nil {
					t.Errorf("the gateway takes no connection: %v", err)
					return
				}
				defer onward.Close()
				go func() {
					_, _ = io.Copy(onward, from) // the client's tests say what is wrong
					_ = onward.CloseWrite()
				}()
				_, _ = io.Copy(from, onward)
			}()
		}
	}()
	return l.Addr().String()
}

// descriptors writes what the suite's services look like to a file.
func descriptors(t *testing.T) string {
	t.Helper()
	set, seen := &descriptorpb.FileDescriptorSet{}, map[string]bool{}
	var add func(f protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	add(grpc_testing.File_grpc_testing_test_proto)
	text, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "interop.binpb")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// safeBuffer is a buffer that is read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
