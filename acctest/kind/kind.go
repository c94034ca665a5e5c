// Package kind makes clusters whose nodes are containers, with the programs docker and kind.
//
// It runs kind's command line, pinned in a module of its own, and does not import kind as a library: that would add kind and all that it
// requires to what everybody downloads who builds the provider, and the library does no more than run docker's command line.
package kind

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/kind/nodeimage"
)

// DefaultNodeImage is the node image where the environment variable KIND_NODE_IMAGE names none.
const DefaultNodeImage = "kindest/node:v1.37.0"

const (
	// askTimeout bounds what only asks.
	askTimeout = time.Minute
	// pullTimeout bounds the wait for a node image, which is some 400 MB.
	pullTimeout = 5 * time.Minute
	// deleteTimeout bounds the removal of a cluster.
	deleteTimeout = 5 * time.Minute
)

// NodeImage makes sure that Docker runs and has the node image, which it pulls where it has to, and gives its name.
func NodeImage(ctx context.Context) (string, error) {
	if err := quiet(ctx, askTimeout, "docker", "info"); err != nil {
		return "", fmt.Errorf("docker does not run: %w", err)
	}
	image := os.Getenv("KIND_NODE_IMAGE")
	if image == "" {
		image = DefaultNodeImage
	}
	if quiet(ctx, askTimeout, "docker", "image", "inspect", image) == nil {
		return image, nil
	}
	if err := quiet(ctx, pullTimeout, "docker", "pull", image); err != nil {
		return "", fmt.Errorf("the node image %s cannot be pulled (KIND_NODE_IMAGE names another): %w", image, err)
	}
	return image, nil
}

// Cluster is a kind cluster, whether it runs or not.
type Cluster struct {
	// Program is the path of kind.
	Program string
	// Name is the cluster's name, which begins the names of its containers.
	Name string
	// Kubeconfig is the path of the administrator's kubeconfig, which Create and ExportKubeconfig write.
	Kubeconfig string
}

// Images gives the names of the images that the cluster's first node has.
func (c Cluster) Images(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", "exec", c.Name+"-control-plane", "ctr", "--namespace", "k8s.io", "images", "list", "--quiet").Output()
	if err != nil {
		return nil, fmt.Errorf("list the images of the kind cluster %s: %w", c.Name, err)
	}
	return strings.Fields(string(out)), nil
}

// LoadArchive brings the images of an archive, as docker save writes it, to the cluster's nodes.
func (c Cluster) LoadArchive(ctx context.Context, archive string) error {
	return quiet(ctx, pullTimeout, c.Program, "load", "image-archive", archive, "--name", c.Name)
}

// Exists says whether Docker has the cluster.
func (c Cluster) Exists(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, c.Program, "get", "clusters").Output()
	if err != nil {
		return false, fmt.Errorf("list the kind clusters: %w", err)
	}
	return slices.Contains(strings.Fields(string(out)), c.Name), nil
}

// ownConfig is what a cluster of a node image of nodeimage needs: the image brings a network for one node, whose root may lack what kubelet
// asks for. Services are rules of iptables: with Debian's nft, kube-proxy's nftables mode lost elements of its maps under load ("delete element:
// No such file"), and Services led nowhere until its next full sync.
const ownConfig = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking:
  disableDefaultCNI: true
  kubeProxyMode: iptables
featureGates:
  KubeletInUserNamespace: true
nodes:
- role: control-plane
  kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    failCgroupV1: false
`

// Create makes the cluster from the node image, with progress on out, and waits up to three minutes until its node is ready.
func (c Cluster) Create(ctx context.Context, image string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, c.Program, "create", "cluster", "--name", c.Name, "--image", image, "--kubeconfig", c.Kubeconfig, "--wait", "3m")
	cmd.Stdout, cmd.Stderr = out, out
	if strings.HasPrefix(image, nodeimage.Repository+":") {
		cmd.Args = append(cmd.Args, "--config", "-")
		cmd.Stdin = strings.NewReader(ownConfig)
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("create a kind cluster: %w", err)
	}
	return nil
}

// ExportKubeconfig writes the kubeconfig of a cluster that runs.
func (c Cluster) ExportKubeconfig(ctx context.Context) error {
	return quiet(ctx, time.Minute, c.Program, "export", "kubeconfig", "--name", c.Name, "--kubeconfig", c.Kubeconfig)
}

// Delete removes the cluster and its entries in the kubeconfig. One that is not there is no error.
func (c Cluster) Delete(ctx context.Context) error {
	return quiet(ctx, deleteTimeout, c.Program, "delete", "cluster", "--name", c.Name, "--kubeconfig", c.Kubeconfig)
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
