package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// batch is how many records a sink gets at once, at most.
const batch = 256

// gather is how long the first of some records waits for more to go to the sink with it. To wake up and write for each alone would cost a
// busy gateway more than it takes to make the record.
const gather = 5 * time.Millisecond

// The waits between attempts of a sink that fails: the first, and the longest.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// stalledAfter is how long a sink may take for what it was given before it is one that has stalled.
const stalledAfter = 5 * time.Second

// Status is what has become of the records for a sink.
type Status struct {
	Sink                  string
	Written, Shed, Failed int64 // records; one that the sink did not take counts as failed
	Waiting, Queue        int
	Blocks                bool // calls wait for it
	// Behind is how long the sink has been at what it was given last, 0 where it waits for more.
	Behind time.Duration
	// Err is why it did not take what it was given last, nil where it did.
	Err error
}

// Stalled says that the sink has not taken anything for a while although there is something to take.
func (s Status) Stalled() bool { return s.Behind > stalledAfter }

// queue is what waits for one sink.
type queue struct {
	Output
	report  func(error)
	entries chan Entry
	stopped chan struct{} // nobody waits for room any more
	stop    func()
	done    chan struct{} // everything was given to the sink
	flushed context.Context
	giveUp  context.CancelFunc

	written, shed, failed atomic.Int64
	since                 atomic.Int64 // Unix nanoseconds; when the sink got what it is at, 0 for nothing
	broken                atomic.Pointer[error]
}

func newQueue(o Output, report func(error)) *queue {
	q := &queue{Output: o, report: report, entries: make(chan Entry, o.Queue), stopped: make(chan struct{}), done: make(chan struct{})}
	q.stop = sync.OnceFunc(func() { close(q.stopped) })
	q.flushed, q.giveUp = context.WithCancel(context.Background())
	go q.run()
	return q
}

// put queues an entry, or says why not.
func (q *queue) put(ctx context.Context, e Entry) error {
	select {
	case q.entries <- e:
		return nil
	default:
	}
	if q.Output.Shed {
		q.shed.Add(1)
		return ErrShed
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case q.entries <- e:
		return nil
	case <-q.stopped:
		return ErrClosed
	case <-ctx.Done():
		q.shed.Add(1)
		return fmt.Errorf("wait for the audit log's sink %q: %w", q.Sink.Name(), ctx.Err())
	case <-timer.C:
		q.shed.Add(1)
		return fmt.Errorf("the audit log's sink %q has taken nothing for %s, and its queue of %d is full", q.Sink.Name(), patience, q.Queue)
	}
}

func (q *queue) run() {
	defer close(q.done)
	waiting := make([]Entry, 0, batch)
	for first := range q.entries {
		waiting = append(waiting[:0], first)
		q.since.Store(time.Now().UnixNano())
		q.linger()
	more:
		for len(waiting) < batch {
			select {
			case e, ok := <-q.entries:
				if !ok {
					break more
				}
				waiting = append(waiting, e)
			default:
				break more
			}
		}
		q.deliver(waiting)
		clear(waiting)
	}
}

// linger lets more entries come, where there is room for them and nobody waits for the end.
func (q *queue) linger() {
	if cap(q.entries) < 2*batch || len(q.entries) >= batch {
		return
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.stopped:
	}
}

// deliver gives entries to the sink until it is done with them, or may do without.
func (q *queue) deliver(entries []Entry) {
	defer q.since.Store(0)
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		n, err := q.Sink.Take(q.flushed, entries)
		entries = entries[n:]
		var rejected *Rejected
		if errors.As(err, &rejected) {
			q.failed.Add(int64(rejected.Records))
			n -= rejected.Records
		}
		q.written.Add(int64(n))
		q.told(err)
		if len(entries) == 0 {
			return
		}
		if err == nil {
			wait = firstWait
			continue
		}
		if !q.Output.Shed && q.flushed.Err() == nil {
			select {
			case <-q.flushed.Done():
			case <-time.After(wait):
				continue
			}
		}
		q.failed.Add(int64(len(entries)))
		return
	}
}

// told reports a failure, unless it is that of the time before.
func (q *queue) told(err error) {
	if err == nil {
		q.broken.Store(nil)
		return
	}
	if q.broken.Swap(&err) == nil {
		q.report(fmt.Errorf("audit log's sink %q: %w", q.Sink.Name(), err))
	}
}

// end waits until everything was given to the sink, or ctx is done, and closes it.
func (q *queue) end(ctx context.Context) error {
	var failure error
	select {
	case <-q.done:
	case <-ctx.Done():
		q.giveUp()
		failure = fmt.Errorf("write %d audit records that wait for the sink %q: %w", len(q.entries)+1, q.Sink.Name(), ctx.Err())
	}
	defer q.giveUp()
	select {
	case <-q.done:
		return errors.Join(failure, q.Sink.Close())
	case <-time.After(firstWait):
		return failure // it is at it still, and cannot be closed underneath itself
	}
}

func (q *queue) status() Status {
	s := Status{
		Sink: q.Sink.Name(), Written: q.written.Load(), Shed: q.shed.Load(), Failed: q.failed.Load(), Waiting: len(q.entries), Queue: q.Output.Queue, Blocks: !q.Output.Shed,
	}
	if since := q.since.Load(); since != 0 {
		s.Behind = max(time.Since(time.Unix(0, since)), 1)
	}
	if broken := q.broken.Load(); broken != nil {
		s.Err = *broken
	}
	return s
}
