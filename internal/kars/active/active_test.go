package active

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

func TestMain(m *testing.M) {
	controlplane.AtOnce(16) // they wait, for what must not come
	controlplane.Main(m)
}

// The tests of a cluster without nodes share a control plane. They take turns where one makes what another must not see, and nothing is left
// after any turn. All this while other tests wait on control planes of their own.
func TestOnASharedControlPlane(t *testing.T) {
	plane := controlplane.Shared(t) // the first that starts: on no other is so much waited for
	t.Parallel()
	type turn map[string]func(*testing.T)
	for i, tests := range []turn{
		{
			"an accelerator that a driver promises is not verified": anAcceleratorThatADriverPromises,
			"what was not found is not tried":                       whatWasNotFoundIsNotTried,
			"somebody who may make nothing is told":                 somebodyWhoMayMakeNothingIsTold,
			"an interrupted run cleans up":                          anInterruptedRunCleansUp,
			"the gateway classes that are tried":                    theGatewayClassesThatAreTried,
			"PodMonitors are made where somebody selects them":      podMonitorsAreMadeWhereSomebodySelectsThem,
		},
		{
			"an accelerator that no pod gets is not verified": anAcceleratorThatNoPodGets,
			"what a gateway's controller says":                whatAGatewaysControllerSays,
		},
		{"without nodes": withoutNodes},
		{"a run with the published role": aRunWithThePublishedRole},
	} {
		t.Run(fmt.Sprintf("turn %d", i+1), func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t)
				})
			}
		})
		nothingIsLeft(t, plane.Config())
	}
}

// detected is a report in which requirements look as if they were met.
func detected(ids ...string) kars.Report {
	var report kars.Report
	for _, id := range ids {
		report.Results = append(report.Results, kars.Result{
			Requirement: kars.Requirement{ID: id}, Finding: kars.Finding{Status: kars.Detected, Reason: "it looks so"}, Probe: kars.Passive,
		})
	}
	return report
}

func run(t *testing.T, config *rest.Config, report kars.Report, options Options) kars.Result {
	t.Helper()
	report, err := Run(t.Context(), config, report, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report.Results[0]
}

// nothingIsLeft waits until namespaces are gone, and says what else is left.
func nothingIsLeft(t *testing.T, config *rest.Config) {
	t.Helper()
	c, err := connect(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		namespaces, err := c.kube.CoreV1().Namespaces().List(context.Background(), marked)
		if err != nil {
			t.Fatal(err)
		}
		if len(namespaces.Items) == 0 {
			break
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("%d namespaces are left, the first for %s", len(namespaces.Items), namespaces.Items[0].Labels[ownerLabel])
		}
	}
	for _, kind := range clusterKinds {
		list, err := c.dynamic.Resource(kind).List(context.Background(), marked)
		if err == nil && len(list.Items) > 0 {
			t.Errorf("%d %s are left", len(list.Items), kind.Resource)
		}
	}
}

// A control plane without nodes runs no pods, so that nothing works there that takes one, whatever is promised.
func withoutNodes(t *testing.T) {
	c := controlplane.Shared(t)
	if err := c.InstallCRDs(t.Context(), crd.Dir(t, crd.Kueue), crd.Dir(t, crd.AgentSandbox), crd.Dir(t, crd.SPIRE), crd.Dir(t, crd.Prometheus)); err != nil {
		t.Fatal(err)
	}
	const patience = time.Minute
	for _, test := range []struct {
		name, id string
		status   kars.Status
		says     string // in the reason, or of what could not be tried
	}{
		{"the kinds of DRA need no node", "dra_support", kars.Verified, "can be worked with"},
		{"Kueue's kinds without Kueue", "gang_scheduling", kars.NotDetected, "0 of 2 pods of a job that fits are made"},
		{"agent-sandbox's kinds without agent-sandbox", "robust_controller", kars.NotDetected, "there is no pod of the object"},
		{"the Prometheus operator's kinds without a Prometheus", "ai_service_metrics", kars.NotDetected, "no Prometheus that collects anything"},
		{"a pod that never starts cannot be resized", "in_place_pod_resize", kars.Detected, "it did not come in time: pod probe runs (Pending)"},
		{"nor be given an identity", "agent_identity", kars.Detected, "it did not come in time: pod agent-1 runs"},
		{"where no node has an accelerator there is none to try", "secure_accelerator_access", kars.Detected, "it looks so"},
		{"what nobody can try out stays as it was found", "cluster_autoscaling", kars.Detected, "it looks so"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // it waits
			r := run(t, c.Config(), detected(test.id), Options{Patience: patience})
			if r.Status != test.status || !strings.Contains(r.Reason+strings.Join(r.Unread, " "), test.says) {
				t.Errorf("%s is %s: %s %v", r.ID, r.Status, r.Reason, r.Unread)
			}
			if tried := r.Probe == kars.Active; tried != (test.status != kars.Detected) {
				t.Errorf("the result is that of a probe that is %s", r.Probe)
			}
		})
	}
}

// What is not there is not tried, and neither is what could not be read.
func whatWasNotFoundIsNotTried(t *testing.T) {
	report := detected("dra_support", "dra_support", "dra_support")
	report.Results[0].Status = kars.NotDetected
	report.Results[1].Unread = []string{"list deviceclasses: the credentials may not"}
	var tried int
	report, err := Run(t.Context(), controlplane.Shared(t).Config(), report, Options{}, func(string) { tried++ })
	if err != nil {
		t.Fatal(err)
	}
	var statuses []kars.Status
	for _, r := range report.Results {
		statuses = append(statuses, r.Status)
	}
	if tried != 1 || !slices.Equal(statuses, []kars.Status{kars.NotDetected, kars.Detected, kars.Verified}) {
		t.Errorf("%d were tried, and the statuses are %v", tried, statuses)
	}
}

func somebodyWhoMayMakeNothingIsTold(t *testing.T) {
	c := controlplane.Shared(t)
	config, err := clientcmd.BuildConfigFromFlags("", c.User("maker-of-nothing"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), config, detected("dra_support"), Options{}, nil); err == nil || !strings.Contains(err.Error(), "remove what earlier probes left behind") {
		t.Errorf("the error is %v", err)
	}
}

// A run that is interrupted cleans up all the same, and says that it is not whole.
func anInterruptedRunCleansUp(t *testing.T) {
	c := controlplane.Shared(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start := time.Now()
	report, err := Run(ctx, c.Config(), detected("in_place_pod_resize", "dra_support"), Options{}, func(string) { time.AfterFunc(3*time.Second, cancel) })
	if err != nil {
		t.Fatal(err)
	}
	if !report.Interrupted || report.Results[0].Status != kars.Detected || report.Results[1].Status != kars.Detected || time.Since(start) > time.Minute {
		t.Errorf("interrupted %v, after %s, with %+v", report.Interrupted, time.Since(start), report.Results)
	}
}

// wantResult wants a result to be that of an active probe, and its reason to say so.
func wantResult(t *testing.T, r kars.Result, status kars.Status, says string) {
	t.Helper()
	if r.Status != status || r.Probe != kars.Active || !strings.Contains(r.Reason, says) {
		t.Errorf("%s is %s by a probe that is %q: %s\n evidence: %s\n not read: %s", r.ID, r.Status, r.Probe, r.Reason, strings.Join(r.Evidence, "\n  "), strings.Join(r.Unread, "\n  "))
	}
}
