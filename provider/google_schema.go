package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
)

// googleServices says of each API what is asked of it.
var googleServices = map[string]string{
	gcp.AgentIdentity:       "Agent Identity API: auth providers",
	gcp.AgentRegistry:       "Agent Registry API: services and bindings",
	gcp.BinaryAuthorization: "Binary Authorization API: the project's policy and attestors",
	gcp.Container:           "Kubernetes Engine API: what `kars_conformance` reads of a cluster",
	gcp.IAM:                 "IAM API, all of its versions: workload identity pools, deny policies, principal access boundaries, access policies and policy bindings",
	gcp.IAMCredentials:      "IAM Service Account Credentials API: `impersonate_service_account`",
	gcp.IAP:                 "Identity-Aware Proxy API: allow policies of the registry",
	gcp.ModelArmor:          "Model Armor API, in every location: templates",
	gcp.NetworkSecurity:     "Network Security API: authorization policies",
	gcp.NetworkServices:     "Network Services API: agent gateways, connectivity templates, authorization extensions, extension bindings",
	gcp.VertexAI:            "Vertex AI API, in every location: reasoning engines",
}

func googleAttribute() schema.SingleNestedAttribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	// instead is a value, given another way, that the attribute cannot stand beside.
	instead := func(name string) []validator.String {
		return []validator.String{stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName(name))}
	}
	attributes := map[string]schema.Attribute{
		"project": text("ID of the project that resources are in which set none. `GOOGLE_PROJECT`, `GOOGLE_CLOUD_PROJECT`, `GCLOUD_PROJECT`, `CLOUDSDK_CORE_PROJECT`."),
		"project_number": text("Its number, which principals and references to connectivity templates have in place of its ID; nothing here looks it up. " +
			"`data.google_project.this.number` has it. `GOOGLE_PROJECT_NUMBER`."),
		"region": text("Region, or multi-region (`us`), of resources that set no location. `GOOGLE_REGION`, `GCLOUD_REGION`, `CLOUDSDK_COMPUTE_REGION`."),
		"credentials": schema.StringAttribute{
			Optional: true, Sensitive: true, Validators: instead("access_token"),
			MarkdownDescription: "A service account key, or a credential configuration of workload identity federation, as JSON or as the path of a file that has it. " +
				"`GOOGLE_CREDENTIALS`, `GOOGLE_CLOUD_KEYFILE_JSON`, `GCLOUD_KEYFILE_JSON`. Where neither this nor `access_token` is set anywhere: Application Default Credentials, " +
				"that is `GOOGLE_APPLICATION_CREDENTIALS`, `gcloud auth application-default login`, or the machine's own service account.",
		},
		"access_token": schema.StringAttribute{
			Optional: true, Sensitive: true, Validators: instead("credentials"),
			MarkdownDescription: "An OAuth 2.0 access token. It is not renewed: an agent gateway takes minutes, and a token an hour. `GOOGLE_OAUTH_ACCESS_TOKEN`.",
		},
		"impersonate_service_account": text("Email address of the service account to act as; the credentials need `roles/iam.serviceAccountTokenCreator` on it. `GOOGLE_IMPERSONATE_SERVICE_ACCOUNT`."),
		"impersonate_service_account_delegates": schema.ListAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.List{listvalidator.SizeAtLeast(1)},
			MarkdownDescription: "Email addresses of service accounts between the credentials and `impersonate_service_account`: each may make tokens of the next.",
		},
		"universe_domain": text("Domain of a sovereign cloud in place of `googleapis.com`. `GOOGLE_CLOUD_UNIVERSE_DOMAIN`."),
		"user_project_override": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Charge requests, and their quota, to `billing_project` or else to the resource's project, and not to the credentials' own. The caller needs `serviceusage.services.use` there. `USER_PROJECT_OVERRIDE`.",
		},
		"billing_project": text("The project that `user_project_override` charges. `GOOGLE_BILLING_PROJECT`."),
		"request_timeout": text("How long a single request may take, as `30s` or `2m` (default). How long an operation may take is the resource's `timeouts`."),
		"request_reason":  text("Justification that Google's audit log shows with each request. `CLOUDSDK_CORE_REQUEST_REASON`."),
	}
	for _, service := range gcp.Services {
		attributes[service.Attribute()] = text(fmt.Sprintf("Another URL of the %s. `%s`.", googleServices[service.Host], service.Variable()))
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Google Cloud, for the `gcp` stack, configured as hashicorp/google is. Each value can come from the environment variables named with it, the first that is set; " +
			"what is configured comes before them. A URL of an API may end with the version that hashicorp/google wants there. Credentials are first looked for when a resource needs them.",
		Attributes: attributes,
	}
}
