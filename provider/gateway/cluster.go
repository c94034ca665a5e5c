package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// Settle waits until every replica has the configuration in force that was written. Google's operations end when that is so.
func (m *model) Settle(ctx context.Context, provider *governed.Provider) diag.Diagnostics {
	if m.On() == spec.GCP {
		return nil
	}
	client, err := provider.Kubernetes()
	if err != nil {
		return diag.Diagnostics{governed.Unable("confirm", "agent gateway", m.Label(), err)}
	}
	g := m.spec(provider)
	rendered, err := oss.GatewayConfig(g)
	if err != nil {
		return diag.Diagnostics{governed.Unable("confirm", "agent gateway", m.Label(), err)}
	}
	return settle(ctx, cluster{client, g}, m.Label(), rendered.Revision)
}

// cluster is the fleet of a gateway as the API server knows it.
type cluster struct {
	client  *kube.Client
	gateway spec.Gateway
}

func (c cluster) deployment(ctx context.Context) (map[string]any, error) {
	live, err := c.client.Read(ctx, stack.Key{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: c.gateway.Namespace, Name: c.gateway.Name}, "")
	return live.Body, err
}

func (c cluster) pods(ctx context.Context) ([]map[string]any, error) {
	var pods []map[string]any
	all := stack.Key{Version: "v1", Kind: "Pod", Namespace: c.gateway.Namespace}
	err := c.client.Select(ctx, all, oss.GatewayLabel+"="+c.gateway.Name, func(pod map[string]any) error {
		pods = append(pods, pod)
		return nil
	})
	return pods, err
}

func (c cluster) report(ctx context.Context, pod string) (report, error) {
	port := c.gateway.Deployment.AdminPort
	if port == 0 {
		port = spec.DefaultAdminPort
	}
	text, err := c.client.Ask(ctx, c.gateway.Namespace, pod, port, "/status")
	if err != nil {
		return report{}, err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return report{}, fmt.Errorf("its status is not to be read: %w", err)
	}
	return r, nil
}
