package gcp

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// life is what becomes of a gateway and its policies, from nothing to nothing. It gives the first error.
func (b *bench) life(ctx context.Context, t *testing.T) error {
	t.Helper()
	first := gateway(t, `{"googleManaged":{"governedAccessPath":"CLIENT_TO_AGENT"}}`)
	changed := gateway(t, `{"description":"changed","googleManaged":{"governedAccessPath":"CLIENT_TO_AGENT"}}`)
	replaced := gateway(t, egress)
	prior := map[stack.Key]string{}
	for _, desired := range []stack.Object{first, changed, replaced, denyByDefault(t), extension(t), custom(t)} {
		planned, err := b.Plan(ctx, desired, prior[desired.Key])
		if err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		live, err := b.Apply(ctx, desired, prior[desired.Key])
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		if live.Projection != planned.Projection {
			return fmt.Errorf("%s came out as %s, and was planned as %s", desired.Key, live.Projection, planned.Projection)
		}
		prior[desired.Key] = live.Projection
		if _, err := b.Read(ctx, desired.Key, live.Projection); err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
	for _, desired := range []stack.Object{custom(t), extension(t), denyByDefault(t), replaced} {
		if err := b.Delete(ctx, desired.Key, ""); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
	}
	return nil
}

func extension(t *testing.T) stack.Object {
	t.Helper()
	return object(t, NetworkServices, "authzExtensions/edge-iap", `{"failOpen":false,"metadata":{"iapPolicyVersion":"V2"},"service":"iap.googleapis.com","timeout":"1s"}`)
}

func custom(t *testing.T) stack.Object {
	t.Helper()
	return object(t, NetworkSecurity, "authzPolicies/edge-iap", `{"action":"CUSTOM","customProvider":{"authzExtension":{"resources":["`+location+`/authzExtensions/edge-iap"]}},
		"policyProfile":"REQUEST_AUTHZ","target":{"resources":["`+location+`/agentGateways/edge"]}}`)
}

// requestsOfALife counts what a life takes when nothing goes wrong.
func requestsOfALife(t *testing.T, options gcptest.Options) int {
	t.Helper()
	b := newBench(t, options)
	if err := b.life(deadline(t), t); err != nil {
		t.Fatal(err)
	}
	return len(b.Requests())
}

func TestEveryRequestMayFailOnce(t *testing.T) {
	options := gcptest.Options{Polls: 1}
	n := requestsOfALife(t, options)
	for name, fault := range map[string]gcptest.Fault{
		"ABORTED":                         {Status: "ABORTED"},
		"RESOURCE_EXHAUSTED":              {Status: "RESOURCE_EXHAUSTED"},
		"dropped before it had an effect": {Drop: gcptest.DropBefore},
		"dropped after it had an effect":  {Drop: gcptest.DropAfter},
		"twice dropped":                   {Drop: gcptest.DropAfter, Times: 2},
		"an operation that fails inside":  {InOperation: true, Status: "INTERNAL", Mutations: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for skip := range n {
				b := newBench(t, options)
				fault.Skip = skip
				b.Inject(fault)
				if err := b.life(deadline(t), t); err != nil {
					t.Errorf("with request %d of %d: %v", skip, n, err)
				}
				if names := b.Names(); len(names) > 0 {
					t.Errorf("with request %d of %d, these are left: %v", skip, n, names)
				}
			}
		})
	}
}

// A process that dies leaves what it had asked for. The next one knows nothing of it, and must come to the same end.
func TestAnApplyMayBeCutAfterEveryRequest(t *testing.T) {
	desired := []stack.Object{gateway(t, egress), denyByDefault(t), extension(t), custom(t)}
	var mu sync.Mutex
	for cut := 1; ; cut++ {
		ctx, cancel := context.WithCancel(deadline(t))
		seen := 0
		b := newBench(t, gcptest.Options{Polls: 2, Log: func(gcptest.Request) {
			mu.Lock()
			defer mu.Unlock()
			if seen++; seen == cut {
				cancel()
			}
		}})
		prior := map[stack.Key]string{}
		apply := func(ctx context.Context, client *Client) error {
			for _, o := range desired {
				if _, err := client.Plan(ctx, o, prior[o.Key]); err != nil {
					return fmt.Errorf("plan: %w", err)
				}
				live, err := client.Apply(ctx, o, prior[o.Key])
				if err != nil {
					return fmt.Errorf("apply: %w", err)
				}
				prior[o.Key] = live.Projection
			}
			return nil
		}
		first := apply(ctx, b.Client)
		mu.Lock()
		over := seen < cut
		mu.Unlock()
		if over {
			if first != nil {
				t.Fatal(first)
			}
			cancel()
			return
		}
		if err := apply(deadline(t), b.client(t)); err != nil {
			t.Errorf("cut after request %d (%v): %v", cut, first, err)
		}
		if names := b.Names(); len(names) != len(desired) {
			t.Errorf("cut after request %d, these are there: %v", cut, names)
		}
		cancel()
	}
}

func TestChangesOfOneGatewayAreMadeOneAtATime(t *testing.T) {
	b := newBench(t, gcptest.Options{Polls: 3})
	b.mustApply(t, gateway(t, egress), "")
	var policies sync.WaitGroup
	for i := range 4 {
		policies.Go(func() {
			desired := denyByDefault(t)
			desired.Key.Name += fmt.Sprint(i)
			if _, err := b.Apply(deadline(t), desired, ""); err != nil {
				t.Error(err)
			}
		})
	}
	policies.Wait()
	for _, r := range b.Mutations() {
		if r.Status != 200 {
			t.Errorf("%s was refused: %s", r.Method, r.Message)
		}
	}
}

// The control: without turns, the fake refuses changes that overlap.
func TestChangesAtOnceAreRefused(t *testing.T) {
	b := newBench(t, gcptest.Options{Polls: 3})
	b.mustApply(t, gateway(t, egress), "")
	_, connected, err := b.kindOf(denyByDefault(t).Key)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range 2 {
		at := target{name: fmt.Sprintf("%s%d", denyByDefault(t).Key.Name, i)}
		if _, err := connected.create(deadline(t), at, denyByDefault(t).Body); err != nil {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d of 2 changes at once were refused", refused)
	}
}
