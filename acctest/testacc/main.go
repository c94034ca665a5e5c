// Command testacc runs the provider's tests on a cluster with nodes: on one that kind makes for this run, or on an existing one. Then it
// brings SPIRE, Kyverno and the rest of the platform into the cluster and runs the scenarios and those of conformance, where the cluster is one
// of kind's. Conformance mostly waits: on clusters of kind's it has one of its own, meanwhile.
// The provider's tests that need no cluster, such as those of a fake of Google's APIs alone, are skipped: controlplane.NoneNeeded says so of
// them, and `make test` runs them. Its arguments are further flags of go test. The environment says the rest:
//
//	TESTACC_KUBECONFIG  an administrator's kubeconfig of the cluster to use; nothing of that cluster is deleted but what the
//	                    tests made in it, and the CRDs that they install stay
//	KIND_NODE_IMAGE     the node image of the kind cluster
//	KEEP=1              leaves the kind cluster running
//	ONLY                "provider", "scenarios" or "conformance": the one and not the others
//	TESTACC_IMAGES      "built": images of the platform are made here; "released": they are pulled; not set: pulled where that works
//	TESTACC_EVIDENCE    the folder for objects and logs of a failed run, .build/testacc-failed where not set
//
// Its exit status is 3 where no cluster can be had.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/platform"
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

func run(ctx context.Context, flags []string, out io.Writer) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	one, many, err := choose(ctx, out)
	if err != nil {
		return err
	}
	lanes, err := chosen(os.Getenv("ONLY"))
	if err != nil {
		return err
	}
	// The tests run SPIRE beside the cluster, and control planes of their own where they stop one.
	for _, t := range []tool.Tool{tool.Etcd, tool.KubeAPIServer, tool.SPIREServer, tool.ControllerManager} {
		if _, err := program(ctx, t, out); err != nil {
			return err
		}
	}
	if !many {
		lanes = []lane{slices.Concat(lanes...)}
	}
	return together(lanes, out, func(l lane, out io.Writer) error { return l.run(ctx, root, one(), flags, out) })
}

// together runs lanes at once. The first is heard as it goes on, and what the others say comes whole when they have ended. The error is
// errNoCluster only where no lane had a cluster: tests that failed on one are not made good by another that there was not.
func together(lanes []lane, out io.Writer, run func(lane, io.Writer) error) error {
	said, failed := make([]bytes.Buffer, len(lanes)), make([]error, len(lanes))
	var others sync.WaitGroup
	for i := 1; i < len(lanes); i++ {
		others.Go(func() { failed[i] = run(lanes[i], &said[i]) })
	}
	failed[0] = run(lanes[0], out)
	if len(lanes) > 1 {
		fmt.Fprintln(out, "Waiting for the tests on the other cluster. What they said:")
	}
	others.Wait()
	for i := range said {
		if _, err := said[i].WriteTo(out); err != nil {
			return fmt.Errorf("say what the tests said: %w", err)
		}
	}
	err := errors.Join(failed...)
	if errors.Is(err, errNoCluster) && slices.ContainsFunc(failed, func(err error) bool { return !errors.Is(err, errNoCluster) }) {
		return errors.New(err.Error())
	}
	return err
}

// part is one group of tests.
type part func(ctx context.Context, root string, c cluster, flags []string, out io.Writer) error

// lane is groups of tests that share a cluster, one after the other.
type lane []part

// run brings the cluster up, and removes it when the tests have ended.
func (l lane) run(ctx context.Context, root string, c cluster, flags []string, out io.Writer) (err error) {
	// Also where it came up in part.
	defer func() {
		after := context.WithoutCancel(ctx)
		if err != nil {
			err = errors.Join(err, keep(after, root, c, out))
		}
		err = errors.Join(err, c.release(after, out))
	}()
	if err := c.bringUp(ctx, out); err != nil {
		return err
	}
	for _, part := range l {
		if ctx.Err() == nil {
			err = errors.Join(err, part(ctx, root, c, flags, out))
		}
	}
	return err
}

// chosen gives the groups to run. The scenarios come after the provider's tests: what they bring into the cluster would act on the objects of the
// others. Some scenarios take away what all share, and conformance looks at everything that is there, so that neither goes on beside the other
// in one cluster.
func chosen(only string) ([]lane, error) {
	scenarios, conformance := onPlatform("scenarios"), onPlatform("scenarios/conformance")
	switch only {
	case "":
		return []lane{{testProvider, scenarios}, {conformance}}, nil
	case "provider":
		return []lane{{testProvider}}, nil
	case "scenarios":
		return []lane{{scenarios}}, nil
	case "conformance":
		return []lane{{conformance}}, nil
	}
	return nil, fmt.Errorf("ONLY is %q, which is none of provider, scenarios and conformance", only)
}

func testProvider(ctx context.Context, root string, c cluster, flags []string, out io.Writer) error {
	fmt.Fprintf(out, "The provider's tests, on the cluster of %s:\n", c.kubeconfig())
	if err := test(ctx, root, controlplane.KubeconfigVariable+"="+c.kubeconfig(), slices.Concat(flags, []string{"./provider/..."}), out); err != nil {
		return fmt.Errorf("run the provider's tests: %w", err)
	}
	return nil
}

// onPlatform gives the tests of a package of acctest that need the platform in the cluster.
func onPlatform(name string) part {
	return func(ctx context.Context, root string, c cluster, flags []string, out io.Writer) error {
		nodes, err := c.nodes(ctx, out)
		if err != nil {
			fmt.Fprintf(out, "The tests of acctest/%s are not run: images can be loaded into kind's clusters alone, and %v.\n", name, err)
			return nil
		}
		if _, err := platform.Up(ctx, platform.Options{Kind: nodes, Source: os.Getenv("TESTACC_IMAGES"), Out: out}); err != nil {
			return err
		}
		fmt.Fprintf(out, "The tests of acctest/%s, on the cluster of %s:\n", name, c.kubeconfig())
		if err := test(ctx, root, platform.Variable+"="+c.kubeconfig(), slices.Concat(flags, []string{"./acctest/" + name}), out); err != nil {
			return fmt.Errorf("run the tests of acctest/%s: %w", name, err)
		}
		return nil
	}
}

// keep gathers what a failed run leaves behind.
func keep(ctx context.Context, root string, c cluster, out io.Writer) error {
	dir := os.Getenv("TESTACC_EVIDENCE")
	if dir == "" {
		dir = filepath.Join(root, ".build", "testacc-failed")
	}
	if err := c.evidence(ctx, dir, out); err != nil {
		return fmt.Errorf("keep objects and logs of the failed run: %w", err)
	}
	return nil
}

// test runs the tests. Nothing is taken from go test's cache: the cluster may be another one behind the same path.
func test(ctx context.Context, root, variable string, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), variable)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd.Run()
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
