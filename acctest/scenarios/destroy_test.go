package scenarios_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	s.nothingEnds()
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
	// Pods end, and what belongs to what was deleted is collected.
	cluster.Eventually(t, "all is as it was before", func(context.Context) error {
		now := s.everything()
		left := slices.DeleteFunc(slices.Clone(now), func(object string) bool { return slices.Contains(before, object) })
		gone := slices.DeleteFunc(slices.Clone(before), func(object string) bool { return slices.Contains(now, object) })
		inSPIRE := slices.DeleteFunc(s.registered(), func(entry string) bool { return slices.Contains(entries, entry) })
		if len(left)+len(gone)+len(inSPIRE) == 0 {
			return nil
		}
		return fmt.Errorf("left in the cluster: %q\nleft in SPIRE: %q\ngone that was there before: %q", left, inSPIRE, gone)
	})
}

// nothingEnds waits until the namespaces of earlier tests are gone.
func (s *stage) nothingEnds() {
	s.Helper()
	cluster.Eventually(s, "no namespace is being removed", func(ctx context.Context) error {
		all, err := s.API.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, namespace := range all.Items {
			if namespace.DeletionTimestamp != nil {
				return fmt.Errorf("%s is: %v", namespace.Name, namespace.Status.Conditions)
			}
		}
		return nil
	})
}

// everything gives all objects of the cluster, each by its kind, namespace, name and UID, but those of kinds that come and go.
func (s *stage) everything() (all []string) {
	s.Helper()
	cluster.Eventually(s, "all objects of the cluster can be listed", func(ctx context.Context) (err error) {
		all, err = s.Inventory(ctx, keptByTheCluster...)
		return err
	})
	return all
}

// registered gives the SPIFFE IDs and entry ids of SPIRE's entries for this stage.
func (s *stage) registered() []string {
	s.Helper()
	server := cluster.Pod{Namespace: "spire-system", Name: "spire-server-0", Container: "spire-server"}
	var out []byte
	cluster.Eventually(s, "SPIRE shows its entries", func(ctx context.Context) (err error) {
		out, err = s.Exec(ctx, server, nil, "/usr/local/bin/spire-server", "entry", "show", "-socketPath", "/run/spire/server/api.sock")
		return err
	})
	entries := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "SPIFFE ID" && strings.Contains(value, "/ns/"+s.gateway+"/") {
			entries[strings.TrimSpace(value)] = true
		}
	}
	return slices.Sorted(maps.Keys(entries))
}
