package spire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/spire"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

func TestEntryLivesFromCreationToDeletion(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, "billing")
	id.LogicalID, id.X509TTL, id.JWTTL, id.DNSNames = true, 10*time.Minute, time.Minute, []string{"billing.example.org", "a.example.org"}
	objects := render(t, id)
	if len(objects) != 2 {
		t.Fatalf("rendered %d objects, want the instance's entry and the logical one", len(objects))
	}

	for _, object := range objects {
		if _, err := client.Read(t.Context(), object.Key, ""); !errors.Is(err, stack.ErrNotFound) {
			t.Fatalf("Read before creation: %v, want ErrNotFound", err)
		}
		planned := plan(t, client, object, "")
		if got := server.Entry(t, object.Key.Name); got != nil {
			t.Fatalf("Plan wrote %v", got)
		}
		applied := apply(t, client, object, "")
		if planned.Projection != applied.Projection {
			t.Errorf("%s: the plan said\n%s\nand the apply gave\n%s", object.Key.Name, planned.Projection, applied.Projection)
		}
		settled(t, client, object, applied.Projection)
	}

	held := server.Entry(t, objects[0].Key.Name)
	if held.GetSpiffeId().GetPath() != "/ns/agents/agent/billing/instance/a1" || held.GetHint() != "instance" || held.GetX509SvidTtl() != 600 ||
		held.GetJwtSvidTtl() != 60 || !slices.Equal(held.GetDnsNames(), id.DNSNames) || len(held.GetSelectors()) != 2 {
		t.Errorf("the server holds %v", held)
	}

	for _, object := range objects {
		for range 2 { // the second is of an entry that is gone
			if err := client.Delete(t.Context(), object.Key, ""); err != nil {
				t.Fatalf("Delete: %v", err)
			}
		}
		if got := server.Entry(t, object.Key.Name); got != nil {
			t.Errorf("after Delete the server still holds %v", got)
		}
	}
}

// A new revision makes every agent renew the entry's SVIDs, so an apply that changes nothing must write nothing.
func TestApplyOfWhatIsThereWritesNothing(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	applied := apply(t, client, object, "")

	apply(t, client, object, applied.Projection)
	if revision := server.Entry(t, object.Key.Name).GetRevisionNumber(); revision != 0 {
		t.Errorf("revision %d after an apply that changed nothing, want 0", revision)
	}
	object.Body["hint"] = "other" // the control: this one is seen
	apply(t, client, object, applied.Projection)
	if revision := server.Entry(t, object.Key.Name).GetRevisionNumber(); revision != 1 {
		t.Errorf("revision %d after an apply that changed a field, want 1", revision)
	}
}

func TestEntryOfOurIDIsAdopted(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	server.CreateEntry(t, &types.Entry{
		Id: object.Key.Name, SpiffeId: spiffeID(server, "/somebody/else"), ParentId: spiffeID(server, "/node"),
		Selectors: []*types.Selector{{Type: "unix", Value: "uid:1"}}, Admin: true,
	})

	planned := plan(t, client, object, "")
	applied := apply(t, client, object, "")
	if planned.Projection != applied.Projection {
		t.Errorf("the plan said\n%s\nand the apply gave\n%s", planned.Projection, applied.Projection)
	}
	held := server.Entry(t, object.Key.Name)
	if held.GetSpiffeId().GetPath() != "/ns/agents/agent/billing/instance/a1" || held.GetAdmin() {
		t.Errorf("the adopted entry is %v", held)
	}
	if len(server.Entries(t, "")) != 1 {
		t.Errorf("adoption made a second entry: %v", server.Entries(t, ""))
	}
}

