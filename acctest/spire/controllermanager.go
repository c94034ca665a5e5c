package spire

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// ControllerManagerOptions choose what a spire-controller-manager reads and what it takes for its own.
type ControllerManagerOptions struct {
	// Kubeconfig is the path of the kubeconfig of a cluster that has the CRDs of spire.spiffe.io. Empty: static mode, where the
	// objects are YAML files that Declare writes. The webhooks are off in both.
	Kubeconfig string
	// ClusterName is "test" where it is empty. Pods' entries hang from /spire/agent/k8s_psat/<cluster>/<node UID>.
	ClusterName string
	// EntryIDPrefix is put before the ids of its entries; others are left alone. Empty: every entry is its own.
	EntryIDPrefix string
	// CleanUpUnprefixed also removes entries whose ids have no prefix, as after a switch to EntryIDPrefix.
	CleanUpUnprefixed bool
	// ClassName restricts it to objects of this class. Empty: objects that name no class.
	ClassName string
	// KeepFederation sets reconcile.clusterFederatedTrustDomains to false.
	KeepFederation bool
}

// gcInterval is how often the controller manager looks at what it was not told of.
const gcInterval = time.Second

// ControllerManager is a running spire-controller-manager.
type ControllerManager struct {
	server    *Server
	manifests string
	prefix    string
	process   *process
}

// StartControllerManager runs a controller manager until the test ends and returns when it has reconciled for the first time
// (static mode) or is ready (Kubernetes).
func StartControllerManager(tb testing.TB, server *Server, options ControllerManagerOptions) *ControllerManager {
	tb.Helper()
	dir := workDir(tb)
	var health string
	m := &ControllerManager{server: server, prefix: options.EntryIDPrefix, manifests: subDir(tb, dir, "manifests", 0o700)}
	config := filepath.Join(dir, "config.yaml")
	m.process = &process{
		name: "spire-controller-manager", program: tool.Require(tb, tool.ControllerManager), args: []string{"-config", config},
		env: []string{"ENABLE_WEBHOOKS=false", "KUBECONFIG=" + options.Kubeconfig}, log: filepath.Join(dir, "controller-manager.log"),
	}
	ready := func(ctx context.Context) error { return answers(ctx, "http://"+health+"/readyz") }
	if options.Kubeconfig == "" {
		// In static mode it serves no health endpoint, so that an entry tells that it works.
		id := "spiffe://" + server.trustDomain + "/controller-manager/ready"
		m.Declare(tb, "ready", "ClusterStaticEntry", map[string]any{
			"spiffeID": id, "parentID": "spiffe://" + server.trustDomain + "/controller-manager", "selectors": []string{"ready:true"},
			"className": options.ClassName,
		})
		ready = func(context.Context) error { return m.registered(tb, "/controller-manager/ready") }
	}
	tb.Cleanup(func() { m.process.stop(tb) })
	m.process.launch(tb, func() {
		health = fmt.Sprintf("127.0.0.1:%d", freePort(tb))
		writeYAML(tb, config, m.config(options, health))
	}, ready)
	return m
}

func (m *ControllerManager) config(options ControllerManagerOptions, health string) map[string]any {
	static := options.Kubeconfig == ""
	config := map[string]any{
		"apiVersion":            "spire.spiffe.io/v1alpha1",
		"kind":                  "ControllerManagerConfig",
		"metrics":               map[string]any{"bindAddress": "0"},
		"health":                map[string]any{"healthProbeBindAddress": health},
		"clusterName":           "test",
		"clusterDomain":         "cluster.local",
		"trustDomain":           m.server.trustDomain,
		"spireServerSocketPath": m.server.SocketPath(),
		"gcInterval":            gcInterval.Nanoseconds(), // a plain number: it refuses "1s"
		"className":             options.ClassName,
		"watchClassless":        options.ClassName == "",
		"reconcile": map[string]any{
			"clusterSPIFFEIDs": !static, "clusterStaticEntries": true, "clusterFederatedTrustDomains": !options.KeepFederation,
		},
	}
	if options.ClusterName != "" {
		config["clusterName"] = options.ClusterName
	}
	if options.EntryIDPrefix != "" {
		config["entryIDPrefix"] = options.EntryIDPrefix
	}
	if options.CleanUpUnprefixed {
		config["entryIDPrefixCleanup"] = ""
	}
	if static {
		config["staticManifestPath"] = m.manifests
	}
	return config
}

// Declare writes an object of spire.spiffe.io/v1alpha1 for static mode.
func (m *ControllerManager) Declare(tb testing.TB, name, kind string, spec map[string]any) {
	tb.Helper()
	writeYAML(tb, filepath.Join(m.manifests, name+".yaml"), map[string]any{
		"apiVersion": "spire.spiffe.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
	})
}

// Reconciled returns when the controller manager has looked at the server's entries at least once since the call. It plants an
// entry that the manager takes for its own and that nobody declared, and waits until it is gone.
func (m *ControllerManager) Reconciled(tb testing.TB) {
	tb.Helper()
	id := m.server.plant(tb, m.prefix)
	err := m.process.await(tb, func(context.Context) error {
		if m.server.Entry(tb, id) != nil {
			return fmt.Errorf("the planted entry %s is still there", id)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// Stop ends the controller manager.
func (m *ControllerManager) Stop(tb testing.TB) { tb.Helper(); m.process.stop(tb) }

func (m *ControllerManager) registered(tb testing.TB, path string) error {
	tb.Helper()
	for _, entry := range m.server.Entries(tb, "") {
		if entry.GetSpiffeId().GetPath() == path {
			return nil
		}
	}
	return fmt.Errorf("no entry %s yet", path)
}

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

func writeYAML(tb testing.TB, path string, object any) {
	tb.Helper()
	text, err := yaml.Marshal(object)
	if err != nil {
		tb.Fatal(err)
	}
	// Written aside and renamed: the manager may read at any moment.
	aside := path + ".new"
	writeFile(tb, aside, string(text))
	if err := os.Rename(aside, path); err != nil {
		tb.Fatal(err)
	}
}
