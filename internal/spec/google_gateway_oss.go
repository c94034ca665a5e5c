package spec

import "reflect"

// openSourceOnly refuses what only the open-source data plane has.
func (v *googleGatewayValidator) openSourceOnly() {
	g := v.gateway
	const only = "is of the open-source stack alone: %s"
	for _, field := range []struct {
		name    string
		set     bool
		instead string
	}{
		{"namespace", g.Namespace != "", "a gateway on Google Cloud is in a project; leave it out"},
		{"listeners", len(g.Listeners) > 0, "agents reach an Agent Gateway as gcp.data_plane and gcp.connectivity_template say; leave it out"},
		{"policies", len(g.Policies) > 0, "Google has no Cedar; write gcp.access_policy.rules or gcp.authz_policies"},
		{"agent_labels", len(g.AgentLabels) > 0, "policies of Google see no such labels; leave it out"},
		{"token_service", g.TokenService != nil, "Google gives agents their tokens; leave it out"},
		{"issuers", len(g.Issuers) > 0, "Google's own tokens are all that count; leave it out"},
		{"trust", len(g.Trust) > 0, "agents of another trust domain are known by their principals; leave it out"},
		{"dids", len(g.DIDs) > 0, "Google knows no callers by DID; leave it out"},
		{"suspended", len(g.Suspended) > 0, "suspend the agent itself, by suspended of its agent_identity"},
		{"keys", len(g.Keys.IDs) > 0 || g.Keys.ExistingSecret != "", "Google keeps the keys; leave it out"},
		{"store", g.Store != nil, "Google keeps the state; leave it out"},
		{"limits", g.Limits != GatewayLimits{}, "Google's quotas stand in their place; leave it out"},
		{"audit_log", !reflect.DeepEqual(g.AuditLog, AuditLog{}) && !reflect.DeepEqual(g.AuditLog, AuditLog{Stdout: true}), "decisions are in Cloud Audit Logs, which the project configures; leave it out"},
		{"telemetry", g.Telemetry != nil, "Cloud Monitoring has the gateway's metrics; leave it out"},
		{"deployment", !reflect.DeepEqual(g.Deployment, Deployment{}), "Google runs the gateway; leave it out"},
		{"network", !reflect.DeepEqual(g.Network, Network{}), "there are no pods of the gateway that NetworkPolicies could be about; leave it out"},
		{"service_monitor", g.ServiceMonitor != nil, "Cloud Monitoring has the gateway's metrics; leave it out"},
		{"labels", len(g.Labels) > 0, "they are labels of Kubernetes objects; write gcp.labels"},
		{"annotations", len(g.Annotations) > 0, "resources of Google have none; write gcp.labels"},
	} {
		if field.set {
			v.add([]any{field.name}, only, field.instead)
		}
	}
}

// openSourceTarget refuses what only the open-source data plane does with a target.
func (v *googleGatewayValidator) openSourceTarget(path []any, t Target) {
	const only = "is of the open-source stack alone: %s"
	const connects = "agents call the target's own URL, and an Agent Gateway connects as they do; leave it out"
	for _, field := range []struct {
		name    string
		set     bool
		instead string
	}{
		{"path", t.Path != "", connects},
		{"versions", len(t.Versions) > 0, connects},
		{"keep_host", t.KeepHost, connects},
		{"tunnel", t.Tunnel, connects},
		{"allow_private", t.AllowPrivate != nil, "what is private is reached by gcp.network_attachment; leave it out"},
		{"enforcement", t.Audit, "IAP is asked for all targets alike; set enforcement of the gateway"},
		{"content", len(t.Content) > 0, "no policy of Google sees content types; leave it out"},
		{"descriptors", len(t.Descriptors) > 0, "messages of gRPC are not looked into; leave it out"},
		{"a2a", t.A2A != nil, "A2A is forwarded unread; write gcp.service.interfaces"},
		{"tls", t.TLS != nil, connects},
		{"credentials", len(t.Credentials) > 0, "agents bring their own, or those of an auth provider; write gcp.bindings"},
		{"limits", t.Limits != nil, "Google's quotas stand in their place; leave it out"},
		{"workload", t.Workload != nil, "no NetworkPolicy is rendered; leave it out"},
	} {
		if field.set {
			v.add(at(path, field.name), only, field.instead)
		}
	}
	for _, id := range sortedKeys(t.Operations) {
		if len(t.Operations[id].Content) > 0 {
			v.add(at(path, "operations", MapKey(id), "content"), only, "no policy of Google sees content types; leave it out")
		}
	}
}
