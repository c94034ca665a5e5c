package nodeimage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

func kubernetes() (string, error) { return tool.KubeAPIServer.Version() }

// images makes those that kubeadm asks for, from programs alone, and puts them where the node imports them from.
func (b *build) images() error {
	if err := os.MkdirAll(filepath.Join(b.root, "kind/images"), 0o755); err != nil {
		return err
	}
	names, err := exec.CommandContext(b.ctx, b.programs["kubeadm"], "config", "images", "list", "--kubernetes-version", mustVersion()).Output()
	if err != nil {
		return fmt.Errorf("kubeadm config images list: %w", err)
	}
	pause := filepath.Join(filepath.Dir(b.root), "pause")
	if err := b.own("./acctest/kind/pause", pause); err != nil {
		return err
	}
	programs := map[string]string{"pause": pause}
	for name, path := range b.programs {
		programs[name] = path
	}
	list := append(strings.Fields(string(names)), "registry.k8s.io/pause:3.10")
	for _, image := range list {
		name := image[strings.LastIndexByte(image, '/')+1 : strings.LastIndexByte(image, ':')]
		program, ok := programs[name]
		if !ok {
			return fmt.Errorf("kubeadm asks for %s, and there is no program %q", image, name)
		}
		if err := b.one(image, name, program); err != nil {
			return err
		}
	}
	return nil
}

func mustVersion() string {
	version, err := kubernetes()
	if err != nil {
		panic(err) // the same go.mod has named the version before
	}
	return version
}

// one makes an image of one program, and of what kube-proxy calls.
func (b *build) one(image, name, program string) error {
	root := filepath.Join(filepath.Dir(b.root), "image-"+name)
	defer os.RemoveAll(root)
	if err := b.run("install", "-D", "-m", "0755", program, filepath.Join(root, "usr/local/bin", name)); err != nil {
		return err
	}
	if err := b.run("bash", "-c", `mkdir -p "$1/etc" "$1/tmp" && chmod 1777 "$1/tmp" && printf 'root:x:0:0::/:\nnobody:x:65534:65534::/:\n' > "$1/etc/passwd"`, "passwd", root); err != nil {
		return err
	}
	if name == "kube-proxy" {
		if err := b.withLibraries(root, "usr/sbin/iptables", "usr/sbin/iptables-save", "usr/sbin/iptables-restore", "usr/sbin/conntrack", "usr/bin/kmod"); err != nil {
			return err
		}
		if err := b.withExtensions(root); err != nil {
			return err
		}
	}
	file := filepath.Join(b.root, "kind/images", name+"-"+image[strings.LastIndexByte(image, ':')+1:]+".tar")
	return b.run("bash", "-c", `set -euo pipefail
tar -C "$1" -c . | docker import --change 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'ENTRYPOINT ["/usr/local/bin/'"$2"'"]' - "$3"
docker save --output "$4" "$3"
docker rmi "$3"`, "image", root, name, image, file)
}

// withLibraries copies programs of the node and the libraries that they are linked with.
func (b *build) withLibraries(root string, programs ...string) error {
	for _, p := range programs {
		if err := b.run("bash", "-c", `set -euo pipefail
ldd=$(chroot "$1" ldd "/$3" | grep -o '/[^ ]*' || true)
for f in "/$3" $ldd; do
  mkdir -p "$2$(dirname "$f")"
  cp -L "$1$f" "$2$f"
done`, "libraries", b.root, root, p); err != nil {
			return err
		}
	}
	return nil
}

// withExtensions copies what rules of iptables match on, which is loaded by name: nothing is linked with it.
func (b *build) withExtensions(root string) error {
	found, err := filepath.Glob(filepath.Join(b.root, "usr/lib/*/xtables/*.so"))
	if err != nil || len(found) == 0 {
		return fmt.Errorf("no extensions of iptables (%w)", err)
	}
	var names []string
	for _, f := range found {
		name, err := filepath.Rel(b.root, f)
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	return b.withLibraries(root, names...)
}

// own builds a program of this repository.
func (b *build) own(pkg, to string) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", to, pkg)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return nil
}
