package stdio

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// maxQueue is how many messages wait for a stream to take them.
const maxQueue = 256

// conversation is one process and those who talk with it: a session of a client, or, without sessions, all calls of one caller.
type conversation struct {
	server  *Server
	owner   string // key of who may talk with it
	agent   string // whom it counts for
	who     principal.Principal
	session string // "" without sessions: ids are then made unique, since calls that know nothing of each other choose them
	process *process

	mu      sync.Mutex
	pending map[string]*asked // by id as the process knows it
	tokens  map[string]*asked // by progress token as the process knows it
	streams []*stream         // of POST requests, the newest last
	get     *stream           // of a GET request
	queue   [][]byte          // for the next GET
	next    int64             // id
	ended   bool
	used    time.Time
	idle    *time.Timer
}

// asked is a request that the process has not answered yet.
type asked struct {
	stream    *stream
	wire      string // key in pending
	wireID    []byte
	wireToken string // key in tokens, "" for none
	id        []byte // as the client wrote it
	token     []byte
}

// errBusy is an id that a client uses twice at a time.
var errBusy = errors.New("a request with this id is under way")

// post passes messages on, and gives the stream of their answers; nil where nothing is asked.
func (c *conversation) post(messages []*message) (*stream, error) {
	s := newStream(c)
	var lines [][]byte
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return nil, errOver
	}
	c.used = time.Now()
	for _, m := range messages {
		line, err := c.take(s, m)
		if err != nil {
			c.forget(s)
			c.mu.Unlock()
			return nil, err
		}
		lines = append(lines, line)
	}
	if s.left > 0 {
		c.streams = append(c.streams, s)
	}
	asks := s.left > 0
	c.mu.Unlock()
	for _, line := range lines {
		if err := c.process.send(line); err != nil {
			c.drop(s)
			return nil, err
		}
	}
	if !asks {
		return nil, nil
	}
	return s, nil
}

// take registers what a message asks, and gives the line that the process gets.
func (c *conversation) take(s *stream, m *message) ([]byte, error) {
	if !m.isRequest() {
		return m.with(), nil
	}
	a := &asked{stream: s, wireID: m.at[atID].Raw, id: m.at[atID].Raw}
	var changes []change
	token := m.at[atToken]
	if token.Kind() != jsonscan.Absent {
		a.token, a.wireToken = token.Raw, key(token)
	}
	if c.session == "" {
		c.next++
		a.wireID = strconv.AppendInt(nil, c.next, 10)
		changes = append(changes, change{m.at[atID], a.wireID})
		if a.token != nil {
			a.wireToken = string(a.wireID)
			changes = append(changes, change{token, a.wireID})
		}
	}
	a.wire = key(jsonscan.Value{Raw: a.wireID})
	if c.pending[a.wire] != nil || a.wireToken != "" && c.tokens[a.wireToken] != nil {
		return nil, errBusy
	}
	c.pending[a.wire] = a
	if a.wireToken != "" {
		c.tokens[a.wireToken] = a
	}
	s.left++
	return m.with(changes...), nil
}

// forget takes out what a stream waits for. It gives what the process was asked and has not answered.
func (c *conversation) forget(s *stream) []*asked {
	var open []*asked
	for wire, a := range c.pending {
		if a.stream != s {
			continue
		}
		open = append(open, a)
		delete(c.pending, wire)
		delete(c.tokens, a.wireToken)
	}
	for i, other := range c.streams {
		if other == s {
			c.streams = append(c.streams[:i:i], c.streams[i+1:]...)
			break
		}
	}
	if c.get == s {
		c.get = nil
	}
	c.used = time.Now()
	return open
}

