package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// ErrShed says that a record was dropped because the queue was full.
var ErrShed = errors.New("audit queue is full")

// ErrClosed says that a record came after the log was closed.
var ErrClosed = errors.New("audit log is closed")

// Options are what a Log is made from.
type Options struct {
	// Sinks get every line, one Write each. A sink that is an io.Closer is closed with the log.
	Sinks []io.Writer
	// Queue is how many lines may wait for the sinks; at least 1.
	Queue int
	// Shed drops lines when the queue is full, and counts them. Otherwise whoever writes waits.
	Shed bool
	// Failed is told of a sink's first failure, and again after it has worked in between.
	Failed func(error)
}

// Log writes records to sinks in the order in which they were given. It is safe for concurrent use.
type Log struct {
	options Options
	queue   chan []byte
	closing chan struct{}
	close   sync.Once
	writers sync.RWMutex // held for reading while a line is put into the queue
	done    chan struct{}

	written, shed, failed atomic.Int64
}

// Counts are what became of the records so far.
type Counts struct {
	Written, Shed, Failed int64 // lines; one that a sink failed to take counts as failed
	Waiting               int
}

// Open starts a log.
func Open(o Options) (*Log, error) {
	if o.Queue < 1 || len(o.Sinks) == 0 {
		return nil, fmt.Errorf("an audit log needs a sink and a queue of at least 1, not %d sinks and %d", len(o.Sinks), o.Queue)
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	l := &Log{options: o, queue: make(chan []byte, o.Queue), closing: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l, nil
}

// Write queues a record. Where the queue is full it waits, until ctx is done, or returns ErrShed at once.
func (l *Log) Write(ctx context.Context, r *Record) error {
	line, err := r.line()
	if err != nil {
		l.failed.Add(1)
		return fmt.Errorf("encode an audit record: %w", err)
	}
	l.writers.RLock()
	defer l.writers.RUnlock()
	select {
	case <-l.closing:
		return ErrClosed
	default:
	}
	select {
	case l.queue <- line:
		return nil
	default:
	}
	if l.options.Shed {
		l.shed.Add(1)
		return ErrShed
	}
	select {
	case l.queue <- line:
		return nil
	case <-l.closing:
		return ErrClosed
	case <-ctx.Done():
		l.shed.Add(1)
		return fmt.Errorf("wait for the audit log: %w", ctx.Err())
	}
}

// Counts gives the counters.
func (l *Log) Counts() Counts {
	return Counts{Written: l.written.Load(), Shed: l.shed.Load(), Failed: l.failed.Load(), Waiting: len(l.queue)}
}

// Close writes what waits, until ctx is done, and closes the sinks. Records that come later are refused.
func (l *Log) Close(ctx context.Context) error {
	l.close.Do(func() {
		close(l.closing)
		l.writers.Lock() // nobody puts a line into the queue any more
		close(l.queue)
		l.writers.Unlock()
	})
	select {
	case <-l.done:
	case <-ctx.Done():
		return fmt.Errorf("write %d audit records that wait: %w", len(l.queue), ctx.Err())
	}
	var failures []error
	for _, s := range l.options.Sinks {
		if c, ok := s.(io.Closer); ok {
			failures = append(failures, c.Close())
		}
	}
	return errors.Join(failures...)
}

func (l *Log) run() {
	defer close(l.done)
	broken := make([]bool, len(l.options.Sinks))
	for line := range l.queue {
		ok := true
		for i, sink := range l.options.Sinks {
			_, err := sink.Write(line)
			if err != nil && !broken[i] {
				l.options.Failed(fmt.Errorf("write an audit record: %w", err))
			}
			broken[i] = err != nil
			ok = ok && err == nil
		}
		if ok {
			l.written.Add(1)
		} else {
			l.failed.Add(1)
		}
	}
}
