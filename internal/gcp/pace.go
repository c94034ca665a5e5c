package gcp

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pace says how long to wait for what. Tests set it; users have timeouts.
type Pace struct {
	// First and Longest bound the pause between two tries of a request, which doubles from the first. Zero means 500 ms and 30 s.
	First, Longest time.Duration
	// Tries is how often a plan or a refresh asks before it takes the API for unreachable. Zero means 4. Writes go on until the
	// context ends.
	Tries int
	// Settle is how long to wait for what Google has done to be seen everywhere: for a new object that other objects refer to, and for
	// a change to show in what is read. Zero means 2 minutes.
	Settle time.Duration
	// Pause waits, and gives the context's error where that ends first. Nil waits by the clock.
	Pause func(ctx context.Context, d time.Duration) error
	// Random gives a number in [0, 1) that a pause is spread by, so that many callers do not come back at one time. Nil is chance.
	Random func() float64
}

func (p Pace) orDefaults() Pace {
	if p.First == 0 {
		p.First = 500 * time.Millisecond
	}
	if p.Longest == 0 {
		p.Longest = 30 * time.Second
	}
	if p.Tries == 0 {
		p.Tries = 4
	}
	if p.Settle == 0 {
		p.Settle = 2 * time.Minute
	}
	if p.Pause == nil {
		p.Pause = byTheClock
	}
	if p.Random == nil {
		p.Random = rand.Float64
	}
	return p
}

func byTheClock(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// backoff counts the pauses of one wait.
type backoff struct {
	pace          Pace
	next, longest time.Duration
	tries         int
	waited        time.Duration
	said          error // what was the matter at the last pause
}

func (p Pace) start() *backoff { return &backoff{pace: p, next: p.First, longest: p.Longest} }

// wait pauses for between half and all of a span that doubles each time. A server that said how long to wait is obeyed.
func (b *backoff) wait(ctx context.Context, asked time.Duration) error {
	b.tries++
	d := b.next/2 + time.Duration(float64(b.next/2)*b.pace.Random())
	d = max(d, min(asked, b.longest))
	b.next = min(2*b.next, b.longest)
	b.waited += d
	return b.pace.Pause(ctx, d)
}
