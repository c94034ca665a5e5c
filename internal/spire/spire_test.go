package spire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func TestOptionsWithProblems(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"a socket":                          {Options{SocketPath: "/run/spire/api.sock"}, ""},
		"an address and its trust domain":   {Options{Address: "spire:8081", TrustDomain: "example.org"}, ""},
		"nothing":                           {Options{}, "neither is given"},
		"both":                              {Options{SocketPath: "/x", Address: "spire:8081"}, "not by both"},
		"a socket that none can be":         {Options{SocketPath: "/" + strings.Repeat("x", 107)}, "has 108 bytes"},
		"an address without trust domain":   {Options{Address: "spire:8081"}, "trust domain"},
		"a trust domain that is not one":    {Options{SocketPath: "/x", TrustDomain: "Not A Domain"}, `trust domain "Not A Domain"`},
		"an address and a bad trust domain": {Options{Address: "spire:8081", TrustDomain: "x y"}, `trust domain "x y"`},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := New(test.options)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := client.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestClosedClientSaysSo(t *testing.T) {
	client, err := New(Options{SocketPath: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	key := stack.SPIREKey(stack.SPIREEntry, "agentward.x")
	if _, err := client.Read(t.Context(), key, ""); err == nil || !strings.Contains(err.Error(), "closed") || errors.Is(err, ErrUnreachable) {
		t.Errorf("Read: %v", err)
	}
}

// Waiting for a permission or for a server to become another one would only use up the time of the apply.
func TestFaultThatWaitingDoesNotMendIsNoOutage(t *testing.T) {
	c := &connection{server: "unix:///x", timeout: time.Second}
	c.note(true, "no permission", fs.ErrPermission)
	away := func(context.Context, grpc.ClientConnInterface) error {
		return status.Error(codes.Unavailable, "connection error")
	}
	c.dial = func(context.Context) (*grpc.ClientConn, func() error, error) {
		conn, err := grpc.NewClient("unix:/nonexistent", grpc.WithTransportCredentials(insecure.NewCredentials()))
		return conn, nil, err
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.with(t.Context(), away); errors.Is(err, ErrUnreachable) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want the fault", err)
	}
	c.note(false, "", nil) // the next attempt finds another state
	if err := c.with(t.Context(), away); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestUnknownKindIsRefusedByEveryMethod(t *testing.T) {
	client := &Client{}
	object := stack.Object{Key: stack.SPIREKey("Bundle", "example.org")}
	for method, err := range map[string]error{
		"Plan":   errOf(client.Plan(t.Context(), object, "")),
		"Apply":  errOf(client.Apply(t.Context(), object, "")),
		"Read":   errOf(client.Read(t.Context(), object.Key, "")),
		"Delete": client.Delete(t.Context(), object.Key, ""),
	} {
		if !errors.Is(err, errKind) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestReclaimedFields(t *testing.T) {
	desired := entry{SPIFFEID: "spiffe://x/y", ParentID: "spiffe://x/z", Selectors: []string{"a:b"}, X509SVIDTTL: 600}
	prior := projectionOf(t, desired)
	for name, test := range map[string]struct {
		live  func(*entry)
		want  func(*entry)
		prior string
		taken []string
	}{
		"nothing has changed":                          {prior: prior},
		"without a stored projection nothing was ours": {live: func(e *entry) { e.Admin = true }},
		"somebody added a field":                       {live: func(e *entry) { e.Admin = true }, prior: prior, taken: []string{"admin"}},
		"somebody changed a field":                     {live: func(e *entry) { e.X509SVIDTTL = 1 }, prior: prior, taken: []string{"x509_svid_ttl"}},
		"somebody removed a field":                     {live: func(e *entry) { e.X509SVIDTTL = 0 }, prior: prior, taken: []string{"x509_svid_ttl"}},
		"the configuration changed":                    {want: func(e *entry) { e.X509SVIDTTL = 1 }, prior: prior},
		"both changed, to the same":                    {live: func(e *entry) { e.X509SVIDTTL = 1 }, want: func(e *entry) { e.X509SVIDTTL = 1 }, prior: prior},
		"both changed, to different values": {
			live: func(e *entry) { e.X509SVIDTTL = 1 }, want: func(e *entry) { e.X509SVIDTTL = 2 }, prior: prior, taken: []string{"x509_svid_ttl"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			live, want := desired, desired
			if test.live != nil {
				test.live(&live)
			}
			if test.want != nil {
				test.want(&want)
			}
			taken, err := reclaimed(live, want, test.prior)
			if err != nil || !slices.Equal(taken, test.taken) {
				t.Errorf("took back %v, %v; want %v", taken, err, test.taken)
			}
		})
	}
}

func projectionOf(t *testing.T, e entry) string {
	t.Helper()
	live, err := liveEntry{entry: e}.toLive()
	if err != nil {
		t.Fatal(err)
	}
	return live.Projection
}

func TestAnswersOfTheServer(t *testing.T) {
	for code, want := range map[codes.Code]error{
		codes.Unavailable: ErrUnreachable, codes.DeadlineExceeded: ErrUnreachable, codes.NotFound: stack.ErrNotFound, codes.Canceled: context.Canceled,
	} {
		if err := answered("unix:///x", status.Error(code, "why")); !errors.Is(err, want) || !strings.Contains(err.Error(), "why") {
			t.Errorf("%s became %v", code, err)
		}
	}
	if err := answered("unix:///x", status.Error(codes.PermissionDenied, "why")); !refused(err, codes.PermissionDenied) || !strings.Contains(err.Error(), "admin") {
		t.Errorf("PermissionDenied became %v", err)
	}
	if err := item(int32(codes.OK), "OK"); err != nil {
		t.Errorf("OK became %v", err)
	}
	if err := item(int32(codes.NotFound), "why"); !errors.Is(err, stack.ErrNotFound) {
		t.Errorf("NotFound of an item became %v", err)
	}
}

// A batch of one has one result. A server that gives another number has done something else than was asked.
func TestBatchOfAnotherLengthIsAnError(t *testing.T) {
	fine := &entryv1.BatchUpdateEntryResponse_Result{Status: &types.Status{}}
	for _, results := range [][]*entryv1.BatchUpdateEntryResponse_Result{nil, {fine, fine}} {
		if _, err := only(results); err == nil {
			t.Errorf("%v was taken", results)
		}
	}
	if got, err := only([]*entryv1.BatchUpdateEntryResponse_Result{fine}); err != nil || got != fine {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAttemptsEnd(t *testing.T) {
	away := func(n *int) func() (stack.Live, error) {
		return func() (stack.Live, error) {
			*n++
			return stack.Live{}, fmt.Errorf("%w: test", ErrUnreachable)
		}
	}
	t.Run("soon where there is no deadline", func(t *testing.T) {
		n := 0
		if _, err := attempt(context.Background(), untilDeadline, away(&n)); !errors.Is(err, ErrUnreachable) || n != int(briefly) {
			t.Errorf("%d attempts, %v", n, err)
		}
	})
	t.Run("soon for a plan, however late the deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		n := 0
		if _, err := attempt(ctx, briefly, away(&n)); !errors.Is(err, ErrUnreachable) || n != int(briefly) {
			t.Errorf("%d attempts, %v", n, err)
		}
	})
	t.Run("at once for a plan that has waited for an answer", func(t *testing.T) {
		n := 0
		_, err := attempt(t.Context(), briefly, func() (stack.Live, error) {
			n++
			return stack.Live{}, answered("unix:///x", status.Error(codes.DeadlineExceeded, "too late"))
		})
		if !errors.Is(err, ErrUnreachable) || n != 1 {
			t.Errorf("%d attempts, %v", n, err)
		}
	})
	t.Run("before the deadline, with the last answer", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		n := 0
		if _, err := attempt(ctx, untilDeadline, away(&n)); !errors.Is(err, ErrUnreachable) || n < 2 {
			t.Errorf("%d attempts, %v", n, err)
		}
	})
	t.Run("with any other answer", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		n, other := 0, errors.New("no")
		_, err := attempt(ctx, untilDeadline, func() (stack.Live, error) {
			n++
			if n < 3 {
				return stack.Live{}, ErrUnreachable
			}
			return stack.Live{}, other
		})
		if !errors.Is(err, other) || n != 3 {
			t.Errorf("%d attempts, %v", n, err)
		}
	})
}

// scripted answers as a server does that can fetch a bundle which it lacks; the real one needs a certificate of a public CA.
type scripted struct {
	api
	held      bool
	refreshed int
	entries   map[string]entry
}

func (s *scripted) trustDomain(context.Context) (string, error)         { return "example.org", nil }
func (s *scripted) hasBundle(context.Context, string) (bool, error)     { return s.held, nil }
func (s *scripted) similar(context.Context, entry) ([]liveEntry, error) { return nil, nil }
func (s *scripted) refreshBundle(context.Context, string) error {
	s.refreshed++
	s.held = true
	return nil
}

func (s *scripted) entry(_ context.Context, id string) (liveEntry, error) {
	e, found := s.entries[id]
	if !found {
		return liveEntry{}, stack.ErrNotFound
	}
	return liveEntry{entry: e, ID: id}, nil
}

func (s *scripted) create(_ context.Context, id string, e entry) (liveEntry, bool, error) {
	if !s.held {
		return liveEntry{}, false, &refusal{code: codes.Internal, message: "unable to find federated bundle"}
	}
	s.entries[id] = e
	return liveEntry{entry: e, ID: id}, true, nil
}

func (s *scripted) update(context.Context, string, entry) (liveEntry, error) {
	return liveEntry{}, stack.ErrNotFound // deleted since it was read
}

func federatedEntry() stack.Object {
	return stack.Object{Key: stack.SPIREKey(stack.SPIREEntry, "agentward.x"), Body: map[string]any{
		"spiffe_id": "spiffe://example.org/a", "parent_id": "spiffe://example.org/node", "selectors": []any{"unix:uid:1"}, "federates_with": []any{"partner.example.net"},
	}}
}

func TestBundleThatTheServerCanFetchIsFetchedForTheEntry(t *testing.T) {
	server := &scripted{entries: map[string]entry{}}
	client := &Client{api: server}
	if _, err := client.Apply(t.Context(), federatedEntry(), ""); err != nil {
		t.Fatal(err)
	}
	if server.refreshed != 1 || len(server.entries) != 1 {
		t.Errorf("%d refreshes, %d entries", server.refreshed, len(server.entries))
	}
}

func TestEntryDeletedBetweenReadAndUpdateIsMadeAgain(t *testing.T) {
	server := &scripted{held: true, entries: map[string]entry{"agentward.x": {SPIFFEID: "spiffe://example.org/old"}}}
	client := &Client{api: server}
	if _, err := client.Apply(t.Context(), federatedEntry(), ""); err != nil {
		t.Fatal(err)
	}
	if got := server.entries["agentward.x"].SPIFFEID; got != "spiffe://example.org/a" {
		t.Errorf("the entry is of %s", got)
	}
}

func TestManagerIDs(t *testing.T) {
	const uuid = "0b5e1f0c-0000-4000-8000-000000000001"
	for id, want := range map[string]struct {
		prefix string
		ok     bool
	}{
		uuid: {"", true}, "scm." + uuid: {"scm", true}, "a.b." + uuid: {"a.b", true}, "agentward.agents.billing.instance.a1": {"agentward.agents.billing.instance", false},
		"x": {"", false}, uuid + "x": {"", false}, "": {"", false},
	} {
		if prefix, ok := managerID(id); ok != want.ok || (ok && prefix != want.prefix) {
			t.Errorf("%q: %q, %t", id, prefix, ok)
		}
	}
}

func TestAliasOfAJoinTokenIsNoSurvivor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	alias := liveEntry{ID: "alias", CreatedAt: 1, entry: entry{ParentID: "spiffe://x/spire/agent/join_token/t", Selectors: []string{"spiffe_id:spiffe://x/spire/agent/join_token/t"}}}
	seen := census{prefixes: map[string]int{}}
	seen.add(alias, now)
	if seen.survivor != "" {
		t.Error("the alias counts, which every manager spares")
	}
	alias.Selectors = []string{"unix:uid:1"} // the control
	seen.add(alias, now)
	if seen.survivor != "alias" {
		t.Error("an entry that a manager would delete does not count")
	}
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(`{"spiffe_id":"spiffe://example.org/a","parent_id":"spiffe://example.org/node","selectors":["unix:uid:1","a:b"],"x509_svid_ttl":600}`)
	f.Add(`{"spiffe_id":"spiffe://example.org/a","parent_id":"","selectors":[]}`)
	f.Add(`{"federates_with":["b","a","b"],"unknown":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var body map[string]any
		if json.Unmarshal([]byte(text), &body) != nil {
			return
		}
		e, err := decodeEntry(body)
		if err != nil {
			return
		}
		// What the wire carries there and back is the same entry.
		wire, err := e.toWire("id")
		if err != nil {
			t.Fatal(err)
		}
		if back := fromWire(wire); !back.same(e) || back.ID != "id" {
			t.Errorf("%+v came back as %+v", e, back.entry)
		}
	})
}

func errOf[A any](_ A, err error) error { return err }
