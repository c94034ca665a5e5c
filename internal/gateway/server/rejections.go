package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// recorded is how many refusals of one source have a record of their own. Others are counted: whoever is refused could otherwise fill the
// audit log, which calls wait for.
var recorded = store.Rate{PerSecond: 1, Burst: 20}

// withheld are the refusals without a record, since the last that has one.
type withheld struct{ refused, unauthenticated atomic.Int64 }

func (w *withheld) of(e audit.Event) *atomic.Int64 {
	if e == audit.Unauthenticated {
		return &w.unauthenticated
	}
	return &w.refused
}

// rejected writes down that the request was refused before there was a call to decide. The reason holds nothing that the caller brought.
// The caller is refused either way, so an audit log that takes nothing changes nothing for it. What could not be found out because the
// caller had left is no refusal.
func (x *exchange) rejected(status int, limit, reason string) {
	if x.settled {
		return
	}
	x.settled = true
	if status == http.StatusServiceUnavailable && errors.Is(x.r.Context().Err(), context.Canceled) {
		return
	}
	if x.target != nil {
		x.target.meters.answered["refused"].Observe(seconds(x.options.Now().Sub(x.began)))
	}
	r := audit.Rejection{
		Time: x.options.Now(), Principal: x.who, Client: source(x.r), Listener: x.site.listener.Name, Method: x.r.Method, Reason: reason, Limit: limit, Status: status, Host: x.host,
	}
	who := agent(x.who)
	if x.target != nil {
		r.Target, r.Protocol = x.target.Name, x.target.Protocol
	}
	if !x.who.Known() {
		who = network(r.Client)
	}
	record := audit.NewRejection(r)
	left := x.withheld.of(record.Event)
	if wait, err := x.sources.Take(x.r.Context(), "record "+string(record.Event)+" "+who, recorded, 1); wait > 0 || err != nil {
		left.Add(1)
		x.metrics.count("agent_gateway_audit_withheld_total", "event", string(record.Event))
		return
	}
	record.Withheld = left.Swap(0)
	x.mark(record)
	if err := x.audit.Write(context.WithoutCancel(x.r.Context()), record); err != nil && !errors.Is(err, audit.ErrShed) {
		x.options.Log.Error("audit log", "error", err)
	}
}

// unauthenticated answers a request whose caller is not known. Of one source so many are answered in a second; the others are refused
// without a word of why. Those of the same source who are known are not touched by that.
func (x *exchange) unauthenticated(c *authn.Challenge) {
	x.metrics.count("agent_gateway_unauthenticated_total", "listener", x.site.listener.Name, "status", strconv.Itoa(c.Status))
	if c.Code == string(dpop.UseNonce) { // the first step of every client
		x.options.Log.Debug("not authenticated", "listener", x.site.listener.Name, "target", x.target.Name, "client", x.r.RemoteAddr, "error", c.Error())
		c.Write(x.w)
		return
	}
	limits := x.g.config.Limits
	rate := store.Rate{PerSecond: limits.UnauthenticatedRate, Burst: limits.UnauthenticatedBurst}
	wait, err := x.sources.Take(x.r.Context(), "unauthenticated "+network(source(x.r)), rate, 1)
	if wait > 0 || err != nil {
		x.w.Header().Set("Connection", "close")
		x.later(max(wait, time.Second))
		x.refuse(refusal{status: http.StatusTooManyRequests, limit: "unauthenticated_rate", reason: "too many requests from there cannot be authenticated"})
		return
	}
	x.options.Log.LogAttrs(x.r.Context(), slog.LevelWarn, "not authenticated", slog.String("listener", x.site.listener.Name),
		slog.String("target", x.target.Name), slog.String("client", x.r.RemoteAddr), slog.String("error", c.Error()))
	x.rejected(c.Status, "", c.Reason)
	c.Write(x.w)
}

// source is the address that a request came from, without the port.
func source(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}

// network is what one caller has of addresses: one of IPv4, and of IPv6 a /64.
func network(source string) string {
	address, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	if address = address.Unmap().WithZone(""); address.Is6() {
		prefix, _ := address.Prefix(64) // of an address of 128 bits
		return prefix.String()
	}
	return address.String()
}
