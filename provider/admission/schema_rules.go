package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func rulesAttribute() schema.SingleNestedAttribute {
	return attribute.RequiredBlock("What is asked of a pod. At least one rule must be set; what is left out is not asked for.", attribute.Set{
		"approval_label": attribute.Block("The pod must carry a label that says it was approved: no approval, no scheduling.", attribute.Set{
			"key":    attribute.Required("The label's key, such as `agents.example.org/approved`."),
			"values": attribute.List("Its accepted values. Default: any."),
		}),
		"allowed_registries": attribute.List("Where every image must come from: a registry, or one with the beginning of a path (`registry.example.org/agents`), which ends where a name ends. " +
			"Short references are read as container runtimes do: `nginx` is `docker.io/library/nginx`."),
		"mcp_servers": attribute.Block("Pods that are MCP servers may run approved images only, which keeps shadow MCP servers out (OWASP MCP09).", attribute.Set{
			"label_key":      attribute.Required("Key of the label that marks a pod as an MCP server."),
			"label_value":    attribute.Text("Value of that label. Default: any."),
			"allowed_images": attribute.RequiredList("The images: a repository (all of its tags), one tag of it, or one digest."),
		}),
		"signed_images":   signedImagesAttribute(),
		"spiffe_identity": spiffeIdentityAttribute(),
		"security_context": attribute.Block("How every container must be confined, init and ephemeral ones too. Each is asked for where it is true, after the restricted Pod Security Standard. "+
			"What counts is what is in force: the container's own setting, else the pod's.", attribute.Set{
			"run_as_non_root":            attribute.Flag("`runAsNonRoot` is true, and the user is not 0."),
			"no_privilege_escalation":    attribute.Flag("`allowPrivilegeEscalation` is false."),
			"no_privileged":              attribute.Flag("No container is `privileged`."),
			"read_only_root_filesystem":  attribute.Flag("`readOnlyRootFilesystem` is true."),
			"drop_all_capabilities":      attribute.Flag("`capabilities.drop` has `ALL`, and none is added but those of `allowed_added_capabilities`."),
			"seccomp_runtime_default":    attribute.Flag("The seccomp profile is `RuntimeDefault`, or a local one."),
			"no_host_namespaces":         attribute.Flag("The pod uses none of `hostNetwork`, `hostPID` and `hostIPC`."),
			"no_host_path":               attribute.Flag("The pod mounts no `hostPath` volume."),
			"allowed_added_capabilities": attribute.List("Capabilities that a container may add, without `CAP_`: `NET_BIND_SERVICE`. Others are refused."),
		}),
		"runtime_classes":       attribute.List("RuntimeClasses, one of which the pod must name: the sandboxes, such as `gvisor` or `kata`."),
		"no_automounted_tokens": attribute.Flag("`automountServiceAccountToken` of the pod is false: an agent that talks to no Kubernetes API holds no token for it."),
		"resource_limits": attribute.Block("Limits that every container must have. Ephemeral containers cannot have any, and are let through.", attribute.Set{
			"required":   attribute.List("The resources that need a limit: `cpu`, `memory`, `ephemeral-storage`."),
			"max_cpu":    attribute.Text("The most that the limit for cpu may be, such as `500m` or `2`; it is then required."),
			"max_memory": attribute.Text("The most that the limit for memory may be, such as `4Gi`; it is then required."),
		}),
		"custom": customAttribute(),
	})
}

func spiffeIdentityAttribute() schema.SingleNestedAttribute {
	return attribute.Block("The pod must be able to get its SPIFFE identity. Where both are set, one is enough.", attribute.Set{
		"csi_driver": attribute.Text("A container of the pod mounts a volume of this CSI driver: `csi.spiffe.io`. The policy's `sidecar` is one."),
		"annotation": attribute.Text("The pod carries this annotation, neither empty nor `false`."),
	})
}

func signedImagesAttribute() schema.SingleNestedAttribute {
	return attribute.Block("Images must carry a cosign signature of the signer, and run by the digest that was verified. Only `engine = \"kyverno\"` can check one. "+
		"Set either `public_key` or `keyless`.", attribute.Set{
		"images":     attribute.RequiredList("Patterns of the images to verify, with `*` for any characters: `registry.example.org/agents/*`."),
		"public_key": attribute.Text("The signer's public key as PEM, as in `cosign.pub`."),
		"keyless": attribute.Block("Who signed, as the certificate of Fulcio says.", attribute.Set{
			"issuer":  attribute.Required("The OIDC issuer: `https://token.actions.githubusercontent.com`."),
			"subject": attribute.Required("The subject: the workflow's URL, or an address."),
		}),
		"rekor_url":   attribute.Text("URL of the transparency log. Default: the public one."),
		"ignore_tlog": attribute.Flag("Accept a signature that no transparency log holds. With `public_key` only."),
		"registry_credentials": attribute.Block("The login that reads the signatures of a private registry. It is rendered as a Secret named `<name>-registry`.", attribute.Set{
			"server":   attribute.Required("The registry's host: `registry.example.org`."),
			"username": attribute.Required("The user."),
			"password_wo": schema.StringAttribute{
				Required: true, Sensitive: true, WriteOnly: true,
				MarkdownDescription: "The password. Write-only: it is in neither plan nor state, and may come from an ephemeral resource.",
			},
			"password_wo_version": schema.Int64Attribute{
				Required:            true,
				MarkdownDescription: "Version of the password. A new one writes the Secret; a new password alone does not, as nothing that Terraform keeps shows it.",
			},
			"namespace": attribute.Text("Namespace of the Secret: the one that Kyverno runs in. Default: `kyverno`."),
		}),
	})
}

func customAttribute() schema.ListNestedAttribute {
	return attribute.Blocks("Free rules in CEL. Each is compiled at plan with the API server's own compiler, and an error shows line and column.\n\n"+
		"Besides `object`, `oldObject`, `request` and `namespaceObject`, an expression can use `variables.containers` (all containers, init and ephemeral ones included), "+
		"`variables.newContainers` (those that this request adds or changes), `variables.images` and `variables.newImages` (maps of `reference` and `repository`, spelt out with the registry), "+
		"`variables.isUpdate` and `variables.unchanged`.", attribute.Set{
		"name":       attribute.Required("Name of the rule, a DNS label. It begins the message."),
		"expression": attribute.Required("A CEL expression that is true for what may pass, such as `variables.containers.all(c, !has(c.lifecycle))`."),
		"message":    attribute.Text("What whoever is refused reads. One line."),
	})
}
