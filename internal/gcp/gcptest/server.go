// Package gcptest is a strict fake of those of Google's APIs that the gcp stack uses. It refuses what Google's published descriptions
// refuse: it is driven by the discovery documents that ship with Google's Go clients and by the protobuf descriptors of IAM v3, with a
// hand-written overlay (overlay_*.go) for what only prose says: oneofs, limits, references between objects.
//
// It keeps objects in memory. Changes take as many polls as a test wants, are seen late, are refused while another one is under way,
// and fail by rule. What is published nowhere it lets pass, but for two things that Google ignores, because a client that
// relies on that is wrong: output-only fields that are set and query parameters that do not exist are refused.
package gcptest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Project is a project that the fake knows.
type Project struct {
	ID, Number string
}

// Options say what the fake has and how patient its clients must be. The zero value is a quick, consistent server with one project.
type Options struct {
	// Projects are those that exist; names may have either spelling. The default is "agents-1" with the number "111111111111".
	Projects []Project
	// Organization is the number of the organisation the projects belong to; the default is "555555555555".
	Organization string
	// AccessToken is the only one that is taken, with those that it has made of it for service accounts. Any are, and none, where it is
	// empty.
	AccessToken string
	// Polls is how many reads an operation takes. Operations are done at once where it is 0.
	Polls int
	// HiddenReads is how many reads of a new object find nothing.
	HiddenReads int
	// UnknownReferences is how many objects that refer to a new one are refused as if it did not exist.
	UnknownReferences int
	// LingeringReads is how many reads of a deleted policy binding still find it.
	LingeringReads int
	// ReadsWithoutCard is how many reads of a new agent gateway find no agentGatewayCard.
	ReadsWithoutCard int
	// Disabled are services, as "agentregistry.googleapis.com", that no project has enabled.
	Disabled []string
	// NoAccessPolicyBindings is the organisation policy iam.managed.disableAccessPolicyBinding, which new organisations have.
	NoAccessPolicyBindings bool
	// Log is called after each request, one at a time.
	Log func(Request)
}

// Request is one that was answered, or dropped.
type Request struct {
	Method string // the method's ID, as "networkservices.projects.locations.agentGateways.create"; empty if there is none
	Verb   string // of HTTP
	Path   string // with the API's prefix
	Query  url.Values
	// Body is as the client sent it, with values that are never given back as "***".
	Body       map[string]any
	Deprecated []string // the deprecated fields that were set
	Mutation   bool
	// Project is who pays: the header X-Goog-User-Project.
	Project string
	// Status is the HTTP status, and 0 if the connection was dropped. Message is the error's.
	Status  int
	Message string
}

// Server is a running fake.
type Server struct {
	// URL is where it is reached. Each API is below a prefix of its own: see Endpoint.
	URL string

	http    *httptest.Server
	options Options

	mu         sync.Mutex
	objects    map[string]*stored
	policies   map[string]*policy
	operations []*operation
	requestIDs map[string]*operation
	// attestations are the attestation rules of pools and managed identities, which are no field of them.
	attestations map[string][]any
	tokens       map[string]bool // of service accounts
	faults       []*Fault
	pending      *refusal // what the operation of the request at hand ends with
	requests     []Request
	left         int
	stopping     bool
	ticks        int
	serials      int
}

// Start runs a fake until the test ends.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	s := New(options)
	if err := s.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// New makes a fake that does not listen yet.
func New(options Options) *Server {
	if len(options.Projects) == 0 {
		options.Projects = []Project{{ID: "agents-1", Number: "111111111111"}}
	}
	if options.Organization == "" {
		options.Organization = "555555555555"
	}
	s := &Server{
		options: options, objects: map[string]*stored{}, policies: map[string]*policy{}, requestIDs: map[string]*operation{},
		attestations: map[string][]any{}, tokens: map[string]bool{},
	}
	s.http = httptest.NewUnstartedServer(s)
	return s
}

// Endpoint is the address of one API, as a client's custom endpoint: URL/networkservices/.
func (s *Server) Endpoint(api string) string { return s.URL + "/" + api + "/" }

// Listen begins to serve, at an address or, if that is empty, at a free port of the loopback interface. It fails where Google's
// descriptions of its APIs are not to be found.
func (s *Server) Listen(address string) error {
	if _, err := module(); err != nil {
		return err
	}
	if address != "" {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		_ = s.http.Listener.Close()
		s.http.Listener = listener
	}
	s.http.Start()
	s.URL = s.http.URL
	return nil
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }

