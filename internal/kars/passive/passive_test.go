package passive_test

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

type look struct {
	name, id string
	objects  string
	want     kars.Status
	reason   string // a part of it
}

func (s *scene) look(t *testing.T, looks []look) {
	t.Helper()
	for _, l := range looks {
		t.Run(l.id+": "+l.name, func(t *testing.T) {
			s.plant(t, l.objects)
			found := find(t, reader(t, s.Config()), l.id)
			if found.Status != l.want || !strings.Contains(found.Reason, l.reason) || len(found.Unread) > 0 {
				t.Errorf("it is %s: %s\n want %s: %s\n evidence: %s\n not read: %s",
					found.Status, found.Reason, l.want, l.reason, strings.Join(found.Evidence, "\n           "), strings.Join(found.Unread, ", "))
			}
		})
	}
}

// What a control plane without anything installed has, version by version. Nothing of it is a guess.
func TestABareCluster(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	want := map[string]kars.Status{
		"dra_support": kars.Detected, "driver_runtime_management": kars.Unknown, "gpu_sharing": kars.Unknown, "virtualized_accelerator": kars.Unknown,
		"ai_inference": kars.NotDetected, "advanced_inference_ingress": kars.NotDetected, "high_performance_networking": kars.Unknown,
		"disaggregated_inference": kars.NotDetected, "gang_scheduling": kars.NotDetected, "cluster_autoscaling": kars.Unknown,
		"pod_autoscaling": kars.NotDetected, "accelerator_metrics": kars.Unknown, "ai_service_metrics": kars.NotDetected,
		"secure_accelerator_access": kars.Unknown, "workload_sandboxing": kars.NotDetected, "robust_controller": kars.NotDetected,
	}
	proposed := map[string]kars.Status{
		"in_place_pod_resize": kars.Detected, "workload_aware_scheduling": kars.NotDetected, "agent_identity": kars.NotDetected,
		"policy_enforcement": kars.NotDetected, "agent_sandbox": kars.NotDetected, "long_running_stability": kars.Unknown,
	}
	for _, version := range kars.Versions() {
		list, err := kars.ForVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		report, err := passive.Run(t.Context(), reader(t, s.Config()), list, now, func(kars.Result) { told++ })
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Results) != len(list.Requirements) || len(report.Proposed) != len(proposed) || told != len(report.Results)+len(report.Proposed) {
			t.Errorf("%s: %d results, %d proposed, %d told", version, len(report.Results), len(report.Proposed), told)
		}
		if !strings.HasPrefix(report.Cluster.Kubernetes, "v1.") || report.Cluster.Nodes != 0 {
			t.Errorf("%s: the cluster is %+v", version, report.Cluster)
		}
		for _, r := range report.Results {
			if r.Status != want[r.ID] || r.Reason == "" || r.Probe != kars.Passive || len(r.Unread) > 0 {
				t.Errorf("%s: %s is %s: %s %v", version, r.ID, r.Status, r.Reason, r.Unread)
			}
		}
		for _, r := range report.Proposed {
			if r.Status != proposed[r.ID] || r.Reason == "" {
				t.Errorf("%s: %s is %s: %s", version, r.ID, r.Status, r.Reason)
			}
		}
	}
}

// What a version of Kubernetes can be told to leave out.
func TestAnOlderCluster(t *testing.T) {
	t.Parallel()
	newSceneWith(t, controlplane.Options{RuntimeConfig: map[string]string{"resource.k8s.io/v1": "false", "autoscaling/v1": "false", "autoscaling/v2": "false"}}).look(t, looksOfAnOlderCluster())
}

func looksOfAnOlderCluster() []look {
	return []look{
		{"without its API it is not there", "dra_support", "", kars.NotDetected, "does not serve deviceclasses.resource.k8s.io"},
		{"a platform without HorizontalPodAutoscalers need not have it", "pod_autoscaling", "", kars.NotApplicable, "does not support"},
	}
}

func TestAccelerators(t *testing.T) {
	t.Parallel()
	newScene(t).look(t, looksOfAccelerators())
}

