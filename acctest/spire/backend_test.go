package spire_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/spire"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

func second[A any](_ A, err error) error { return err }

func connect(t *testing.T, server *spiretest.Server) *spire.Client {
	t.Helper()
	client, err := spire.New(spire.Options{SocketPath: server.SocketPath()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func identity(server *spiretest.Server, name string) spec.Identity {
	return spec.Identity{
		Name: name, Namespace: "agents", TrustDomain: server.TrustDomain(), Registration: spec.RegistrationServer,
		Instances: map[string]spec.Instance{"a1": {
			ParentID: "spiffe://" + server.TrustDomain() + "/node/lab", Selectors: []string{"unix:uid:5001", "unix:gid:5001"},
		}},
	}
}

func spiffeID(server *spiretest.Server, path string) *types.SPIFFEID {
	return &types.SPIFFEID{TrustDomain: server.TrustDomain(), Path: path}
}

func render(t *testing.T, id spec.Identity) []stack.Object {
	t.Helper()
	objects, err := oss.Registration(id)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func plan(t *testing.T, backend stack.Backend, object stack.Object, prior string) stack.Live {
	t.Helper()
	live, err := backend.Plan(t.Context(), object, prior)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	if live.Body != nil {
		t.Errorf("Plan gives a body: %v", live.Body)
	}
	return live
}

func apply(t *testing.T, backend stack.Backend, object stack.Object, prior string) stack.Live {
	t.Helper()
	live, err := backend.Apply(t.Context(), object, prior)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return live
}

// settled checks that a refresh and a second plan show no difference.
func settled(t *testing.T, backend stack.Backend, object stack.Object, prior string) {
	t.Helper()
	live, err := backend.Read(t.Context(), object.Key, prior)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	if live.Projection != prior {
		t.Errorf("a refresh shows\n%s\nafter\n%s", live.Projection, prior)
	}
	if planned := plan(t, backend, object, prior); planned.Projection != prior || planned.Reclaimed != nil {
		t.Errorf("a second plan shows\n%s (taking back %v)\nafter\n%s", planned.Projection, planned.Reclaimed, prior)
	}
}

// differing lists the fields in which two projections differ.
func differing(t *testing.T, a, b string) []string {
	t.Helper()
	var before, after map[string]any
	if err := errors.Join(json.Unmarshal([]byte(a), &before), json.Unmarshal([]byte(b), &after)); err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, field := range []string{
		"admin", "dns_names", "downstream", "expires_at", "federates_with", "hint", "jwt_svid_ttl", "parent_id", "selectors", "spiffe_id", "store_svid", "x509_svid_ttl",
	} {
		x, err1 := json.Marshal(before[field])
		y, err2 := json.Marshal(after[field])
		if err1 != nil || err2 != nil || string(x) != string(y) {
			changed = append(changed, field)
		}
	}
	return changed
}
