package gateway

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a line is waited for.
const patience = time.Minute

// Lines collects what a process writes, line by line.
type Lines struct {
	mu    sync.Mutex
	rest  []byte
	all   []string
	ended bool
	more  chan struct{} // closed, and made anew, when something came
}

func newLines() *Lines { return &Lines{more: make(chan struct{})} }

// Write implements io.Writer.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			break
		}
		l.all, l.rest = append(l.all, string(line)), rest
	}
	l.wake()
	return len(b), nil
}

func (l *Lines) wake() {
	close(l.more)
	l.more = make(chan struct{})
}

func (l *Lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.wake()
}

// All gives the lines so far.
func (l *Lines) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// Last gives the last n lines, as text.
func (l *Lines) Last(n int) string {
	all := l.All()
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

// Wait gives the first line that has all the words. It fails the test where none comes within a minute, or can come no more.
func (l *Lines) Wait(tb testing.TB, words ...string) string {
	tb.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		all, ended, more := l.all, l.ended, l.more
		l.mu.Unlock()
		for _, line := range all {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return line
			}
		}
		if ended {
			tb.Fatalf("it ended without a line with %q:\n%s", words, l.Last(30))
		}
		select {
		case <-more:
		case <-deadline:
			tb.Fatalf("no line with %q in\n%s", words, l.Last(30))
		}
	}
}