func looksOfAccelerators() []look {
	const gpu = `nvidia.com/gpu: "8"`
	return []look{
		{"a node that says nothing of its driver", "driver_runtime_management", node("gpu-1", gpu, "", ""), kars.NotDetected, "1 of 1 nodes with accelerators do not say which driver they have: gpu-1"},
		{"labels that say it", "driver_runtime_management", node("gpu-1", gpu, `labels: {nvidia.com/cuda.driver-version.full: "580.1"}`, ""), kars.Detected, "Every node"},
		{"a DRA driver that says it", "driver_runtime_management", node("gpu-1", "", "", "") + slice("gpu.nvidia.com", "gpu-1", `driverVersion: {version: 580.1.0}`, ""), kars.Detected, "Every node"},
		{"one node of two that says it", "driver_runtime_management", node("gpu-1", gpu, `labels: {nvidia.com/cuda.driver-version.full: "580.1"}`, "") + node("gpu-2", gpu, "", ""), kars.NotDetected, "1 of 2 nodes with accelerators do not say which driver they have: gpu-2"},
		{"a network's DRA driver is no accelerator's", "driver_runtime_management", slice("dra.net", "node-1", `rdma: {bool: true}`, ""), kars.Unknown, "No node shows an accelerator"},

		{"partitions", "gpu_sharing", node("gpu-1", `nvidia.com/mig-1g.10gb: "7"`, "", ""), kars.Detected, "Parts of accelerators"},
		{"time slices", "gpu_sharing", node("gpu-1", gpu, `labels: {nvidia.com/gpu.sharing-strategy: time-slicing}`, ""), kars.Detected, "Parts of accelerators"},
		{"a device that DRA may give to several", "gpu_sharing", slice("gpu.nvidia.com", "gpu-1", "", ", allowMultipleAllocations: true"), kars.Detected, "Parts of accelerators"},
		{"whole ones that could be shared", "gpu_sharing", node("gpu-1", gpu, `labels: {nvidia.com/gpu.sharing-strategy: none}`, ""), kars.NotDetected, "can be shared, and none is"},
		{"whole ones of which nobody knows", "gpu_sharing", node("tpu-1", `google.com/tpu: "4"`, "", ""), kars.Unknown, "whether they can be"},

		{"a virtual one", "virtualized_accelerator", node("gpu-1", gpu, `labels: {nvidia.com/vgpu.present: "true"}`, ""), kars.Detected, "Virtual accelerators"},
		{"none that shows as virtual", "virtualized_accelerator", node("gpu-1", gpu, "", ""), kars.Unknown, "none shows as virtual"},

		{"a plugin hands them out, and nobody goes past it", "secure_accelerator_access", node("gpu-1", gpu, "", "") + pod("gpu-1", "resources: {limits: {nvidia.com/gpu: 1}}", "", ""), kars.Detected, "handed out by the resource framework"},
		{"a host path to a device", "secure_accelerator_access", node("gpu-1", gpu, "", "") + pod("gpu-1", "", "volumes: [{name: d, hostPath: {path: /dev/nvidia0}}]", ""), kars.NotDetected, "agents/p (host path /dev/nvidia0)"},
		{"a privileged container beside them", "secure_accelerator_access", node("gpu-1", gpu, "", "") + pod("gpu-1", "securityContext: {privileged: true}", "", ""), kars.NotDetected, "agents/p (a privileged container beside accelerators)"},
		{"one on another node", "secure_accelerator_access", node("gpu-1", gpu, "", "") + pod("cpu-1", "securityContext: {privileged: true}", "", ""), kars.Detected, ""},
		{"an agent of the node itself", "secure_accelerator_access", node("gpu-1", gpu, "", "") + pod("gpu-1", "securityContext: {privileged: true}", "", `ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: driver, uid: u}]`), kars.Detected, ""},

		{"no exporter", "accelerator_metrics", node("gpu-1", gpu, "", ""), kars.NotDetected, "No exporter that we know"},
		{"an exporter that does not run", "accelerator_metrics", node("gpu-1", gpu, "", "") + workload("DaemonSet", "gpu-operator", "nvidia-dcgm-exporter", "nvcr.io/nvidia/k8s/dcgm-exporter:4", false), kars.NotDetected, "does not run"},
		{"an exporter that nobody can scrape", "accelerator_metrics", node("gpu-1", gpu, "", "") + workload("DaemonSet", "gpu-operator", "nvidia-dcgm-exporter", "nvcr.io/nvidia/k8s/dcgm-exporter:4", true), kars.NotDetected, "no Service of it publishes"},
	}
}

