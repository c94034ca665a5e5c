package passive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// probe looks for one requirement.
type probe func(*look) kars.Finding

// probes are there for every requirement of every version, and for what is proposed.
var probes = map[string]probe{
	"dra_support":                 draSupport,
	"driver_runtime_management":   driverRuntimeManagement,
	"gpu_sharing":                 gpuSharing,
	"virtualized_accelerator":     virtualizedAccelerator,
	"ai_inference":                aiInference,
	"advanced_inference_ingress":  advancedInferenceIngress,
	"high_performance_networking": highPerformanceNetworking,
	"disaggregated_inference":     disaggregatedInference,
	"gang_scheduling":             gangScheduling,
	"cluster_autoscaling":         clusterAutoscaling,
	"pod_autoscaling":             podAutoscaling,
	"accelerator_metrics":         acceleratorMetrics,
	"ai_service_metrics":          aiServiceMetrics,
	"secure_accelerator_access":   secureAcceleratorAccess,
	"workload_sandboxing":         workloadSandboxing,
	"robust_controller":           robustController,

	"in_place_pod_resize":       inPlacePodResize,
	"workload_aware_scheduling": workloadAwareScheduling,
	"agent_identity":            agentIdentity,
	"policy_enforcement":        policyEnforcement,
	"agent_sandbox":             agentSandbox,
	"long_running_stability":    longRunningStability,
}

// Run looks at a cluster for every requirement of the checklist and for what is proposed. progress, which may be nil, is told of each
// result. What the credentials may not read, or what a cluster that went away does not answer, stands in the results; the error is
// that the cluster never answered. The report's times and its program are the caller's to set.
func Run(ctx context.Context, api cluster.Reader, list kars.Checklist, now time.Time, progress func(kars.Result)) (kars.Report, error) {
	if progress == nil {
		progress = func(kars.Result) {}
	}
	report := kars.Report{Version: list.Version, Source: list.Source, Date: list.Date, Probe: kars.Passive}
	l := newLook(ctx, api, now)
	if _, err := l.discovery(); err != nil {
		return report, fmt.Errorf("ask the API server what it serves: %w", err)
	}
	var err error
	if report.Cluster.Kubernetes, err = api.Version(ctx); err != nil && !errors.Is(err, cluster.ErrForbidden) {
		return report, fmt.Errorf("ask the API server for its version: %w", err)
	}
	look := func(requirements []kars.Requirement) []kars.Result {
		var results []kars.Result
		for _, r := range requirements {
			result := kars.Result{Requirement: r, Finding: probes[r.ID](l), Probe: kars.Passive}
			results = append(results, result)
			progress(result)
		}
		return results
	}
	report.Results = look(list.Requirements)
	report.Proposed = look(kars.Proposed())
	if nodes, err := l.nodes(); err == nil {
		report.Cluster.Nodes = nodes.total
		report.Cluster.AcceleratorNodes = len(l.accelerators(&notes{}).nodes)
	}
	if _, err := api.Version(ctx); errors.Is(err, cluster.ErrGone) {
		report.Interrupted = true
	}
	return report, nil
}
