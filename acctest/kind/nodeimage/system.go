package nodeimage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// packages are Debian's. Of bookworm: later ones have a systemd that will not start on a host with cgroup v1.
const release, packages = "bookworm", "systemd,systemd-sysv,dbus,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,ca-certificates,curl,jq,procps,bash,runc,containernetworking-plugins"

func (b *build) debian() error {
	return b.run("debootstrap", "--variant=minbase", "--include="+packages, release, b.root)
}

// overlay does what kind's Dockerfile does to its base.
func (b *build) overlay() error {
	if err := b.run("cp", "-rT", b.kind, b.root); err != nil { // the module's own files are read-only
		return err
	}
	if err := b.run("chmod", "-R", "u+w", filepath.Join(b.root, "kind"), filepath.Join(b.root, "etc"), filepath.Join(b.root, "usr/local")); err != nil {
		return err
	}
	for _, pattern := range []string{
		"kind/bin/*", "usr/local/bin/*",
	} {
		found, err := filepath.Glob(filepath.Join(b.root, pattern))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("%s: no such files (%w)", pattern, err)
		}
		for _, f := range found {
			if err := os.Chmod(f, 0o755); err != nil { //nolint:gosec // programs
				return err
			}
		}
	}
	for _, pattern := range []string{
		"lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service", "lib/systemd/system/multi-user.target.wants/*", "etc/systemd/system/*.wants/*",
		"lib/systemd/system/local-fs.target.wants/*", "lib/systemd/system/sockets.target.wants/*udev*", "lib/systemd/system/sockets.target.wants/*initctl*",
		"lib/systemd/system/basic.target.wants/*", "etc/machine-id",
	} {
		found, err := filepath.Glob(filepath.Join(b.root, pattern))
		if err != nil {
			return err
		}
		for _, f := range found {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	wants := filepath.Join(b.root, "etc/systemd/system/multi-user.target.wants")
	if err := os.MkdirAll(wants, 0o755); err != nil {
		return err
	}
	for _, unit := range []string{"kubelet.service", "containerd.service", "undo-mount-hacks.service"} {
		if err := os.Symlink("/etc/systemd/system/"+unit, filepath.Join(wants, unit)); err != nil {
			return err
		}
	}
	if err := os.Symlink("/dev/null", filepath.Join(b.root, "etc/systemd/system/systemd-binfmt.service")); err != nil {
		return err
	}
	if err := b.edit("etc/systemd/journald.conf", func(text string) string { return text + "\nReadKMsg=no\n" }); err != nil {
		return err
	}
	if err := b.write("etc/machine-id", "", 0o444); err != nil {
		return err
	}
	return b.constraints()
}

// constraints are those of a machine whose root may not raise limits: nothing may ask for a better place before the OOM killer.
func (b *build) constraints() error {
	if err := b.edit("etc/containerd/config.toml", func(text string) string {
		return strings.Replace(text, "restrict_oom_score_adj = false", "restrict_oom_score_adj = true", 1)
	}); err != nil {
		return err
	}
	return b.edit("etc/systemd/system/containerd.service", func(text string) string {
		text = strings.Replace(text, "OOMScoreAdjust=-999\n", "", 1)
		return strings.Replace(text, "Type=notify\n", "Type=notify\nExecStartPost=/kind/bin/import-images.sh\n", 1)
	})
}

func (b *build) edit(name string, change func(string) string) error {
	path := filepath.Join(b.root, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed := change(string(text))
	if changed == string(text) {
		return fmt.Errorf("%s is not as it was expected to be", name)
	}
	return os.WriteFile(path, []byte(changed), 0o644) //nolint:gosec // read by all
}

// network is what the one node of a cluster needs: kindnet has no module to build from.
const network = `{
  "cniVersion": "0.4.0",
  "name": "bridge",
  "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

const importImages = `#!/bin/sh
# The images that came with the node, once.
set -eu
[ -e /kind/images/.imported ] && exit 0
for image in /kind/images/*.tar; do
    /usr/local/bin/ctr -n k8s.io images import --no-unpack "$image"
done
touch /kind/images/.imported
`

func (b *build) install() error {
	for name, to := range map[string]string{
		"kubelet": "usr/bin/kubelet", "kubeadm": "usr/bin/kubeadm", "kubectl": "usr/bin/kubectl",
		"containerd": "usr/local/bin/containerd", "containerd-shim-runc-v2": "usr/local/bin/containerd-shim-runc-v2", "ctr": "usr/local/bin/ctr",
	} {
		if err := b.copy(b.programs[name], to); err != nil {
			return err
		}
	}
	wrapper := filepath.Join(b.root, "usr/local/sbin/runc")
	if err := b.own("./acctest/kind/lesser", wrapper); err != nil {
		return err
	}
	if err := b.run("bash", "-c", `mkdir -p "$1/opt/cni" && cp -r "$1/usr/lib/cni" "$1/opt/cni/bin"`, "cni", b.root); err != nil {
		return err
	}
	if err := b.run("bash", "-c", `set -o pipefail; "$1" oci spec | jq '.hooks.createContainer[.hooks.createContainer| length] |= . + {"path": "/kind/bin/mount-product-files.sh"} | del(.process.rlimits)' > "$2"`,
		"spec", b.programs["ctr"], filepath.Join(b.root, "etc/containerd/cri-base.json")); err != nil {
		return err
	}
	version, err := kubernetes()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"kind/version": version, "etc/cni/net.d/10-bridge.conflist": network, "kind/manifests/default-storage.yaml": storage, "kind/manifests/default-cni.yaml": "",
	} {
		if err := b.write(name, text, 0o644); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(b.root, "etc/kubernetes/manifests"), 0o755); err != nil {
		return err
	}
	return b.write("kind/bin/import-images.sh", importImages, 0o755)
}

// storage is a class without a provisioner: volumes of the tests are emptyDirs.
const storage = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
`
