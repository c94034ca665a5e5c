package conformance_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// metricsServer gives metrics-server as its project ships it, for kubelets with certificates that nobody signed.
func (s *stage) metricsServer() string {
	s.Helper()
	module, err := crd.Module(s.Context(), "metricsserver", "sigs.k8s.io/metrics-server")
	if err != nil {
		s.Fatal(err)
	}
	var documents []string
	for _, o := range s.kustomized(filepath.Join(module, "manifests", "base")) {
		if o.GetKind() == "Deployment" {
			path := []string{"spec", "template", "spec", "containers"}
			containers, _, err := unstructured.NestedSlice(o.Object, path...)
			if err != nil || len(containers) != 1 {
				s.Fatalf("%d containers: %v", len(containers), err)
			}
			server := containers[0].(map[string]any)
			server["image"] = s.Images.MetricsServer
			server["args"] = append(server["args"].([]any), "--kubelet-insecure-tls")
			server["resources"] = map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "64Mi"}}
			server["readinessProbe"].(map[string]any)["initialDelaySeconds"] = int64(1)
			if err := unstructured.SetNestedSlice(o.Object, containers, path...); err != nil {
				s.Fatal(err)
			}
		}
		document, err := yaml.Marshal(o.Object)
		if err != nil {
			s.Fatal(err)
		}
		documents = append(documents, string(document))
	}
	return strings.Join(documents, "---\n")
}

// With metrics-server an autoscaler follows the use of processor, which is not all that is asked for; with custom metrics it follows those of
// its pods too. The report goes back with them.
func TestAutoscalersFollowTheirPods(t *testing.T) {
	s := enter(t)
	s.soon("pod_autoscaling", kars.NotDetected, "HorizontalPodAutoscalers have no custom metrics")
	removeServer := s.bring(s.metricsServer())
	s.soon("pod_autoscaling", kars.NotDetected, "can follow the use of processor and memory")

	removeAdapter := s.adapter()
	report := s.soon("pod_autoscaling", kars.Detected, "can follow metrics of workloads")
	r := s.try(report, active.Options{})
	s.want(r, kars.Verified, "a metric that its pods publish and the use of processor")
	if !slices.Contains(r.Evidence, "the pods had no accelerator") {
		t.Errorf("the evidence does not say what was not tried: %q", r.Evidence)
	}
	s.nothingIsLeft("pod_autoscaling")

	removeAdapter()
	s.soon("pod_autoscaling", kars.NotDetected, "can follow the use of processor and memory")
	removeServer()
	s.soon("pod_autoscaling", kars.NotDetected, "HorizontalPodAutoscalers have no custom metrics")
}
