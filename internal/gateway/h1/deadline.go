package h1

import (
	"sync"
	"time"
)

// deadline is until when a connection may be read, or written. To set one costs as much as some of the work that it bounds, and most are never
// needed: what is to be read is there. So what is asked for holds from the next time that something is read or written, and where a deadline is
// in force that differs little, that one stays.
type deadline struct {
	set func(time.Time) error

	mu    sync.Mutex
	want  time.Time
	force time.Time // what is in force
	at    bool      // something is read or written now
}

// ask is SetReadDeadline or SetWriteDeadline.
func (d *deadline) ask(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.want = t
	if d.at {
		return d.apply()
	}
	return nil
}

// hold puts the deadline in force, for what is read or written until let.
func (d *deadline) hold() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = true
	return d.apply()
}

func (d *deadline) let() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = false
}

// tolerance is how much a deadline may differ from what was asked for: a tenth of the time that is left, and a second at most.
const tolerance = time.Second

func (d *deadline) apply() error {
	if d.want.Equal(d.force) {
		return nil
	}
	if !d.want.IsZero() && !d.force.IsZero() {
		if off := d.want.Sub(d.force).Abs(); off <= tolerance && off <= time.Until(d.want)/10 {
			return nil
		}
	}
	d.force = d.want
	return d.set(d.want)
}
