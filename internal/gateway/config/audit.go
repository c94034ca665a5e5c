package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Audit says where the audit log goes. It goes to stdout where nothing is said.
type Audit struct {
	Stdout    bool
	File      string // "" for none
	MaxSize   int64  // bytes of one file
	Keep      int    // files besides the current one
	OTLP      *OTLP  // nil for none
	Queue     int    // records that may wait for each of these
	Shed      bool   // records are dropped, and counted, when a queue is full; otherwise calls wait
	ShedOTLP  bool   // the same for OTLP
	Arguments []string
}

func (r *reading) audit(a *written.Audit) {
	to := &r.Audit
	*to = Audit{Stdout: true, MaxSize: 100 << 20, Keep: 5, Queue: 4096}
	if a == nil {
		return
	}
	to.Stdout, to.Arguments = a.Stdout, a.Arguments
	if a.Queue != nil {
		queue := int64(to.Queue)
		said := int64(*a.Queue)
		r.number(&queue, &said, a.QueueAt, 1, 1<<20)
		to.Queue = int(queue)
	}
	r.whenFull(&to.Shed, a.WhenFull, a.FullAt, a.At)
	to.ShedOTLP = to.Shed
	if f := a.File; f != nil {
		to.File = r.within(f.Path)
		r.number(&to.MaxSize, f.MaxSize, f.MaxSizeAt, 1<<12, 1<<40)
		if f.Keep != nil {
			keep, said := int64(to.Keep), int64(*f.Keep)
			r.number(&keep, &said, f.KeepAt, 0, 1000)
			to.Keep = int(keep)
		}
	}
	if o := a.OTLP; o != nil {
		r.whenFull(&to.ShedOTLP, o.WhenFull, o.FullAt, o.At)
		to.OTLP = r.otlp(&written.OTLP{
			Endpoint: o.Endpoint, EndpointAt: o.EndpointAt, Protocol: o.Protocol, ProtocolAt: o.ProtocolAt, Headers: o.Headers, HeadersAt: o.HeadersAt,
			CA: o.CA, CAAt: o.CAAt, Timeout: o.Timeout, TimeoutAt: o.TimeoutAt, At: o.At,
		})
	}
	if !to.Stdout && to.File == "" && to.OTLP == nil {
		r.wrong(a.At, a.At, "Audit log goes nowhere", "Set stdout = true, or add a file or an otlp block.")
	}
}

func (r *reading) whenFull(shed *bool, said string, at, block hcl.Range) {
	switch said {
	case "":
	case "block":
		*shed = false
	case "shed":
		*shed = true
	default:
		r.wrong(at, block, "Not a choice", "%q: it is \"block\" where nothing is said, which makes calls wait, and may be \"shed\".", said)
	}
}
