package tool

// What a kind node is made of, where no node image can be pulled.
var (
	Kubelet       = node("kubelet")
	Kubeadm       = node("kubeadm")
	Kubectl       = node("kubectl")
	KubeProxy     = node("kube-proxy")
	KubeScheduler = node("kube-scheduler")
	CoreDNS       = Tool{Name: "coredns", module: "coredns", pkg: "github.com/coredns/coredns", pin: "github.com/coredns/coredns"}
	Containerd    = containerd("containerd")
	// ContainerdShim is what containerd runs beside each pod.
	ContainerdShim = containerd("containerd-shim-runc-v2")
	Ctr            = containerd("ctr")
)

// ForNode lists what a node image is made of, in the order in which it is built.
func ForNode() []Tool {
	return []Tool{
		Etcd, KubeAPIServer, KubeControllerManager, KubeScheduler, KubeProxy, Kubelet, Kubeadm, Kubectl, CoreDNS, Containerd, ContainerdShim, Ctr,
	}
}

// node is a program of Kubernetes that only nodes run. They have a module of their own so that the API server is not built anew when
// one of them is added.
func node(name string) Tool {
	return Tool{
		Name: name, module: "kubenode", pkg: "k8s.io/kubernetes/cmd/" + name, pin: "k8s.io/kubernetes", stamp: kubernetesVersion,
	}
}

// containerd is a program of containerd, without the storage drivers that need the kernel's headers.
func containerd(name string) Tool {
	return Tool{
		Name: name, module: "containerd", pkg: "github.com/containerd/containerd/v2/cmd/" + name, pin: "github.com/containerd/containerd/v2",
		tags: "no_aufs no_zfs no_btrfs no_devmapper",
	}
}
