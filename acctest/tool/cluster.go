package tool

// What runs in the cluster of the acceptance tests, where released images cannot be pulled. An image holds one program and nothing
// else, so none of them may need a library.
var (
	SPIREServerStatic = static(SPIREServer)
	SPIREAgentStatic  = static(SPIREAgent)
	// KyvernoAdmission is Kyverno's admission controller, KyvernoInit what runs before it, and KyvernoReports writes the policy reports.
	KyvernoAdmission = kyverno("kyverno-admission-controller", "kyverno")
	KyvernoInit      = kyverno("kyverno-init", "kyverno-init")
	KyvernoReports   = kyverno("kyverno-reports-controller", "reports-controller")
	// NetworkPolicies enforces NetworkPolicies in a node whose network does not.
	NetworkPolicies = Tool{
		Name: "kube-network-policies", module: "networkpolicies", pkg: "sigs.k8s.io/kube-network-policies/cmd", pin: "sigs.k8s.io/kube-network-policies", patched: true,
	}
	// AgentSandbox is the controller of agent-sandbox.
	AgentSandbox = Tool{
		Name: "agent-sandbox-controller", module: "agentsandbox", pkg: "sigs.k8s.io/agent-sandbox/cmd/agent-sandbox-controller", pin: "sigs.k8s.io/agent-sandbox",
	}
	// Kueue is Kueue's controller manager.
	Kueue = Tool{Name: "kueue", module: "kueue", pkg: "sigs.k8s.io/kueue/cmd/kueue", pin: "sigs.k8s.io/kueue"}
	// Traefik is an implementation of the Gateway API.
	Traefik = Tool{Name: "traefik", module: "traefik", pkg: "github.com/traefik/traefik/v3/cmd/traefik", pin: "github.com/traefik/traefik/v3", patched: true}
	// MetricsServer serves what kubelets say of the use of resources.
	MetricsServer = Tool{
		Name: "metrics-server", module: "metricsserver", pkg: "sigs.k8s.io/metrics-server/cmd/metrics-server", pin: "sigs.k8s.io/metrics-server",
	}
	// Prometheus discovers what Kubernetes runs and nothing else, so that the clients of all clouds need not be built. It has no pages, only
	// the API.
	Prometheus = Tool{
		Name: "prometheus", module: "prometheus", pkg: "github.com/prometheus/prometheus/cmd/prometheus", pin: "github.com/prometheus/prometheus",
		tags: "remove_all_sd enable_kubernetes_sd",
	}
	// DRAExample is Kubernetes' example of a DRA driver. A test runs it on a node.
	DRAExample = Tool{
		Name: "dra-example-kubeletplugin", module: "draexample", pkg: "sigs.k8s.io/dra-example-driver/cmd/dra-example-kubeletplugin",
		pin: "sigs.k8s.io/dra-example-driver", patched: true,
	}
	// Runsc is gVisor, and RunscShim is what containerd runs beside each pod in it. A test brings both into a node.
	Runsc     = gvisor("runsc", "runsc")
	RunscShim = gvisor("containerd-shim-runsc-v1", "shim")
)

// ForCluster lists what runs in the cluster of the acceptance tests, in the order in which it is built.
func ForCluster() []Tool {
	return []Tool{
		ControllerManager, SPIREServerStatic, SPIREAgentStatic, KyvernoInit, KyvernoAdmission, KyvernoReports, NetworkPolicies, AgentSandbox, Kueue,
		Traefik, MetricsServer, Prometheus, DRAExample, Runsc, RunscShim,
	}
}

func static(t Tool) Tool {
	t.Name, t.static = t.Name+"-static", true
	t.versionArgs = nil // one on PATH may say the same version, and be linked otherwise
	return t
}

// gvisor is a program of gVisor, by the name under which the others look for it.
func gvisor(name, command string) Tool {
	return Tool{Name: name, module: "gvisor", pkg: "gvisor.dev/gvisor/" + command, pin: "gvisor.dev/gvisor", patched: true}
}

// kyverno is one of Kyverno's controllers, by a name of its own: the command line is called kyverno too.
func kyverno(name, command string) Tool {
	return Tool{
		Name: name, module: "kyverno", pkg: "github.com/kyverno/kyverno/cmd/" + command, pin: "github.com/kyverno/kyverno", stamp: kyvernoVersion,
	}
}
