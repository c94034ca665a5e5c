package rpc

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/grpc/codes"
)

func TestFrames(t *testing.T) {
	a, b := NewFrame([]byte("abc")).Raw, NewFrame(nil).Raw
	for name, c := range map[string]struct {
		stream []byte
		whole  int
		err    error
	}{
		"nothing":                           {nil, 0, nil},
		"messages":                          {append(append([]byte{}, a...), b...), 2, nil},
		"one of the limit's size":           {NewFrame(make([]byte, 10)).Raw, 1, nil},
		"one that is larger":                {append(append([]byte{}, a...), NewFrame(make([]byte, 11)).Raw...), 1, ErrTooLarge},
		"a length of 4 GiB":                 {[]byte{0, 255, 255, 255, 255}, 0, ErrTooLarge},
		"a flag that is none":               {append([]byte{2}, a[1:]...), 0, ErrFlag},
		"an end inside what stands before":  {append(append([]byte{}, a...), 0, 0), 1, ErrTruncated},
		"an end inside a message":           {a[:len(a)-1], 0, ErrTruncated},
		"an end between length and message": {a[:prefix], 0, ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			frames := NewFrames(bytes.NewReader(c.stream), 10)
			var err error
			whole := 0
			for {
				if _, err = frames.Next(); err != nil {
					break
				}
				whole++
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if whole != c.whole || !errors.Is(err, c.err) {
				t.Errorf("one by one: %d, %v", whole, err)
			}
			for _, from := range []io.Reader{bytes.NewReader(c.stream), iotest.OneByteReader(bytes.NewReader(c.stream)), iotest.DataErrReader(bytes.NewReader(c.stream))} {
				checked := NewChecked(from, 10)
				passed, err := io.ReadAll(checked)
				if checked.Whole() != c.whole || !errors.Is(err, c.err) || !bytes.HasPrefix(c.stream, passed) {
					t.Errorf("passed through: %d, %v, %x", checked.Whole(), err, passed)
				}
				if c.err == nil && len(passed) != len(c.stream) {
					t.Errorf("%d bytes of %d are passed through", len(passed), len(c.stream))
				}
			}
		})
	}
}

func TestAPromisedLengthTakesNoMemory(t *testing.T) {
	stream := append([]byte{0, 63, 255, 255, 255}, "abc"...)
	if n := testing.AllocsPerRun(10, func() {
		if _, err := NewFrames(bytes.NewReader(stream), 1<<30).Next(); !errors.Is(err, ErrTruncated) {
			t.Fatal(err)
		}
	}); n > 10 {
		t.Errorf("%v allocations", n)
	}
}

// Both ways to read messages see the same ones.
func FuzzFrames(f *testing.F) {
	f.Add(append(NewFrame([]byte("abc")).Raw, NewFrame(nil).Raw...))
	f.Add([]byte{1, 0, 0, 0, 2, 'a'})
	f.Fuzz(func(t *testing.T, stream []byte) {
		frames, whole, read := NewFrames(bytes.NewReader(stream), 100), 0, []byte(nil)
		var err error
		for {
			var frame Frame
			if frame, err = frames.Next(); err != nil {
				break
			}
			whole++
			read = append(read, frame.Raw...)
		}
		checked := NewChecked(iotest.HalfReader(bytes.NewReader(stream)), 100)
		passed, other := io.ReadAll(checked)
		if checked.Whole() != whole || errors.Is(err, io.EOF) != (other == nil) || !bytes.HasPrefix(passed, read) {
			t.Errorf("%d and %d messages, %v and %v", whole, checked.Whole(), err, other)
		}
	})
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressedMessages(t *testing.T) {
	good := zipped(t, "abc")
	for name, c := range map[string]struct {
		frame    Frame
		encoding string
		want     string
		err      error
	}{
		"not compressed":                 {Frame{Message: []byte("abc")}, "gzip", "abc", nil},
		"gzip":                           {Frame{Compressed: true, Message: good}, "gzip", "abc", nil},
		"gzip that is not announced":     {Frame{Compressed: true, Message: good}, "", "", ErrEncoding},
		"another compression":            {Frame{Compressed: true, Message: good}, "snappy", "", ErrEncoding},
		"no gzip":                        {Frame{Compressed: true, Message: []byte("abc")}, "gzip", "", ErrCompressed},
		"gzip that is cut off":           {Frame{Compressed: true, Message: good[:len(good)-3]}, "gzip", "", ErrCompressed},
		"a second message in the first":  {Frame{Compressed: true, Message: append(append([]byte{}, good...), good...)}, "gzip", "", ErrCompressed},
		"something after the message":    {Frame{Compressed: true, Message: append(append([]byte{}, good...), 0)}, "gzip", "", ErrCompressed},
		"a message that grows too large": {Frame{Compressed: true, Message: zipped(t, string(make([]byte, 1<<20)))}, "gzip", "", ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.frame.Plain(c.encoding, 1000)
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("gives %q, %v", got, err)
			}
		})
	}
}

