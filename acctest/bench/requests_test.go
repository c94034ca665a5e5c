package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) {
	serveStandIn()
	terraform.Main(m)
}

// The counts of `make bench` hold for a few identities as for many, so every run of the tests sees to them.
func TestRequestsAreAsAgreed(t *testing.T) {
	const identities = 20
	c := controlplane.Start(t, controlplane.Options{})
	if err := prepare(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program, err := exec.LookPath(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	// Terraform starts this test binary, which Main lets be a provider.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := plugin{source: "agentward/agent", name: providerBinary, dir: filepath.Join(dir, "bin")}
	if err := p.link(self); err != nil {
		t.Fatal(err)
	}
	b := &bench{cluster: c, terraform: program, dir: dir, identities: identities, out: t.Output()}
	measured, objects, err := b.governed(t.Context(), contenderAgent, p, identities)
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2*identities {
		t.Errorf("%d identities made %d objects, want a ServiceAccount and a ClusterSPIFFEID each", identities, len(objects))
	}
	if err := (&report{Objects: len(objects), Contenders: []contender{measured}}).check(); err != nil {
		t.Error(err)
	}
	// The plain client shows that the counting sees what is asked.
	floor, err := b.plain(context.WithoutCancel(t.Context()), objects)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]count{phasePlan: {DryRuns: 1}, phaseApply: {Writes: 1}, phaseReplan: {Gets: 1}, phaseDestroy: {Deletes: 1}}
	for _, phase := range phases {
		m, _ := floor.phase(phase)
		if breaches := m.Requests.breaches(limits{least: want[phase], most: want[phase]}, len(objects)); len(breaches) > 0 {
			t.Errorf("plain client: %s: %s", phase, strings.Join(breaches, "; "))
		}
	}
}

func TestBreaches(t *testing.T) {
	request := func(verb, name string, dryRun bool) controlplane.Request {
		return controlplane.Request{Verb: verb, Resource: "configmaps", Namespace: "a", Name: name, DryRun: dryRun}
	}
	discovery := controlplane.Request{Verb: "get", Path: "/openapi/v3"}
	one := limits{least: count{DryRuns: 1}, most: count{DryRuns: 1}}
	upToOneRead := limits{least: count{Writes: 1}, most: count{Writes: 1, Gets: 1}}
	for name, c := range map[string]struct {
		requests []controlplane.Request
		limits   limits
		objects  int
		want     string
	}{
		"as agreed":                  {[]controlplane.Request{discovery, request("patch", "x", true), request("patch", "y", true)}, one, 2, ""},
		"less than the most":         {[]controlplane.Request{request("patch", "x", false)}, upToOneRead, 1, ""},
		"the most":                   {[]controlplane.Request{request("patch", "x", false), request("get", "x", false)}, upToOneRead, 1, ""},
		"right on average only":      {[]controlplane.Request{request("patch", "x", true), request("patch", "x", true), request("get", "y", false)}, one, 2, "1 objects had 0 dry runs, 0 writes, 1 gets, 0 lists, 0 deletes: configmaps/a/y; 1 objects had 2 dry runs, 0 writes, 0 gets, 0 lists, 0 deletes: configmaps/a/x"},
		"a write for a dry run":      {[]controlplane.Request{request("patch", "x", false)}, one, 1, "1 objects had 0 dry runs, 1 writes, 0 gets, 0 lists, 0 deletes: configmaps/a/x"},
		"a list for every object":    {[]controlplane.Request{request("patch", "x", false), request("list", "x", false)}, upToOneRead, 1, "1 objects had 0 dry runs, 1 writes, 0 gets, 1 lists, 0 deletes: configmaps/a/x"},
		"an object that is left out": {[]controlplane.Request{request("patch", "x", true)}, one, 2, "1 objects were asked for, not 2"},
		"discovery for every object": {append(repeat(discovery, maxDiscovery+1), request("patch", "x", true)), one, 1, "13 requests of discovery, more than 12"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(tallyOf(c.requests).breaches(c.limits, c.objects), "; "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func repeat(r controlplane.Request, times int) []controlplane.Request {
	var requests []controlplane.Request
	for range times {
		requests = append(requests, r)
	}
	return requests
}
