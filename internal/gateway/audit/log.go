package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrShed says that a record was dropped because the queue was full.
var ErrShed = errors.New("audit queue is full")

// ErrClosed says that a record came after the log was closed.
var ErrClosed = errors.New("audit log is closed")

// patience is how long a call waits for a sink that blocks. Then it is refused.
const patience = 5 * time.Second

// Sink takes records. A Log gives it each from one goroutine.
type Sink interface {
	// Name is a word for operators: "stdout", "file", "otlp".
	Name() string
	// Take takes entries, in their order, and says how many of them are done with. An error is why the others are not; they come again, or are
	// dropped where records may be. Those that no sink could ever take are done with too: see Rejected.
	Take(ctx context.Context, entries []Entry) (int, error)
	// Close ends the sink.
	Close() error
}

// Rejected is an error of a sink that is done with entries that it did not take and never will.
type Rejected struct {
	Records int
	Err     error
}

// Error implements error.
func (r *Rejected) Error() string {
	return fmt.Sprintf("%d records are rejected: %v", r.Records, r.Err)
}

// Unwrap gives the cause.
func (r *Rejected) Unwrap() error { return r.Err }

// Entry is a record on its way to a sink.
type Entry struct {
	Record *Record
	Line   []byte // the record as JSON, with a line end
}

// Output is a sink with what waits for it.
type Output struct {
	Sink Sink
	// Queue is how many records may wait; at least 1.
	Queue int
	// Shed drops records when the queue is full or the sink fails, and counts them. Otherwise whoever writes waits, and records are tried again
	// until the sink takes them.
	Shed bool
}

// Log writes records to sinks in the order in which they were given. It is safe for concurrent use.
type Log struct {
	failed func(error)

	writers sync.RWMutex // held for reading while a record is put into the queues
	queues  []*queue     // nil once closed
}

// Open starts a log. failed is told of a sink's first failure, and again after it has worked in between; nil tells nobody.
func Open(failed func(error), outputs ...Output) (*Log, error) {
	if failed == nil {
		failed = func(error) {}
	}
	l := &Log{failed: failed}
	var err error
	l.queues, err = l.start(outputs)
	return l, err
}

func (l *Log) start(outputs []Output) ([]*queue, error) {
	if len(outputs) == 0 {
		return nil, errors.New("an audit log needs a sink")
	}
	for _, o := range outputs {
		if o.Queue < 1 {
			return nil, fmt.Errorf("the queue of an audit log must be at least 1, not %d", o.Queue)
		}
	}
	queues := make([]*queue, len(outputs))
	for i, o := range outputs {
		queues[i] = newQueue(o, l.failed)
	}
	return queues, nil
}

// Write queues a record for every sink. Where the queue of one that blocks is full it waits, until ctx is done and for 5 seconds at most.
// ErrShed says that a sink that sheds did not get it.
func (l *Log) Write(ctx context.Context, r *Record) error {
	line, err := r.line()
	if err != nil {
		return fmt.Errorf("encode an audit record: %w", err)
	}
	for {
		replaced, err := l.put(ctx, Entry{r, line})
		if !replaced {
			return err
		}
	}
}

// put gives an entry to every queue. Those that are replaced while it waits for room are not the ones to ask: there are others, or none.
func (l *Log) put(ctx context.Context, e Entry) (replaced bool, _ error) {
	l.writers.RLock()
	defer l.writers.RUnlock()
	if l.queues == nil {
		return false, ErrClosed
	}
	var shed error
	for _, q := range l.queues {
		err := q.put(ctx, e)
		switch {
		case errors.Is(err, ErrShed):
			shed = err
		case err != nil:
			return errors.Is(err, ErrClosed), err
		}
	}
	return false, shed
}

// Replace lets other outputs take the records from now on, and ends those before, which write what waits until ctx is done. An error of
// theirs is one of the old outputs; the new ones are at work.
func (l *Log) Replace(ctx context.Context, outputs ...Output) error {
	started, err := l.start(outputs)
	if err != nil {
		return err
	}
	return l.swap(ctx, started)
}

// Close writes what waits, until ctx is done, and closes the sinks. Records that come later are refused.
func (l *Log) Close(ctx context.Context) error { return l.swap(ctx, nil) }

func (l *Log) swap(ctx context.Context, queues []*queue) error {
	// Those who wait for a queue that is full hold the lock: they are let go, or would keep it for as long as they wait.
	l.writers.RLock()
	for _, q := range l.queues {
		q.stop()
	}
	l.writers.RUnlock()
	l.writers.Lock()
	old := l.queues
	l.queues = queues
	l.writers.Unlock()
	var failures []error
	for _, q := range old {
		close(q.entries)
	}
	for _, q := range old {
		failures = append(failures, q.end(ctx))
	}
	return errors.Join(failures...)
}

// Status gives what has become of the records, for each sink.
func (l *Log) Status() []Status {
	l.writers.RLock()
	defer l.writers.RUnlock()
	all := make([]Status, len(l.queues))
	for i, q := range l.queues {
		all[i] = q.status()
	}
	return all
}
