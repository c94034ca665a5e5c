package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// deploymentAttributes say how the gateway runs in the cluster.
func deploymentAttributes() attribute.Set {
	return attribute.Set{
		"deployment": attribute.Block("How the gateway's pods run. They always run as non-root, read-only, without capabilities, with the seccomp profile `RuntimeDefault`.", attribute.Set{
			"image":       attribute.Text("The image. Default: the published one of the provider's version."),
			"pull_policy": attribute.Text("`IfNotPresent`, `Always` or `Never`. Default: the cluster's.", attribute.OneOf("IfNotPresent", "Always", "Never")),
			"replicas":    number("Replicas, where nothing scales them. Default: 2 with a `store`, else 1.", 1, 1000),
			"autoscaling": attribute.Block("A HorizontalPodAutoscaler, in place of `replicas`.", attribute.Set{
				"min":             schema.Int64Attribute{Required: true, MarkdownDescription: "Least replicas, at least 1."},
				"max":             schema.Int64Attribute{Required: true, MarkdownDescription: "Most replicas, at least `min`."},
				"cpu_utilization": number("Percent of the requested CPU to aim at. Default: 70.", 1, 100),
			}),
			"resources": attribute.Block("What the container asks for and may use, as Kubernetes' quantities: `{ cpu = \"250m\", memory = \"128Mi\" }`.", attribute.Set{
				"requests": attribute.Texts("What it asks for."),
				"limits":   attribute.Texts("What it may use."),
			}),
			"node_selector": attribute.Texts("Labels of the nodes that the pods may run on."),
			"tolerations": attribute.Blocks("Taints of nodes that the pods tolerate.", attribute.Set{
				"key":      attribute.Text("The taint's key. Default: any."),
				"operator": attribute.Text("`Equal` (default) or `Exists`.", attribute.OneOf("Equal", "Exists")),
				"value":    attribute.Text("The taint's value, with `Equal`."),
				"effect":   attribute.Text("`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: any.", attribute.OneOf("NoSchedule", "PreferNoSchedule", "NoExecute")),
				"seconds":  schema.Int64Attribute{Optional: true, MarkdownDescription: "How long a pod stays on a node with a taint of `NoExecute`, in seconds. Default: for good."},
			}),
			"zone_spread":         attribute.Flag("Spread replicas over zones as well as over nodes. Default: `false`."),
			"priority_class":      attribute.Text("PriorityClass of the pods."),
			"pod_labels":          attribute.Texts("More labels of the pods."),
			"pod_annotations":     attribute.Texts("More annotations of the pods."),
			"service_type":        attribute.Text("Type of the gateway's Service: `ClusterIP` (default), `LoadBalancer` or `NodePort`.", attribute.OneOf("ClusterIP", "LoadBalancer", "NodePort")),
			"service_annotations": attribute.Texts("Annotations of the gateway's Service."),
			"workload_api": attribute.Block("Where pods find the SPIFFE Workload API. Default: SPIRE's CSI driver.", attribute.Set{
				"csi_driver": attribute.Text("A CSI driver that mounts it. Default: `csi.spiffe.io`, unless `host_path` is set."),
				"host_path":  attribute.Text("A folder of the node that holds the socket: `/run/spire/agent-sockets`."),
				"socket":     attribute.Text("The socket's file name in the folder. Default: `spire-agent.sock`."),
			}),
			"class_name": attribute.Text("The class of the spire-controller-manager that registers the gateway (`className`)."),
			"admin_port": number("Port of probes, metrics and status. Default: 9090.", 1, 65535),
		}),
		"network": networkAttribute(),
	}
}

func networkAttribute() schema.SingleNestedAttribute {
	pods := podSetAttributes()
	return attribute.Block("What the rendered NetworkPolicies let through. They hold where the cluster's network enforces them.", attribute.Set{
		"disabled": attribute.Flag("Render none. Default: `false`."),
		"agents":   attribute.Blocks("Pods that may reach DNS, the gateway and SPIRE, and nothing else.", pods),
		"clients": attribute.Blocks("Namespaces, by label, whose pods may reach the listeners too. Default: with `mode = \"client_to_agent\"` all, else none.",
			governed.LabelSelectorAttribute("").Attributes),
		"dns":   podSetAttribute("The pods that serve DNS. Default: `k8s-app = kube-dns` in `kube-system`."),
		"spire": podSetAttribute("The pods of SPIRE, where agents reach it over the network. The Workload API's socket needs no network."),
	})
}
