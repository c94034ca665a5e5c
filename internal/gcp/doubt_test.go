package gcp

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func isDoubt(err error) bool {
	var doubt *stack.DoubtError
	return errors.As(err, &doubt)
}

// Nobody would know of it otherwise, and what refers to something that nobody knows of would keep that from being deleted.
func TestAnErrorSaysWhatMayBeThereNevertheless(t *testing.T) {
	const anything = "networkservices.*.agentGateways."
	always := func(f gcptest.Fault) gcptest.Fault {
		f.Times = -1
		return f
	}
	denied := func(method string) gcptest.Fault {
		return always(gcptest.Fault{Method: method, Status: "PERMISSION_DENIED"})
	}
	for name, test := range map[string]struct {
		faults   []gcptest.Fault
		doubtful bool
	}{
		"it was made, and may not be looked at":       {[]gcptest.Fault{denied(anything + "get")}, true},
		"it was begun, and the operation is not seen": {[]gcptest.Fault{denied("networkservices.*.operations.get")}, true},
		"the answer was lost":                         {[]gcptest.Fault{{Method: anything + "create", Drop: gcptest.DropAfter}, denied(anything + "get")}, true},
		"the answer says nothing of it":               {[]gcptest.Fault{{Method: anything + "create", Status: "INTERNAL"}, denied(anything + "get")}, true},
		"it was refused":                              {[]gcptest.Fault{denied(anything + "create")}, false},
		"the operation failed": {
			[]gcptest.Fault{always(gcptest.Fault{Method: anything + "create", InOperation: true, Status: "INVALID_ARGUMENT"})}, false,
		},
		"the operation failed, and nobody can look": {
			[]gcptest.Fault{{Method: anything + "create", InOperation: true, Status: "INVALID_ARGUMENT"}, denied(anything + "get")}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, gcptest.Options{Polls: 1})
			for _, fault := range test.faults {
				b.Inject(fault)
			}
			_, err := b.Apply(deadline(t), gateway(t, egress), "")
			if err == nil {
				t.Fatal("nothing went wrong")
			}
			if isDoubt(err) != test.doubtful {
				t.Errorf("whether it is there is in doubt: %t (%v)", isDoubt(err), err)
			}
		})
	}
}

// Terraform is interrupted while Google is at work: the request was sent, and nobody waits for the answer. Each of Google's clients says so
// in its own way.
func TestACreateThatNobodyWaitsForIsInDoubt(t *testing.T) {
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(deadline(t))
			defer interrupt()
			var watched atomic.Bool
			over := make(chan struct{})
			b := newBench(t, gcptest.Options{Log: func(r gcptest.Request) {
				if watched.Load() && r.Mutation {
					interrupt()
					<-over
				}
			}})
			for before := life.before; len(before) > 0; before = before[3:] {
				b.mustApply(t, declared(t, before[0], before[1], before[2]), "")
			}
			watched.Store(true)
			_, err := b.Apply(ctx, declared(t, life.service, life.name, life.first), "")
			close(over)
			if !isDoubt(err) || !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestWhatWasNeverSentIsNotInDoubt(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	b.Close()
	if _, err := b.Apply(t.Context(), gateway(t, egress), ""); err == nil || isDoubt(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestAnErrorAboutAnothersObjectLeavesNothing(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	b.mustApply(t, gateway(t, egress), "")
	_, err := b.client(t).Apply(deadline(t), gateway(t, `{"description":"of others","googleManaged":{"governedAccessPath":"AGENT_TO_ANYWHERE"}}`), "")
	var exists *existsError
	if !errors.As(err, &exists) || isDoubt(err) {
		t.Errorf("the error is %v", err)
	}
}
