// Package crd finds the CustomResourceDefinitions of other projects in their pinned Go modules, as they ship them.
package crd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// Set is a group of CRDs that one project ships in one folder.
type Set struct {
	name   string
	folder string // below acctest/tools, whose go.mod pins the module
	module string
	dir    string // in the module
}

// The sets.
var (
	// SPIRE holds ClusterSPIFFEID, ClusterStaticEntry and ClusterFederatedTrustDomain.
	SPIRE = Set{"SPIRE", "controllermanager", "github.com/spiffe/spire-controller-manager", "config/crd/bases"}
	// Kyverno holds the CEL-based policies, group policies.kyverno.io.
	Kyverno = Set{"Kyverno", "kyverno", "github.com/kyverno/kyverno", "config/crds/policies.kyverno.io"}
	// PolicyReports holds the reports of group wgpolicyk8s.io.
	PolicyReports = Set{"policy report", "kyverno", "github.com/kyverno/kyverno", "config/crds/policyreport"}
	// OpenReports holds the reports of group openreports.io, which Kyverno can write instead.
	OpenReports = Set{"open report", "kyverno", "github.com/openreports/reports-api", "config/crd"}
	// Gatekeeper holds ConstraintTemplate and the rest; Gatekeeper itself makes the CRDs of constraints.
	Gatekeeper = Set{"Gatekeeper", "gatekeeper", "github.com/open-policy-agent/gatekeeper/v3", "charts/gatekeeper/crds"}
	// Prometheus holds ServiceMonitor and the rest, group monitoring.coreos.com.
	Prometheus = Set{"Prometheus operator", "crds", "github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd"}
	// GatewayAPI holds the standard channel of group gateway.networking.k8s.io.
	GatewayAPI = Set{"Gateway API", "crds", "sigs.k8s.io/gateway-api", "config/crd/standard"}
	// Inference holds the Gateway API Inference Extension.
	Inference = Set{"Gateway API Inference Extension", "crds", "sigs.k8s.io/gateway-api-inference-extension", "config/crd/bases"}
	// Kueue holds its queues and workloads.
	Kueue = Set{"Kueue", "kueue", "sigs.k8s.io/kueue", "config/components/crd/bases"}
	// AgentSandbox holds Sandbox and its templates, claims and pools.
	AgentSandbox = Set{"agent-sandbox", "agentsandbox", "sigs.k8s.io/agent-sandbox", "k8s/crds"}
	// LeaderWorkerSet holds the kind of that name.
	LeaderWorkerSet = Set{"LeaderWorkerSet", "crds", "sigs.k8s.io/lws", "config/crd/bases"}
)

// Dir gives the folder that holds the set, or fails the test.
func Dir(tb testing.TB, set Set) string {
	tb.Helper()
	dir, err := set.Find(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Find gives the folder that holds the set. The module is downloaded where the module cache lacks it.
func (s Set) Find(ctx context.Context) (string, error) {
	dir, err := Module(ctx, s.folder, s.module)
	if err != nil {
		return "", fmt.Errorf("find the %s CRDs: %w", s.name, err)
	}
	crds := filepath.Join(dir, filepath.FromSlash(s.dir))
	if _, err := os.Stat(crds); err != nil {
		return "", fmt.Errorf("find the %s CRDs: %w", s.name, err)
	}
	return crds, nil
}

// Module gives the folder of a module that the go.mod of a folder below acctest/tools pins, for other manifests of a project than its CRDs.
func Module(ctx context.Context, folder, module string) (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = filepath.Join(root, "acctest", "tools", folder)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); err != nil || jsonErr != nil || found.Dir == "" {
		return "", fmt.Errorf("find module %s: %s: %w", module, found.Error, err)
	}
	return found.Dir, nil
}
