package gke

import (
	"slices"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

func report(status kars.Status) kars.Report {
	list, err := kars.ForVersion(kars.Versions()[len(kars.Versions())-1])
	if err != nil {
		panic(err)
	}
	var r kars.Report
	for _, requirement := range list.Requirements {
		r.Results = append(r.Results, kars.Result{Requirement: requirement, Finding: kars.Finding{Status: status, Reason: "as the cluster says", Evidence: []string{"seen"}}})
	}
	for _, id := range []string{"agent_sandbox", "agent_identity", "policy_enforcement"} {
		r.Proposed = append(r.Proposed, kars.Result{Requirement: kars.Requirement{ID: id}, Finding: kars.Finding{Status: status}})
	}
	return r
}

func TestWhatTheClusterLeavesUnknownIsSettledByGKE(t *testing.T) {
	for name, test := range map[string]struct {
		cluster  gcp.Cluster
		id       string
		status   kars.Status
		evidence string
	}{
		"a pool that scales": {
			gcp.Cluster{NodePools: []gcp.NodePool{{Name: "gpu", Autoscaling: true, Accelerators: []gcp.Accelerator{{Type: "nvidia-l4", Count: 2}}}}},
			"cluster_autoscaling", kars.Detected, "GKE: the nodes of pool gpu, with 2 nvidia-l4 each, come and go by demand",
		},
		"a pool without accelerators that scales": {
			gcp.Cluster{NodePools: []gcp.NodePool{{Name: "default", Autoscaling: true}}}, "cluster_autoscaling", kars.Unknown, "",
		},
		"Autopilot":              {gcp.Cluster{Autopilot: true}, "cluster_autoscaling", kars.Detected, "GKE: the cluster is in Autopilot mode"},
		"node auto-provisioning": {gcp.Cluster{NodeProvisioning: true}, "cluster_autoscaling", kars.Unknown, "GKE: node auto-provisioning is on"},
		"drivers": {
			gcp.Cluster{NodePools: []gcp.NodePool{{Name: "gpu", Accelerators: []gcp.Accelerator{{Type: "nvidia-l4", Count: 1, DriverVersion: "LATEST"}}}}},
			"driver_runtime_management", kars.Detected, "GKE: the nodes of pool gpu, with 1 nvidia-l4 each, get their driver from GKE, LATEST",
		},
		"shared GPUs": {
			gcp.Cluster{NodePools: []gcp.NodePool{{Name: "gpu", Accelerators: []gcp.Accelerator{{Type: "nvidia-l4", Count: 1, Sharing: "MPS"}}}}},
			"gpu_sharing", kars.Detected, "GKE: the nodes of pool gpu, with 1 nvidia-l4 each, share them by MPS",
		},
		"divided GPUs": {
			gcp.Cluster{NodePools: []gcp.NodePool{{Name: "gpu", Accelerators: []gcp.Accelerator{{Type: "nvidia-a100", Count: 1, Partition: "1g.5gb"}}}}},
			"gpu_sharing", kars.Detected, "GKE: the nodes of pool gpu, with 1 nvidia-a100 each, have them divided into 1g.5gb",
		},
		"Prometheus":          {gcp.Cluster{ManagedPrometheus: true}, "ai_service_metrics", kars.Detected, "GKE: Managed Service for Prometheus is on"},
		"DCGM":                {gcp.Cluster{MonitoredParts: []string{"KUBELET", "DCGM"}}, "accelerator_metrics", kars.Detected, "GKE: the metrics of DCGM are collected"},
		"the Gateway API":     {gcp.Cluster{GatewayAPI: "CHANNEL_STANDARD"}, "ai_inference", kars.Unknown, "GKE: the Gateway API is installed, CHANNEL_STANDARD"},
		"sandboxes of a pool": {gcp.Cluster{NodePools: []gcp.NodePool{{Name: "box", Sandbox: "GVISOR"}}}, "workload_sandboxing", kars.Detected, "GKE: the nodes of pool box run pods in GVISOR"},
		"agent sandboxes":     {gcp.Cluster{AgentSandbox: true}, "agent_sandbox", kars.Detected, "GKE: the add-on for agent sandboxes is on"},
		"dry run":             {gcp.Cluster{BinaryAuthorization: "POLICY_BINDINGS"}, "policy_enforcement", kars.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			informed, err := Inform(report(kars.Unknown), test.cluster)
			if err != nil {
				t.Fatal(err)
			}
			got := find(t, informed, test.id)
			if got.Status != test.status || test.evidence != "" && !slices.Contains(got.Evidence, test.evidence) {
				t.Errorf("it is %s, with %q", got.Status, got.Evidence)
			}
		})
	}
}

func TestWhatAProbeFoundStays(t *testing.T) {
	everything := gcp.Cluster{Name: "prod", Autopilot: true, ManagedPrometheus: true, NodePools: []gcp.NodePool{{Name: "box", Sandbox: "GVISOR"}}}
	for _, status := range []kars.Status{kars.Verified, kars.Detected, kars.NotDetected, kars.NotApplicable} {
		before := report(status)
		informed, err := Inform(before, everything)
		if err != nil {
			t.Fatal(err)
		}
		got := find(t, informed, "cluster_autoscaling")
		if got.Status != status || got.Reason != "as the cluster says" || !slices.Equal(got.Evidence, []string{"GKE: the cluster is in Autopilot mode", "seen"}) {
			t.Errorf("what was %s became %s: %s %q", status, got.Status, got.Reason, got.Evidence)
		}
		if len(find(t, before, "cluster_autoscaling").Evidence) != 1 || before.Cluster.GKE != nil {
			t.Error("the report that was given was changed")
		}
		if !informed.SaysTheSame(informed) || informed.SaysTheSame(before) {
			t.Error("what GKE says is no part of the report")
		}
	}
}

func find(t *testing.T, r kars.Report, id string) kars.Result {
	t.Helper()
	for _, result := range append(slices.Clone(r.Results), r.Proposed...) {
		if result.ID == id {
			return result
		}
	}
	t.Fatalf("the report has no %s", id)
	return kars.Result{}
}