func TestDriftOfEveryOwnedFieldIsSeenAndTakenBack(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, "billing")
	id.X509TTL, id.DNSNames = 10*time.Minute, []string{"billing.example.org"}
	object := render(t, id)[0]
	applied := apply(t, client, object, "")

	for field, edit := range map[string]struct {
		entry *types.Entry
		mask  *types.EntryMask
	}{
		"x509_svid_ttl": {&types.Entry{X509SvidTtl: 86400}, &types.EntryMask{X509SvidTtl: true}},
		"jwt_svid_ttl":  {&types.Entry{JwtSvidTtl: 7200}, &types.EntryMask{JwtSvidTtl: true}},
		"selectors":     {&types.Entry{Selectors: []*types.Selector{{Type: "unix", Value: "uid:6666"}}}, &types.EntryMask{Selectors: true}},
		"dns_names":     {&types.Entry{DnsNames: []string{"bank.example.org"}}, &types.EntryMask{DnsNames: true}},
		"hint":          {&types.Entry{Hint: "other"}, &types.EntryMask{Hint: true}},
		"admin":         {&types.Entry{Admin: true}, &types.EntryMask{Admin: true}},
		"downstream":    {&types.Entry{Downstream: true}, &types.EntryMask{Downstream: true}},
		"store_svid":    {&types.Entry{StoreSvid: true}, &types.EntryMask{StoreSvid: true}},
		"expires_at":    {&types.Entry{ExpiresAt: 4102444800}, &types.EntryMask{ExpiresAt: true}},
		"parent_id":     {&types.Entry{ParentId: spiffeID(server, "/node/other")}, &types.EntryMask{ParentId: true}},
		"spiffe_id":     {&types.Entry{SpiffeId: spiffeID(server, "/ns/bank/agent/root")}, &types.EntryMask{SpiffeId: true}},
	} {
		t.Run(field, func(t *testing.T) {
			edit.entry.Id = object.Key.Name
			server.UpdateEntry(t, edit.entry, edit.mask)

			live, err := client.Read(t.Context(), object.Key, applied.Projection)
			if err != nil {
				t.Fatal(err)
			}
			if changed := differing(t, applied.Projection, live.Projection); !slices.Equal(changed, []string{field}) {
				t.Errorf("Read shows a change of %v, want of %s alone: %s", changed, field, live.Projection)
			}
			planned := plan(t, client, object, applied.Projection)
			if planned.Projection != applied.Projection || !slices.Equal(planned.Reclaimed, []string{field}) {
				t.Errorf("Plan takes back %v for %s", planned.Reclaimed, planned.Projection)
			}
			again := apply(t, client, object, applied.Projection)
			if again.Projection != applied.Projection || !slices.Equal(again.Reclaimed, []string{field}) {
				t.Errorf("Apply took back %v and gave %s", again.Reclaimed, again.Projection)
			}
			settled(t, client, object, again.Projection)
		})
	}
}

func TestUpdateLeavesWhatWeDoNotOwn(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	applied := apply(t, client, object, "")
	server.UpdateEntry(t, &types.Entry{
		Id: object.Key.Name, AdditionalAttributes: &types.Entry_AdditionalAttributes{JwtSvidIncludeJti: true, DisableX509SvidPrefetch: true},
	}, &types.EntryMask{AdditionalAttributes: true})
	settled(t, client, object, applied.Projection)

	object.Body["x509_svid_ttl"] = int64(300)
	apply(t, client, object, applied.Projection)
	held := server.Entry(t, object.Key.Name)
	if held.GetX509SvidTtl() != 300 {
		t.Errorf("x509_svid_ttl is %d, want 300", held.GetX509SvidTtl())
	}
	if a := held.GetAdditionalAttributes(); !a.GetJwtSvidIncludeJti() || !a.GetDisableX509SvidPrefetch() {
		t.Errorf("the update cleared what an operator had set: %v", a)
	}
}

func TestEntryDeletedBehindOurBackIsMadeAgain(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	applied := apply(t, client, object, "")
	server.DeleteEntry(t, object.Key.Name)

	if _, err := client.Read(t.Context(), object.Key, applied.Projection); !errors.Is(err, stack.ErrNotFound) {
		t.Fatalf("Read: %v, want ErrNotFound", err)
	}
	if again := apply(t, client, object, applied.Projection); again.Projection != applied.Projection {
		t.Errorf("made again as %s", again.Projection)
	}
	settled(t, client, object, applied.Projection)
}

