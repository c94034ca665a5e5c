package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

const kindName = "agentward-quickstart"

// cluster brings up the cluster of the given sort and gives the path of an administrator's kubeconfig. One that runs already is
// used again.
func (s *show) cluster(ctx context.Context, sort string) (string, error) {
	switch sort {
	case "local":
		return s.localCluster(ctx)
	case "kind":
		image, err := kind.NodeImage(ctx)
		if err != nil {
			return "", fmt.Errorf("bring up a kind cluster: %w", err)
		}
		return s.kindCluster(ctx, image)
	case "auto":
		if _, err := controlplane.Load(s.localDir()); err == nil {
			return s.localCluster(ctx)
		}
		image, err := kind.NodeImage(ctx)
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

func (s *show) kindCluster(ctx context.Context, image string) (string, error) {
	program, err := s.program(ctx, tool.Kind)
	if err != nil {
		return "", err
	}
	cluster := kindCluster(program, s.dir)
	existing, err := cluster.Exists(ctx)
	if err != nil {
		return "", err
	}
	if existing {
		s.say("The kind cluster %s runs already.", cluster.Name)
		return cluster.Kubeconfig, cluster.ExportKubeconfig(ctx)
	}
	return cluster.Kubeconfig, cluster.Create(ctx, image, s.out)
}

func kindCluster(program, dir string) kind.Cluster {
	return kind.Cluster{Program: program, Name: kindName, Kubeconfig: filepath.Join(dir, "kind.kubeconfig")}
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
	if _, err := os.Stat(kindCluster("", dir).Kubeconfig); err == nil {
		program, err := tool.Kind.Find()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "Deleting the kind cluster.")
		if err := kindCluster(program, dir).Delete(ctx); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	fmt.Fprintf(out, "%s is gone, and everything that ran from it.\n", dir)
	return nil
}