func TestTimeouts(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4m": 4 * time.Millisecond, "5u": 5 * time.Microsecond, "6n": 6, "0S": 0,
		"99999999H": 1<<63 - 1,
	} {
		if got, err := ParseTimeout(text); err != nil || got != want {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "1 S", "1SS", "１S"} {
		if got, err := ParseTimeout(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	for _, d := range []time.Duration{-1, 0, 1, 999, 99_999_999, 100_000_001, time.Hour, 1<<63 - 1} {
		text := FormatTimeout(d)
		back, err := ParseTimeout(text)
		if err != nil || back < d {
			t.Errorf("%s is written %s, which is %s, %v", d, text, back, err)
		}
	}
}

func FuzzTimeout(f *testing.F) {
	f.Add("10S")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseTimeout(text)
		if err != nil {
			return
		}
		if back, err := ParseTimeout(FormatTimeout(d)); err != nil || back < d {
			t.Errorf("%s is read as %s and written as %s", text, d, back)
		}
	})
}

func TestMethods(t *testing.T) {
	if name, ok := Method("/pkg.v1.Service_2/Method"); !ok || name != "pkg.v1.Service_2/Method" {
		t.Errorf("gives %q, %v", name, ok)
	}
	for _, path := range []string{
		"", "/", "pkg.S/M", "/pkg.S", "/pkg.S/", "//M", "/pkg.S/M/", "/pkg.S/M/N", "/pkg.S//M", "/pkg.S/M.N", "/.pkg.S/M", "/pkg..S/M", "/pkg.S./M", "/pkg.S/%4D",
		"/pkg.S/M?x", "/pkg.S/M;a", "/../S/M", "/pkg-x.S/M", "/pkg.S/M ",
	} {
		if name, ok := Method(path); ok {
			t.Errorf("%q is taken for %q", path, name)
		}
	}
}

func TestContentTypes(t *testing.T) {
	for text, want := range map[string]string{
		"application/grpc": "proto", "application/grpc+proto": "proto", "application/grpc+json": "json", "APPLICATION/grpc": "proto", "application/grpc; charset=utf-8": "proto",
		"application/grpc-web": "", "application/grpc-web+proto": "", "application/json": "", "application/grpc+": "", "": "",
	} {
		if got, ok := Content([]string{text}); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", text, got, ok)
		}
	}
	if _, ok := Content([]string{"application/grpc", "application/grpc"}); ok {
		t.Error("two content types are taken")
	}
}

func TestStatus(t *testing.T) {
	h := http.Header{}
	(&Status{Code: codes.PermissionDenied, Message: "100% nö\n", Details: "eA"}).Write(h, "")
	if h.Get(HeaderStatus) != "7" || h.Get(HeaderMessage) != "100%25 n%C3%B6%0A" || h.Get(HeaderDetails) != "eA" || !HasStatus(h) {
		t.Errorf("gives %v", h)
	}
	for status, want := range map[int]codes.Code{400: codes.Internal, 401: codes.Unauthenticated, 403: codes.PermissionDenied, 404: codes.Unimplemented, 429: codes.Unavailable, 503: codes.Unavailable, 500: codes.Unknown} {
		if got := FromHTTP(status); got != want {
			t.Errorf("%d is %s", status, got)
		}
	}
}
