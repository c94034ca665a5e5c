package passive

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// exporters publish the metrics of accelerators.
var exporters = []solution{
	{name: "DCGM Exporter", controllers: []string{"dcgm-exporter", "nvidia-dcgm-exporter"}},
	{name: "AMD Device Metrics Exporter", controllers: []string{"device-metrics-exporter", "metrics-exporter-amd"}},
	{name: "Intel XPU Manager", controllers: []string{"intel-xpumanager", "xpumanager"}},
	{name: "Habana metrics exporter", controllers: []string{"habana-metric-exporter", "metric-exporter-habana"}},
	{name: "Neuron Monitor", controllers: []string{"neuron-monitor"}},
	{name: "TPU device plugin", controllers: []string{"tpu-device-plugin"}},
}

// core are names of metrics for utilization, and for memory, of each accelerator. One of each is enough.
var core = [2][]string{
	{"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "hw_gpu_utilization", "hw.gpu.utilization", "gpu_gfx_activity", "xpum_engine_ratio", "habanalabs_utilization", "neuroncore_utilization_ratio", "duty_cycle"},
	{"DCGM_FI_DEV_FB_USED", "hw_gpu_memory_usage", "hw.gpu.memory", "gpu_used_vram", "xpum_memory_used_bytes", "habanalabs_memory_used_bytes", "neurondevice_memory_used_bytes", "neuron_runtime_memory_used_bytes", "memory_used"},
}

// acceleratorMetrics scrapes an exporter once.
func acceleratorMetrics(l *look) kars.Finding {
	n := &notes{}
	if l.accelerators(n).none() {
		return n.unknown(noAccelerator)
	}
	run, part := l.survey(exporters, n)
	if len(run) == 0 && len(part) > 0 {
		return n.absent("What is installed of %s does not run.", some(part))
	}
	services, err := l.services()
	n.missed(serviceList, err)
	for _, exporter := range exporters {
		for _, s := range services {
			if !s.is(exporter.controllers) {
				continue
			}
			answer, err := l.ask(s, "/metrics", nil, func([]byte) bool { return true })
			if n.silent(s, err) {
				continue
			}
			if name := missing(answer); name != "" {
				n.saw("Service %s publishes no metric for the %s of an accelerator", s, name)
				continue
			}
			n.saw("Service %s publishes utilization and memory of accelerators", s)
			return n.found("An exporter publishes the metrics of accelerators.")
		}
	}
	if len(run) > 0 {
		return n.absent("%s runs, and no Service of it publishes utilization and memory of an accelerator.", some(run))
	}
	return n.absent("No exporter that we know publishes metrics of the accelerators.")
}

// silent says that a Service gave no answer. Where the reason is not its own, what it would say is unread.
func (n *notes) silent(s service, err error) bool {
	switch {
	case errors.Is(err, cluster.ErrForbidden), errors.Is(err, cluster.ErrGone):
		n.missed(serviceProxy, err)
	case err != nil:
		n.saw("Service %s does not answer: %v", s, err)
	}
	return err != nil
}

// missing says which core metric an answer lacks, or "".
func missing(answer []byte) string {
	for i, what := range []string{"utilization", "memory"} {
		there := false
		for _, name := range core[i] {
			there = there || bytes.Contains(answer, []byte(name))
		}
		if !there {
			return what
		}
	}
	return ""
}

// prometheus are names of what runs Prometheus itself.
var prometheus = []string{"prometheus", "prometheus-server", "prometheus-k8s", "prometheus-operated", "kube-prometheus-stack-prometheus", "kube-prometheus-prometheus"}

// NamesPrometheus says whether a Service with this name and these labels is called as those of Prometheus are.
func NamesPrometheus(name string, labels map[string]string) bool {
	return service{name: name, labels: labels, app: labels["app.kubernetes.io/name"]}.is(prometheus)
}

var collectors = []solution{
	{name: "Prometheus Operator", group: "monitoring.coreos.com", resources: []string{"servicemonitors", "podmonitors", "prometheuses"}, controllers: []string{"prometheus-operator", "kube-prometheus-stack-operator"}},
	{name: "Managed Service for Prometheus", group: "monitoring.googleapis.com", resources: []string{"podmonitorings"}, controllers: []string{"collector", "gmp-operator"}},
	{name: "VictoriaMetrics operator", group: "operator.victoriametrics.com", resources: []string{"vmservicescrapes", "vmagents"}, controllers: []string{"victoria-metrics-operator", "vm-operator"}},
	{name: "OpenTelemetry operator", group: "opentelemetry.io", resources: []string{"opentelemetrycollectors"}, controllers: []string{"opentelemetry-operator", "opentelemetry-operator-controller-manager"}},
	{name: "Prometheus", controllers: prometheus},
}

// aiServiceMetrics asks Prometheus, where there is one, how many targets answer it.
func aiServiceMetrics(l *look) kars.Finding {
	n := &notes{}
	run, part := l.survey(collectors, n)
	services, err := l.services()
	n.missed(serviceList, err)
	asked := false
	for _, s := range services {
		if !s.is(prometheus) {
			continue
		}
		up := 0
		answer, err := l.ask(s, "/api/v1/query", map[string]string{"query": "sum(up)"}, func(answer []byte) bool {
			_, ok := sum(answer)
			return ok
		})
		if n.silent(s, err) || answer == nil {
			continue
		}
		asked = true
		if up, _ = sum(answer); up > 0 {
			n.saw("Prometheus at Service %s collects from targets that answer", s)
			return n.found("Prometheus collects metrics of workloads.")
		}
		n.saw("Prometheus at Service %s has no target that answers", s)
	}
	switch {
	case asked:
		return n.absent("Prometheus runs, and collects from nothing.")
	case len(run) > 0:
		return n.found("Metrics are collected by %s.", some(run))
	case len(part) > 0:
		return n.absent("What is installed of %s does not run.", some(part))
	}
	return n.absent("No collector of metrics that we know runs.")
}

// sum reads the answer to a query for one number. No sample is 0.
func sum(answer []byte) (int, bool) {
	var said struct {
		Status string `json:"status"`
		Data   struct {
			Result []struct {
				Value []any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Status != "success" {
		return 0, false
	}
	if len(said.Data.Result) == 0 {
		return 0, true
	}
	sample := said.Data.Result[0].Value
	if len(sample) != 2 {
		return 0, false
	}
	value, _ := sample[1].(string)
	number, err := strconv.ParseFloat(value, 64)
	return int(number), err == nil
}
