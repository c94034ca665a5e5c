package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
)

func readSmall(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}

// idleReport is the memory that a hop holds for what does nothing.
type idleReport struct {
	Hop   string `json:"hop"`
	Count int    `json:"count"`
	// StreamBytes are resident bytes for each stream that was begun and says nothing, its connections to agent and target included.
	StreamBytes int64 `json:"bytes_per_idle_stream"`
	// ConnectionBytes are those for each connection of an agent on which one call was answered and no other is under way.
	ConnectionBytes int64 `json:"bytes_per_idle_connection"`
}

// hopTLS is no hop: it holds connections and does nothing else.
const hopTLS = "TLS alone"

// measureIdle holds idle streams, and idle connections, at each hop.
func (b *bench) measureIdle(ctx context.Context) ([]idleReport, error) {
	n := min(b.idle, descriptors()/2-200)
	if b.idle == 0 || n <= 0 {
		return nil, nil
	}
	base, err := b.role(ctx, roleTLS, hopTLS)
	if err != nil {
		return nil, err
	}
	base.tls = b.client
	var all []idleReport
	for _, h := range append([]*hop{base}, b.hops...) {
		if h.process == nil || h.skipped != "" {
			continue
		}
		one := idleReport{Hop: h.Name, Count: n}
		if one.ConnectionBytes, err = hold(ctx, h, n, func(c *client) error {
			if h == base {
				return nil
			}
			_, err := c.ask(question(loads[0].body))
			return err
		}); err != nil {
			return nil, err
		}
		if h != base {
			if one.StreamBytes, err = hold(ctx, h, n, func(c *client) error {
				_, err := c.ask("")
				return err
			}); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// hold makes connections that do something once, and gives the resident bytes that each adds.
func hold(ctx context.Context, h *hop, n int, do func(*client) error) (int64, error) {
	clients := make([]*client, 0, n)
	defer func() { hangUp(clients) }()
	before := h.process.resident()
	for range n {
		c, err := dial(ctx, h)
		if err != nil {
			return 0, fmt.Errorf("%s: after %d connections: %w", h.Name, len(clients), err)
		}
		clients = append(clients, c)
		if err := do(c); err != nil {
			return 0, fmt.Errorf("%s: after %d connections: %w", h.Name, len(clients), err)
		}
		c.in, c.out = nil, nil
	}
	// Garbage of the handshakes is given back in the meantime.
	time.Sleep(min(3*time.Second, 200*time.Millisecond+time.Duration(n)*time.Millisecond))
	return (h.process.resident() - before) / int64(n), nil
}

// descriptors is how many files a process may have open, after it has asked for as many as there may be.
func descriptors() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Max, 1<<20)) //nolint:gosec // in its bounds
}
