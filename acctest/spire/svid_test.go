package spire_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/spire"
)

// The whole way, once: two instances of one agent get SVIDs of their own from the real SPIRE agent, and one of them is
// withdrawn without the other noticing.
func TestEachInstanceGetsItsOwnSVIDUntilItIsSuspended(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	agent := spiretest.StartAgent(t, server)
	client := connect(t, server)
	id := identity(server, "billing")
	id.LogicalID, id.X509TTL, id.DNSNames = true, 10*time.Minute, []string{"billing.example.org"}
	id.Instances = map[string]spec.Instance{
		"a1": {ParentID: agent.ParentID(), Selectors: []string{"unix:uid:5001"}},
		"a2": {ParentID: agent.ParentID(), Selectors: []string{"unix:uid:5002"}},
	}
	for _, object := range render(t, id) {
		apply(t, client, object, "")
	}

	const logical = "spiffe://agents.example.org/ns/agents/agent/billing"
	for uid, instance := range map[int]string{5001: "a1", 5002: "a2"} {
		svids := eventually(t, agent, uid, func(svids []spiretest.SVID, err error) bool { return err == nil && len(svids) == 2 })
		got := map[string]string{}
		for _, svid := range svids {
			got[svid.Hint] = svid.ID
			if !slices.Equal(svid.Certificate.DNSNames, id.DNSNames) {
				t.Errorf("%s has the DNS names %v", svid.ID, svid.Certificate.DNSNames)
			}
			if lifetime := svid.Certificate.NotAfter.Sub(svid.Certificate.NotBefore); lifetime > id.X509TTL+time.Minute {
				t.Errorf("%s lives for %s, want %s", svid.ID, lifetime, id.X509TTL)
			}
		}
		if got["instance"] != logical+"/instance/"+instance || got["logical"] != logical {
			t.Errorf("uid %d got %v", uid, got)
		}
	}
	if _, err := agent.FetchAs(t, 5009); !errors.Is(err, spiretest.ErrNoIdentity) {
		t.Errorf("a workload without an entry: %v, want no identity", err)
	}

	// The kill switch for one instance: its objects leave the rendering, and what left is deleted.
	suspended := id
	suspended.Instances = map[string]spec.Instance{"a1": id.Instances["a1"], "a2": id.Instances["a2"]}
	withdrawn := suspended.Instances["a1"]
	withdrawn.Suspended = true
	suspended.Instances["a1"] = withdrawn
	kept := map[string]bool{}
	for _, object := range render(t, suspended) {
		kept[object.Key.Name] = true
	}
	for _, object := range render(t, id) {
		if !kept[object.Key.Name] {
			if err := client.Delete(t.Context(), object.Key, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, agent, 5001, func(_ []spiretest.SVID, err error) bool { return errors.Is(err, spiretest.ErrNoIdentity) })
	if svids, err := agent.FetchAs(t, 5002); err != nil || len(svids) != 2 {
		t.Errorf("the other instance gets %v, %v", svids, err)
	}
}

func TestAdministrationOverTCPWithAnSVID(t *testing.T) {
	server := spiretest.StartServer(t, spiretest.ServerOptions{})
	agent := spiretest.StartAgent(t, server)
	object := render(t, identity(server, "billing"))[0]
	options := spire.Options{Address: server.Address(), WorkloadAPI: agent.WorkloadAPI(), TrustDomain: server.TrustDomain()}
	overTCP := func(t *testing.T, options spire.Options) *spire.Client {
		t.Helper()
		client, err := spire.New(options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
	admin := &types.Entry{
		Id: "operator.admin", SpiffeId: spiffeID(server, "/operator"), ParentId: parentOf(server, agent),
		Selectors: []*types.Selector{{Type: "unix", Value: "uid:0"}},
	}
	server.CreateEntry(t, admin)
	eventually(t, agent, 0, func(svids []spiretest.SVID, err error) bool { return err == nil && len(svids) == 1 })

	t.Run("an SVID that is no administrator's is denied", func(t *testing.T) {
		_, err := overTCP(t, options).Apply(t.Context(), object, "")
		if err == nil || errors.Is(err, spire.ErrUnreachable) || server.Entry(t, object.Key.Name) != nil {
			t.Errorf("Apply: %v, want to be denied", err)
		}
		if err != nil && !strings.Contains(err.Error(), "admin") {
			t.Errorf("the error does not say what is missing: %v", err)
		}
	})
	t.Run("a server of another trust domain is not trusted", func(t *testing.T) {
		other := options
		other.TrustDomain = "elsewhere.example.org"
		_, err := overTCP(t, other).Plan(t.Context(), object, "")
		if err == nil || errors.Is(err, spire.ErrUnreachable) || !strings.Contains(err.Error(), "does not prove to be spiffe://elsewhere.example.org/spire/server") {
			t.Errorf("Plan: %v", err)
		}
	})
	t.Run("an administrator's SVID will do", func(t *testing.T) {
		admin.Admin = true
		server.UpdateEntry(t, admin, &types.EntryMask{Admin: true})
		client := overTCP(t, options)
		applied := apply(t, client, object, "")
		settled(t, client, object, applied.Projection)
		if server.Entry(t, object.Key.Name) == nil {
			t.Error("the entry was not written")
		}
		if err := client.Delete(t.Context(), object.Key, ""); err != nil {
			t.Error(err)
		}
	})
}

func parentOf(server *spiretest.Server, agent *spiretest.Agent) *types.SPIFFEID {
	return spiffeID(server, agent.ParentID()[len("spiffe://"+server.TrustDomain()):])
}

// eventually fetches as uid until the answer is as wanted: the agent learns of changed entries by asking every second.
func eventually(t *testing.T, agent *spiretest.Agent, uid int, wanted func([]spiretest.SVID, error) bool) []spiretest.SVID {
	t.Helper()
	var svids []spiretest.SVID
	await.NoError(t, "other SVIDs", func() (err error) {
		if svids, err = agent.FetchAs(t, uid); wanted(svids, err) {
			return nil
		}
		return fmt.Errorf("uid %d gets %v, %w", uid, svids, err)
	})
	return svids
}
