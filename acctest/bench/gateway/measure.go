package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sample is one turn of one hop under one load.
type sample struct {
	requests int
	broken   int
	seconds  float64
	p50, p99 time.Duration
	cpu      time.Duration // of each request
}

// measure gives every hop its turn under every load, round for round, and then looks at memory.
func (b *bench) measure(ctx context.Context) (*report, error) {
	r := &report{CPUs: runtime.NumCPU(), Load: loadAverage(), Rounds: b.rounds, Seconds: b.each.Seconds(), Loads: b.loads}
	samples := map[string]map[string][]sample{}
	for round := range b.rounds {
		for _, l := range b.loads {
			for _, h := range b.hops {
				if h.skipped != "" {
					continue
				}
				s, err := b.turn(ctx, h, l)
				if err != nil {
					return nil, h.explain(err)
				}
				if samples[h.Name] == nil {
					samples[h.Name] = map[string][]sample{}
				}
				samples[h.Name][l.Name] = append(samples[h.Name][l.Name], s)
			}
		}
		fmt.Fprintf(b.out, "Round %d of %d is done.\n", round+1, b.rounds)
	}
	for _, h := range b.hops {
		m := hopReport{Name: h.Name, Skipped: h.skipped, RestBytes: h.rest}
		if h.process != nil {
			m.BusyBytes = h.process.resident()
		}
		for _, l := range b.loads {
			if own := samples[h.Name][l.Name]; own != nil {
				m.Loads = append(m.Loads, summary(l.Name, own, samples[hopDirect][l.Name], samples[hopReverseProxy][l.Name], samples[hopNginx][l.Name]))
			}
		}
		r.Hops = append(r.Hops, m)
	}
	var err error
	r.Idle, err = b.measureIdle(ctx)
	return r, err
}

// turn puts one load on one hop.
func (b *bench) turn(ctx context.Context, h *hop, l load) (sample, error) {
	clients, err := l.dialAll(ctx, h)
	if err != nil {
		return sample{}, err
	}
	defer hangUp(clients)
	var before time.Duration
	if h.process != nil {
		before = h.process.cpu()
	}
	began := time.Now()
	got, err := l.put(ctx, h, clients, b.each)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %s: %w", h.Name, l.Name, err)
	}
	times := got.times
	s := sample{requests: len(times), seconds: time.Since(began).Seconds(), broken: got.broken}
	if h.process != nil {
		s.cpu = (h.process.cpu() - before) / time.Duration(len(times))
	}
	slices.Sort(times)
	s.p50, s.p99 = times[len(times)/2], times[len(times)*99/100]
	return s, nil
}

// summary is what one hop's turns under one load come to. Ratios are those of each round, where the machine was the same for all; of each
// figure the median of the rounds is given.
func summary(name string, own, direct, proxy, nginx []sample) loadReport {
	m := loadReport{Load: name}
	for _, s := range own {
		m.Broken += s.broken
	}
	m.PerSecond = middle(own, func(_ int, s sample) (float64, bool) { return float64(s.requests) / s.seconds, true })
	added := func(of func(sample) time.Duration) float64 {
		return middle(own, func(i int, s sample) (float64, bool) {
			return float64(of(s)-of(direct[i])) / float64(time.Microsecond), true
		})
	}
	m.AddedP50 = added(func(s sample) time.Duration { return s.p50 })
	m.AddedP99 = added(func(s sample) time.Duration { return s.p99 })
	cpu := func(s sample) float64 { return float64(s.cpu) / float64(time.Microsecond) }
	m.CPU = middle(own, func(_ int, s sample) (float64, bool) { return cpu(s), true })
	against := func(other []sample, of func(sample) float64) float64 {
		return middle(own, func(i int, s sample) (float64, bool) {
			if i >= len(other) || of(other[i]) == 0 || of(s) == 0 {
				return 0, false
			}
			return of(s) / of(other[i]), true
		})
	}
	rate := func(s sample) float64 { return float64(s.requests) / s.seconds }
	m.CPUOfProxy, m.CPUOfNginx = against(proxy, cpu), against(nginx, cpu)
	m.RateOfProxy, m.RateOfNginx = against(proxy, rate), against(nginx, rate)
	return m
}

// middle gives the median of what some samples come to, 0 where there are none.
func middle(samples []sample, of func(int, sample) (float64, bool)) float64 {
	var values []float64
	for i, s := range samples {
		if v, ok := of(i, s); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

// loadAverage is that of the minute before, as Linux gives it.
func loadAverage() string {
	text, err := readSmall("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(text, " ")
	return first
}