func TestSandboxing(t *testing.T) {
	t.Parallel()
	newScene(t).look(t, looksOfSandboxing())
}

func looksOfSandboxing() []look {
	const gvisor = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: gvisor}\nhandler: runsc\n---\n"
	handlers := func(name string) string {
		return node("n1", "", "", "runtimeHandlers: [{name: runc}, {name: "+name+"}]")
	}
	return []look{
		{"a runtime that nodes have", "workload_sandboxing", gvisor + handlers("runsc"), kars.Detected, "RuntimeClass gvisor"},
		{"nodes that do not say", "workload_sandboxing", gvisor + node("n1", "", "", ""), kars.Detected, "RuntimeClass gvisor"},
		{"a RuntimeClass without a runtime", "workload_sandboxing", gvisor + handlers("crun"), kars.NotDetected, "no node has the runtime"},
		{"a RuntimeClass for something else", "workload_sandboxing", "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: nvidia}\nhandler: nvidia\n", kars.NotDetected, "No RuntimeClass is for a sandbox"},
	}
}

func TestNetworking(t *testing.T) {
	t.Parallel()
	newScene(t, crd.Dir(t, crd.GatewayAPI), crd.Dir(t, crd.Inference), crd.Dir(t, crd.LeaderWorkerSet)).look(t, looksOfNetworking())
}

func looksOfNetworking() []look {
	class := func(status string) string {
		return "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: c}\nspec: {controllerName: example.org/controller}\n" + status + "\n---\n"
	}
	accepted := "status: {conditions: [" + condition("Accepted", "True", "Accepted") + "]}"
	pool := func(status string) string {
		return `
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: llama, namespace: models}
spec: {selector: {matchLabels: {app: llama}}, targetPorts: [{number: 8000}], endpointPickerRef: {name: epp, port: {number: 9002}}}
` + status + "\n---\n"
	}
	parent := func(status string) string {
		return "status: {parents: [{parentRef: {name: inference}, conditions: [" + condition("Accepted", status, "Accepted") + "]}]}"
	}
	return []look{
		{"the kinds alone", "ai_inference", "", kars.NotDetected, "there is no GatewayClass"},
		{"a class without a controller", "ai_inference", class(""), kars.NotDetected, "no controller has accepted"},
		{"a class that its controller refuses", "ai_inference", class("status: {conditions: [" + condition("Accepted", "False", "InvalidParameters") + "]}"), kars.NotDetected, "no controller has accepted"},
		{"a class that was accepted before it changed", "ai_inference", strings.Replace(class(accepted), "observedGeneration: 1", "observedGeneration: 0", 1), kars.NotDetected, "no controller has accepted"},
		{"a class for other routes", "ai_inference", class("status: {supportedFeatures: [{name: TLSRoute}], conditions: [" + condition("Accepted", "True", "Accepted") + "]}"), kars.NotDetected, "for HTTPRoutes"},
		{"a class that is accepted", "ai_inference", class(accepted), kars.Detected, "accepted a GatewayClass"},
		{"a class with its features", "ai_inference", class("status: {supportedFeatures: [{name: HTTPRoute}, {name: Gateway}], conditions: [" + condition("Accepted", "True", "Accepted") + "]}"), kars.Detected, ""},

		{"the kinds alone", "advanced_inference_ingress", "", kars.NotDetected, "there is no InferencePool"},
		{"a pool that no gateway takes", "advanced_inference_ingress", pool(""), kars.NotDetected, "no gateway has accepted any of 1"},
		{"a pool that a gateway refuses", "advanced_inference_ingress", pool(parent("False")), kars.NotDetected, "no gateway has accepted any of 1"},
		{"a pool that a gateway takes", "advanced_inference_ingress", pool(parent("True")), kars.Detected, "accepted an InferencePool"},

		{"a DRA driver for networks", "high_performance_networking", slice("dra.net", "n1", "dra.net/ifName: {string: eth1}", ""), kars.Detected, "Network devices"},
		{"a DRA driver that says RDMA", "high_performance_networking", slice("nics.example.org", "n1", "rdma: {bool: true}", ""), kars.Detected, "Network devices"},
		{"a device plugin", "high_performance_networking", node("n1", `rdma/hca_shared: "100"`, "", ""), kars.Detected, "Network devices"},
		{"Multus that does not run", "high_performance_networking", kind("k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition") + workload("DaemonSet", "kube-system", "kube-multus-ds", "multus-cni:v4", false), kars.NotDetected, "Multus is there in part"},

		{"the kind alone", "disaggregated_inference", "", kars.NotDetected, "LeaderWorkerSet is there and does not run"},
		{"what could carry it", "disaggregated_inference", workload("Deployment", "lws-system", "lws-controller-manager", "registry.k8s.io/lws/lws:v0.8.0", true), kars.Unknown, "can carry"},
		{"a stack without its operator", "disaggregated_inference", kind("nvidia.com", "v1alpha1", "dynamographdeployments", "DynamoGraphDeployment"), kars.NotDetected, "NVIDIA Dynamo does not run"},
		{"a stack that runs", "disaggregated_inference", kind("nvidia.com", "v1alpha1", "dynamographdeployments", "DynamoGraphDeployment") + workload("Deployment", "dynamo", "dynamo-platform-dynamo-operator-controller-manager", "nvcr.io/nvidia/ai-dynamo/kubernetes-operator:1", true), kars.Detected, "NVIDIA Dynamo"},
	}
}

