package provider

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/spire"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

type model struct {
	Stack          types.String            `tfsdk:"stack"`
	TrustDomain    types.String            `tfsdk:"trust_domain"`
	Labels         map[string]types.String `tfsdk:"labels"`
	Annotations    map[string]types.String `tfsdk:"annotations"`
	Mode           types.String            `tfsdk:"mode"`
	ForceConflicts types.Bool              `tfsdk:"force_conflicts"`
	FieldManager   types.String            `tfsdk:"field_manager"`
	Kubernetes     *kubernetesModel        `tfsdk:"kubernetes"`
	SPIRE          *spireModel             `tfsdk:"spire"`
	GCP            *googleModel            `tfsdk:"gcp"`
}

type kubernetesModel struct {
	ConfigPath            types.String   `tfsdk:"config_path"`
	ConfigPaths           []types.String `tfsdk:"config_paths"`
	ConfigContext         types.String   `tfsdk:"config_context"`
	ConfigContextAuthInfo types.String   `tfsdk:"config_context_auth_info"`
	ConfigContextCluster  types.String   `tfsdk:"config_context_cluster"`
	Host                  types.String   `tfsdk:"host"`
	ClusterCACertificate  types.String   `tfsdk:"cluster_ca_certificate"`
	ClientCertificate     types.String   `tfsdk:"client_certificate"`
	ClientKey             types.String   `tfsdk:"client_key"`
	Token                 types.String   `tfsdk:"token"`
	Username              types.String   `tfsdk:"username"`
	Password              types.String   `tfsdk:"password"`
	TLSServerName         types.String   `tfsdk:"tls_server_name"`
	ProxyURL              types.String   `tfsdk:"proxy_url"`
	Insecure              types.Bool     `tfsdk:"insecure"`
	InCluster             types.Bool     `tfsdk:"in_cluster"`
	Exec                  *execModel     `tfsdk:"exec"`
}

type execModel struct {
	APIVersion types.String            `tfsdk:"api_version"`
	Command    types.String            `tfsdk:"command"`
	Args       []types.String          `tfsdk:"args"`
	Env        map[string]types.String `tfsdk:"env"`
}

type spireModel struct {
	SocketPath  types.String `tfsdk:"socket_path"`
	Address     types.String `tfsdk:"address"`
	WorkloadAPI types.String `tfsdk:"workload_api"`
}

// Configure checks what is known and builds nothing: clients come to be when a resource first needs them, so that a cluster made
// in the same apply works and a plan needs none.
func (p *agentProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		unknown := &governed.Provider{Unknown: true}
		resp.ResourceData, resp.DataSourceData = unknown, unknown
		return
	}
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cluster := m.Kubernetes.config()
	if err := cluster.FromEnvironment(os.Getenv); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("kubernetes"), "Invalid environment", err.Error())
	}
	google, googleProblems, unusable := m.google(os.Getenv)
	problems := slices.Concat(m.validate(), cluster.Validate(), googleProblems)
	resp.Diagnostics.Append(governed.ProblemDiagnostics(problems)...)
	if resp.Diagnostics.HasError() {
		return
	}
	configured := &governed.Provider{
		Version:      p.version,
		Stack:        m.Stack.ValueString(),
		TrustDomain:  m.TrustDomain.ValueString(),
		Labels:       governed.StringMap(m.Labels),
		Annotations:  governed.StringMap(m.Annotations),
		Render:       m.Mode.ValueString() == modeRender,
		FieldManager: m.FieldManager.ValueString(),
		REST:         sync.OnceValues(cluster.REST),
	}
	if configured.Stack == "" {
		configured.Stack = string(spec.OSS)
	}
	if configured.FieldManager == "" {
		configured.FieldManager = defaultFieldManager
	}
	configured.Kubernetes = sync.OnceValues(func() (*kube.Client, error) {
		config, err := configured.REST()
		if err != nil {
			return nil, err
		}
		return kube.New(config, kube.Options{FieldManager: configured.FieldManager, ForceConflicts: m.ForceConflicts.ValueBool()})
	})
	configured.Google = spec.GoogleProject{ID: google.Project, Number: google.ProjectNumber, Location: google.Location}
	configured.GoogleCloud = sync.OnceValues(func() (*gcp.Client, error) {
		if unusable != nil {
			return nil, unusable
		}
		config := google.Config("terraform-provider-agent/" + p.version)
		config.Pace = p.pace
		return gcp.New(config)
	})
	configured.Backend = backends(configured.Kubernetes, m.SPIRE.options(m.TrustDomain.ValueString()), configured.GoogleCloud)
	resp.ResourceData, resp.DataSourceData = configured, configured
}

