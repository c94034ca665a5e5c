package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// KubeconfigVariable names the kubeconfig of a cluster that Shared gives instead of starting a control plane.
const KubeconfigVariable = "AGENTWARD_KUBECONFIG"

// answerTimeout bounds the wait for the first answer of a cluster that is said to run.
const answerTimeout = 30 * time.Second

// ErrNotOurs says that a method needs the processes of the control plane, which are somebody else's.
var ErrNotOurs = errors.New("the cluster was not started by this package")

// Existing gives a ControlPlane over a cluster that runs already, by the current context of an administrator's kubeconfig. What
// needs the processes themselves (the audit log, stopping and pausing the API server) gives ErrNotOurs; Stop stops nothing.
func Existing(ctx context.Context, kubeconfig string) (_ *ControlPlane, err error) {
	c := &ControlPlane{existing: true, temporary: true}
	if c.dir, err = os.MkdirTemp("", temporaryPrefix+strconv.Itoa(os.Getpid())+"-"); err != nil {
		return nil, fmt.Errorf("use the cluster of %s: %w", kubeconfig, err)
	}
	defer func() {
		if err != nil {
			_ = c.Stop()
			err = fmt.Errorf("use the cluster of %s: %w", kubeconfig, err)
		}
	}()
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return nil, err
	}
	// The copy lies elsewhere, so nothing in it may point to a file beside it.
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, err
	}
	if err := clientcmd.WriteToFile(*config, c.Kubeconfig()); err != nil {
		return nil, err
	}
	if _, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return c, c.ready(ctx)
}

// Existing says whether the cluster is one that this package did not start.
func (c *ControlPlane) Existing() bool { return c.existing }

// OnlyOurs skips the test on a cluster that this package did not start, for want of what is named: "the API server's own audit
// log".
func (c *ControlPlane) OnlyOurs(tb testing.TB, needs string) {
	tb.Helper()
	if c.existing {
		tb.Skip("needs " + needs)
	}
}

// NoneNeeded skips a test that needs no cluster, such as one of a fake of Google's APIs alone, where the tests have one to run on that is not
// ours: it shows nothing there that it does not show without, where it runs too.
func NoneNeeded(tb testing.TB) {
	tb.Helper()
	if os.Getenv(KubeconfigVariable) != "" {
		tb.Skip("needs no cluster, and is for those who run the tests without one")
	}
}

// impersonate writes a kubeconfig that has the administrator act as the user: there is no key here to sign a certificate with.
func (c *ControlPlane) impersonate(path, name string, groups []string) error {
	config, err := clientcmd.LoadFromFile(c.Kubeconfig())
	if err != nil {
		return err
	}
	current := config.Contexts[config.CurrentContext]
	if current == nil || config.AuthInfos[current.AuthInfo] == nil {
		return errors.New("the administrator's kubeconfig has no user")
	}
	administrator := config.AuthInfos[current.AuthInfo]
	administrator.Impersonate, administrator.ImpersonateGroups = name, groups
	return clientcmd.WriteToFile(*config, path)
}
