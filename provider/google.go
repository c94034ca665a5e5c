package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type googleModel struct {
	Project                            types.String   `tfsdk:"project"`
	ProjectNumber                      types.String   `tfsdk:"project_number"`
	Region                             types.String   `tfsdk:"region"`
	Credentials                        types.String   `tfsdk:"credentials"`
	AccessToken                        types.String   `tfsdk:"access_token"`
	ImpersonateServiceAccount          types.String   `tfsdk:"impersonate_service_account"`
	ImpersonateServiceAccountDelegates []types.String `tfsdk:"impersonate_service_account_delegates"`
	UniverseDomain                     types.String   `tfsdk:"universe_domain"`
	UserProjectOverride                types.Bool     `tfsdk:"user_project_override"`
	BillingProject                     types.String   `tfsdk:"billing_project"`
	RequestTimeout                     types.String   `tfsdk:"request_timeout"`
	RequestReason                      types.String   `tfsdk:"request_reason"`

	AgentIdentityEndpoint       types.String `tfsdk:"agent_identity_custom_endpoint"`
	AgentRegistryEndpoint       types.String `tfsdk:"agent_registry_custom_endpoint"`
	BinaryAuthorizationEndpoint types.String `tfsdk:"binary_authorization_custom_endpoint"`
	ContainerEndpoint           types.String `tfsdk:"container_custom_endpoint"`
	IAMEndpoint                 types.String `tfsdk:"iam_custom_endpoint"`
	IAMCredentialsEndpoint      types.String `tfsdk:"iam_credentials_custom_endpoint"`
	IAPEndpoint                 types.String `tfsdk:"iap_custom_endpoint"`
	ModelArmorEndpoint          types.String `tfsdk:"model_armor_custom_endpoint"`
	NetworkSecurityEndpoint     types.String `tfsdk:"network_security_custom_endpoint"`
	NetworkServicesEndpoint     types.String `tfsdk:"network_services_custom_endpoint"`
	VertexAIEndpoint            types.String `tfsdk:"vertex_ai_custom_endpoint"`
}

// google gives what is configured of Google Cloud, completed from the environment. What is wrong with it is a problem of the
// configuration where that is about Google Cloud, and else an error for whoever asks for it all the same: variables that are set for
// other programs are no fault of a configuration that has nothing to do with them.
func (m *model) google(getenv func(string) string) (settings *gcp.Settings, problems spec.Problems, unusable error) {
	settings, problems = m.GCP.settings()
	var invalid spec.Problems
	if err := settings.FromEnvironment(getenv); err != nil {
		invalid.Add([]any{"gcp"}, "%v", err)
	}
	invalid = append(invalid, settings.Validate()...)
	if m.GCP != nil || m.Stack.ValueString() == string(spec.GCP) {
		return settings, append(problems, invalid...), nil
	}
	if len(invalid) > 0 {
		unusable = fmt.Errorf("the environment configures the provider's gcp block: %w", invalid[0])
	}
	return settings, problems, unusable
}

// settings gives what is configured, without the environment, and what is wrong with it that settings cannot hold.
func (m *googleModel) settings() (*gcp.Settings, spec.Problems) {
	if m == nil {
		return &gcp.Settings{}, nil
	}
	s := &gcp.Settings{
		Project:                            m.Project.ValueString(),
		ProjectNumber:                      m.ProjectNumber.ValueString(),
		Location:                           m.Region.ValueString(),
		Credentials:                        m.Credentials.ValueString(),
		AccessToken:                        m.AccessToken.ValueString(),
		ImpersonateServiceAccount:          m.ImpersonateServiceAccount.ValueString(),
		ImpersonateServiceAccountDelegates: governed.Strings(m.ImpersonateServiceAccountDelegates),
		UniverseDomain:                     m.UniverseDomain.ValueString(),
		UserProjectOverride:                m.UserProjectOverride.ValueBoolPointer(),
		BillingProject:                     m.BillingProject.ValueString(),
		RequestReason:                      m.RequestReason.ValueString(),
		Endpoints:                          m.endpoints(),
	}
	var problems spec.Problems
	if !m.RequestTimeout.IsNull() {
		timeout, err := time.ParseDuration(m.RequestTimeout.ValueString())
		if err != nil || timeout <= 0 {
			problems.Add([]any{"gcp", "request_timeout"}, `%q is no span of time, as "30s" or "2m"`, m.RequestTimeout.ValueString())
		}
		s.RequestTimeout = timeout
	}
	return s, problems
}

func (m *googleModel) endpoints() map[string]string {
	endpoints := map[string]string{}
	for host, endpoint := range map[string]types.String{
		gcp.AgentIdentity:       m.AgentIdentityEndpoint,
		gcp.AgentRegistry:       m.AgentRegistryEndpoint,
		gcp.BinaryAuthorization: m.BinaryAuthorizationEndpoint,
		gcp.Container:           m.ContainerEndpoint,
		gcp.IAM:                 m.IAMEndpoint,
		gcp.IAMCredentials:      m.IAMCredentialsEndpoint,
		gcp.IAP:                 m.IAPEndpoint,
		gcp.ModelArmor:          m.ModelArmorEndpoint,
		gcp.NetworkSecurity:     m.NetworkSecurityEndpoint,
		gcp.NetworkServices:     m.NetworkServicesEndpoint,
		gcp.VertexAI:            m.VertexAIEndpoint,
	} {
		if endpoint.ValueString() != "" {
			endpoints[host] = endpoint.ValueString()
		}
	}
	return endpoints
}
