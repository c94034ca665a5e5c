// Package nodeimage builds a node image for kind where none can be pulled: Debian's packages, Kubernetes, containerd and CoreDNS from
// their Go modules, and the files of kind's own base image. It needs root, Docker, and the programs debootstrap and jq.
package nodeimage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// revision is part of the image's name: raise it when what Build does changes.
const revision = "3"

// Repository is the name of all images that Build makes, before the tag.
const Repository = "agentward/kind-node"

// Able says whether Build can make an image on this machine.
func Able() bool {
	for _, program := range []string{"debootstrap", "jq", "docker"} {
		if _, err := exec.LookPath(program); err != nil {
			return false
		}
	}
	return runtime.GOOS == "linux" && os.Geteuid() == 0
}

// Build gives the name of the image, which it makes unless Docker has it, or the cache has it as an archive. Progress goes to out.
func Build(ctx context.Context, out io.Writer) (string, error) {
	b := &build{ctx: ctx, out: out, programs: map[string]string{}}
	image, err := b.image()
	if err != nil {
		return "", fmt.Errorf("build a node image: %w", err)
	}
	return image, nil
}

// build is an image being made.
type build struct {
	ctx      context.Context //nolint:containedctx // one build has one
	out      io.Writer
	programs map[string]string // paths by name
	root     string            // the node's root file system
	kind     string            // folder with the files of kind's base image
}

func (b *build) say(format string, values ...any) {
	fmt.Fprintf(b.out, "node image: "+format+"\n", values...)
}

func (b *build) image() (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, revision)
	for i, t := range tool.ForNode() {
		b.say("[%d/%d] %s", i+1, len(tool.ForNode()), t.Name)
		path, err := t.Build(b.ctx, func(line string) { b.say("%s: %s", t.Name, line) })
		if err != nil {
			return "", err
		}
		b.programs[t.Name] = path
		fmt.Fprintln(sum, path)
	}
	name := Repository + ":" + hex.EncodeToString(sum.Sum(nil))[:16]
	if b.run("docker", "image", "inspect", name) == nil {
		return name, nil
	}
	cache, err := tool.Cache()
	if err != nil {
		return "", err
	}
	archive := filepath.Join(cache, "kind", strings.NewReplacer("/", "-", ":", "-").Replace(name)+".tar.gz")
	if _, err := os.Stat(archive); err == nil {
		b.say("loading %s from the cache", name)
		return name, b.run("docker", "load", "--input", archive)
	}
	if err := b.make(name); err != nil {
		return "", err
	}
	b.say("keeping it in the cache")
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return "", err
	}
	if err := b.run("bash", "-c", `set -o pipefail; docker save "$1" | gzip -1 > "$2"`, "save", name, archive+".part"); err != nil {
		return "", err
	}
	return name, os.Rename(archive+".part", archive)
}

func (b *build) make(name string) (err error) {
	work, err := os.MkdirTemp("", "agentward-node-")
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, os.RemoveAll(work)) }()
	b.root = filepath.Join(work, "root")
	if b.kind, err = base(b.ctx); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"Debian's packages (minutes)", b.debian},
		{"the files of kind's base image", b.overlay},
		{"Kubernetes and containerd", b.install},
		{"the images of the control plane", b.images},
	} {
		b.say("%s", step.what)
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	b.say("importing it into Docker")
	return b.run("bash", "-c", `set -o pipefail; tar -C "$1" -c . | docker import --change 'ENV container=docker' --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' - "$2"`, "import", b.root, name)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// run runs a program whose output matters only if it fails.
func (b *build) run(name string, args ...string) error {
	out, err := exec.CommandContext(b.ctx, name, args...).CombinedOutput()
	if err != nil {
		text := strings.TrimSpace(string(out))
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, text[max(0, len(text)-2000):])
	}
	return nil
}

// write puts a file into the node.
func (b *build) write(name, text string, mode os.FileMode) error {
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// copy puts a program into the node.
func (b *build) copy(from, to string) error {
	path := filepath.Join(b.root, to)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return b.run("install", "-m", "0755", from, path)
}

// base gives the folder of kind's base image in its module.
func base(ctx context.Context) (string, error) {
	dir, err := tool.Kind.Dir()
	if err != nil {
		return "", err
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kind")
	list.Dir = dir
	list.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find kind's module: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "images", "base", "files"), nil
}
