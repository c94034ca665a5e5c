package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

const (
	kindCluster      = "agentward-quickstart"
	defaultNodeImage = "kindest/node:v1.37.0"
	// pullTimeout bounds the wait for a node image, which is some 400 MB.
	pullTimeout = 5 * time.Minute
)

// cluster brings up the cluster of the given sort and gives the path of an administrator's kubeconfig. One that runs already is
// used again.
func (s *show) cluster(ctx context.Context, sort string) (string, error) {
	switch sort {
	case "local":
		return s.localCluster(ctx)
	case "kind":
		image, err := nodeImage(ctx)
		if err != nil {
			return "", fmt.Errorf("bring up a kind cluster: %w", err)
		}
		return s.kindCluster(ctx, image)
	case "auto":
		if _, err := controlplane.Load(s.localDir()); err == nil {
			return s.localCluster(ctx)
		}
		image, err := nodeImage(ctx)
		if err != nil {
			s.say("No kind cluster can be had (%v); etcd and kube-apiserver run as processes instead.", err)
			return s.localCluster(ctx)
		}
		return s.kindCluster(ctx, image)
	default:
		return "", fmt.Errorf("-cluster=%q is none of kind, local and auto", sort)
	}
}

func (s *show) localDir() string { return localDir(s.dir) }

func localDir(dir string) string { return filepath.Join(dir, "controlplane") }

func (s *show) localCluster(ctx context.Context) (string, error) {
	running, err := controlplane.Load(s.localDir())
	switch {
	case err == nil && running.Running():
		s.say("The control plane at %s runs already.", running.URL())
		return running.Kubeconfig(), nil
	case err == nil:
		// The machine was restarted, or a process was killed. Its objects are of no value to anybody.
		if err := errors.Join(running.Stop(), os.RemoveAll(s.localDir())); err != nil {
			return "", err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	for _, t := range []tool.Tool{tool.Etcd, tool.KubeAPIServer} {
		if _, err := s.program(ctx, t); err != nil {
			return "", err
		}
	}
	started, err := controlplane.Run(ctx, controlplane.Config{Dir: s.localDir(), Background: true})
	if err != nil {
		return "", err
	}
	s.say("etcd and kube-apiserver run in the background; the API server is at %s.", started.URL())
	return started.Kubeconfig(), nil
}

// program finds a program or builds it, which can take minutes.
func (s *show) program(ctx context.Context, t tool.Tool) (string, error) {
	path, err := t.Find()
	if !errors.Is(err, tool.ErrNotFound) {
		return path, err
	}
	s.say("%s is not here yet. It is built from its Go module, once; that takes some minutes.", t.Name)
	return t.Build(ctx, func(status string) { s.say("%s: %s", t.Name, status) })
}

// nodeImage makes sure that Docker runs and has a node image, and gives its name.
func nodeImage(ctx context.Context) (string, error) {
	if err := quiet(ctx, 20*time.Second, "docker", "info"); err != nil {
		return "", fmt.Errorf("docker does not run: %w", err)
	}
	image := os.Getenv("KIND_NODE_IMAGE")
	if image == "" {
		image = defaultNodeImage
	}
	if quiet(ctx, 20*time.Second, "docker", "image", "inspect", image) == nil {
		return image, nil
	}
	if err := quiet(ctx, pullTimeout, "docker", "pull", image); err != nil {
		return "", fmt.Errorf("the node image %s cannot be pulled (KIND_NODE_IMAGE names another): %w", image, err)
	}
	return image, nil
}

func (s *show) kindCluster(ctx context.Context, image string) (string, error) {
	kind, err := s.program(ctx, tool.Kind)
	if err != nil {
		return "", err
	}
	kubeconfig := filepath.Join(s.dir, "kind.kubeconfig")
	existing, err := kindClusterExists(ctx, kind)
	if err != nil {
		return "", err
	}
	if existing {
		s.say("The kind cluster %s runs already.", kindCluster)
		return kubeconfig, quiet(ctx, time.Minute, kind, "export", "kubeconfig", "--name", kindCluster, "--kubeconfig", kubeconfig)
	}
	cmd := exec.CommandContext(ctx, kind, "create", "cluster", "--name", kindCluster, "--image", image, "--kubeconfig", kubeconfig, "--wait", "3m")
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("create a kind cluster: %w", err)
	}
	return kubeconfig, nil
}

func kindClusterExists(ctx context.Context, kind string) (bool, error) {
	out, err := exec.CommandContext(ctx, kind, "get", "clusters").Output()
	if err != nil {
		return false, fmt.Errorf("list the kind clusters: %w", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if name == kindCluster {
			return true, nil
		}
	}
	return false, nil
}

// down removes the cluster and the folder. Nothing there is no error.
func down(ctx context.Context, dir string, out io.Writer) error {
	local, err := controlplane.Load(localDir(dir))
	switch {
	case err == nil:
		fmt.Fprintln(out, "Stopping etcd and kube-apiserver.")
		if err := local.Stop(); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "kind.kubeconfig")); err == nil {
		kind, err := tool.Kind.Find()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "Deleting the kind cluster.")
		if err := quiet(ctx, 5*time.Minute, kind, "delete", "cluster", "--name", kindCluster); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	fmt.Fprintf(out, "%s is gone, and everything that ran from it.\n", dir)
	return nil
}

// quiet runs a command whose output matters only if it fails.
func quiet(ctx context.Context, timeout time.Duration, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, lines[len(lines)-1])
	}
	return nil
}
