package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	live "github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/kind"
	"github.com/agentward/terraform-provider-agent/acctest/kind/nodeimage"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// evidenceTimeout bounds the gathering of what a failed run leaves behind.
const evidenceTimeout = 5 * time.Minute

// cluster is where the tests run.
type cluster interface {
	bringUp(ctx context.Context, out io.Writer) error
	// kubeconfig gives the path of an administrator's kubeconfig, once the cluster is up.
	kubeconfig() string
	// nodes gives the kind cluster that it is, which images can be loaded into. An error says that it is none.
	nodes(ctx context.Context, out io.Writer) (kind.Cluster, error)
	// evidence keeps what a failed run leaves behind, in a folder, before release removes it.
	evidence(ctx context.Context, dir string, out io.Writer) error
	// release removes what bringUp made.
	release(ctx context.Context, out io.Writer) error
}

// choose takes the cluster that the environment names, or kind clusters where Docker can have them: one gives a cluster, and many says that it
// gives another each time. It brings nothing up.
func choose(ctx context.Context, out io.Writer) (one func() cluster, many bool, err error) {
	path, err := given()
	if err != nil {
		return nil, false, err
	}
	if path != "" {
		return func() cluster { return existing(path) }, false, nil
	}
	fmt.Fprintln(out, "Looking for Docker and a node image, which is pulled where it is not there yet.")
	if err := kind.StartDocker(ctx, out); err != nil {
		return nil, false, none(err)
	}
	image, err := kind.NodeImage(ctx)
	if err != nil && nodeimage.Able() {
		fmt.Fprintf(out, "%v\nSo one is built, once: an hour on a small machine, minutes where its programs are in the cache.\n", err)
		image, err = nodeimage.Build(ctx, out)
	}
	if err != nil {
		return nil, false, none(err)
	}
	return func() cluster { return &container{image: image, keep: os.Getenv("KEEP") == "1"} }, true, nil
}

func none(err error) error {
	return fmt.Errorf("%w: start Docker, with which kind makes one, or set TESTACC_KUBECONFIG to the kubeconfig of a cluster that may be "+
		"written to: %w", errNoCluster, err)
}

// existing is somebody's cluster, by its kubeconfig.
type existing string

func (e existing) bringUp(context.Context, io.Writer) error { return nil }

func (e existing) kubeconfig() string { return string(e) }

// nodes asks kind, where the kubeconfig is one that kind wrote.
func (e existing) nodes(ctx context.Context, out io.Writer) (kind.Cluster, error) {
	config, err := clientcmd.LoadFromFile(string(e))
	if err != nil {
		return kind.Cluster{}, err
	}
	name, ok := strings.CutPrefix(config.CurrentContext, "kind-")
	if !ok {
		return kind.Cluster{}, fmt.Errorf("the current context of %s is %q, which is no kind cluster's", string(e), config.CurrentContext)
	}
	path, err := program(ctx, tool.Kind, out)
	if err != nil {
		return kind.Cluster{}, err
	}
	c := kind.Cluster{Program: path, Name: name, Kubeconfig: string(e)}
	there, err := c.Exists(ctx)
	if err == nil && !there {
		err = fmt.Errorf("kind has no cluster %q here", name)
	}
	return c, err
}

// evidence is for the owner of the cluster to gather: it is still there.
func (e existing) evidence(context.Context, string, io.Writer) error { return nil }

func (e existing) release(context.Context, io.Writer) error { return nil }

// container is a kind cluster of this run alone.
type container struct {
	image string
	keep  bool

	dir  string // holds the kubeconfig; empty until there is something to remove
	kind kind.Cluster
}

func (c *container) bringUp(ctx context.Context, out io.Writer) error {
	path, err := program(ctx, tool.Kind, out)
	if err != nil {
		return err
	}
	// Not the process id: another container on the same Docker may have the same one.
	name := fmt.Sprintf("agentward-testacc-%08x", rand.Uint32())
	if c.dir, err = os.MkdirTemp("", name+"-"); err != nil {
		return fmt.Errorf("make a folder for the kubeconfig: %w", err)
	}
	c.kind = kind.Cluster{Program: path, Name: name, Kubeconfig: filepath.Join(c.dir, "kubeconfig")}
	if err := c.kind.Create(ctx, c.image, out); err != nil {
		return fmt.Errorf("%w: %w", errNoCluster, err)
	}
	return nil
}

func (c *container) kubeconfig() string { return c.kind.Kubeconfig }

func (c *container) nodes(context.Context, io.Writer) (kind.Cluster, error) { return c.kind, nil }

func (c *container) evidence(ctx context.Context, dir string, out io.Writer) error {
	if c.dir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceTimeout)
	defer cancel()
	dir = filepath.Join(dir, c.kind.Name)
	if err := c.kind.SaveLogs(ctx, filepath.Join(dir, "nodes")); err != nil {
		fmt.Fprintf(out, "The logs of the nodes are not whole: %v\n", err)
	}
	seen, err := live.Connect(c.kind.Kubeconfig)
	if err == nil {
		err = seen.Dump(ctx, dir)
	}
	fmt.Fprintf(out, "Objects and logs of the failed run are in %s\n", dir)
	return err
}

func (c *container) release(ctx context.Context, out io.Writer) error {
	switch {
	case c.dir == "":
		return nil
	case c.keep:
		fmt.Fprintf(out, "The kind cluster %s is kept, as KEEP=1 asks. To use and to remove it:\n", c.kind.Name)
		fmt.Fprintf(out, "  export KUBECONFIG=%s\n", c.kind.Kubeconfig)
		fmt.Fprintf(out, "  %s delete cluster --name %s && rm -r %s\n", c.kind.Program, c.kind.Name, c.dir)
		return nil
	}
	fmt.Fprintf(out, "Deleting the kind cluster %s.\n", c.kind.Name)
	if err := c.kind.Delete(ctx); err != nil {
		return fmt.Errorf("delete the kind cluster %s: %w", c.kind.Name, err)
	}
	if err := os.RemoveAll(c.dir); err != nil {
		return fmt.Errorf("remove the kubeconfig: %w", err)
	}
	return nil
}
