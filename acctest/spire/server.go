// Package spire runs a real SPIRE server, agent and controller manager as processes on the loopback interface.
package spire

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	trustdomainv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/trustdomain/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// ServerOptions choose what differs from a plain server.
type ServerOptions struct {
	// TrustDomain is "agents.example.org" where it is empty.
	TrustDomain string
	// BundleEndpoint serves the server's bundle over https_spiffe, for others to federate with it.
	BundleEndpoint bool
}

// Server is a running spire-server with its data in sqlite. Stop and Start keep the data.
type Server struct {
	trustDomain string
	dir         string
	port        int
	bundlePort  int
	process     *process
	conn        *grpc.ClientConn
}

// StartServer runs a server until the test ends.
func StartServer(tb testing.TB, options ServerOptions) *Server {
	tb.Helper()
	program := tool.Require(tb, tool.SPIREServer)
	dir := workDir(tb)
	s := &Server{trustDomain: options.TrustDomain, dir: dir}
	if s.trustDomain == "" {
		s.trustDomain = "agents.example.org"
	}
	config, data := filepath.Join(dir, "server.conf"), subDir(tb, dir, "data", 0o700)
	s.process = &process{name: "spire-server", program: program, args: []string{"run", "-config", config}, log: filepath.Join(dir, "server.log")}

	var err error
	s.conn, err = grpc.NewClient("unix:"+s.SocketPath(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.conn.Close() })
	tb.Cleanup(func() { s.Stop(tb) })
	s.process.launch(tb, func() {
		s.port = freePort(tb)
		if options.BundleEndpoint {
			s.bundlePort = freePort(tb)
		}
		writeFile(tb, config, s.config(data))
	}, s.ready)
	return s
}

func (s *Server) config(data string) string {
	federation := ""
	if s.bundlePort != 0 {
		federation = fmt.Sprintf(`federation { bundle_endpoint { address = "127.0.0.1" port = %d profile "https_spiffe" {} } }`, s.bundlePort)
	}
	// The key manager keeps its keys on disk, so that a restarted server is the same authority.
	return fmt.Sprintf(`
server {
  bind_address = "127.0.0.1"
  bind_port = "%d"
  socket_path = %q
  trust_domain = %q
  data_dir = %q
  log_level = "INFO"
  ca_ttl = "24h"
  default_x509_svid_ttl = "15m"
  default_jwt_svid_ttl = "5m"
  %s
}
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3" connection_string = %q } }
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "disk" { plugin_data { keys_path = %q } }
}
`, s.port, s.SocketPath(), s.trustDomain, data, federation, filepath.Join(data, "datastore.sqlite3"), filepath.Join(data, "keys.json"))
}

// Start runs a stopped server again and returns when it answers.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	s.process.start(tb)
	if err := s.process.await(tb, s.ready); err != nil {
		tb.Fatal(err)
	}
}

func (s *Server) ready(ctx context.Context) error {
	// A channel that has failed waits before it dials again; the process does not.
	s.conn.ResetConnectBackoff()
	_, err := bundlev1.NewBundleClient(s.conn).GetBundle(ctx, &bundlev1.GetBundleRequest{})
	return err
}

// Stop ends the server in good order.
func (s *Server) Stop(tb testing.TB) { tb.Helper(); s.process.stop(tb) }

// Kill ends the server at once, as when a machine dies.
func (s *Server) Kill(tb testing.TB) { tb.Helper(); s.process.kill(tb) }

// Pause freezes the server: connections are accepted and nothing answers.
func (s *Server) Pause(tb testing.TB) { tb.Helper(); s.process.signal(tb, syscall.SIGSTOP) }

// Resume ends Pause.
func (s *Server) Resume(tb testing.TB) { tb.Helper(); s.process.signal(tb, syscall.SIGCONT) }

// SocketPath is the path of the admin API's socket.
func (s *Server) SocketPath() string { return filepath.Join(s.dir, "server.sock") }

// Address is the server's TCP address, which agents and administrators with an X509-SVID use.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// TrustDomain is the server's trust domain.
func (s *Server) TrustDomain() string { return s.trustDomain }

// BundleEndpointURL is where a server with a bundle endpoint serves its bundle, authenticated as SPIFFEID.
func (s *Server) BundleEndpointURL() string { return fmt.Sprintf("https://127.0.0.1:%d", s.bundlePort) }

// SPIFFEID is the server's own.
func (s *Server) SPIFFEID() string { return "spiffe://" + s.trustDomain + "/spire/server" }

// Conn is a connection to the admin API, for what tests do behind the back of the code under test.
func (s *Server) Conn() *grpc.ClientConn { return s.conn }