func TestScheduling(t *testing.T) {
	t.Parallel()
	newScene(t, crd.Dir(t, crd.Kueue)).look(t, looksOfScheduling())
}

func looksOfScheduling() []look {
	controller := func(available bool) string {
		return workload("Deployment", "kueue-system", "kueue-controller-manager", "registry.k8s.io/kueue/kueue:v0.18.2", available)
	}
	queue := func(status string) string {
		return "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: gpus}\nspec: {}\nstatus: {conditions: [" + condition("Active", status, "Ready") + "]}\n---\n"
	}
	status := func(at string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-autoscaler-status, namespace: kube-system}\ndata:\n  status: |\n    autoscalerStatus: Running\n    clusterWide:\n      health:\n        status: Healthy\n        lastProbeTime: \"" + at + "\"\n---\n"
	}
	gpus := node("gpu-1", `nvidia.com/gpu: "8"`, "", "")
	karpenter := kind("karpenter.sh", "v1", "nodepools", "NodePool") + kind("karpenter.sh", "v1", "nodeclaims", "NodeClaim")
	return []look{
		{"the kinds without a controller", "gang_scheduling", "", kars.NotDetected, "Kueue does not run"},
		{"a controller that is not available", "gang_scheduling", controller(false), kars.NotDetected, "Kueue does not run"},
		{"a controller that is available", "gang_scheduling", controller(true), kars.Detected, "Kueue"},
		{"a queue that works", "gang_scheduling", controller(true) + queue("True"), kars.Detected, "Kueue"},
		{"queues none of which works", "gang_scheduling", controller(true) + queue("False"), kars.NotDetected, "none of 1 ClusterQueues is active"},
		{"another gang scheduler", "gang_scheduling", kind("scheduling.volcano.sh", "v1beta1", "podgroups", "PodGroup") + kind("scheduling.volcano.sh", "v1beta1", "queues", "Queue") + workload("Deployment", "volcano-system", "volcano-scheduler", "volcanosh/vc-scheduler:v1.13.0", true), kars.Detected, "Volcano"},
		{"a scheduler without kinds of its own", "gang_scheduling", workload("Deployment", "yunikorn", "yunikorn-scheduler", "apache/yunikorn:scheduler-1.7", true), kars.Detected, "Apache YuniKorn"},

		{"an autoscaler that writes its status, beside accelerators", "cluster_autoscaling", gpus + status("2026-11-26T11:59:30Z"), kars.Detected, "An autoscaler runs"},
		{"an autoscaler that writes its status no more", "cluster_autoscaling", gpus + status("2026-11-26T09:00:00Z"), kars.NotDetected, "Cluster Autoscaler does not run"},
		{"an autoscaler that is not available", "cluster_autoscaling", gpus + workload("Deployment", "kube-system", "cluster-autoscaler", "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0", false), kars.NotDetected, "does not run"},
		{"an autoscaler in a cluster without accelerators", "cluster_autoscaling", status("2026-11-26T11:59:30Z"), kars.Unknown, "whether it has nodes with accelerators"},
		{"a pool that is ready without a controller in the cluster", "cluster_autoscaling", gpus + karpenter + "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: gpus}\nstatus: {conditions: [" + condition("Ready", "True", "Ready") + "]}\n", kars.Detected, ""},
		{"kinds of an autoscaler alone", "cluster_autoscaling", gpus + karpenter, kars.NotDetected, "Karpenter does not run"},
		{"accelerators alone", "cluster_autoscaling", gpus, kars.Unknown, "a provider's own would not be"},

		{"metrics of resources that nobody serves", "pod_autoscaling", apiService("metrics.k8s.io", "v1beta1", "nobody", 443), kars.NotDetected, "have no custom metrics"},
		{"metrics that are registered and that nobody serves", "pod_autoscaling", apiService("custom.metrics.k8s.io", "v1beta2", "nobody", 443), kars.NotDetected, "nobody serves them"},
	}
}

