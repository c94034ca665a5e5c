package spire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// connection is a gRPC connection that is made when it is first used, and made again when that failed.
type connection struct {
	server  string // for people
	timeout time.Duration
	dial    func(context.Context) (*grpc.ClientConn, func() error, error)
	// fault is why the last attempt to connect failed, where waiting does not help. gRPC makes "unavailable" of it.
	fault atomic.Pointer[error]

	mu     sync.Mutex
	conn   *grpc.ClientConn
	source func() error // closes the SVID source
	closed bool
}

// bySocket connects to the admin socket, which needs no credentials: the socket's file mode is the authorisation.
func bySocket(o Options) *connection {
	c := &connection{server: "unix://" + o.SocketPath, timeout: o.RPCTimeout}
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", o.SocketPath)
		c.note(errors.Is(err, fs.ErrPermission), "no permission to open the SPIRE server's socket; run as its user or as a member of its group", err)
		return conn, err
	}
	c.dial = func(context.Context) (*grpc.ClientConn, func() error, error) {
		conn, err := grpc.NewClient("unix:"+o.SocketPath, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
		return conn, nil, err
	}
	return c
}

// byAddress connects with mTLS: our X509-SVID comes from the Workload API, and so does the bundle that verifies the server's.
func byAddress(o Options, td spiffeid.TrustDomain) *connection {
	c := &connection{server: o.Address, timeout: o.RPCTimeout}
	c.dial = func(ctx context.Context) (*grpc.ClientConn, func() error, error) {
		id, err := spiffeid.FromPath(td, "/spire/server")
		if err != nil {
			return nil, nil, err
		}
		source, err := svidSource(ctx, o.WorkloadAPI)
		if err != nil {
			return nil, nil, err
		}
		config := tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(id))
		verify := config.VerifyPeerCertificate
		config.VerifyPeerCertificate = func(certificates [][]byte, chains [][]*x509.Certificate) error {
			err := verify(certificates, chains)
			c.note(err != nil, fmt.Sprintf("the server at %s does not prove to be %s; correct the address or the trust domain", o.Address, id), err)
			return err
		}
		conn, err := grpc.NewClient("dns:///"+o.Address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
		return conn, source.Close, err
	}
	return c
}

// note remembers what an attempt to connect showed.
func (c *connection) note(hopeless bool, why string, err error) {
	if !hopeless {
		c.fault.Store(nil)
		return
	}
	err = fmt.Errorf("%s: %w", why, err)
	c.fault.Store(&err)
}

func svidSource(ctx context.Context, address string) (*workloadapi.X509Source, error) {
	var options []workloadapi.ClientOption
	if address != "" {
		options = append(options, workloadapi.WithAddr(address))
	}
	// A source waits in silence for its first SVID; one fetch says why there is none.
	if _, err := workloadapi.FetchX509Context(ctx, options...); err != nil {
		err = fmt.Errorf("no X509-SVID from the Workload API to show to the SPIRE server: %w", err)
		if status.Code(err) == codes.Unavailable {
			err = fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		return nil, err
	}
	return workloadapi.NewX509Source(ctx, workloadapi.WithClientOptions(options...))
}

// with calls f under the deadline of one RPC.
func (c *connection) with(ctx context.Context, f func(context.Context, grpc.ClientConnInterface) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.get(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w at %s: %w", ErrUnreachable, c.server, err)
		}
		return err
	}
	err = answered(c.server, f(ctx, conn))
	if errors.Is(err, ErrUnreachable) {
		if fault := c.fault.Load(); fault != nil {
			err = *fault
		}
		// The channel answers with its last failure until it dials again of itself; the next attempt is to see the present.
		conn.ResetConnectBackoff()
	}
	return err
}

// making is with for a call that makes something. Where the call was sent and no answer came, the error is a *stack.DoubtError.
func (c *connection) making(ctx context.Context, f func(context.Context, grpc.ClientConnInterface, grpc.CallOption) error) error {
	var reached peer.Peer // none where no connection took the call
	err := c.with(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return f(ctx, conn, grpc.Peer(&reached))
	})
	if reached.Addr != nil && unanswered(err) {
		return &stack.DoubtError{Err: err}
	}
	return err
}

func (c *connection) get(ctx context.Context) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("the connection to the SPIRE server at %s is closed", c.server)
	}
	if c.conn == nil {
		conn, source, err := c.dial(ctx)
		if err != nil {
			if source != nil {
				_ = source() // the first error is the one that tells
			}
			return nil, err
		}
		c.conn, c.source = conn, source
	}
	return c.conn, nil
}

// Close closes the connection and the SVID source behind it.
func (c *connection) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	if c.source != nil {
		if e := c.source(); err == nil {
			err = e
		}
	}
	c.conn, c.source = nil, nil
	return err
}
