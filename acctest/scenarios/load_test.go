package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

const (
	// round is how long the agent's load goes on before it is asked again. Each round takes new sessions and tokens.
	round = 6 * time.Second
	// firstRound only shows that calls are answered.
	firstRound = time.Second
)

// load is calls of a tool that go on until somebody stops them.
type load struct {
	*stage
	stop chan struct{}
	done sync.WaitGroup

	mu     sync.Mutex
	rounds int // that are over
	sum    probe.LoadReport
	err    error // why there are no more rounds
}

// loads has the agent call a tool again and again, with a few workers: what matters is that no call is lost, not how many there are. Calls are
// answered by the time that it gives the load.
func (a *agent) loads(target, tool string, arguments map[string]any) *load {
	a.Helper()
	l := &load{stage: a.stage, stop: make(chan struct{}), sum: probe.LoadReport{Errors: map[string]int{}}}
	request := probe.LoadRequest{ToolCall: a.toolCall(target, tool, arguments), Workers: 3, For: firstRound, Pause: 100 * time.Millisecond}
	l.done.Go(func() {
		for l.add(tries[probe.LoadReport](a.Context(), a, probe.Load, request)) {
			request.For = round
			select {
			case <-l.stop:
				return
			default:
			}
		}
	})
	a.Cleanup(l.halt)
	cluster.Eventually(a, "calls are answered", func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case l.err != nil:
			a.Fatal(l.err)
		case l.sum.Answered == 0:
			return fmt.Errorf("%+v", l.sum)
		}
		return nil
	})
	return l
}

// add takes a round to the others, and says whether another one may follow.
func (l *load) add(report probe.LoadReport, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = fmt.Errorf("have the agent make calls: %w", err)
		return false
	}
	l.rounds++
	l.sum.Answered += report.Answered
	l.sum.Failed += report.Failed
	l.sum.Sessions += report.Sessions
	for text, times := range report.Errors {
		l.sum.Errors[text] += times
	}
	return true
}

// wholeRound waits until a round has begun and ended.
func (l *load) wholeRound() {
	l.Helper()
	l.mu.Lock()
	first := l.rounds + 1 // the round under way has begun already
	l.mu.Unlock()
	l.until("calls are made in a whole round", func() bool { return l.rounds > first })
}

// fails waits until a call has failed.
func (l *load) fails() {
	l.Helper()
	l.until("a call fails", func() bool { return l.sum.Failed > 0 })
}

func (l *load) until(what string, is func() bool) {
	l.Helper()
	cluster.Eventually(l, what, func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case is():
			return nil
		case l.err != nil:
			l.Fatal(l.err)
		}
		return errors.New("not yet")
	})
}

// ended stops the calls after the round under way, and gives what came of all of them.
func (l *load) ended() probe.LoadReport {
	l.Helper()
	l.halt()
	if l.err != nil {
		l.Fatal(l.err)
	}
	return l.sum
}

func (l *load) halt() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.done.Wait()
}
