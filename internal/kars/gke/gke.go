// Package gke puts into a report what GKE says of a cluster and the cluster itself does not tell: what runs outside of it, on the side
// that Google manages.
package gke

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// said is what GKE says of a requirement. Without a reason it is evidence alone.
type said struct {
	id, reason, evidence string
}

// Inform gives the report with what GKE says of the cluster. It settles what the cluster left unknown, and nothing else: what a probe
// looked for and did not find stays not found, whatever is configured.
func Inform(report kars.Report, cluster gcp.Cluster) (kars.Report, error) {
	text, err := json.Marshal(cluster)
	if err != nil {
		return report, fmt.Errorf("encode what GKE says of the cluster: %w", err)
	}
	report.Cluster.GKE = text
	news := append(ofCluster(cluster), ofPools(cluster)...)
	report.Results, report.Proposed = informed(report.Results, news), informed(report.Proposed, news)
	return report, nil
}

func informed(results []kars.Result, news []said) []kars.Result {
	results = slices.Clone(results)
	for i, result := range results {
		for _, s := range news {
			if s.id != result.ID {
				continue
			}
			result.Evidence = append(slices.Clone(result.Evidence), "GKE: "+s.evidence)
			if result.Status == kars.Unknown && s.reason != "" {
				result.Status, result.Reason = kars.Detected, s.reason
			}
		}
		slices.Sort(result.Evidence)
		result.Evidence = slices.Compact(result.Evidence)
		results[i] = result
	}
	return results
}

func ofCluster(c gcp.Cluster) []said {
	var news []said
	add := func(holds bool, s said) {
		if holds {
			news = append(news, s)
		}
	}
	add(c.Autopilot, said{"cluster_autoscaling", "GKE makes nodes for pending pods, those with accelerators among them.", "the cluster is in Autopilot mode"})
	add(c.NodeProvisioning, said{"cluster_autoscaling", "", "node auto-provisioning is on"})
	add(c.VerticalAutoscaler, said{"pod_autoscaling", "", "vertical pod autoscaling is on"})
	add(c.ManagedPrometheus, said{"ai_service_metrics", "Managed Service for Prometheus collects what PodMonitorings name.", "Managed Service for Prometheus is on"})
	add(slices.Contains(c.MonitoredParts, "DCGM"), said{"accelerator_metrics", "GKE collects the metrics of DCGM from nodes with GPUs.", "the metrics of DCGM are collected"})
	add(c.GatewayAPI != "", said{"ai_inference", "", "the Gateway API is installed, " + c.GatewayAPI})
	add(c.AgentSandbox, said{"agent_sandbox", "GKE runs the controller of sandboxes.", "the add-on for agent sandboxes is on"})
	add(c.WorkloadPool != "", said{"agent_identity", "", "accounts of the cluster are principals of " + c.WorkloadPool})
	add(strings.HasSuffix(c.BinaryAuthorization, "_ENFORCE"), said{"policy_enforcement", "", "Binary Authorization is on, " + c.BinaryAuthorization})
	return news
}

func ofPools(c gcp.Cluster) []said {
	var news []said
	for _, pool := range c.NodePools {
		if pool.Sandbox != "" {
			news = append(news, said{"workload_sandboxing", "GKE runs the pods of a pool of nodes in sandboxes.", fmt.Sprintf("the nodes of pool %s run pods in %s", pool.Name, pool.Sandbox)})
		}
		for _, a := range pool.Accelerators {
			nodes := fmt.Sprintf("the nodes of pool %s, with %d %s each,", pool.Name, a.Count, a.Type)
			if pool.Autoscaling {
				news = append(news, said{"cluster_autoscaling", "GKE makes nodes with accelerators for pending pods.", nodes + " come and go by demand"})
			}
			if a.DriverVersion != "" {
				news = append(news, said{"driver_runtime_management", "GKE installs and keeps the drivers of its accelerators.", nodes + " get their driver from GKE, " + a.DriverVersion})
			}
			switch {
			case a.Sharing != "":
				news = append(news, said{"gpu_sharing", "GKE lets several pods share an accelerator.", nodes + " share them by " + a.Sharing})
			case a.Partition != "":
				news = append(news, said{"gpu_sharing", "GKE divides accelerators among pods.", nodes + " have them divided into " + a.Partition})
			}
		}
	}
	return news
}
