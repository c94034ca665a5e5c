// Package controlplane runs a real Kubernetes control plane as processes on the loopback interface: etcd, kube-apiserver and,
// where asked for, kube-controller-manager and kube-scheduler. There are no nodes but those that a test makes up; objects are stored,
// admitted, validated and collected as in any cluster, and nothing runs.
package controlplane

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// startTimeout bounds the wait for the whole control plane, on a machine that is busy with builds.
const startTimeout = 3 * time.Minute

// Options choose what the control plane has beyond the defaults of its Kubernetes version.
type Options struct {
	// ControllerManager adds kube-controller-manager: namespaces can be deleted, owners' dependents are collected, every
	// namespace gets its default ServiceAccount, and policies are type-checked.
	ControllerManager bool
	// Scheduler adds kube-scheduler, which binds pods to the nodes that FakeNode makes.
	Scheduler bool
	// FeatureGates are passed to every component, as in {"PodLevelResources": true}.
	FeatureGates map[string]bool
	// SchedulerFeatureGates are passed to kube-scheduler instead of FeatureGates. Nil: the same.
	SchedulerFeatureGates map[string]bool
	// RuntimeConfig turns API versions on and off: {"admissionregistration.k8s.io/v1beta1": "true"}.
	RuntimeConfig map[string]string
	// APIServerArgs and ControllerManagerArgs are further flags of kube-apiserver and kube-controller-manager.
	APIServerArgs, ControllerManagerArgs []string
}

// Config is what Run needs to know.
type Config struct {
	Options
	// Dir holds data, certificates and logs. Run creates it. Empty: a temporary folder, which Stop removes.
	Dir string
	// Background lets the processes outlive this one, until Stop is called on what Load gives. Dir must be set.
	Background bool
}

// ControlPlane is a running control plane. Its methods are safe for concurrent use, save those that stop and start the API server.
type ControlPlane struct {
	config    Config
	dir       string
	temporary bool
	existing  bool // somebody else's, of which there is only a kubeconfig
	ports     ports
	certs     *authority

	etcd, apiServer, controllerManager, scheduler *component

	users sync.Mutex // guards the numbering of the kubeconfig files
	count int
}

type ports struct {
	Etcd, EtcdPeer, APIServer, ControllerManager, Scheduler int
}

// Start runs a control plane until the test ends. It fails the test where a component does not come up.
func Start(tb testing.TB, options Options) *ControlPlane {
	tb.Helper()
	for _, t := range needed(options) {
		tool.Require(tb, t)
	}
	c, err := Run(tb.Context(), Config{Options: options})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Stop(); err != nil {
			tb.Errorf("stop the control plane: %v", err)
		}
	})
	return c
}

// starting has control planes of parallel tests start one after the other. A start computes: several at once are there no sooner, and those
// that are there already would answer late.
var starting sync.Mutex

// Run starts a control plane and returns when it is ready. On an error, which holds the last lines of the log of the component
// at fault, nothing is left running.
func Run(ctx context.Context, config Config) (*ControlPlane, error) {
	sweep()
	starting.Lock()
	defer starting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		c, err := run(ctx, config)
		// Between choosing a free port and listening on it, another process can take it.
		if err == nil || attempt == 3 || !errors.Is(err, errPortTaken) {
			return c, err
		}
	}
}

