package mcp

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// events reads a stream to its end.
func events(r io.Reader, limit int) (all []Event, err error) {
	s := NewEvents(r, limit)
	for {
		e, err := s.Next()
		if err != nil {
			return all, err
		}
		e.Raw, e.Data = bytes.Clone(e.Raw), bytes.Clone(e.Data)
		all = append(all, e)
	}
}

func TestEvents(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   []Event
	}{
		"nothing":       {"", nil},
		"a message":     {"data: {}\n\n", []Event{{Data: []byte("{}")}}},
		"no space":      {"data:{}\n\n", []Event{{Data: []byte("{}")}}},
		"all fields":    {"event: message\nid: 7\nretry: 10\ndata: {}\n\n", []Event{{Name: "message", Data: []byte("{}")}}},
		"CRLF":          {"event: message\r\ndata: {}\r\n\r\ndata: 1\r\n\r\n", []Event{{Name: "message", Data: []byte("{}")}, {Data: []byte("1")}}},
		"several lines": {"data: {\ndata: \"a\":1}\n\n", []Event{{Data: []byte("{\n\"a\":1}")}}},
		"a priming event": {
			"id: 1\ndata: \n\ndata: {}\n\n", []Event{{Data: []byte{}}, {Data: []byte("{}")}},
		},
		"a comment that keeps the connection alive": {": hi\n\ndata: {}\n\n", []Event{{}, {}, {Data: []byte("{}")}}},
		"a comment within an event":                 {"id: 1\n: hi\ndata: {}\n\n", []Event{{Data: []byte("{}")}}},
	} {
		t.Run(name, func(t *testing.T) {
			for way, r := range map[string]io.Reader{
				"at once": strings.NewReader(c.stream), "byte by byte": iotest.OneByteReader(strings.NewReader(c.stream)),
			} {
				got, err := events(r, 0)
				if !errors.Is(err, io.EOF) || len(got) != len(c.want) {
					t.Fatalf("%s: %d events, %v", way, len(got), err)
				}
				var raw []byte
				for i, e := range got {
					raw = append(raw, e.Raw...)
					if e.Name != c.want[i].Name || !bytes.Equal(e.Data, c.want[i].Data) || (e.Data == nil) != (c.want[i].Data == nil) {
						t.Errorf("%s: event %d is %q %q", way, i, e.Name, e.Data)
					}
				}
				if string(raw) != c.stream {
					t.Errorf("%s: the events' bytes are %q", way, raw)
				}
			}
		})
	}
}

func TestEventsRefuse(t *testing.T) {
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		stream io.Reader
		want   error
	}{
		"a carriage return alone":    {strings.NewReader("data: {}\rdata: {\"method\":1}\n\n"), ErrEvent},
		"a byte order mark":          {strings.NewReader("\xef\xbb\xbfdata: {}\n\n"), ErrEvent},
		"a line without a colon":     {strings.NewReader("data\n\n"), ErrEvent},
		"NUL":                        {strings.NewReader("data: {}\x00\n\n"), ErrEvent},
		"an event that is too large": {strings.NewReader("data: " + strings.Repeat("x", 100) + "\n\n"), ErrEvent},
		"a line without an end":      {io.LimitReader(endless{}, 1<<20), ErrEvent},
		"an unfinished line":         {strings.NewReader("data: {}"), io.ErrUnexpectedEOF},
		"an unfinished event":        {strings.NewReader("data: {}\n"), io.ErrUnexpectedEOF},
		"an upstream that dies":      {io.MultiReader(strings.NewReader("data: {}\n"), iotest.ErrReader(broken)), broken},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := events(c.stream, 64)
			if !errors.Is(err, c.want) || len(got) != 0 {
				t.Errorf("%d events, %v, want %v", len(got), err, c.want)
			}
		})
	}
	// The control: an event of just the size allowed.
	if got, err := events(strings.NewReader("data: "+strings.Repeat("x", 56)+"\n\n"), 64); len(got) != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("control: %d events, %v", len(got), err)
	}
}

