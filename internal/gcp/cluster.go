package gcp

import (
	"cmp"
	"context"
	"fmt"

	"google.golang.org/api/container/v1"
	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Cluster is what GKE says of a cluster and what nothing in the cluster itself says, or says as plainly.
type Cluster struct {
	Name           string `json:"name,omitempty"`
	Location       string `json:"location,omitempty"`
	Status         string `json:"status,omitempty"`          // "RUNNING"
	Version        string `json:"version,omitempty"`         // of the control plane: "1.37.0-gke.3503000"
	ReleaseChannel string `json:"release_channel,omitempty"` // RAPID, REGULAR, STABLE, EXTENDED; "" where it is in none
	Autopilot      bool   `json:"autopilot,omitempty"`

	WorkloadPool        string `json:"workload_pool,omitempty"`        // "acme-agents.svc.id.goog"; "" without Workload Identity Federation
	BinaryAuthorization string `json:"binary_authorization,omitempty"` // evaluation mode; "" and DISABLED do nothing
	MeshCertificates    bool   `json:"mesh_certificates,omitempty"`
	Fleet               string `json:"fleet,omitempty"` // the membership; "" where it is in no fleet

	AgentSandbox       bool     `json:"agent_sandbox,omitempty"`
	Ambient            bool     `json:"ambient,omitempty"`     // the ambient data plane, which an agent gateway of one's own needs
	GatewayAPI         string   `json:"gateway_api,omitempty"` // "CHANNEL_STANDARD"; "" where there is none
	DataplaneV2        bool     `json:"dataplane_v2,omitempty"`
	FQDNNetworkPolicy  bool     `json:"fqdn_network_policy,omitempty"`
	BetaAPIs           []string `json:"beta_apis,omitempty"`         // "resource.k8s.io/v1beta1/deviceclasses"
	NodeProvisioning   bool     `json:"node_provisioning,omitempty"` // node pools come and go with the pods
	VerticalAutoscaler bool     `json:"vertical_autoscaler,omitempty"`
	ManagedPrometheus  bool     `json:"managed_prometheus,omitempty"`
	MonitoredParts     []string `json:"monitored_parts,omitempty"` // "DCGM", "KUBELET"

	NodePools []NodePool `json:"node_pools,omitempty"`
}

// NodePool is what GKE says of the nodes of a pool.
type NodePool struct {
	Name         string        `json:"name,omitempty"`
	Version      string        `json:"version,omitempty"`
	Sandbox      string        `json:"sandbox,omitempty"`  // GVISOR, MICROVM; "" for none
	Metadata     string        `json:"metadata,omitempty"` // how pods see the metadata server: GKE_METADATA, GCE_METADATA
	Autoscaling  bool          `json:"autoscaling,omitempty"`
	Accelerators []Accelerator `json:"accelerators,omitempty"`
}

// Accelerator is what each node of a pool has.
type Accelerator struct {
	Type          string `json:"type,omitempty"` // "nvidia-l4"
	Count         int64  `json:"count,omitempty"`
	Partition     string `json:"partition,omitempty"`      // of MIG: "1g.5gb"
	Sharing       string `json:"sharing,omitempty"`        // TIME_SHARING, MPS; "" for none
	DriverVersion string `json:"driver_version,omitempty"` // that GKE installs: DEFAULT, LATEST; "" where it installs none
}

// Cluster reads a cluster by its name, "projects/p/locations/l/clusters/c". It returns stack.ErrNotFound where there is none,
// stack.ErrForbidden where it may not be read, and a *stack.UnknownError with Unreachable set where the API does not answer.
func (c *Client) Cluster(ctx context.Context, name string) (*Cluster, error) {
	key := stack.GoogleKey(Container, name)
	service, err := connect(c, Container, "", container.NewService)
	if err != nil {
		return nil, c.unknown(key, err)
	}
	there, err := ask(ctx, c.config.Pace, true, func(ctx context.Context) (*container.Cluster, error) {
		return service.Projects.Locations.Clusters.Get(name).Context(ctx).Do()
	})
	switch {
	case refusedWith(err, codes.NotFound):
		return nil, named(key, fmt.Errorf("%w: %w", stack.ErrNotFound, err))
	case err != nil:
		return nil, c.unknown(key, err)
	}
	return clusterFrom(there), nil
}

func clusterFrom(there *container.Cluster) *Cluster {
	network := orEmpty(there.NetworkConfig)
	monitoring := orEmpty(there.MonitoringConfig)
	cluster := &Cluster{
		Name: there.Name, Location: there.Location, Status: there.Status, Version: there.CurrentMasterVersion,
		ReleaseChannel:      specified(orEmpty(there.ReleaseChannel).Channel, "UNSPECIFIED"),
		Autopilot:           orEmpty(there.Autopilot).Enabled,
		WorkloadPool:        orEmpty(there.WorkloadIdentityConfig).WorkloadPool,
		BinaryAuthorization: specified(orEmpty(there.BinaryAuthorization).EvaluationMode, "EVALUATION_MODE_UNSPECIFIED"),
		MeshCertificates:    orEmpty(there.MeshCertificates).EnableCertificates,
		Fleet:               orEmpty(there.Fleet).Membership,
		AgentSandbox:        orEmpty(orEmpty(there.AddonsConfig).AgentSandboxConfig).Enabled,
		Ambient:             orEmpty(network.AmbientNetworkingConfig).Enabled,
		GatewayAPI:          specified(orEmpty(network.GatewayApiConfig).Channel, "CHANNEL_UNSPECIFIED", "CHANNEL_DISABLED"),
		DataplaneV2:         network.DatapathProvider == "ADVANCED_DATAPATH",
		FQDNNetworkPolicy:   network.EnableFqdnNetworkPolicy,
		BetaAPIs:            orEmpty(there.EnableK8sBetaApis).EnabledApis,
		NodeProvisioning:    orEmpty(there.Autoscaling).EnableNodeAutoprovisioning,
		VerticalAutoscaler:  orEmpty(there.VerticalPodAutoscaling).Enabled,
		ManagedPrometheus:   orEmpty(monitoring.ManagedPrometheusConfig).Enabled,
		MonitoredParts:      orEmpty(monitoring.ComponentConfig).EnableComponents,
	}
	for _, pool := range there.NodePools {
		cluster.NodePools = append(cluster.NodePools, nodePoolFrom(pool))
	}
	return cluster
}

func nodePoolFrom(there *container.NodePool) NodePool {
	nodes := orEmpty(there.Config)
	pool := NodePool{
		Name: there.Name, Version: there.Version,
		Sandbox:     specified(orEmpty(nodes.SandboxConfig).Type, "UNSPECIFIED"),
		Metadata:    specified(orEmpty(nodes.WorkloadMetadataConfig).Mode, "MODE_UNSPECIFIED"),
		Autoscaling: orEmpty(there.Autoscaling).Enabled,
	}
	for _, a := range nodes.Accelerators {
		pool.Accelerators = append(pool.Accelerators, Accelerator{
			Type: a.AcceleratorType, Count: a.AcceleratorCount, Partition: a.GpuPartitionSize,
			Sharing:       specified(orEmpty(a.GpuSharingConfig).GpuSharingStrategy, "GPU_SHARING_STRATEGY_UNSPECIFIED"),
			DriverVersion: specified(orEmpty(a.GpuDriverInstallationConfig).GpuDriverVersion, "GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED"),
		})
	}
	return pool
}

// orEmpty gives what is there, or what its absence means.
func orEmpty[T any](value *T) *T { return cmp.Or(value, new(T)) }

// specified gives "" for the values that say nothing.
func specified(value string, nothing ...string) string {
	for _, none := range nothing {
		if value == none {
			return ""
		}
	}
	return value
}
