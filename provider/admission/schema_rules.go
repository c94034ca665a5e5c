package admission

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func rulesAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "What is asked of a pod. At least one rule must be set; what is left out is not asked for.",
		Attributes: map[string]schema.Attribute{
			"approval_label": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The pod must carry a label that says it was approved: no approval, no scheduling.",
				Attributes: map[string]schema.Attribute{
					"key":    schema.StringAttribute{Required: true, MarkdownDescription: "The label's key, such as `agents.example.org/approved`."},
					"values": list("Its accepted values. Default: any."),
				},
			},
			"allowed_registries": list("Where every image must come from: a registry, or one with the beginning of a path (`registry.example.org/agents`), which ends where a name ends. " +
				"Short references are read as container runtimes do: `nginx` is `docker.io/library/nginx`."),
			"mcp_servers": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Pods that are MCP servers may run approved images only, which keeps shadow MCP servers out (OWASP MCP09).",
				Attributes: map[string]schema.Attribute{
					"label_key":      schema.StringAttribute{Required: true, MarkdownDescription: "Key of the label that marks a pod as an MCP server."},
					"label_value":    text("Value of that label. Default: any."),
					"allowed_images": schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "The images: a repository (all of its tags), one tag of it, or one digest."},
				},
			},
			"signed_images":   signedImagesAttribute(),
			"spiffe_identity": spiffeIdentityAttribute(),
			"security_context": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "How every container must be confined, init and ephemeral ones too. Each is asked for where it is true, after the restricted Pod Security Standard. " +
					"What counts is what is in force: the container's own setting, else the pod's.",
				Attributes: map[string]schema.Attribute{
					"run_as_non_root":            flag("`runAsNonRoot` is true, and the user is not 0."),
					"no_privilege_escalation":    flag("`allowPrivilegeEscalation` is false."),
					"no_privileged":              flag("No container is `privileged`."),
					"read_only_root_filesystem":  flag("`readOnlyRootFilesystem` is true."),
					"drop_all_capabilities":      flag("`capabilities.drop` has `ALL`, and none is added but those of `allowed_added_capabilities`."),
					"seccomp_runtime_default":    flag("The seccomp profile is `RuntimeDefault`, or a local one."),
					"no_host_namespaces":         flag("The pod uses none of `hostNetwork`, `hostPID` and `hostIPC`."),
					"no_host_path":               flag("The pod mounts no `hostPath` volume."),
					"allowed_added_capabilities": list("Capabilities that a container may add, without `CAP_`: `NET_BIND_SERVICE`. Others are refused."),
				},
			},
			"runtime_classes":       list("RuntimeClasses, one of which the pod must name: the sandboxes, such as `gvisor` or `kata`."),
			"no_automounted_tokens": flag("`automountServiceAccountToken` of the pod is false: an agent that talks to no Kubernetes API holds no token for it."),
			"resource_limits": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Limits that every container must have. Ephemeral containers cannot have any, and are let through.",
				Attributes: map[string]schema.Attribute{
					"required":   list("The resources that need a limit: `cpu`, `memory`, `ephemeral-storage`."),
					"max_cpu":    text("The most that the limit for cpu may be, such as `500m` or `2`; it is then required."),
					"max_memory": text("The most that the limit for memory may be, such as `4Gi`; it is then required."),
				},
			},
			"custom": customAttribute(),
		},
	}
}

func spiffeIdentityAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The pod must be able to get its SPIFFE identity. Where both are set, one is enough.",
		Attributes: map[string]schema.Attribute{
			"csi_driver": text("A container of the pod mounts a volume of this CSI driver: `csi.spiffe.io`. The policy's `sidecar` is one."),
			"annotation": text("The pod carries this annotation, neither empty nor `false`."),
		},
	}
}

func signedImagesAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Images must carry a cosign signature of the signer, and run by the digest that was verified. Only `engine = \"kyverno\"` can check one. " +
			"Set either `public_key` or `keyless`.",
		Attributes: map[string]schema.Attribute{
			"images":     schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: "Patterns of the images to verify, with `*` for any characters: `registry.example.org/agents/*`."},
			"public_key": text("The signer's public key as PEM, as in `cosign.pub`."),
			"keyless": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Who signed, as the certificate of Fulcio says.",
				Attributes: map[string]schema.Attribute{
					"issuer":  schema.StringAttribute{Required: true, MarkdownDescription: "The OIDC issuer: `https://token.actions.githubusercontent.com`."},
					"subject": schema.StringAttribute{Required: true, MarkdownDescription: "The subject: the workflow's URL, or an address."},
				},
			},
			"rekor_url":   text("URL of the transparency log. Default: the public one."),
			"ignore_tlog": flag("Accept a signature that no transparency log holds. With `public_key` only."),
			"registry_credentials": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The login that reads the signatures of a private registry. It is rendered as a Secret named `<name>-registry`.",
				Attributes: map[string]schema.Attribute{
					"server":   schema.StringAttribute{Required: true, MarkdownDescription: "The registry's host: `registry.example.org`."},
					"username": schema.StringAttribute{Required: true, MarkdownDescription: "The user."},
					"password_wo": schema.StringAttribute{
						Required: true, Sensitive: true, WriteOnly: true,
						MarkdownDescription: "The password. Write-only: it is in neither plan nor state, and may come from an ephemeral resource.",
					},
					"password_wo_version": schema.Int64Attribute{
						Required:            true,
						MarkdownDescription: "Version of the password. A new one writes the Secret; a new password alone does not, as nothing that Terraform keeps shows it.",
					},
					"namespace": text("Namespace of the Secret: the one that Kyverno runs in. Default: `kyverno`."),
				},
			},
		},
	}
}

func customAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional: true,
		MarkdownDescription: "Free rules in CEL. Each is compiled at plan with the API server's own compiler, and an error shows line and column.\n\n" +
			"Besides `object`, `oldObject`, `request` and `namespaceObject`, an expression can use `variables.containers` (all containers, init and ephemeral ones included), " +
			"`variables.newContainers` (those that this request adds or changes), `variables.images` and `variables.newImages` (maps of `reference` and `repository`, spelt out with the registry), " +
			"`variables.isUpdate` and `variables.unchanged`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"name":       schema.StringAttribute{Required: true, MarkdownDescription: "Name of the rule, a DNS label. It begins the message."},
			"expression": schema.StringAttribute{Required: true, MarkdownDescription: "A CEL expression that is true for what may pass, such as `variables.containers.all(c, !has(c.lifecycle))`."},
			"message":    text("What whoever is refused reads. One line."),
		}},
	}
}

func list(description string) schema.ListAttribute {
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
}
