package tunnel

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// End is one end of a tunnel. Closing the writing half tells the other side that no more comes.
type End interface {
	io.ReadWriter
	CloseWrite() error
	Close() error
}

// Carried is how much went through a tunnel, in bytes.
type Carried struct{ Up, Down int64 }

// Carry copies between the client and the server until both have said all, or ctx is done. When nothing has gone through for so long, idle is
// called, which is to end ctx. Both ends are closed when it returns.
func Carry(ctx context.Context, client, server End, every time.Duration, idle func()) Carried {
	timer := time.AfterFunc(every, idle)
	defer timer.Stop()
	stop := context.AfterFunc(ctx, func() {
		_ = client.Close() // unblocks what reads and writes
		_ = server.Close()
	})
	defer stop()
	var up, down atomic.Int64
	var both sync.WaitGroup
	carry := func(to, from End, count *atomic.Int64) {
		part := make([]byte, 32<<10)
		for {
			n, err := from.Read(part)
			if n > 0 {
				timer.Reset(every)
				written, failed := to.Write(part[:n])
				count.Add(int64(written))
				if failed != nil {
					_ = to.Close() // neither side can go on
					_ = from.Close()
					return
				}
			}
			if err != nil {
				_ = to.CloseWrite() // an end that is gone cannot be told
				return
			}
		}
	}
	both.Go(func() { carry(server, client, &up) })
	both.Go(func() { carry(client, server, &down) })
	both.Wait()
	_ = client.Close() // may have been closed before
	_ = server.Close()
	return Carried{Up: up.Load(), Down: down.Load()}
}
