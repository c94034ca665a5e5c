// Package stdio speaks with MCP servers that are processes: it starts them and gives them an http.RoundTripper that speaks Streamable HTTP,
// so that all the rest of the gateway sees no difference.
//
// A client of a revision with sessions gets a process of its own from initialize on. Calls of the stateless revision share a process
// with the other calls of the same caller, and with nobody else's.
package stdio

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Options are what a Server is made from. All are required but Directory and the variables.
type Options struct {
	Target        string // for the log
	Command       []string
	Directory     string
	Env, EnvFiles map[string]string
	MaxMessage    int           // bytes
	Idle          time.Duration // after which a session without a request, or a process without one, is ended
	Stop          time.Duration // a process has to end by itself
	PerAgent      int           // processes
	Total         int
	Log           *slog.Logger
}

// Of a process that does not stay.
const (
	minBackoff = time.Second
	maxBackoff = time.Minute
	wellAfter  = time.Minute // of running, from which it counts as one that stays
)

// Server is an http.RoundTripper to processes. Requests carry their principal in their context.
type Server struct {
	o Options

	mu       sync.Mutex
	sessions map[string]*conversation // by id
	shared   map[string]*conversation // by owner
	crashes  map[string]*crash        // by owner
	running  map[string]int           // processes by agent
	total    int
	closed   bool
	alive    sync.WaitGroup
}

// crash is what is known of a caller's shared process that did not stay.
type crash struct {
	times int
	until time.Time
}

// New gives a server. No process is started before a request needs it.
func New(o Options) *Server {
	return &Server{o: o, sessions: map[string]*conversation{}, shared: map[string]*conversation{}, crashes: map[string]*crash{}, running: map[string]int{}}
}

// Why no process is started.
var (
	errPerAgent = errors.New("processes.per_agent: this agent has as many processes as it may")
	errTotal    = errors.New("processes.total: there are as many processes as there may be")
	errBackoff  = errors.New("the server's process ended right after its start, and is not started again yet")
	errClosed   = errors.New("the target is no longer served")
)

// RoundTrip implements http.RoundTripper, as a server of Streamable HTTP.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if text, err = io.ReadAll(io.LimitReader(r.Body, int64(s.o.MaxMessage)+1)); err != nil {
			return nil, err
		}
		if len(text) > s.o.MaxMessage {
			return refuse(r, http.StatusRequestEntityTooLarge, codeInvalid, "the message is too large"), nil
		}
	}
	who, ok := principal.FromContext(r.Context())
	if !ok {
		return nil, errors.New("stdio: a request has no principal")
	}
	if stateless(r.Header.Get("Mcp-Protocol-Version")) {
		return s.roundTripStateless(r, who, text)
	}
	return s.roundTripSession(r, who, text)
}

// stateless says whether a revision has no sessions.
func stateless(version string) bool { return version >= "2026-07-28" }

func (s *Server) roundTripStateless(r *http.Request, who principal.Principal, text []byte) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return refuse(r, http.StatusMethodNotAllowed, codeInvalid, "there are no sessions in this revision"), nil
	}
	m, err := parse(bytes.TrimSpace(text), s.o.MaxMessage)
	if err != nil {
		return refuse(r, http.StatusBadRequest, codeInvalid, err.Error()), nil
	}
	c, err := s.sharedOf(who)
	if err != nil {
		return s.unavailable(r, err), nil
	}
	response, _, err := s.post(r, c, []*message{m})
	return response, err
}

func (s *Server) roundTripSession(r *http.Request, who principal.Principal, text []byte) (*http.Response, error) {
	id := r.Header.Get("Mcp-Session-Id")
	var messages []*message
	if r.Method == http.MethodPost {
		var err error
		if messages, err = split(text, s.o.MaxMessage); err != nil {
			return refuse(r, http.StatusBadRequest, codeInvalid, err.Error()), nil
		}
		if id == "" && len(messages) == 1 && messages[0].method() == "initialize" && messages[0].isRequest() {
			return s.initialize(r, who, messages)
		}
	}
	if id == "" {
		return refuse(r, http.StatusBadRequest, codeInvalid, "a session begins with initialize, and is named by Mcp-Session-Id from then on"), nil
	}
	s.mu.Lock()
	c := s.sessions[id]
	s.mu.Unlock()
	if c == nil || c.owner != ownerOf(who) {
		return refuse(r, http.StatusNotFound, codeInvalid, "there is no such session"), nil
	}
	switch r.Method {
	case http.MethodPost:
		response, _, err := s.post(r, c, messages)
		if errors.Is(err, errOver) {
			return refuse(r, http.StatusNotFound, codeInvalid, "there is no such session"), nil
		}
		return response, err
	case http.MethodGet:
		listening, err := c.listen()
		if err != nil {
			return refuse(r, http.StatusNotFound, codeInvalid, "there is no such session"), nil //nolint:nilerr // the answer says so
		}
		return events(r, listening, nil), nil
	case http.MethodDelete:
		s.forget(c)
		c.end()
		return answer(r, http.StatusNoContent, "", nil), nil
	}
	return refuse(r, http.StatusMethodNotAllowed, codeInvalid, "not a method of Streamable HTTP"), nil
}

