package spire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	spiretest "github.com/agentward/terraform-provider-agent/acctest/spire"
	"github.com/agentward/terraform-provider-agent/internal/spire"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// What a spire-controller-manager beside us really deletes, by its configuration.
func TestControllerManagerBesideUs(t *testing.T) {
	for name, test := range map[string]struct {
		options                            spiretest.ControllerManagerOptions
		entriesSurvive, federationSurvives bool
	}{
		"without a prefix it deletes entries and federation": {spiretest.ControllerManagerOptions{}, false, false},
		"with a prefix it still deletes federation":          {spiretest.ControllerManagerOptions{EntryIDPrefix: "scm"}, true, false},
		"with a prefix and no federation it leaves us alone": {spiretest.ControllerManagerOptions{EntryIDPrefix: "scm", KeepFederation: true}, true, true},
		"with our prefix it takes our entries for its own": {
			spiretest.ControllerManagerOptions{EntryIDPrefix: strings.TrimSuffix(oss.EntryIDPrefix, "."), KeepFederation: true}, false, true,
		},
		"cleaning up ids without a prefix it leaves ours": {
			spiretest.ControllerManagerOptions{EntryIDPrefix: "scm", CleanUpUnprefixed: true, KeepFederation: true}, true, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, partner := spiretest.StartServer(t, spiretest.ServerOptions{}), startPartner(t)
			client := connect(t, server)
			objects := render(t, federated(t, server, partner))
			for _, object := range objects {
				apply(t, client, object, "")
			}
			manager := spiretest.StartControllerManager(t, server, test.options)
			for range 2 { // of which the second has begun after the entries were there
				manager.Reconciled(t)
			}
			for _, object := range objects {
				there, survives := func() bool { return server.Entry(t, object.Key.Name) != nil }, test.entriesSurvive
				if object.Key.Kind == stack.SPIREFederationRelationship {
					there, survives = func() bool { return server.FederationRelationship(t, object.Key.Name) != nil }, test.federationSurvives
				}
				if survives {
					if !there() {
						t.Errorf("%s is gone", object.Key.Describe())
					}
					continue
				}
				await.NoError(t, "the end of "+object.Key.Describe(), func() error {
					if there() {
						return errors.New("it is still there")
					}
					return nil
				})
			}
		})
	}
}

// The signs that Rivals reads are those of pods' entries as a controller manager in Kubernetes makes them; here they are made by
// hand, and TestControllerManagerInKubernetes shows that the real ones are alike.
func TestRivalsReadsTheSignsOnTheEntries(t *testing.T) {
	pod := func(id string) *types.Entry {
		return &types.Entry{
			Id: id, SpiffeId: &types.SPIFFEID{TrustDomain: "agents.example.org", Path: "/pod"},
			ParentId:  &types.SPIFFEID{TrustDomain: "agents.example.org", Path: "/spire/agent/k8s_psat/test/node"},
			Selectors: []*types.Selector{{Type: "k8s", Value: "pod-uid:0b5e1f0c-0000-4000-8000-000000000001"}},
		}
	}
	byHand := func(id string) *types.Entry {
		e := pod(id)
		e.Selectors = []*types.Selector{{Type: "unix", Value: "uid:1"}}
		return e
	}
	const uuid = "0b5e1f0c-0000-4000-8000-000000000002"
	for name, test := range map[string]struct {
		entries             []*types.Entry
		later               time.Duration // of the plan
		entry, relationship string        // what is warned of, as a part; empty for nothing
	}{
		"an empty server":                    {},
		"entries that people made":           {entries: []*types.Entry{byHand("")}},
		"pods' entries under plain UUIDs":    {entries: []*types.Entry{pod("")}, entry: "without entryIDPrefix", relationship: "ClusterFederatedTrustDomain"},
		"pods' entries under another prefix": {entries: []*types.Entry{pod("scm." + uuid)}, relationship: "ClusterFederatedTrustDomain"},
		"pods' entries under our prefix": {
			entries: []*types.Entry{pod("agentward." + uuid)}, entry: "the prefix of this provider's entries", relationship: "ClusterFederatedTrustDomain",
		},
		"what a manager left behind that has a prefix now": {
			entries: []*types.Entry{pod(""), byHand("somebody.else")}, later: time.Hour, relationship: "ClusterFederatedTrustDomain",
		},
		"an entry that has only just been made proves nothing": {
			entries: []*types.Entry{pod(""), byHand("somebody.else")}, entry: "without entryIDPrefix", relationship: "ClusterFederatedTrustDomain",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := spiretest.StartServer(t, spiretest.ServerOptions{})
			for i, e := range test.entries {
				e.SpiffeId.Path += strings.Repeat("x", i)
				server.CreateEntry(t, e)
			}
			client, err := spire.New(spire.Options{SocketPath: server.SocketPath(), Now: func() time.Time { return time.Now().Add(test.later) }})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for what, expected := range map[string]struct{ kind, warning string }{
				"an entry":       {stack.SPIREEntry, test.entry},
				"a relationship": {stack.SPIREFederationRelationship, test.relationship},
			} {
				object := stack.Object{Key: stack.SPIREKey(expected.kind, oss.EntryID("agents", "billing", oss.HintInstance, "a1"))}
				warnings, err := client.Rivals(t.Context(), []stack.Object{object})
				if err != nil {
					t.Fatal(err)
				}
				text := strings.Join(warnings, "\n")
				if expected.warning == "" && text != "" || !strings.Contains(text, expected.warning) {
					t.Errorf("creating %s warns %q, want %q", what, text, expected.warning)
				}
				if expected.warning != "" && len(warnings) != 1 {
					t.Errorf("creating %s gives %d warnings: %q", what, len(warnings), text)
				}
			}
			if warnings, err := client.Rivals(t.Context(), nil); err != nil || warnings != nil {
				t.Errorf("creating nothing warns %v, %v", warnings, err)
			}
		})
	}
}
