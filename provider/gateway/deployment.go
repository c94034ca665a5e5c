package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type deploymentModel struct {
	Image              types.String            `tfsdk:"image"`
	PullPolicy         types.String            `tfsdk:"pull_policy"`
	Replicas           types.Int64             `tfsdk:"replicas"`
	Autoscaling        *autoscalingModel       `tfsdk:"autoscaling"`
	Resources          *governed.Resources     `tfsdk:"resources"`
	NodeSelector       map[string]types.String `tfsdk:"node_selector"`
	Tolerations        []tolerationModel       `tfsdk:"tolerations"`
	ZoneSpread         types.Bool              `tfsdk:"zone_spread"`
	PriorityClass      types.String            `tfsdk:"priority_class"`
	PodLabels          map[string]types.String `tfsdk:"pod_labels"`
	PodAnnotations     map[string]types.String `tfsdk:"pod_annotations"`
	ServiceType        types.String            `tfsdk:"service_type"`
	ServiceAnnotations map[string]types.String `tfsdk:"service_annotations"`
	WorkloadAPI        *governed.WorkloadAPI   `tfsdk:"workload_api"`
	ClassName          types.String            `tfsdk:"class_name"`
	AdminPort          types.Int64             `tfsdk:"admin_port"`
}

type autoscalingModel struct {
	Min            types.Int64 `tfsdk:"min"`
	Max            types.Int64 `tfsdk:"max"`
	CPUUtilization types.Int64 `tfsdk:"cpu_utilization"`
}

type tolerationModel struct {
	Key      types.String `tfsdk:"key"`
	Operator types.String `tfsdk:"operator"`
	Value    types.String `tfsdk:"value"`
	Effect   types.String `tfsdk:"effect"`
	Seconds  types.Int64  `tfsdk:"seconds"`
}

// spec gives how the gateway runs. Replicas share what they must know of each other by a store, so that there is one replica where
// nothing is said and there is no store.
func (m *deploymentModel) spec(shared bool) spec.Deployment {
	if m == nil {
		m = &deploymentModel{}
	}
	d := spec.Deployment{
		Image:              m.Image.ValueString(),
		PullPolicy:         m.PullPolicy.ValueString(),
		Replicas:           1,
		NodeSelector:       governed.StringMap(m.NodeSelector),
		ZoneSpread:         m.ZoneSpread.ValueBool(),
		PriorityClass:      m.PriorityClass.ValueString(),
		PodLabels:          governed.StringMap(m.PodLabels),
		PodAnnotations:     governed.StringMap(m.PodAnnotations),
		ServiceType:        m.ServiceType.ValueString(),
		ServiceAnnotations: governed.StringMap(m.ServiceAnnotations),
		WorkloadAPI:        m.WorkloadAPI.Spec(),
		Resources:          m.Resources.Spec(),
		ClassName:          m.ClassName.ValueString(),
		AdminPort:          integer(m.AdminPort),
	}
	switch {
	case !m.Replicas.IsNull():
		d.Replicas = integer(m.Replicas)
	case shared:
		d.Replicas = 2
	}
	if a := m.Autoscaling; a != nil {
		d.Autoscaling = &spec.Autoscaling{Min: integer(a.Min), Max: integer(a.Max), CPUUtilization: integer(a.CPUUtilization)}
	}
	for _, t := range m.Tolerations {
		d.Tolerations = append(d.Tolerations, spec.Toleration{
			Key: t.Key.ValueString(), Operator: t.Operator.ValueString(), Value: t.Value.ValueString(), Effect: t.Effect.ValueString(),
			Seconds: t.Seconds.ValueInt64Pointer(),
		})
	}
	return d
}

type networkModel struct {
	Disabled types.Bool                `tfsdk:"disabled"`
	Agents   []podSetModel             `tfsdk:"agents"`
	Clients  []*governed.LabelSelector `tfsdk:"clients"`
	DNS      *podSetModel              `tfsdk:"dns"`
	SPIRE    *podSetModel              `tfsdk:"spire"`
}

func (m *networkModel) spec() spec.Network {
	if m == nil {
		return spec.Network{}
	}
	n := spec.Network{Disabled: m.Disabled.ValueBool()}
	for _, a := range m.Agents {
		n.Agents = append(n.Agents, a.spec())
	}
	for _, c := range m.Clients {
		n.Clients = append(n.Clients, c.Spec())
	}
	if m.DNS != nil {
		n.DNS = m.DNS.spec()
	}
	if m.SPIRE != nil {
		n.SPIRE = new(m.SPIRE.spec())
	}
	return n
}