// drop ends a stream that nobody reads any more. Without sessions that is how a client cancels (2026-07-28), which the process is told.
func (c *conversation) drop(s *stream) {
	c.mu.Lock()
	open := c.forget(s)
	ended := c.ended
	c.mu.Unlock()
	s.close()
	if ended || c.session != "" {
		return
	}
	for _, a := range open {
		line := fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"the client closed the stream"}}`+"\n", a.wireID)
		if c.process.send(line) != nil {
			return
		}
	}
}

// listen opens the stream of what belongs to no request. One that is there already is ended: its client has come back.
func (c *conversation) listen() (*stream, error) {
	s := newStream(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, errEnded
	}
	if c.get != nil {
		c.get.finish()
	}
	for _, text := range c.queue {
		s.out <- text
	}
	c.get, c.queue, c.used = s, nil, time.Now()
	return s, nil
}

// say takes a line of the process. Only a message that is too large or no JSON at all ends it; what nobody waits for is dropped.
func (c *conversation) say(line []byte) error {
	messages, err := split(line, c.server.o.MaxMessage)
	if err != nil {
		c.server.o.Log.Warn("a server says what is no message; it is dropped", "target", c.server.o.Target, "error", err)
		return nil
	}
	for _, m := range messages {
		c.route(m)
	}
	return nil
}

// route gives a message to the stream that it belongs to.
func (c *conversation) route(m *message) {
	if m.method() == "" {
		c.answered(m)
		return
	}
	c.mu.Lock()
	if c.session == "" && m.isRequest() {
		c.mu.Unlock()
		// There is nobody whom it could ask, and it must not wait.
		_ = c.process.send(append(failed(m.at[atID].Raw, codeMethod, "without a session a server asks nothing of its client"), '\n'))
		return
	}
	to, text := c.stream(m)
	if to == nil && c.session != "" && len(c.queue) < maxQueue {
		c.queue = append(c.queue, text)
	}
	c.mu.Unlock()
	if to != nil {
		to.put(text)
	}
}

// stream gives where something goes that is not an answer, and how it is written there; nil where nobody listens.
func (c *conversation) stream(m *message) (*stream, []byte) {
	text := m.with()
	text = text[:len(text)-1]
	if token := m.at[atProgress]; token.Kind() != jsonscan.Absent {
		a := c.tokens[key(token)]
		if a == nil {
			return nil, text
		}
		if c.session == "" {
			text = m.with(change{token, a.token})
		}
		return a.stream, text
	}
	if c.session == "" {
		if id := m.at[atListening]; id.Kind() != jsonscan.Absent {
			if a := c.pending[key(id)]; a != nil {
				return a.stream, m.with(change{id, a.id})
			}
			return nil, text
		}
		// It says not for whom it is: only where one call is under way that is certain.
		if len(c.streams) == 1 {
			return c.streams[0], text
		}
		return nil, text
	}
	if n := len(c.streams); n > 0 && (m.isRequest() || c.get == nil) {
		return c.streams[n-1], text
	}
	return c.get, text
}

// answered takes the answer to a request.
func (c *conversation) answered(m *message) {
	c.mu.Lock()
	a := c.pending[key(m.at[atID])]
	if a == nil {
		c.mu.Unlock()
		return // of a request that was given up
	}
	delete(c.pending, a.wire)
	delete(c.tokens, a.wireToken)
	changes := []change{}
	if c.session == "" {
		changes = append(changes, change{m.at[atID], a.id})
		if listened := m.at[atListened]; key(listened) == a.wire {
			changes = append(changes, change{listened, a.id})
		}
	}
	a.stream.left--
	last := a.stream.left == 0
	if last {
		c.forget(a.stream)
	}
	c.mu.Unlock()
	if !a.stream.put(m.with(changes...)) {
		return
	}
	if last {
		a.stream.finish()
	}
}

// end ends the conversation: the process, and every stream, whose open requests are answered with an error.
func (c *conversation) end() {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	pending, streams := c.pending, c.streams
	c.pending, c.tokens, c.streams, c.queue = nil, nil, nil, nil
	if c.get != nil {
		streams = append(streams, c.get)
		c.get = nil
	}
	c.idle.Stop()
	c.mu.Unlock()
	c.process.end()
	for _, a := range pending {
		a.stream.offer(failed(a.id, codeInternal, errEnded.Error()))
	}
	for _, s := range streams {
		s.finish()
	}
}

// rest ends a conversation that nobody has used for a while.
func (c *conversation) rest() {
	c.mu.Lock()
	busy := len(c.pending) > 0 || c.get != nil
	left := c.server.o.Idle - time.Since(c.used)
	if busy {
		left = c.server.o.Idle
	}
	if left > 0 || c.ended {
		if !c.ended {
			c.idle.Reset(left)
		}
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.server.forget(c)
	c.end()
}
