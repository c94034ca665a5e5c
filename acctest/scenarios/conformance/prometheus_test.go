package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// prometheus gives Prometheus as its own example sets it up, to collect from annotated pods of some namespaces, and from itself.
func (s *stage) prometheus(namespaces string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: kars-monitoring}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: prometheus, namespace: kars-monitoring}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kars-prometheus}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kars-prometheus}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kars-prometheus}
subjects: [{kind: ServiceAccount, name: prometheus, namespace: kars-monitoring}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus, namespace: kars-monitoring}
data:
  prometheus.yml: |
    global: {scrape_interval: 5s}
    scrape_configs:
      - job_name: itself
        static_configs: [{targets: ["localhost:9090"]}]
      - job_name: annotated-pods
        kubernetes_sd_configs: [{role: pod, namespaces: {names: [%s]}}]
        relabel_configs:
          - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: "true"}
          - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], action: replace, target_label: __metrics_path__, regex: (.+)}
          - {source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port], action: replace, target_label: __address__, regex: '([^:]+)(?::\d+)?;(\d+)', replacement: $1:$2}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus, namespace: kars-monitoring}
spec:
  selector: {matchLabels: {app: prometheus}}
  template:
    metadata: {labels: {app: prometheus}}
    spec:
      serviceAccountName: prometheus
      terminationGracePeriodSeconds: 1
      securityContext: {runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534}
      containers:
        - name: prometheus
          image: %s
          imagePullPolicy: IfNotPresent
          args: [--config.file=/etc/prometheus/prometheus.yml, --storage.tsdb.path=/data]
          ports: [{containerPort: 9090}]
          readinessProbe: {httpGet: {path: /-/ready, port: 9090}, periodSeconds: 2}
          volumeMounts: [{name: configuration, mountPath: /etc/prometheus}, {name: data, mountPath: /data}]
      volumes: [{name: configuration, configMap: {name: prometheus}}, {name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: kars-monitoring}
spec: {selector: {app: prometheus}, ports: [{name: web, port: 9090}]}
`, namespaces, s.Images.Prometheus)
}

// A Prometheus that collects from its own namespace looks like one that collects from all.
func TestPrometheusCollectsFromNewPods(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.soon("ai_service_metrics", kars.NotDetected, "No collector")

	removeBlind := s.bring(s.prometheus("kars-monitoring"))
	report := s.soon("ai_service_metrics", kars.Detected, "collects metrics of workloads")
	s.want(s.try(report, active.Options{Patience: 2 * time.Minute}), kars.NotDetected, "No Prometheus collects what a new pod publishes")
	removeBlind()
	s.soon("ai_service_metrics", kars.NotDetected, "No collector")

	remove := s.bring(s.prometheus(""))
	report = s.soon("ai_service_metrics", kars.Detected, "collects metrics of workloads")
	s.want(s.try(report, active.Options{}), kars.Verified, "finds a pod that publishes metrics")
	s.nothingIsLeft("ai_service_metrics")
	remove()
	s.soon("ai_service_metrics", kars.NotDetected, "No collector")
}
