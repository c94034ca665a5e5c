package verdicts

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

const (
	approvedLabel = "agents.example.org/approved"
	teamLabel     = "example.org/team"
	mcpLabel      = "example.org/mcp-server"
	spiffeKey     = "example.org/spiffe-id"
	ticketKey     = "example.org/ticket"

	digestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

	agents = "agents" // the namespace of most pods
)

// namespaces of the table, with the labels that selectors see.
func namespaces() []*corev1.Namespace {
	agentLabels := map[string]string{"workload-type": "ai-agent"}
	list := []*corev1.Namespace{
		namespace(agents, agentLabels),
		namespace("legacy", agentLabels),
		namespace("lapsed", agentLabels),
		namespace("sandbox", agentLabels),
		namespace("broken", agentLabels),
		namespace("batch", map[string]string{"workload-type": "batch"}),
		namespace("plain", nil),
	}
	return list
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	all := map[string]string{"kubernetes.io/metadata.name": name}
	maps.Copy(all, labels)
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all},
	}
}

// policies are what the table is checked against. The first, the baseline, has every typed rule; the mutations say which of
// its rules they break.
func policies() []spec.AdmissionPolicy {
	agentNamespaces := spec.LabelSelector{MatchLabels: map[string]string{"workload-type": "ai-agent"}}
	deny := []spec.Action{spec.ActionDeny}
	exceptions := baseline()
	exceptions.Name = "baseline-with-exceptions"
	exceptions.Exceptions = []spec.AdmissionException{
		{Name: "unexpired", Namespaces: []string{"legacy"}, Names: []string{"old-agent", "batch-*"}, ExpiresAt: farFuture, Reason: "moves in Q3"},
		{Name: "expired", Namespaces: []string{"lapsed"}, ExpiresAt: longPast},
		{Name: "forever", Namespaces: []string{"sandbox"}},
		{Name: "ticket", Expression: `has(object.metadata.annotations) && "` + ticketKey + `" in object.metadata.annotations // see the ticket`},
		{Name: "broken", Namespaces: []string{"broken"}, Expression: `object.metadata.annotations["no such key"] == "x"`},
	}
	return []spec.AdmissionPolicy{
		baseline(),
		{
			Name: "require-agent-approval-label", Actions: deny, FailClosed: true, NamespaceSelector: agentNamespaces,
			Rules: spec.AdmissionRules{ApprovalLabel: &spec.ApprovalLabel{Key: approvedLabel}},
		},
		{
			// No selector at all, whole registries, and Docker Hub's two kinds of names.
			Name: "registries", Actions: deny, FailClosed: true,
			Rules: spec.AdmissionRules{
				AllowedRegistries: []string{"registry.example.org/", "docker.io/library", "docker.io/agents", "localhost"},
				MCPServers:        &spec.MCPServers{LabelKey: mcpLabel, AllowedImages: []string{"registry.example.org/mcp"}},
			},
		},
		{
			Name: "team-core", Actions: deny, FailClosed: true,
			NamespaceSelector: spec.LabelSelector{MatchExpressions: []spec.LabelRequirement{
				{Key: "kubernetes.io/metadata.name", Operator: "NotIn", Values: []string{"sandbox", "legacy"}},
			}},
			ObjectSelector: spec.LabelSelector{
				MatchLabels:      map[string]string{teamLabel: "core"},
				MatchExpressions: []spec.LabelRequirement{{Key: mcpLabel, Operator: "DoesNotExist"}},
			},
			Rules: spec.AdmissionRules{
				SPIFFEIdentity:  &spec.SPIFFEIdentity{Annotation: "example.org/owner"},
				SecurityContext: &spec.SecurityContext{DropAllCapabilities: true, NoHostNamespaces: true},
				RuntimeClasses:  []string{"gvisor", "runc"},
				ResourceLimits:  &spec.ResourceLimits{Required: []string{"memory"}, MaxCPU: "600m"},
			},
		},
		exceptions,
		{
			Name: "custom", Actions: deny, FailClosed: true,
			Rules: spec.AdmissionRules{Custom: []spec.CustomRule{
				{Name: "owner", Expression: "// who is to be called\nhas(object.metadata.annotations) && object.metadata.annotations.exists(k, k == 'example.org/owner')"},
				{Name: "image-list", Expression: `variables.images.all(i, i.repository != "docker.io/library/nginx" && !i.reference.endsWith(":latest"))`, Message: `no "nginx"`},
				{Name: "in-namespace", Expression: `!(request.namespace in ["plain"]) || request.operation == "DELETE"`},
				{Name: "errs-without-labels", Expression: `object.metadata.labels["` + teamLabel + `"] != "guest"`},
			}},
		},
		{
			Name: "namespace-object", Actions: deny, FailClosed: true,
			Rules: spec.AdmissionRules{Custom: []spec.CustomRule{
				{Name: "labelled-namespace", Expression: `has(namespaceObject.metadata.labels) && !("workload-type" in namespaceObject.metadata.labels && namespaceObject.metadata.labels["workload-type"] == "batch")`},
			}},
		},
	}
}

func baseline() spec.AdmissionPolicy {
	return spec.AdmissionPolicy{
		Name: "baseline", Actions: []spec.Action{spec.ActionDeny}, FailClosed: true,
		NamespaceSelector: spec.LabelSelector{MatchLabels: map[string]string{"workload-type": "ai-agent"}},
		Rules: spec.AdmissionRules{
			ApprovalLabel:     &spec.ApprovalLabel{Key: approvedLabel, Values: []string{"yes", "2026"}},
			AllowedRegistries: []string{"registry.example.org/agents", "registry.example.org/mcp", "localhost:5000"},
			MCPServers: &spec.MCPServers{LabelKey: mcpLabel, LabelValue: "true", AllowedImages: []string{
				"registry.example.org/mcp/files", "registry.example.org/mcp/search:1.4", "registry.example.org/mcp/mail@" + digestA,
			}},
			SPIFFEIdentity: &spec.SPIFFEIdentity{CSIDriver: "csi.spiffe.io", Annotation: spiffeKey},
			SecurityContext: &spec.SecurityContext{
				RunAsNonRoot: true, NoPrivilegeEscalation: true, NoPrivileged: true, ReadOnlyRootFilesystem: true, DropAllCapabilities: true,
				SeccompRuntimeDefault: true, NoHostNamespaces: true, NoHostPath: true, AllowedAddedCapabilities: []string{"NET_BIND_SERVICE"},
			},
			RuntimeClasses:      []string{"gvisor", "kata"},
			NoAutomountedTokens: true,
			ResourceLimits:      &spec.ResourceLimits{Required: []string{"cpu", "memory"}, MaxCPU: "2", MaxMemory: "4Gi"},
			Custom: []spec.CustomRule{{
				Name: "no-shell", Message: "agents have no use for a shell",
				Expression: `variables.containers.all(c, !has(c.command) || !("sh" in c.command))`,
			}},
		},
	}
}

func namespaceOf(r row) *corev1.Namespace {
	for _, ns := range namespaces() {
		if ns.Name == r.namespace {
			return ns
		}
	}
	panic("no namespace " + r.namespace)
}