func TestAnotherEntryForTheSameWorkloadIsAConflict(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	object := render(t, identity(server, "billing"))[0]
	similar := &types.Entry{
		SpiffeId: spiffeID(server, "/ns/agents/agent/billing/instance/a1"), ParentId: spiffeID(server, "/node/lab"),
		Selectors: []*types.Selector{{Type: "unix", Value: "uid:5001"}, {Type: "unix", Value: "gid:5001"}},
	}
	other := server.CreateEntry(t, similar)

	check := func(t *testing.T, err error) {
		t.Helper()
		var conflict *spire.ConflictError
		if !errors.As(err, &conflict) || conflict.OtherID != other || conflict.ID != object.Key.Name {
			t.Fatalf("%v, want a conflict with %s", err, other)
		}
		for _, part := range []string{object.Key.Name, other, "spire-server entry delete -entryID " + other} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error does not say %q: %v", part, err)
			}
		}
	}
	t.Run("at plan", func(t *testing.T) {
		_, err := client.Plan(t.Context(), object, "")
		check(t, err)
	})
	t.Run("at apply", func(t *testing.T) {
		_, err := client.Apply(t.Context(), object, "")
		check(t, err)
	})
	// The server does not refuse an update that makes two entries similar, and would then issue the SVID twice.
	t.Run("when an update would make them similar", func(t *testing.T) {
		moved := stack.Object{Key: object.Key, Body: map[string]any{}}
		for field, value := range object.Body {
			moved.Body[field] = value
		}
		moved.Body["selectors"] = []any{"unix:uid:7"}
		applied := apply(t, client, moved, "")
		_, err := client.Apply(t.Context(), object, applied.Projection)
		check(t, err)
		if held := server.Entry(t, object.Key.Name); len(held.GetSelectors()) != 1 {
			t.Errorf("the refused update was written: %v", held)
		}
	})
	t.Run("no longer when the other is deleted", func(t *testing.T) {
		server.DeleteEntry(t, other)
		apply(t, client, object, "")
	})
}

func TestEntryErrorsNameEntryAndField(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	for name, test := range map[string]struct {
		field string
		value any
		want  string
	}{
		"foreign trust domain": {"spiffe_id", "spiffe://elsewhere.example.org/x", `is the authority of trust domain "agents.example.org"`},
		"foreign parent":       {"parent_id", "spiffe://elsewhere.example.org/x", `is the authority of trust domain "agents.example.org"`},
		"malformed ID":         {"spiffe_id", "spiffe://agents.example.org//x", "empty segments"},
		"malformed selector":   {"selectors", []any{"unix:uid:1", "unix"}, "selectors[1]"},
		"no selector":          {"selectors", []any{}, "at least one"},
		"unknown field":        {"x509_ttl", 5, "x509_ttl"},
	} {
		t.Run(name, func(t *testing.T) {
			object := render(t, identity(server, "billing"))[0]
			object.Body[test.field] = test.value
			for operation, err := range map[string]error{
				"plan":  second(client.Plan(t.Context(), object, "")),
				"apply": second(client.Apply(t.Context(), object, "")),
			} {
				if err == nil {
					t.Fatalf("%s succeeded", operation)
				}
				for _, part := range []string{object.Key.Name, test.field, test.want} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: the error does not say %q: %v", operation, part, err)
					}
				}
			}
		})
	}
	// What only the server knows is refused at apply, in its words.
	object := render(t, identity(server, "billing"))[0]
	object.Body["dns_names"] = []any{"*.*.example.org"}
	if _, err := client.Apply(t.Context(), object, ""); err == nil || !strings.Contains(err.Error(), object.Key.Name) || !strings.Contains(err.Error(), "DNS name") {
		t.Errorf("Apply with a bad DNS name: %v", err)
	}
	if entries := server.Entries(t, ""); len(entries) != 0 {
		t.Errorf("an entry was written: %v", entries)
	}
}

func TestLongestNamesMakeAnEntryThatTheServerAccepts(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	client := connect(t, server)
	id := identity(server, strings.Repeat("b", 63))
	id.Namespace, id.LogicalID = strings.Repeat("n", 63), true
	instance := id.Instances["a1"]
	id.Instances = map[string]spec.Instance{strings.Repeat("I", 100): instance}
	if problems := id.ValidateInstances(); len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, object := range render(t, id) {
		applied := apply(t, client, object, "")
		settled(t, client, object, applied.Projection)
	}
	if entries := server.Entries(t, oss.EntryIDPrefix); len(entries) != 2 {
		t.Errorf("the server holds %d entries, want 2", len(entries))
	}
}
