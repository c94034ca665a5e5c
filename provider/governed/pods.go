package governed

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Resources are what a container asks for and may use, as Kubernetes' quantities, in HCL.
type Resources struct {
	Requests map[string]types.String `tfsdk:"requests"`
	Limits   map[string]types.String `tfsdk:"limits"`
}

// Spec gives the resources in plain values; nil has none.
func (r *Resources) Spec() spec.Resources {
	if r == nil {
		return spec.Resources{}
	}
	return spec.Resources{Requests: StringMap(r.Requests), Limits: StringMap(r.Limits)}
}

// WorkloadAPI is where pods find the SPIFFE Workload API, in HCL.
type WorkloadAPI struct {
	CSIDriver types.String `tfsdk:"csi_driver"`
	HostPath  types.String `tfsdk:"host_path"`
	Socket    types.String `tfsdk:"socket"`
}

// The Workload API of SPIRE's CSI driver as it is installed.
const (
	csiDriver   = "csi.spiffe.io"
	agentSocket = "spire-agent.sock"
)

// Spec gives the place in plain values; nil is SPIRE's CSI driver.
func (w *WorkloadAPI) Spec() spec.WorkloadAPI {
	if w == nil {
		return spec.WorkloadAPI{CSIDriver: csiDriver, Socket: agentSocket}
	}
	api := spec.WorkloadAPI{CSIDriver: w.CSIDriver.ValueString(), HostPath: w.HostPath.ValueString(), Socket: w.Socket.ValueString()}
	if w.HostPath.IsNull() && w.CSIDriver.IsNull() {
		api.CSIDriver = csiDriver
	}
	if w.Socket.IsNull() {
		api.Socket = agentSocket
	}
	return api
}
