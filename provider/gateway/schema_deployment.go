package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// deploymentAttributes say how the gateway runs in the cluster.
func deploymentAttributes() attributes {
	return attributes{
		"deployment": block("How the gateway's pods run. They always run as non-root, read-only, without capabilities, with the seccomp profile `RuntimeDefault`.", attributes{
			"image":       text("The image. Default: the published one of the provider's version."),
			"pull_policy": text("`IfNotPresent`, `Always` or `Never`. Default: the cluster's.", oneOf("IfNotPresent", "Always", "Never")),
			"replicas":    number("Replicas, where nothing scales them. Default: 2 with a `store`, else 1.", 1, 1000),
			"autoscaling": block("A HorizontalPodAutoscaler, in place of `replicas`.", attributes{
				"min":             schema.Int64Attribute{Required: true, MarkdownDescription: "Least replicas, at least 1."},
				"max":             schema.Int64Attribute{Required: true, MarkdownDescription: "Most replicas, at least `min`."},
				"cpu_utilization": number("Percent of the requested CPU to aim at. Default: 70.", 1, 100),
			}),
			"resources": block("What the container asks for and may use, as Kubernetes' quantities: `{ cpu = \"250m\", memory = \"128Mi\" }`.", attributes{
				"requests": texts("What it asks for."),
				"limits":   texts("What it may use."),
			}),
			"node_selector": texts("Labels of the nodes that the pods may run on."),
			"tolerations": blocks("Taints of nodes that the pods tolerate.", attributes{
				"key":      text("The taint's key. Default: any."),
				"operator": text("`Equal` (default) or `Exists`.", oneOf("Equal", "Exists")),
				"value":    text("The taint's value, with `Equal`."),
				"effect":   text("`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: any.", oneOf("NoSchedule", "PreferNoSchedule", "NoExecute")),
				"seconds":  schema.Int64Attribute{Optional: true, MarkdownDescription: "How long a pod stays on a node with a taint of `NoExecute`, in seconds. Default: for good."},
			}),
			"zone_spread":         flag("Spread replicas over zones as well as over nodes. Default: `false`."),
			"priority_class":      text("PriorityClass of the pods."),
			"pod_labels":          texts("More labels of the pods."),
			"pod_annotations":     texts("More annotations of the pods."),
			"service_type":        text("Type of the gateway's Service: `ClusterIP` (default), `LoadBalancer` or `NodePort`.", oneOf("ClusterIP", "LoadBalancer", "NodePort")),
			"service_annotations": texts("Annotations of the gateway's Service."),
			"workload_api": block("Where pods find the SPIFFE Workload API. Default: SPIRE's CSI driver.", attributes{
				"csi_driver": text("A CSI driver that mounts it. Default: `csi.spiffe.io`, unless `host_path` is set."),
				"host_path":  text("A folder of the node that holds the socket: `/run/spire/agent-sockets`."),
				"socket":     text("The socket's file name in the folder. Default: `spire-agent.sock`."),
			}),
			"class_name": text("The class of the spire-controller-manager that registers the gateway (`className`)."),
			"admin_port": number("Port of probes, metrics and status. Default: 9090.", 1, 65535),
		}),
		"network": networkAttribute(),
	}
}

func networkAttribute() schema.SingleNestedAttribute {
	pods := podSetAttributes()
	return block("What the rendered NetworkPolicies let through. They hold where the cluster's network enforces them.", attributes{
		"disabled": flag("Render none. Default: `false`."),
		"agents":   blocks("Pods that may reach DNS, the gateway and SPIRE, and nothing else.", pods),
		"clients": blocks("Namespaces, by label, whose pods may reach the listeners too. Default: with `mode = \"client_to_agent\"` all, else none.",
			governed.LabelSelectorAttribute("").Attributes),
		"dns":   podSetAttribute("The pods that serve DNS. Default: `k8s-app = kube-dns` in `kube-system`."),
		"spire": podSetAttribute("The pods of SPIRE, where agents reach it over the network. The Workload API's socket needs no network."),
	})
}