// backends gives the API of each object, connecting to none before it is asked for.
func backends(
	kubernetes func() (*kube.Client, error), server *spire.Options, google func() (*gcp.Client, error),
) func(context.Context, stack.Key) (stack.Backend, error) {
	spireServer := sync.OnceValues(func() (stack.Backend, error) {
		if server == nil {
			return nil, fmt.Errorf("no SPIRE server is configured: set socket_path or address in the provider's spire block")
		}
		client, err := spire.New(*server)
		if err != nil {
			return nil, fmt.Errorf("spire: %w", err)
		}
		return client, nil
	})
	return func(_ context.Context, key stack.Key) (stack.Backend, error) {
		switch {
		case key.Group == stack.SPIREGroup:
			return spireServer()
		case key.Google():
			return backend(google())
		}
		return backend(kubernetes())
	}
}

// backend gives no client where there is an error, and not a nil client, which would be a backend that is not nil.
func backend(client stack.Backend, err error) (stack.Backend, error) {
	if err != nil {
		return nil, err
	}
	return client, nil
}

func (m *model) validate() spec.Problems {
	var problems spec.Problems
	if !m.TrustDomain.IsNull() {
		spec.ValidateTrustDomain(&problems, m.TrustDomain.ValueString())
	}
	for _, key := range slices.Sorted(maps.Keys(m.Labels)) {
		for _, problem := range append(validation.IsQualifiedName(key), validation.IsValidLabelValue(m.Labels[key].ValueString())...) {
			problems.Add([]any{"labels", spec.MapKey(key)}, "not a label: %s", problem)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Annotations)) {
		for _, problem := range validation.IsQualifiedName(key) {
			problems.Add([]any{"annotations", spec.MapKey(key)}, "not an annotation's key: %s", problem)
		}
	}
	return problems
}

func (m *kubernetesModel) config() *kube.Config {
	if m == nil {
		return &kube.Config{}
	}
	c := &kube.Config{
		ConfigPaths:           governed.Strings(m.ConfigPaths),
		ConfigContext:         m.ConfigContext.ValueString(),
		ConfigContextAuthInfo: m.ConfigContextAuthInfo.ValueString(),
		ConfigContextCluster:  m.ConfigContextCluster.ValueString(),
		Host:                  m.Host.ValueString(),
		ClusterCACertificate:  m.ClusterCACertificate.ValueString(),
		ClientCertificate:     m.ClientCertificate.ValueString(),
		ClientKey:             m.ClientKey.ValueString(),
		Token:                 m.Token.ValueString(),
		Username:              m.Username.ValueString(),
		Password:              m.Password.ValueString(),
		TLSServerName:         m.TLSServerName.ValueString(),
		ProxyURL:              m.ProxyURL.ValueString(),
		Insecure:              m.Insecure.ValueBool(),
		InCluster:             m.InCluster.ValueBool(),
	}
	if !m.ConfigPath.IsNull() {
		c.ConfigPaths = []string{m.ConfigPath.ValueString()}
	}
	if m.Exec != nil {
		c.Exec = &kube.Exec{
			APIVersion: m.Exec.APIVersion.ValueString(),
			Command:    m.Exec.Command.ValueString(),
			Args:       governed.Strings(m.Exec.Args),
			Env:        governed.StringMap(m.Exec.Env),
		}
	}
	return c
}

func (m *spireModel) options(trustDomain string) *spire.Options {
	if m == nil {
		return nil
	}
	return &spire.Options{
		SocketPath:  m.SocketPath.ValueString(),
		Address:     m.Address.ValueString(),
		WorkloadAPI: m.WorkloadAPI.ValueString(),
		TrustDomain: trustDomain,
	}
}