func TestObservability(t *testing.T) {
	t.Parallel()
	newScene(t).look(t, looksOfObservability())
}

func looksOfObservability() []look {
	monitors := kind("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor") + kind("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor") + kind("monitoring.coreos.com", "v1", "prometheuses", "Prometheus")
	return []look{
		{"the kinds without an operator", "ai_service_metrics", monitors, kars.NotDetected, "Prometheus Operator does not run"},
		{"an operator that is not available", "ai_service_metrics", monitors + workload("Deployment", "monitoring", "prometheus-operator", "quay.io/prometheus-operator/prometheus-operator:v0.86.0", false), kars.NotDetected, "does not run"},
		{"an operator that is available", "ai_service_metrics", monitors + workload("Deployment", "monitoring", "prometheus-operator", "quay.io/prometheus-operator/prometheus-operator:v0.86.0", true), kars.Detected, "Prometheus Operator"},
		{"Prometheus without an operator", "ai_service_metrics", workload("StatefulSet", "monitoring", "prometheus", "quay.io/prometheus/prometheus:v3.8.0", true), kars.Detected, "Prometheus"},
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	newScene(t, crd.Dir(t, crd.AgentSandbox)).look(t, looksOfOperators())
}

func looksOfOperators() []look {
	controller := func(available bool) string {
		return workload("Deployment", "agent-sandbox-system", "agent-sandbox-controller", "registry.k8s.io/agent-sandbox/agent-sandbox-controller:v0.5.6", available)
	}
	const hook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: sandboxes}
webhooks:
  - name: sandboxes.example.org
    clientConfig: {service: {namespace: agent-sandbox-system, name: webhook}}
    rules: [{apiGroups: [agents.x-k8s.io], apiVersions: ["*"], resources: [sandboxes], operations: [CREATE]}]
    sideEffects: None
    admissionReviewVersions: [v1]
---
`
	endpoints := func(ready string) string {
		return "\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: webhook-1, namespace: agent-sandbox-system, labels: {kubernetes.io/service-name: webhook}}\naddressType: IPv4\nendpoints: [{addresses: [10.1.2.3], conditions: {ready: " + ready + "}}]\n---\n"
	}
	return []look{
		{"the kinds without a controller", "robust_controller", "", kars.NotDetected, "agent-sandbox does not work"},
		{"a controller that is not available", "robust_controller", controller(false), kars.NotDetected, "agent-sandbox does not work"},
		{"a controller of an earlier generation", "robust_controller", strings.Replace(controller(true), "observedGeneration: 1", "observedGeneration: 0", 1), kars.NotDetected, "does not work"},
		{"a controller that is available", "robust_controller", controller(true), kars.Detected, "agent-sandbox"},
		{"a webhook with nobody behind it", "robust_controller", controller(true) + hook, kars.NotDetected, "does not work"},
		{"a webhook whose endpoints are not ready", "robust_controller", controller(true) + hook + endpoints("false"), kars.NotDetected, "does not work"},
		{"a webhook that has endpoints", "robust_controller", controller(true) + hook + endpoints("true"), kars.Detected, "agent-sandbox"},

		{"the kinds without a controller", "agent_sandbox", "", kars.NotDetected, "does not run"},
		{"a controller that is not available", "agent_sandbox", controller(false), kars.NotDetected, "does not run"},
		{"a controller that is available", "agent_sandbox", controller(true), kars.Detected, "runs"},
	}
}

func TestWhatIsProposed(t *testing.T) {
	t.Parallel()
	newScene(t, crd.Dir(t, crd.SPIRE), crd.Dir(t, crd.Kyverno)).look(t, looksOfWhatIsProposed())
}

func looksOfWhatIsProposed() []look {
	spire := workload("StatefulSet", "spire", "spire-server", "ghcr.io/spiffe/spire-server:1.15.3", true)
	agents := func(available bool) string {
		return workload("DaemonSet", "spire", "spire-agent", "ghcr.io/spiffe/spire-agent:1.15.3", available)
	}
	policy := func(resource string) string {
		return "\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: agents}\nspec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [" + resource + "]}]}, validations: [{expression: 'false'}]}\n---\n"
	}
	binding := func(action string) string {
		return "\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: agents}\nspec: {policyName: agents, validationActions: [" + action + "], matchResources: {namespaceSelector: {matchLabels: {governed: 'yes'}}}}\n---\n"
	}
	kyverno := workload("Deployment", "kyverno", "kyverno-admission-controller", "reg.kyverno.io/kyverno/kyverno:v1.19.1", true)
	const kyvernoPolicy = "\napiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\nmetadata: {name: agents}\nspec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}, validations: [{expression: 'false'}]}\n---\n"
	return []look{
		{"groups of another scheduler", "workload_aware_scheduling", kind("scheduling.volcano.sh", "v1beta1", "podgroups", "PodGroup") + kind("scheduling.volcano.sh", "v1beta1", "workloads", "Workload"), kars.NotDetected, "does not serve podgroups and workloads of scheduling.k8s.io"},

		{"a server without agents", "agent_identity", spire, kars.NotDetected, "in part"},
		{"agents that do not run", "agent_identity", spire + agents(false), kars.NotDetected, "in part"},
		{"both, and the kinds to register pods", "agent_identity", spire + agents(true), kars.Detected, "SPIRE runs"},

		{"a policy that nobody bound", "policy_enforcement", policy("pods"), kars.NotDetected, ""},
		{"a policy that only warns", "policy_enforcement", policy("pods") + binding("Warn"), kars.NotDetected, ""},
		{"a policy that denies something else", "policy_enforcement", policy("services") + binding("Deny"), kars.NotDetected, ""},
		{"a policy that denies pods", "policy_enforcement", policy("pods") + binding("Deny"), kars.Detected, "the API server"},
		{"a policy for an engine that is not there", "policy_enforcement", kyvernoPolicy, kars.NotDetected, "Kyverno is there"},
		{"an engine without a policy", "policy_enforcement", kyverno, kars.NotDetected, "Kyverno is there"},
		{"an engine with a policy", "policy_enforcement", kyverno + kyvernoPolicy, kars.Detected, "Kyverno"},
	}
}
