package h1

import (
	"context"
	"slices"
	"time"
)

// suspect is how long a kept connection may lie before it is looked at whether the server has closed it.
const suspect = 20 * time.Millisecond

// take gives a connection that was kept, or a new one. Nil is a host that speaks HTTP/2.
func (t *Transport) take(ctx context.Context, k key) (*upstream, error) {
	for {
		u := t.kept(k)
		if u == nil {
			return t.dial(ctx, k)
		}
		idle := time.Since(u.since)
		if idle < t.idleTime() && (idle < suspect || quiet(u.conn)) {
			u.reused = true
			return u, nil
		}
		u.close()
	}
}

func (t *Transport) idleTime() time.Duration {
	if t.IdleTime > 0 {
		return t.IdleTime
	}
	return defaultIdleTime
}

// kept takes the connection that was used last.
func (t *Transport) kept(k key) *upstream {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.idle[k]
	if len(list) == 0 {
		return nil
	}
	u := list[len(list)-1]
	list[len(list)-1] = nil
	t.idle[k] = list[:len(list)-1]
	return u
}

// keep keeps a connection for the next request, unless there are as many as there may be.
func (t *Transport) keep(u *upstream) {
	most := t.IdlePerHost
	if most <= 0 {
		most = defaultIdlePerHost
	}
	u.since = time.Now()
	t.mu.Lock()
	list := t.idle[u.key]
	if len(list) >= most {
		t.mu.Unlock()
		u.close()
		return
	}
	if t.idle == nil {
		t.idle = map[key][]*upstream{}
	}
	t.idle[u.key] = append(list, u)
	if t.sweep == nil {
		t.sweep = time.AfterFunc(t.idleTime(), t.expire)
	}
	t.mu.Unlock()
}

// expire closes what has been kept too long, and comes back as long as anything is kept.
func (t *Transport) expire() {
	var old []*upstream
	t.mu.Lock()
	for k, list := range t.idle {
		fresh := slices.IndexFunc(list, func(u *upstream) bool { return time.Since(u.since) < t.idleTime() })
		if fresh < 0 {
			fresh = len(list)
		}
		old = append(old, list[:fresh]...)
		if list = slices.Delete(list, 0, fresh); len(list) == 0 {
			delete(t.idle, k)
		} else {
			t.idle[k] = list
		}
	}
	t.sweep = nil
	if len(t.idle) > 0 {
		t.sweep = time.AfterFunc(t.idleTime(), t.expire)
	}
	t.mu.Unlock()
	for _, u := range old {
		u.close()
	}
}
