package config

import (
	"github.com/hashicorp/hcl/v2"
)

type audit struct {
	Stdout    bool       `hcl:"stdout,optional"`
	Queue     *int       `hcl:"queue,optional"`
	QueueAt   hcl.Range  `hcl:"queue,attr_value_range"`
	WhenFull  string     `hcl:"when_full,optional"`
	FullAt    hcl.Range  `hcl:"when_full,attr_value_range"`
	Arguments []string   `hcl:"arguments,optional"`
	File      *auditFile `hcl:"file,block"`
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
