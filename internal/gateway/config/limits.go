package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

func (r *reading) limits(l *limits) {
	if l == nil {
		return
	}
	to := &r.Limits
	r.number(&to.Body, l.Body, l.BodyAt, 1<<10, 1<<30)
	r.number(&to.Answer, l.Answer, l.AnswerAt, 1<<10, 1<<30)
	r.number(&to.Header, l.Header, l.HeaderAt, 4<<10, 1<<20)
	r.number(&to.Depth, l.Depth, l.DepthAt, 1, jsonscan.MaxDepth)
	r.number(&to.Concurrent, l.Concurrent, l.ConcurrentAt, 1, 1<<20)
	r.number(&to.Streams, l.Streams, l.StreamsAt, 1, 1<<16)
	for _, d := range []struct {
		to   *time.Duration
		text string
		at   hcl.Range
	}{
		{&to.HeaderTime, l.HeaderTime, l.HeaderTimeAt},
		{&to.BodyTime, l.BodyTime, l.BodyTimeAt},
		{&to.Idle, l.Idle, l.IdleAt},
		{&to.Total, l.Total, l.TotalAt},
		{&to.Drain, l.Drain, l.DrainAt},
	} {
		if d.text != "" {
			r.duration(d.to, d.text, d.at, 7*24*time.Hour)
		}
	}
}

// number takes over a number that was written, if it is in its bounds.
func (r *reading) number(to, written *int64, at hcl.Range, least, most int64) {
	if written == nil {
		return
	}
	if *written < least || *written > most {
		r.wrong(at, at, "Out of bounds", "%d: it may be from %d to %d, and is %d where nothing is said.", *written, least, most, *to)
		return
	}
	*to = *written
}

// duration takes over a duration that was written, if it is positive and at most so long.
func (r *reading) duration(to *time.Duration, written string, at hcl.Range, most time.Duration) {
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 || d > most {
		r.wrong(at, at, "Not a duration", "%q: write one such as \"30s\" or \"5m\", up to %s. It is %s where nothing is said.", written, most, *to)
		return
	}
	*to = d
}

func (r *reading) audit(a *audit) {
	to := &r.Audit
	*to = Audit{Stdout: true, MaxSize: 100 << 20, Keep: 5, Queue: 4096}
	if a == nil {
		return
	}
	to.Stdout, to.Arguments = a.Stdout, a.Arguments
	if a.Queue != nil {
		queue := int64(to.Queue)
		written := int64(*a.Queue)
		r.number(&queue, &written, a.QueueAt, 1, 1<<20)
		to.Queue = int(queue)
	}
	switch a.WhenFull {
	case "", "block":
	case "shed":
		to.Shed = true
	default:
		r.wrong(a.FullAt, a.At, "Not a choice", "%q: it is \"block\" where nothing is said, which makes calls wait, and may be \"shed\".", a.WhenFull)
	}
	if f := a.File; f != nil {
		to.File = r.within(f.Path)
		r.number(&to.MaxSize, f.MaxSize, f.MaxSizeAt, 1<<12, 1<<40)
		if f.Keep != nil {
			keep, written := int64(to.Keep), int64(*f.Keep)
			r.number(&keep, &written, f.KeepAt, 0, 1000)
			to.Keep = int(keep)
		}
	}
	if !to.Stdout && to.File == "" {
		r.wrong(a.At, a.At, "Audit log goes nowhere", "Set stdout = true, or add a file block.")
	}
}
