// Package decide is the seam between a call and the engine that allows or refuses it.
package decide

import (
	"context"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

// Request is everything that a decision may rest on.
type Request struct {
	Principal principal.Principal
	Call      *call.Call
	Time      time.Time
	SourceIP  string // of the connection, "" where unknown
	MTLS      bool   // the connection carried a verified client certificate
	// Listing asks whether the call could be allowed with some arguments, for a list that shows what may be used. The call's own arguments
	// are not looked at.
	Listing bool
}

// Decision is what an engine says.
type Decision struct {
	Allowed bool
	// Policies are the ids of the policies that made the decision, sorted; empty for the default deny.
	Policies []string
	// Audited are the ids of the policies in audit mode that would have had a say, sorted. They decide nothing.
	Audited []string
	// Reason is for a person and for the audit log. It never holds arguments.
	Reason string
	// Err says why no decision could be made. Allowed is then false.
	Err error
}

// Engine decides calls. It is safe for concurrent use. What it cannot decide it refuses: a policy that errors denies.
type Engine interface {
	Decide(ctx context.Context, r *Request) Decision
}
