package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func sidecarAttribute() schema.SingleNestedAttribute {
	return attribute.Block("Gives the pods that the policy selects a client of the gateway, when they are created: those with the label of `rules.approval_label`, or all where no approval is asked for. "+
		"The agent in them stays as it is. It finds a plain endpoint of its own pod in the environment variable `AGENT_GATEWAY_URL`, and the sidecar adds SVID, access token and proof of possession.\n\n"+
		"  The sidecar is an init container `agent-gateway` that goes on running: it has the pod's identity before the agent starts, and keeps no Job from ending. "+
		"It meets every rule of `security_context` and the restricted Pod Security Standard. Whatever a pod brings under this name is replaced. "+
		"The policy then has one rule more, `sidecar`: an approved pod has the sidecar as it is here, and no update makes another program of it. "+
		"A pod with `hostNetwork` gets none, since every process of the node could call as the agent, and breaks that rule.\n\n"+
		"  `engine = \"native\"` renders a `MutatingAdmissionPolicy` and its binding (`admissionregistration.k8s.io/v1`: Kubernetes 1.36 or later), `kyverno` a `MutatingPolicy`. "+
		"`gatekeeper` has no sidecar. Pods that were there before get theirs when they are made anew.", attribute.Set{
		"image":             attribute.Text("Image of `agent-gateway`. Default: the published one of the provider's version. `allowed_registries` and `mcp_servers` must allow it, which the plan checks, and `signed_images` may ask for its signature."),
		"gateway":           attribute.Required("Origin of the gateway's listener, `https://edge.gateways.svc:8443`: the `url` of an `agent_gateway`."),
		"gateway_spiffe_id": attribute.Required("The SPIFFE ID that the gateway must prove: the `spiffe_id` of an `agent_gateway`."),
		"targets": attribute.List("What agents may call through the sidecar: paths of targets at the gateway, `/bank`, or their URLs, as in `values(agent_gateway.edge.endpoints)`. " +
			"The sidecar's paths are the gateway's, so that `$AGENT_GATEWAY_URL/bank` is the target at `/bank`. " +
			"Services of gRPC follow a number sign: `/ledger#bank.v1.Ledger`. Default: all, which goes without `token_endpoint` alone."),
		"token_endpoint": attribute.Text("Where the gateway issues access tokens: the `token_endpoint` of an `agent_gateway`. Each target gets tokens of its own. Default: none are asked for."),
		"port":           attribute.Number("Port of the endpoint on the pod's loopback. The one after it answers the kubelet's probe, and nothing else. Default: 7070."),
		"workload_api": attribute.Block("Where pods find the SPIFFE Workload API. Default: SPIRE's CSI driver.", attribute.Set{
			"csi_driver": attribute.Text("A CSI driver that mounts it. Default: `csi.spiffe.io`, unless `host_path` is set."),
			"host_path":  attribute.Text("A folder of the node that holds the socket: `/run/spire/agent-sockets`. Not with the rule `no_host_path`."),
			"socket":     attribute.Text("The socket's file name in the folder. Default: `spire-agent.sock`."),
		}),
		"resources": attribute.Block("Resources of the sidecar. Default: requests of 10m cpu and 32Mi memory, and a limit of 128Mi memory. They must keep `resource_limits`.", attribute.Set{
			"requests": attribute.Texts("Requests by resource name, such as `{ cpu = \"10m\" }`."),
			"limits":   attribute.Texts("Limits by resource name, such as `{ memory = \"128Mi\" }`."),
		}),
	})
}