// endless is a stream of one line.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// A comment must pass while its stream is silent, and so must an event: nothing waits for what follows.
func TestRelayWaitsForNothing(t *testing.T) {
	in, server := io.Pipe()
	client, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Relay(out, NewEvents(in, 0), func(e Event) ([]byte, error) { return e.Data, nil })
	}()
	for _, part := range []string{": keep-alive\n", "\n", "data: {}\n\n"} {
		if _, err := io.WriteString(server, part); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(part))
		if _, err := io.ReadFull(client, got); err != nil || string(got) != part {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// gathered is what was written before each flush.
type gathered struct {
	parts []string
	now   strings.Builder
}

func (g *gathered) Write(b []byte) (int, error) { return g.now.Write(b) }

func (g *gathered) Flush() error {
	if g.now.Len() > 0 {
		g.parts = append(g.parts, g.now.String())
	}
	g.now.Reset()
	return nil
}

func TestEventsThatCameTogetherLeaveTogether(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		came, leave []string
		err         error
	}{
		"as many as came":                    {[]string{"data: 1\n\ndata: 2\n\n", "data: 3\n\n"}, []string{"data: 1\n\ndata: 2\n\n", "data: 3\n\n"}, nil},
		"but none waits for another's end":   {[]string{"data: 1\n\ndata: ", "2\n\n"}, []string{"data: 1\n\n", "data: 2\n\n"}, nil},
		"and what came before a refused one": {[]string{"data: 1\n\ndata: refuse\n\n"}, []string{"data: 1\n\n"}, refused},
	} {
		t.Run(name, func(t *testing.T) {
			in, server := io.Pipe()
			go func() {
				for _, part := range c.came {
					_, _ = io.WriteString(server, part)
				}
				_ = server.Close()
			}()
			var out gathered
			err := Relay(&out, NewEvents(in, 0), func(e Event) ([]byte, error) {
				if string(e.Data) == "refuse" {
					return nil, refused
				}
				return e.Data, nil
			})
			if !errors.Is(err, c.err) || !slices.Equal(out.parts, c.leave) {
				t.Errorf("%q, %v", out.parts, err)
			}
		})
	}
}

func TestRelay(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		stream, want string
		err          error
	}{
		"what is kept passes as it came":           {"event:message\r\ndata:{\r\ndata:}\r\n\r\n: x\n", "event:message\r\ndata:{\r\ndata:}\r\n\r\n: x\n", nil},
		"what is changed keeps its other fields":   {"id: 1\nevent: message\nretry: 5\ndata: change\n\n", "id: 1\nevent: message\nretry: 5\ndata: a\ndata: b\n\n", nil},
		"what is dropped leaves its id":            {"id: 1\nevent: message\ndata: drop\n\ndata: keep\n\n", "id: 1\n\ndata: keep\n\n", nil},
		"what is dropped without an id leaves nil": {"event: message\ndata: drop\n\ndata: keep\n\n", "data: keep\n\n", nil},
		"a priming event is not asked about":       {"id: 1\ndata: \n\n", "id: 1\ndata: \n\n", nil},
		"what is refused ends the stream":          {"data: keep\n\ndata: refuse\n\ndata: keep\n\n", "data: keep\n\n", refused},
		"so does what cannot be read":              {"data: keep\n\ndata\n\n", "data: keep\n\n", ErrEvent},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := Relay(&out, NewEvents(strings.NewReader(c.stream), 0), func(e Event) ([]byte, error) {
				switch string(e.Data) {
				case "change":
					return []byte("a\nb"), nil
				case "drop":
					return nil, nil
				case "refuse":
					return nil, refused
				}
				return e.Data, nil
			})
			if !errors.Is(err, c.err) || out.String() != c.want {
				t.Errorf("%q, %v, want %q, %v", out.String(), err, c.want, c.err)
			}
		})
	}
	closed, w := io.Pipe()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Relay(w, NewEvents(strings.NewReader("data: x\n\n"), 0), func(e Event) ([]byte, error) { return e.Data, nil }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a client that is gone: %v", err)
	}
}

// A list in an event is filtered like one in a body.
func TestRelayFiltersLists(t *testing.T) {
	in := "id: 4\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}\n\n"
	var out strings.Builder
	err := Relay(&out, NewEvents(strings.NewReader(in), 0), func(e Event) ([]byte, error) {
		data, bad := filter(asked("tools/list"), e.Data, unless("b"))
		if bad != nil {
			return nil, bad
		}
		return data, nil
	})
	if want := strings.Replace(in, `,{"name":"b"}`, "", 1); err != nil || out.String() != want {
		t.Errorf("%q, %v", out.String(), err)
	}
}