// ServeHTTP answers one request at a time: what a test sees does not depend on which of two came first by a hair.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	answer, status, dropped := s.handle(r, content)
	if dropped {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	// A client that is gone by now has its own error.
	_, _ = w.Write(answer)
}

func (s *Server) handle(r *http.Request, content []byte) (answer []byte, status int, dropped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := Request{Verb: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Project: r.Header.Get("X-Goog-User-Project")}
	defer func() {
		if !dropped {
			log.Status = status
		}
		s.requests = append(s.requests, log)
		if s.options.Log != nil {
			s.options.Log(log)
		}
	}()
	if s.stopping {
		if s.left <= 0 {
			return nil, 0, true
		}
		s.left--
	}
	c, refused := s.route(r, &log)
	var fault *Fault
	if refused == nil {
		fault = s.strike(c.route)
	}
	var result map[string]any
	switch {
	case fault != nil && fault.Drop == DropBefore:
		return nil, 0, true
	case fault != nil && fault.Drop == NoDrop && !fault.InOperation:
		refused = fault.refusal()
	case refused == nil:
		if fault != nil && fault.InOperation {
			s.pending = fault.refusal()
		}
		result, refused = s.perform(c, content)
		s.pending = nil
	}
	if fault != nil && fault.Drop == DropAfter {
		return nil, 0, true
	}
	if refused != nil {
		log.Message = refused.message
		return encode(refused.body()), refused.httpStatus(), false
	}
	var err error
	answer = encode(result)
	if numbers := c.route.document.numbers; numbers != nil && strings.Contains(c.query.Get("$alt"), "enum-encoding=int") {
		if answer, err = numbers(c.route.Response.Ref, answer); err != nil {
			refused = refuse("INTERNAL", "the fake's answer is no %s: %v", c.route.Response.Ref, err)
			log.Message = refused.message
			return encode(refused.body()), refused.httpStatus(), false
		}
	}
	return answer, http.StatusOK, false
}

// route finds the method that a request calls, and who may call it.
func (s *Server) route(r *http.Request, log *Request) (*call, *refusal) {
	api, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if api == "v3" {
		// Google's generated clients of IAM v3 forget the path of their endpoint when they poll an operation.
		api, path = "iam", "v3/"+path
	}
	// The name of a deny policy has escaped slashes. Google's generated clients escape them once more, which is one name, not two.
	path = strings.ReplaceAll(path, "%252F", "%2F")
	documents, err := descriptions(api)
	if err != nil {
		return nil, refuse("INTERNAL", "%v", err)
	}
	if documents == nil {
		return nil, refuse("NOT_FOUND", "The fake has no API %q.", api)
	}
	found, name, refused := find(documents, r.Method, path)
	if refused != nil {
		return nil, refused
	}
	log.Method, log.Mutation = found.ID, found.mutation()
	if given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); s.options.AccessToken != "" && given != s.options.AccessToken && !s.tokens[given] {
		return nil, refuse("UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.")
	}
	c := &call{
		server: s, api: api, route: found, kind: kinds[api+"."+found.collection], name: s.byID(name), query: r.URL.Query(), log: log,
	}
	return c, s.authorize(c)
}

// authorize refuses projects that do not exist, and services that are not enabled, as Google does: both are a missing permission.
func (s *Server) authorize(c *call) *refusal {
	project := s.options.Projects[0].ID
	if rest, ok := strings.CutPrefix(c.name, "projects/"); ok {
		project, _, _ = strings.Cut(rest, "/")
		if project != "-" && !slices.ContainsFunc(s.options.Projects, func(p Project) bool { return p.ID == project }) {
			return refuse("PERMISSION_DENIED", "Permission denied on resource project %s.", project)
		}
	}
	if organization, ok := strings.CutPrefix(c.name, "organizations/"); ok {
		if organization, _, _ = strings.Cut(organization, "/"); organization != s.options.Organization {
			return refuse("PERMISSION_DENIED", "Permission denied on resource organization %s.", organization)
		}
	}
	if service := c.api + ".googleapis.com"; slices.Contains(s.options.Disabled, service) {
		return disabled(service, project)
	}
	return nil
}

func (s *Server) perform(c *call, content []byte) (map[string]any, *refusal) {
	if r := c.route.checkQuery(c.query); r != nil {
		return nil, r
	}
	if r := c.readBody(content); r != nil {
		return nil, r
	}
	if !strings.HasSuffix(c.route.collection, "operations") {
		s.proceed(c.api, c.target())
	}
	return c.perform()
}

func encode(v any) []byte {
	content, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("an answer is no JSON: %v", err))
	}
	return content
}
