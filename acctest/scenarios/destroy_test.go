package scenarios_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// keptByTheCluster are kinds of objects that come and go by themselves: the cluster's own account of what happens in it, and Kyverno's.
var keptByTheCluster = []string{
	"events", "events.events.k8s.io", "leases.coordination.k8s.io", "endpoints", "endpointslices.discovery.k8s.io",
	"ephemeralreports.reports.kyverno.io", "clusterephemeralreports.reports.kyverno.io",
	"policyreports.wgpolicyk8s.io", "clusterpolicyreports.wgpolicyk8s.io", "policyreports.openreports.io", "reports.openreports.io", "clusterreports.openreports.io",
	"componentstatuses",
}

// Terraform destroys what it made, and nothing of it stays: neither in the cluster nor in SPIRE. It runs alone, since it looks at everything.
func TestDestroyLeavesNothing(t *testing.T) {
	s := enter(t, "destroy")
	s.serviceMonitors()
	s.run(s.Server(s.Bank(s.tools, "bank")))
	before := s.everything()
	entries := s.registered()

	s.govern(s.everyKind())
	s.serving()
	made := slices.DeleteFunc(s.everything(), func(object string) bool { return slices.Contains(before, object) })
	if len(made) < len(s.inventory())-1 { // two parts may be of one object
		t.Fatalf("the apply made only %q", made)
	}
	if len(s.registered()) == len(entries) {
		t.Fatal("the gateways are not registered in SPIRE: there would be nothing to withdraw")
	}

	if out, complaints, err := s.terraform.Run(s.Context(), "destroy", "-auto-approve", "-no-color"); err != nil {
		t.Fatalf("terraform destroy: %v\n%s%s", err, out, complaints)
	}
	deadline := time.Now().Add(time.Minute) // pods end, and what belongs to what was deleted is collected
	for {
		now := s.everything()
		left := slices.DeleteFunc(slices.Clone(now), func(object string) bool { return slices.Contains(before, object) })
		gone := slices.DeleteFunc(slices.Clone(before), func(object string) bool { return slices.Contains(now, object) })
		inSPIRE := slices.DeleteFunc(s.registered(), func(entry string) bool { return slices.Contains(entries, entry) })
		if len(left)+len(gone)+len(inSPIRE) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left in the cluster: %q\nleft in SPIRE: %q\ngone that was there before: %q", left, inSPIRE, gone)
		}
		time.Sleep(time.Second)
	}
}

// everything gives all objects of the cluster, each by its kind, namespace, name and UID, but those of kinds that come and go.
func (s *stage) everything() []string {
	s.Helper()
	all, err := s.Inventory(s.step(), keptByTheCluster...)
	if err != nil {
		s.Fatal(err)
	}
	return all
}

// registered gives the SPIFFE IDs and entry ids of SPIRE's entries for this stage.
func (s *stage) registered() []string {
	s.Helper()
	server := cluster.Pod{Namespace: "spire-system", Name: "spire-server-0", Container: "spire-server"}
	out, err := s.Exec(s.step(), server, nil, "/usr/local/bin/spire-server", "entry", "show", "-socketPath", "/run/spire/server/api.sock")
	if err != nil {
		s.Fatal(err)
	}
	entries := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "SPIFFE ID" && strings.Contains(value, "/ns/"+s.gateway+"/") {
			entries[strings.TrimSpace(value)] = true
		}
	}
	return slices.Sorted(maps.Keys(entries))
}