// Bundle gives the server's own bundle as SPIFFE bundle JSON.
func (s *Server) Bundle(tb testing.TB) string {
	tb.Helper()
	text, err := s.bundle(tb).Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func (s *Server) bundle(tb testing.TB) *spiffebundle.Bundle {
	tb.Helper()
	answer, err := bundlev1.NewBundleClient(s.conn).GetBundle(tb.Context(), &bundlev1.GetBundleRequest{})
	if err != nil {
		tb.Fatalf("get the bundle: %v", err)
	}
	bundle := spiffebundle.New(spiffeid.RequireTrustDomainFromString(s.trustDomain))
	for _, authority := range answer.GetX509Authorities() {
		certificate, err := x509.ParseCertificate(authority.GetAsn1())
		if err != nil {
			tb.Fatal(err)
		}
		bundle.AddX509Authority(certificate)
	}
	for _, authority := range answer.GetJwtAuthorities() {
		key, err := x509.ParsePKIXPublicKey(authority.GetPublicKey())
		if err == nil {
			err = bundle.AddJWTAuthority(authority.GetKeyId(), key)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return bundle
}

// Entry gives an entry as the server holds it, or nil where there is none.
func (s *Server) Entry(tb testing.TB, id string) *types.Entry {
	tb.Helper()
	entry, err := entryv1.NewEntryClient(s.conn).GetEntry(tb.Context(), &entryv1.GetEntryRequest{Id: id})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		tb.Fatalf("get entry %s: %v", id, err)
	}
	return entry
}

// Entries gives every entry whose id starts with prefix.
func (s *Server) Entries(tb testing.TB, prefix string) []*types.Entry {
	tb.Helper()
	answer, err := entryv1.NewEntryClient(s.conn).ListEntries(tb.Context(), &entryv1.ListEntriesRequest{})
	if err != nil {
		tb.Fatalf("list entries: %v", err)
	}
	var entries []*types.Entry
	for _, entry := range answer.GetEntries() {
		if strings.HasPrefix(entry.GetId(), prefix) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// CreateEntry makes an entry as somebody else would, and gives its id.
func (s *Server) CreateEntry(tb testing.TB, entry *types.Entry) string {
	tb.Helper()
	answer, err := entryv1.NewEntryClient(s.conn).BatchCreateEntry(tb.Context(), &entryv1.BatchCreateEntryRequest{Entries: []*types.Entry{entry}})
	if err != nil {
		tb.Fatalf("create an entry: %v", err)
	}
	result := answer.GetResults()[0]
	if code := codes.Code(result.GetStatus().GetCode()); code != codes.OK {
		tb.Fatalf("create an entry: %s: %s", code, result.GetStatus().GetMessage())
	}
	return result.GetEntry().GetId()
}

// UpdateEntry changes the masked fields of an entry behind the back of its owner.
func (s *Server) UpdateEntry(tb testing.TB, entry *types.Entry, mask *types.EntryMask) {
	tb.Helper()
	answer, err := entryv1.NewEntryClient(s.conn).BatchUpdateEntry(tb.Context(),
		&entryv1.BatchUpdateEntryRequest{Entries: []*types.Entry{entry}, InputMask: mask})
	if err != nil {
		tb.Fatalf("update entry %s: %v", entry.GetId(), err)
	}
	result := answer.GetResults()[0].GetStatus()
	if code := codes.Code(result.GetCode()); code != codes.OK {
		tb.Fatalf("update entry %s: %s: %s", entry.GetId(), code, result.GetMessage())
	}
}

// DeleteEntry removes an entry behind the back of its owner.
func (s *Server) DeleteEntry(tb testing.TB, id string) {
	tb.Helper()
	answer, err := entryv1.NewEntryClient(s.conn).BatchDeleteEntry(tb.Context(), &entryv1.BatchDeleteEntryRequest{Ids: []string{id}})
	if err != nil {
		tb.Fatalf("delete entry %s: %v", id, err)
	}
	result := answer.GetResults()[0].GetStatus()
	if code := codes.Code(result.GetCode()); code != codes.OK {
		tb.Fatalf("delete entry %s: %s: %s", id, code, result.GetMessage())
	}
}

// FederationRelationship gives a relationship as the server holds it, or nil where there is none.
func (s *Server) FederationRelationship(tb testing.TB, trustDomain string) *types.FederationRelationship {
	tb.Helper()
	r, err := trustdomainv1.NewTrustDomainClient(s.conn).GetFederationRelationship(tb.Context(),
		&trustdomainv1.GetFederationRelationshipRequest{TrustDomain: trustDomain})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		tb.Fatalf("get the federation relationship with %s: %v", trustDomain, err)
	}
	return r
}

func (s *Server) joinToken(tb testing.TB, alias string) string {
	tb.Helper()
	token, err := agentv1.NewAgentClient(s.conn).CreateJoinToken(tb.Context(), &agentv1.CreateJoinTokenRequest{
		Ttl: 600, AgentId: &types.SPIFFEID{TrustDomain: s.trustDomain, Path: alias},
	})
	if err != nil {
		tb.Fatalf("make a join token: %v", err)
	}
	return token.GetValue()
}

// plant makes an entry that nobody declares, under an id with this prefix.
func (s *Server) plant(tb testing.TB, prefix string) string {
	tb.Helper()
	entry := &types.Entry{
		SpiffeId:  &types.SPIFFEID{TrustDomain: s.trustDomain, Path: "/planted"},
		ParentId:  &types.SPIFFEID{TrustDomain: s.trustDomain, Path: "/planted/parent"},
		Selectors: []*types.Selector{{Type: "planted", Value: rand.Text()}},
	}
	if prefix != "" {
		entry.Id = prefix + "." + rand.Text()
	}
	return s.CreateEntry(tb, entry)
}
