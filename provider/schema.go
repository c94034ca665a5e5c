package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// defaultFieldManager is the server-side apply manager of every object, unless configured.
const defaultFieldManager = "terraform-provider-agent"

// The values of mode.
const (
	modeApply  = "apply"
	modeRender = "render"
)

func providerSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Governs AI agents on Kubernetes in four layers: identity, gateway, admission and conformance.",
		Attributes: map[string]schema.Attribute{
			"stack": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The stack that resources render to which name none themselves. `oss` (default): SPIRE, Kyverno, Gatekeeper, the API server's own policies. `gcp`: Google's own services.",
				Validators:          []validator.String{stringvalidator.OneOf(string(spec.OSS), string(spec.GCP))},
			},
			"trust_domain": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "SPIFFE trust domain of the agents, without `spiffe://`.",
			},
			"labels": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Labels for every rendered Kubernetes object.",
			},
			"annotations": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Annotations for every rendered Kubernetes object.",
			},
			"mode": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "`apply` (default) writes to the cluster. `render` only renders `objects` into the plan and touches no API, for repositories " +
					"that another tool applies.",
				Validators: []validator.String{stringvalidator.OneOf(modeApply, modeRender)},
			},
			"force_conflicts": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Take fields over that another field manager owns. Default: false, and such a conflict is an error that names manager and field. Drift of fields that we own is taken back either way.",
			},
			"field_manager": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The server-side apply field manager, 1 to 128 characters. Default: `" + defaultFieldManager + "`. Two configurations that govern the same objects need different ones.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 128)},
			},
			"kubernetes": kubernetesAttribute(),
			"spire":      spireAttribute(),
			"gcp":        googleAttribute(),
		},
	}
}

func kubernetesAttribute() schema.SingleNestedAttribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	secret := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The cluster, configured as hashicorp/kubernetes is. Each value can come from the environment variable named with it. " +
			"Nothing is read from `~/.kube/config` unless `config_path` says so.",
		Attributes: map[string]schema.Attribute{
			"config_path": schema.StringAttribute{
				Optional: true, MarkdownDescription: "A kubeconfig file. `KUBE_CONFIG_PATH`.",
				Validators: []validator.String{stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("config_paths"))},
			},
			"config_paths": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Kubeconfig files, merged. `KUBE_CONFIG_PATHS`.",
				Validators: []validator.List{listvalidator.SizeAtLeast(1)},
			},
			"config_context":           text("The context. `KUBE_CTX`."),
			"config_context_auth_info": text("The user, instead of the context's. `KUBE_CTX_AUTH_INFO`."),
			"config_context_cluster":   text("The cluster, instead of the context's. `KUBE_CTX_CLUSTER`."),
			"host":                     text("URL of the API server. `KUBE_HOST`."),
			"cluster_ca_certificate":   text("PEM certificates that verify the API server. `KUBE_CLUSTER_CA_CERT_DATA`."),
			"client_certificate":       text("PEM client certificate. `KUBE_CLIENT_CERT_DATA`."),
			"client_key":               secret("PEM client key. `KUBE_CLIENT_KEY_DATA`."),
			"token":                    secret("Bearer token. `KUBE_TOKEN`. Prefer `exec`: a token may expire between plan and apply."),
			"username":                 text("Username for basic authentication. `KUBE_USER`."),
			"password":                 secret("Password for basic authentication. `KUBE_PASSWORD`."),
			"tls_server_name":          text("Server name to verify the API server's certificate by. `KUBE_TLS_SERVER_NAME`."),
			"proxy_url":                text("Proxy for every request: http, https or socks5. `KUBE_PROXY_URL`."),
			"insecure":                 schema.BoolAttribute{Optional: true, MarkdownDescription: "Do not verify the API server's certificate. `KUBE_INSECURE`."},
			"in_cluster":               schema.BoolAttribute{Optional: true, MarkdownDescription: "Use the ServiceAccount of the pod that Terraform runs in."},
			"exec": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "A command that prints an ExecCredential; each run gets fresh credentials.",
				Attributes: map[string]schema.Attribute{
					"api_version": schema.StringAttribute{Required: true, MarkdownDescription: "`client.authentication.k8s.io/v1`."},
					"command":     schema.StringAttribute{Required: true, MarkdownDescription: "The command."},
					"args":        schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Its arguments."},
					"env":         schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Environment variables for it."},
				},
			},
		},
	}
}

func spireAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The SPIRE server, for identities with `registration = \"server\"`: by `socket_path`, or by `address`.",
		Attributes: map[string]schema.Attribute{
			"socket_path": schema.StringAttribute{
				Optional: true, MarkdownDescription: "The server's admin API socket.",
				Validators: []validator.String{stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("address"))},
			},
			"address":      schema.StringAttribute{Optional: true, MarkdownDescription: "The server's address, `host:port`. It is authenticated as `spiffe://<trust_domain>/spire/server`, and admits an X.509-SVID that is an admin's."},
			"workload_api": schema.StringAttribute{Optional: true, MarkdownDescription: "The Workload API that gives this SVID, `unix:///run/spire/agent.sock`. `SPIFFE_ENDPOINT_SOCKET`."},
		},
	}
}
