package config

import (
	"github.com/hashicorp/hcl/v2"
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

type audit struct {
	Stdout    bool       `hcl:"stdout,optional"`
	Queue     *int       `hcl:"queue,optional"`
	QueueAt   hcl.Range  `hcl:"queue,attr_value_range"`
	WhenFull  string     `hcl:"when_full,optional"`
	FullAt    hcl.Range  `hcl:"when_full,attr_value_range"`
	Arguments []string   `hcl:"arguments,optional"`
	File      *auditFile `hcl:"file,block"`
	OTLP      *auditOTLP `hcl:"otlp,block"`
	At        hcl.Range  `hcl:",def_range"`
}

type auditFile struct {
	Path      string    `hcl:"path"`
	MaxSize   *int64    `hcl:"max_size,optional"`
	MaxSizeAt hcl.Range `hcl:"max_size,attr_value_range"`
	Keep      *int      `hcl:"keep,optional"`
	KeepAt    hcl.Range `hcl:"keep,attr_value_range"`
	At        hcl.Range `hcl:",def_range"`
}

// auditOTLP is otlp, with what to do when its queue is full.
type auditOTLP struct {
	Endpoint   string    `hcl:"endpoint"`
	EndpointAt hcl.Range `hcl:"endpoint,attr_value_range"`
	Protocol   string    `hcl:"protocol,optional"`
	ProtocolAt hcl.Range `hcl:"protocol,attr_value_range"`
	Headers    string    `hcl:"headers_file,optional"`
	HeadersAt  hcl.Range `hcl:"headers_file,attr_value_range"`
	CA         string    `hcl:"ca_file,optional"`
	CAAt       hcl.Range `hcl:"ca_file,attr_value_range"`
	Timeout    string    `hcl:"timeout,optional"`
	TimeoutAt  hcl.Range `hcl:"timeout,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
	WhenFull   string    `hcl:"when_full,optional"`
	FullAt     hcl.Range `hcl:"when_full,attr_value_range"`
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
	r.whenFull(&to.Shed, a.WhenFull, a.FullAt, a.At)
	to.ShedOTLP = to.Shed
	if f := a.File; f != nil {
		to.File = r.within(f.Path)
		r.number(&to.MaxSize, f.MaxSize, f.MaxSizeAt, 1<<12, 1<<40)
		if f.Keep != nil {
			keep, written := int64(to.Keep), int64(*f.Keep)
			r.number(&keep, &written, f.KeepAt, 0, 1000)
			to.Keep = int(keep)
		}
	}
	if o := a.OTLP; o != nil {
		r.whenFull(&to.ShedOTLP, o.WhenFull, o.FullAt, o.At)
		to.OTLP = r.otlp(&otlp{
			Endpoint: o.Endpoint, EndpointAt: o.EndpointAt, Protocol: o.Protocol, ProtocolAt: o.ProtocolAt, Headers: o.Headers, HeadersAt: o.HeadersAt,
			CA: o.CA, CAAt: o.CAAt, Timeout: o.Timeout, TimeoutAt: o.TimeoutAt, At: o.At,
		})
	}
	if !to.Stdout && to.File == "" && to.OTLP == nil {
		r.wrong(a.At, a.At, "Audit log goes nowhere", "Set stdout = true, or add a file or an otlp block.")
	}
}

func (r *reading) whenFull(shed *bool, written string, at, block hcl.Range) {
	switch written {
	case "":
	case "block":
		*shed = false
	case "shed":
		*shed = true
	default:
		r.wrong(at, block, "Not a choice", "%q: it is \"block\" where nothing is said, which makes calls wait, and may be \"shed\".", written)
	}
}
