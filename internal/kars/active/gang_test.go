package active

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// scheduled is a control plane with the real scheduler and one node. The API server has groups of pods; the scheduler keeps to them where
// its gate is open.
func scheduled(t *testing.T, gate bool) *controlplane.ControlPlane {
	t.Helper()
	c := controlplane.Start(t, controlplane.Options{
		ControllerManager: true, Scheduler: true,
		FeatureGates:          map[string]bool{"GenericWorkload": true},
		SchedulerFeatureGates: map[string]bool{"GenericWorkload": gate},
		RuntimeConfig:         map[string]string{"scheduling.k8s.io/v1beta1": "true"},
	})
	c.FakeNode(t, "node-1")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Log("kube-scheduler"))
		}
	})
	return c
}

func TestASchedulerThatKeepsToGroups(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	c := scheduled(t, true)
	t.Run("both probes", func(t *testing.T) {
		for _, id := range []string{"gang_scheduling", "workload_aware_scheduling"} {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				wantResult(t, run(t, c.Config(), detected(id), Options{}), kars.Verified, "whole or not at all by the scheduler")
			})
		}
	})
	nothingIsLeft(t, c.Config())
}

// volcano is Volcano's kind of groups as far as the probe writes it.
const volcano = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: podgroups.scheduling.volcano.sh}
spec:
  group: scheduling.volcano.sh
  scope: Namespaced
  names: {kind: PodGroup, plural: podgroups}
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {minMember: {type: integer, format: int32}, queue: {type: string}}
`

// The API server has groups, and the scheduler does not know them; there are Volcano's kinds, and no Volcano.
func TestSchedulersThatDoNotKeepToGroups(t *testing.T) {
	t.Parallel() // it waits, on a control plane of its own
	c := scheduled(t, false)
	wantResult(t, run(t, c.Config(), detected("workload_aware_scheduling"), Options{}), kars.NotDetected, "1 of 2 pods of a group were bound by the scheduler")
	kinds := filepath.Join(t.TempDir(), "volcano.yaml")
	if err := os.WriteFile(kinds, []byte(volcano), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.InstallCRDs(t.Context(), kinds); err != nil {
		t.Fatal(err)
	}
	r := run(t, c.Config(), detected("gang_scheduling"), Options{Patience: patient})
	wantResult(t, r, kars.NotDetected, "1 of 2 pods of a group were bound by the scheduler")
	wantResult(t, r, kars.NotDetected, "is not started by Volcano: 0 of 2 pods are bound")
	nothingIsLeft(t, c.Config())
}
