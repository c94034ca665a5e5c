package gcp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const (
	location      = "projects/agents-1/locations/us-central1"
	projectNumber = "111111111111"
)

// bench is a client and the fake of Google's APIs that it talks to. Pauses take no time.
type bench struct {
	*gcptest.Server
	*Client
	paused time.Duration
}

func newBench(t *testing.T, options gcptest.Options) *bench {
	t.Helper()
	b := &bench{Server: gcptest.Start(t, options)}
	b.Client = b.client(t)
	return b
}

// client gives another process's client, so to say.
func (b *bench) client(t *testing.T) *Client {
	t.Helper()
	return b.clientOf(t, spec.GoogleProject{ID: "agents-1", Number: projectNumber, Location: "us-central1"})
}

// clientOf gives a client whose own project is another one.
func (b *bench) clientOf(t *testing.T, project spec.GoogleProject) *Client {
	t.Helper()
	endpoints := map[string]string{}
	for _, service := range Services {
		name, _, _ := strings.Cut(service.Host, ".")
		endpoints[service.Host] = b.Endpoint(name)
	}
	client, err := New(Config{
		HTTPClient: &http.Client{}, Endpoints: endpoints,
		Project: project,
		Pace: Pace{Random: func() float64 { return 0 }, Pause: func(ctx context.Context, d time.Duration) error {
			b.paused += d
			return ctx.Err()
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func (b *bench) mustPlan(t *testing.T, desired stack.Object, prior string) stack.Live {
	t.Helper()
	live, err := b.Plan(deadline(t), desired, prior)
	if err != nil {
		t.Fatalf("plan of %s: %v", desired.Key, err)
	}
	return live
}

// mustApply plans and applies, and sees to it that what comes out is what was planned, and that this is what is read.
func (b *bench) mustApply(t *testing.T, desired stack.Object, prior string) stack.Live {
	t.Helper()
	planned := b.mustPlan(t, desired, prior)
	live, err := b.Apply(deadline(t), desired, prior)
	if err != nil {
		t.Fatalf("apply of %s: %v", desired.Key, err)
	}
	if live.Projection != planned.Projection {
		t.Fatalf("%s came out otherwise than planned:\n  planned: %s\n  now:     %s", desired.Key, planned.Projection, live.Projection)
	}
	b.mustRead(t, desired.Key, live.Projection, live.Projection)
	return live
}

func (b *bench) mustRead(t *testing.T, key stack.Key, prior, want string) {
	t.Helper()
	live, err := b.Read(deadline(t), key, prior)
	if err != nil || live.Projection != want {
		t.Fatalf("%s reads as\n  %s (%v), want\n  %s", key, live.Projection, err, want)
	}
}

func (b *bench) mustDelete(t *testing.T, key stack.Key) {
	t.Helper()
	if err := b.Delete(deadline(t), key, ""); err != nil {
		t.Fatalf("delete of %s: %v", key, err)
	}
	if _, err := b.Read(deadline(t), key, ""); !errors.Is(err, stack.ErrNotFound) {
		t.Fatalf("after its deletion, %s reads with %v", key, err)
	}
}

// methods gives the calls so far that meant to change something, "agentGateways.create", with "!" where they failed.
func (b *bench) methods() string {
	var calls []string
	for _, r := range b.Mutations() {
		parts := strings.Split(r.Method, ".")
		call := strings.Join(parts[max(0, len(parts)-2):], ".")
		if r.Status != http.StatusOK {
			call += "!"
		}
		calls = append(calls, call)
	}
	return strings.Join(calls, " ")
}

func body(t *testing.T, text string) map[string]any {
	t.Helper()
	parsed, err := parseBody([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func object(t *testing.T, service, name, text string) stack.Object {
	t.Helper()
	return stack.Object{Key: stack.GoogleKey(service, location+"/"+name), Body: body(t, text)}
}

func gateway(t *testing.T, text string) stack.Object {
	t.Helper()
	return object(t, NetworkServices, "agentGateways/edge", text)
}

const egress = `{"description":"of agents","googleManaged":{"governedAccessPath":"AGENT_TO_ANYWHERE"},"labels":{"team":"agents"}}`