// initialize begins a session. One that the server refuses is over at once.
func (s *Server) initialize(r *http.Request, who principal.Principal, messages []*message) (*http.Response, error) {
	c, err := s.begin(who, rand.Text())
	if err != nil {
		return s.unavailable(r, err), nil
	}
	response, refused, err := s.post(r, c, messages)
	if err != nil || response.StatusCode != http.StatusOK || refused {
		s.forget(c)
		c.end()
		return response, err
	}
	response.Header.Set("Mcp-Session-Id", c.session)
	return response, nil
}

// post passes messages on, and waits for what comes first: an answer is a document, anything else begins a stream of events. It says whether the
// answer is an error.
func (s *Server) post(r *http.Request, c *conversation, messages []*message) (*http.Response, bool, error) {
	waiting, err := c.post(messages)
	switch {
	case errors.Is(err, errBusy):
		return refuse(r, http.StatusBadRequest, codeInvalid, err.Error()), false, nil
	case err != nil:
		return nil, false, err
	case waiting == nil:
		return answer(r, http.StatusAccepted, "", nil), false, nil
	}
	stop := context.AfterFunc(r.Context(), func() { c.drop(waiting) })
	first, end := waiting.take(nil)
	if end {
		stop()
		c.drop(waiting)
		if err := r.Context().Err(); err != nil {
			return nil, false, err
		}
		return nil, false, errEnded
	}
	m, err := parse(bytes.TrimSpace(first), s.o.MaxMessage+maxID)
	if err != nil || !m.isResponse() || len(messages) > 1 {
		return events(r, waiting, first), false, nil //nolint:nilerr // it is passed on as it is
	}
	stop()
	c.drop(waiting)
	response, refused := answer(r, http.StatusOK, "application/json", bytes.TrimSpace(first)), len(m.at[atError].Raw) > 0
	if refused && c.session == "" {
		response.StatusCode = statusOf(m)
	}
	return response, refused, nil
}

// statusOf gives the status of an error in the stateless revision.
func statusOf(m *message) int {
	switch string(m.at[atCode].Raw) {
	case "-32601":
		return http.StatusNotFound
	case "-32020", "-32021", "-32022":
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// unavailable answers where no process is to be had.
func (s *Server) unavailable(r *http.Request, err error) *http.Response {
	s.o.Log.Warn("a server's process is not to be had", "target", s.o.Target, "error", err)
	status, why := http.StatusServiceUnavailable, "the server's process cannot be started"
	for _, known := range []error{errPerAgent, errTotal, errBackoff, errClosed} {
		if errors.Is(err, known) {
			why = known.Error()
		}
	}
	if errors.Is(err, errPerAgent) {
		status = http.StatusTooManyRequests
	}
	return refuse(r, status, codeInternal, why)
}

func answer(r *http.Request, status int, media string, text []byte) *http.Response {
	response := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: r,
	}
	if media != "" {
		response.Header.Set("Content-Type", media)
	}
	return response
}

func refuse(r *http.Request, status, code int, why string) *http.Response {
	return answer(r, status, "application/json", failed([]byte("null"), code, why))
}

func events(r *http.Request, s *stream, first []byte) *http.Response {
	response := answer(r, http.StatusOK, "text/event-stream", nil)
	b := s.body(first)
	context.AfterFunc(r.Context(), func() { _ = b.Close() })
	response.Body, response.ContentLength = b, -1
	response.Header.Set("Cache-Control", "no-cache")
	return response
}

// ownerOf tells callers apart: an agent that acts for a user is another caller than when it acts for itself or somebody else.
func ownerOf(p principal.Principal) string {
	return fmt.Sprintf("%q %q %q %q", p.SPIFFEID, p.Issuer, p.Subject, p.User)
}

// agentOf gives whom processes are counted for: all instances of an agent together.
func agentOf(p principal.Principal) string {
	if p.SPIFFEID == "" {
		return p.Issuer + "#" + p.Subject
	}
	if p.Instance != "" {
		return strings.TrimSuffix(p.SPIFFEID, "/instance/"+p.Instance)
	}
	return p.SPIFFEID
}
