package spire

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// Agent is a running spire-agent, attested by a join token, that tells workloads apart by Unix user.
type Agent struct {
	server  *Server
	dir     string
	alias   string
	program string // a copy that every user may run
	process *process
}

// StartAgent runs an agent of the server until the test ends. It asks the server for changed entries every second.
func StartAgent(tb testing.TB, server *Server) *Agent {
	tb.Helper()
	dir := workDir(tb)
	a := &Agent{server: server, dir: dir, alias: "/node/" + filepath.Base(dir)}
	a.program = publicCopy(tb, tool.Require(tb, tool.SPIREAgent), filepath.Join(dir, "spire-agent"))

	var roots strings.Builder
	for _, authority := range server.bundle(tb).X509Authorities() {
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}); err != nil {
			tb.Fatal(err)
		}
	}
	bundle, config := filepath.Join(dir, "bundle.pem"), filepath.Join(dir, "agent.conf")
	writeFile(tb, bundle, roots.String())
	writeFile(tb, config, fmt.Sprintf(`
agent {
  server_address = "127.0.0.1"
  server_port = "%d"
  socket_path = %q
  trust_domain = %q
  trust_bundle_path = %q
  data_dir = %q
  log_level = "INFO"
  experimental { sync_interval = "1s" }
}
plugins {
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "memory" { plugin_data {} }
  WorkloadAttestor "unix" { plugin_data {} }
}
`, server.port, a.socketPath(), server.trustDomain, bundle, subDir(tb, dir, "data", 0o700)))
	a.process = &process{
		name: "spire-agent", program: a.program, log: filepath.Join(dir, "agent.log"),
		args: []string{"run", "-config", config, "-joinToken", server.joinToken(tb, a.alias)},
	}
	tb.Cleanup(func() { a.process.stop(tb) })
	a.process.launch(tb, func() {}, func(ctx context.Context) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", a.socketPath())
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	return a
}

// ParentID is the stable alias of the agent, for the parent_id of entries.
func (a *Agent) ParentID() string { return "spiffe://" + a.server.trustDomain + a.alias }

// WorkloadAPI is the address of the Workload API.
func (a *Agent) WorkloadAPI() string { return "unix://" + a.socketPath() }

func (a *Agent) socketPath() string { return filepath.Join(a.dir, "agent.sock") }

// SVID is what the Workload API gave to a workload.
type SVID struct {
	ID          string
	Hint        string
	Certificate *x509.Certificate
}

// ErrNoIdentity says that the agent knows no entry for the workload.
var ErrNoIdentity = errors.New("no identity issued")

// FetchAs fetches X509-SVIDs as a workload of the Unix user uid, which needs root. It returns ErrNoIdentity where the agent
// denies the workload any.
func (a *Agent) FetchAs(tb testing.TB, uid int) ([]SVID, error) {
	tb.Helper()
	if os.Getuid() != 0 {
		tb.Skip("only root can run a workload as another user")
	}
	cmd := exec.CommandContext(tb.Context(), a.program, "api", "fetch", "x509", "-socketPath", a.socketPath(), "-output", "json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.Dir = &stdout, &stderr, a.dir
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "no identity issued") {
			return nil, ErrNoIdentity
		}
		return nil, fmt.Errorf("fetch X509-SVIDs as uid %d: %w: %s", uid, err, stderr.String())
	}
	return parseSVIDs(stdout.String())
}

func parseSVIDs(text string) ([]SVID, error) {
	var answer struct {
		SVIDs []struct {
			ID   string `json:"spiffe_id"`
			Hint string `json:"hint"`
			X509 string `json:"x509_svid"`
		} `json:"svids"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, fmt.Errorf("read the answer of the Workload API: %w", err)
	}
	var svids []SVID
	for _, s := range answer.SVIDs {
		der, err := base64.StdEncoding.DecodeString(s.X509)
		if err != nil {
			return nil, err
		}
		chain, err := x509.ParseCertificates(der)
		if err != nil {
			return nil, err
		}
		svids = append(svids, SVID{ID: s.ID, Hint: s.Hint, Certificate: chain[0]})
	}
	return svids, nil
}

// publicCopy copies a program to where other users can run it; the folder that it comes from may be private.
func publicCopy(tb testing.TB, from, to string) string {
	tb.Helper()
	source, err := os.Open(from)
	if err != nil {
		tb.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		tb.Fatal(err)
	}
	if err := target.Close(); err != nil {
		tb.Fatal(err)
	}
	return to
}

// Stop ends the agent in good order: its Workload API is away.
func (a *Agent) Stop(tb testing.TB) { tb.Helper(); a.process.stop(tb) }
