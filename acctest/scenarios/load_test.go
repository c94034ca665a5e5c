package scenarios_test

import (
	"maps"
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
)

// round is how long the agent's load goes on before it is asked again. Each round takes new sessions and tokens.
const round = 8 * time.Second

// load is calls of a tool that go on until somebody stops them.
type load struct {
	stop chan struct{}
	done sync.WaitGroup
	sum  probe.LoadReport
}

// loads has the agent call a tool again and again, with a few workers: what matters is that no call is lost, not how many there are.
func (a *agent) loads(target, tool string, arguments map[string]any) *load {
	a.Helper()
	l := &load{stop: make(chan struct{}), sum: probe.LoadReport{Errors: map[string]int{}}}
	request := probe.LoadRequest{ToolCall: a.toolCall(target, tool, arguments), Workers: 3, For: round, Pause: 100 * time.Millisecond}
	l.done.Go(func() {
		for {
			report := does[probe.LoadReport](a, probe.Load, request)
			l.sum.Answered += report.Answered
			l.sum.Failed += report.Failed
			l.sum.Sessions += report.Sessions
			for text := range maps.Keys(report.Errors) {
				l.sum.Errors[text] += report.Errors[text]
			}
			select {
			case <-l.stop:
				return
			default:
			}
		}
	})
	a.Cleanup(func() { l.ended() })
	return l
}

// ended stops the calls after the round under way, and gives what came of all of them.
func (l *load) ended() probe.LoadReport {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.done.Wait()
	return l.sum
}