func run(ctx context.Context, config Config) (_ *ControlPlane, err error) {
	c := &ControlPlane{config: config, dir: config.Dir}
	if config.Dir == "" {
		if config.Background {
			return nil, errors.New("start a control plane in the background: it needs a folder of its own")
		}
		c.temporary = true
		c.dir, err = os.MkdirTemp("", temporaryPrefix+strconv.Itoa(os.Getpid())+"-")
	} else {
		err = os.MkdirAll(c.dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("start a control plane: %w", err)
	}
	defer func() {
		if err != nil {
			_ = c.Stop()
		}
	}()
	if c.ports, err = freePorts(); err != nil {
		return nil, err
	}
	if c.certs, err = newAuthority(filepath.Join(c.dir, "pki")); err != nil {
		return nil, err
	}
	if err := c.writeFiles(); err != nil {
		return nil, err
	}
	if err := c.describe(tool.Tool.Find); err != nil {
		return nil, err
	}
	if err := c.etcd.start(ctx); err != nil {
		return nil, err
	}
	if err := c.StartAPIServer(ctx); err != nil {
		return nil, err
	}
	if c.controllerManager != nil {
		if err := c.controllerManager.start(ctx); err != nil {
			return nil, err
		}
		if err := c.waitForDefaultServiceAccount(ctx); err != nil {
			return nil, err
		}
	}
	if c.scheduler != nil {
		if err := c.scheduler.start(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.save(); err != nil {
		return nil, err
	}
	return c, nil
}

// writeFiles prepares the certificates, kubeconfigs and the audit policy that the components are pointed to.
func (c *ControlPlane) writeFiles() error {
	localhost := []string{"localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.0.0.1"}
	for _, cert := range []struct {
		name  string
		usage x509.ExtKeyUsage
		hosts []string
	}{
		{"etcd", x509.ExtKeyUsageServerAuth, localhost},
		{"etcd-client", x509.ExtKeyUsageClientAuth, nil},
		{"apiserver", x509.ExtKeyUsageServerAuth, localhost},
	} {
		if err := c.certs.issue(cert.name, cert.name, nil, cert.usage, cert.hosts); err != nil {
			return err
		}
	}
	if err := c.certs.writeKey("service-accounts"); err != nil {
		return err
	}
	if err := os.WriteFile(c.path("audit-policy.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return fmt.Errorf("start a control plane: %w", err)
	}
	if err := c.writeKubeconfig(c.Kubeconfig(), "admin", []string{"system:masters"}); err != nil {
		return err
	}
	if err := c.writeKubeconfig(c.path("controller-manager.kubeconfig"), "system:kube-controller-manager", nil); err != nil {
		return err
	}
	return c.writeKubeconfig(c.path("scheduler.kubeconfig"), "system:kube-scheduler", nil)
}

// StopAPIServer kills kube-apiserver, in the middle of whatever it does, as when a cluster dies. Its data stays.
func (c *ControlPlane) StopAPIServer() error {
	if c.existing {
		return fmt.Errorf("stop kube-apiserver: %w", ErrNotOurs)
	}
	return c.apiServer.stop()
}

// StartAPIServer starts kube-apiserver again on the same port and data, and returns when it is ready.
func (c *ControlPlane) StartAPIServer(ctx context.Context) error {
	if c.existing {
		return fmt.Errorf("start kube-apiserver: %w", ErrNotOurs)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.apiServer.start(ctx); err != nil {
		return err
	}
	if err := c.apiServer.watch(ctx, c.ready); err != nil {
		return err
	}
	return c.save()
}

// PauseAPIServer freezes kube-apiserver: connections are accepted and nothing answers.
func (c *ControlPlane) PauseAPIServer() error {
	if c.existing {
		return fmt.Errorf("pause kube-apiserver: %w", ErrNotOurs)
	}
	return c.apiServer.pause()
}

// ResumeAPIServer ends PauseAPIServer.
func (c *ControlPlane) ResumeAPIServer() error {
	if c.existing {
		return fmt.Errorf("resume kube-apiserver: %w", ErrNotOurs)
	}
	return c.apiServer.resume()
}

// Stop ends every process and removes the files that Run made in a temporary folder.
func (c *ControlPlane) Stop() error {
	var errs []error
	components := c.components()
	slices.Reverse(components)
	for _, component := range components {
		errs = append(errs, component.stop())
	}
	if c.temporary {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// Config gives an administrator's client configuration without a client-side rate limit.
func (c *ControlPlane) Config() *rest.Config {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		// Run wrote this file; only somebody who removed it meanwhile gets here.
		panic(fmt.Sprintf("read the administrator's kubeconfig: %v", err))
	}
	config.QPS = -1
	config.UserAgent = "agentward-controlplane"
	return config
}

// Kubeconfig gives the path of a kubeconfig with an administrator's credentials.
func (c *ControlPlane) Kubeconfig() string { return c.path("admin.kubeconfig") }

// URL gives the address of the API server: "https://127.0.0.1:43117".
func (c *ControlPlane) URL() string {
	if c.existing {
		return c.Config().Host
	}
	return "https://127.0.0.1:" + strconv.Itoa(c.ports.APIServer)
}

// User gives the path of a new kubeconfig with a client certificate for this user and its groups, who may do what RBAC lets
// them. On a cluster that was not started here the administrator impersonates them. It panics where the folder of the control
// plane cannot be written to.
func (c *ControlPlane) User(name string, groups ...string) string {
	c.users.Lock()
	defer c.users.Unlock()
	c.count++
	path := c.path(fmt.Sprintf("user-%d.kubeconfig", c.count))
	write := c.writeKubeconfig
	if c.existing {
		write = c.impersonate
	}
	if err := write(path, name, groups); err != nil {
		panic(fmt.Sprintf("write the kubeconfig of %s: %v", name, err))
	}
	return path
}

// Log gives the last lines of a component's log ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler").
func (c *ControlPlane) Log(name string) string {
	for _, component := range c.components() {
		if component.name == name {
			return component.tail()
		}
	}
	return ""
}

// Dir gives the folder that holds data, certificates and logs.
func (c *ControlPlane) Dir() string { return c.dir }

func (c *ControlPlane) path(elements ...string) string {
	return filepath.Join(append([]string{c.dir}, elements...)...)
}

func needed(options Options) []tool.Tool {
	tools := []tool.Tool{tool.Etcd, tool.KubeAPIServer}
	if options.ControllerManager {
		tools = append(tools, tool.KubeControllerManager)
	}
	if options.Scheduler {
		tools = append(tools, tool.KubeScheduler)
	}
	return tools
}

// flagList renders a map as Kubernetes' flags want it: "A=true,B=false".
func flagList[V any](m map[string]V) string {
	var pairs []string
	for _, key := range sortedKeys(m) {
		pairs = append(pairs, fmt.Sprintf("%s=%v", key, m[key]))
	}
	return strings.Join(pairs, ",")
}
