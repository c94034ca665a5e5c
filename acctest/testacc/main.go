// Command testacc runs the provider's tests on a cluster with nodes: on one that kind makes for this run, or on an existing one.
// Its arguments are further flags of go test. The environment says the rest:
//
//	TESTACC_KUBECONFIG  an administrator's kubeconfig of the cluster to use; nothing of that cluster is deleted but what the
//	                    tests made in it, and the CRDs that they install stay
//	KIND_NODE_IMAGE     the node image of the kind cluster
//	KEEP=1              leaves the kind cluster running
//
// Its exit status is 3 where no cluster can be had.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// errNoCluster says that there is nothing to test on, and exitNoCluster says so to whoever runs the program.
var errNoCluster = errors.New("there is no cluster to test on")

const exitNoCluster = 3

// stopTimeout bounds the wait for tests that are asked to stop: a Terraform run saves its state first.
const stopTimeout = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testacc:", err)
	}
	switch {
	case errors.Is(err, errNoCluster):
		os.Exit(exitNoCluster)
	case err != nil:
		os.Exit(1)
	}
}

func run(ctx context.Context, flags []string, out io.Writer) (err error) {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	c, err := choose(ctx, out)
	if err != nil {
		return err
	}
	// The tests run SPIRE beside the cluster, and control planes of their own where they stop one.
	for _, t := range []tool.Tool{tool.Etcd, tool.KubeAPIServer, tool.SPIREServer, tool.ControllerManager} {
		if _, err := program(ctx, t, out); err != nil {
			return err
		}
	}
	// Also where it came up in part.
	defer func() { err = errors.Join(err, c.release(context.WithoutCancel(ctx), out)) }()
	if err := c.bringUp(ctx, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "The provider's tests, on the cluster of %s:\n", c.kubeconfig())
	return test(ctx, root, c.kubeconfig(), flags, out)
}

// test runs the tests. Nothing is taken from go test's cache: the cluster may be another one behind the same path.
func test(ctx context.Context, root, kubeconfig string, flags []string, out io.Writer) error {
	args := append([]string{"test", "-count=1"}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./provider/...")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), controlplane.KubeconfigVariable+"="+kubeconfig)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run the provider's tests: %w", err)
	}
	return nil
}

// program finds a program or builds it, which can take minutes.
func program(ctx context.Context, t tool.Tool, out io.Writer) (string, error) {
	path, err := t.Find()
	if !errors.Is(err, tool.ErrNotFound) {
		return path, err
	}
	fmt.Fprintf(out, "%s is not here yet. It is built from its Go module, once; that takes some minutes.\n", t.Name)
	return t.Build(ctx, func(status string) { fmt.Fprintf(out, "%s: %s\n", t.Name, status) })
}

// given is the kubeconfig that TESTACC_KUBECONFIG names, which has to be there.
func given() (string, error) {
	path := os.Getenv("TESTACC_KUBECONFIG")
	if path == "" {
		return "", nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the kubeconfig that TESTACC_KUBECONFIG names: %w", err)
	}
	return filepath.Abs(path)
}
