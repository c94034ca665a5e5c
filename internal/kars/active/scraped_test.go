package active

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// Only the number of this one probe counts, whatever else Prometheus has.
func TestASampleOfAnotherProbeIsNone(t *testing.T) {
	series := func(job, value string) string {
		return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":%q},"value":[1795392000,%q]}]}}`, job, value)
	}
	for _, test := range []struct {
		name, answer, job string
		fails             bool
	}{
		{"that of the probe", series("pods", "123456789"), `"pods"`, false},
		{"that of an earlier one", series("pods", "987654321"), "", false},
		{"none", `{"status":"success","data":{"resultType":"vector","result":[]}}`, "", false},
		{"one that is no number", `{"status":"success","data":{"result":[{"metric":{},"value":[]}]}}`, "", false},
		{"what Prometheus does not say", "<html>", "", true},
		{"an error of Prometheus", `{"status":"error","error":"123456789"}`, "", true},
	} {
		var path string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.Path
			fmt.Fprint(w, test.answer)
		}))
		c, err := connect(&rest.Config{Host: server.URL}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		a := &arena{client: c, ctx: t.Context()}
		job, err := a.collected(t.Context(), prometheusService{"monitoring", "prometheus", corev1.ServicePort{Name: "web", Port: 9090}}, "123456789")
		if job != test.job || (err != nil) != test.fails || path != "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query" {
			t.Errorf("%s: by job %s, %v, asked at %s", test.name, job, err, path)
		}
		server.Close()
	}
}

func TestLabelsThatASelectorMatches(t *testing.T) {
	for _, test := range []struct {
		name, selector string
		labels         map[string]string
		fits           bool
	}{
		{"everything", "{}", map[string]string{}, true},
		{"labels", "matchLabels: {release: stack}", map[string]string{"release": "stack"}, true},
		{
			"expressions", "matchExpressions: [{key: team, operator: In, values: [a, b]}, {key: monitored, operator: Exists}, {key: off, operator: DoesNotExist}]",
			map[string]string{"team": "a", "monitored": "kars-probe"},
			true,
		},
		{"what contradicts itself", "matchLabels: {team: c}\nmatchExpressions: [{key: team, operator: In, values: [a]}]", nil, false},
		{"a namespace by its name", "matchLabels: {kubernetes.io/metadata.name: monitoring}", nil, false},
	} {
		selector := &metav1.LabelSelector{}
		if err := yaml.Unmarshal([]byte(test.selector), selector); err != nil {
			t.Fatal(err)
		}
		if labels, fits := labelsFor(selector); fits != test.fits || fits && !maps.Equal(labels, test.labels) {
			t.Errorf("%s: %v %v", test.name, labels, fits)
		}
	}
	if _, fits := labelsFor(nil); fits {
		t.Error("no selector selects something")
	}
}

// With the operator's real kinds: a Prometheus that selects by labels, and one that takes PodMonitors of its own namespace alone.
func podMonitorsAreMadeWhereSomebodySelectsThem(t *testing.T) {
	plane := controlplane.Shared(t)
	if err := plane.InstallCRDs(t.Context(), crd.Dir(t, crd.Prometheus)); err != nil {
		t.Fatal(err)
	}
	c, err := connect(plane.Config(), Options{}.defaulted())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.try(t.Context(), "ai_service_metrics", func(a *arena) (kars.Finding, error) {
		kind, err := a.served("monitoring.coreos.com", "prometheuses", "v1")
		if err != nil {
			return kars.Finding{}, err
		}
		for name, spec := range map[string]string{
			"selects":    "podMonitorSelector: {matchLabels: {release: stack}}\npodMonitorNamespaceSelector: {matchLabels: {team: ai}}",
			"of-its-own": "podMonitorSelector: {}",
		} {
			object := map[string]any{"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": map[string]any{"name": name}}
			var of map[string]any
			if err := yaml.Unmarshal([]byte(spec), &of); err != nil {
				return kars.Finding{}, err
			}
			object["spec"] = of
			if err := a.make(kind, a.namespace, object); err != nil {
				return kars.Finding{}, err
			}
		}
		m, err := a.monitored()
		if err != nil || len(m.namespaces) != 1 || len(m.evidence) != 2 || !m.operator {
			return kars.Finding{}, fmt.Errorf("monitored %+v: %w", m, err)
		}
		namespace, err := a.kube.CoreV1().Namespaces().Get(a.ctx, m.namespaces[0], metav1.GetOptions{})
		if err != nil || namespace.Labels["team"] != "ai" {
			t.Errorf("the namespace has labels %v: %v", namespace.Labels, err)
		}
		monitor, err := a.dynamic.Resource(kind.GroupVersion().WithResource("podmonitors")).Namespace(m.namespaces[0]).Get(a.ctx, sampledName, metav1.GetOptions{})
		if err != nil || monitor.GetLabels()["release"] != "stack" {
			t.Errorf("the PodMonitor is %v: %v", monitor, err)
		}
		port, _, _ := unstructured.NestedSlice(monitor.Object, "spec", "podMetricsEndpoints")
		if pod := a.sampled("1"); len(port) != 1 || port[0].(map[string]any)["port"] != pod.Spec.Containers[0].Ports[0].Name {
			t.Errorf("the PodMonitor asks at %v", port)
		}
		return kars.Finding{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
