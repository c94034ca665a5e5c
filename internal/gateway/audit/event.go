package audit

import (
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Outcome says how a stream ended.
type Outcome string

// The outcomes of a stream.
const (
	Complete  Outcome = "complete"   // the target ended it
	Gone      Outcome = "client"     // the caller went away, or took nothing any more
	Broken    Outcome = "target"     // the target broke it off, or sent what cannot be passed on
	Idle      Outcome = "idle_time"  // nothing came for so long
	Overtime  Outcome = "total_time" // it took longer than it may
	Suspended Outcome = "suspended"  // the agent was suspended
	Stopped   Outcome = "stopped"    // the gateway stopped
	Denied    Outcome = "denied"     // something in it was denied, or ran into a limit
)

// Rejection is a request that was refused before there was a call to decide.
type Rejection struct {
	Time             time.Time
	Principal        principal.Principal // nobody's where the caller is not known
	Client           string              // address, without a port
	Listener, Target string
	Protocol         string
	Method           string // of HTTP
	// Reason holds nothing that the caller brought.
	Reason string
	Limit  string // name of the limit that the request ran into, "" for none
	Status int    // of the answer
	Host   string // and port that a proxy was asked for and no target has, "" for none
}

// NewRejection gives the record of a request that was refused before there was a call to decide.
func NewRejection(r Rejection) *Record {
	record := &Record{
		Time: r.Time, Event: Refused, Decision: "refused", Enforced: true, Policies: []string{}, Reason: r.Reason, Client: r.Client,
		Listener: r.Listener, Target: r.Target, Protocol: r.Protocol, HTTPMethod: r.Method, Limit: r.Limit, Status: r.Status, Server: shortened(r.Host),
	}
	if record.by(r.Principal); !r.Principal.Known() && r.Limit == "" {
		record.Event = Unauthenticated
	}
	return record
}

// Ended gives the record of the end of the stream that answered the call of another record.
func (r *Record) Ended(at time.Time, o Outcome, sent int64, took time.Duration) *Record {
	ended := *r
	ended.Time, ended.Event, ended.Outcome, ended.Sent, ended.Duration = at, StreamEnded, o, sent, Milliseconds(took)
	ended.Arguments = nil // they are in the call's
	return &ended
}

// Milliseconds gives a duration as records have it, to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// maxHost is how much of a host is written down: that of the longest name with a port.
const maxHost = 260

func shortened(host string) string { return host[:min(len(host), maxHost)] }
