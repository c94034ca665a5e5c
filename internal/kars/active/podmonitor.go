package active

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

const (
	// metricsPort is the name of the port of a pod that publishes metrics.
	metricsPort = "metrics"
	// mostMonitored bounds for how many Prometheuses there are PodMonitors.
	mostMonitored = 3
)

// monitored is where pods are collected from by PodMonitors.
type monitored struct {
	operator   bool // the kinds of the operator are there
	namespaces []string
	evidence   []string
}

// monitored makes, for each Prometheus of the operator, a namespace and a PodMonitor that it selects, as far as its selectors let somebody be
// selected who is in a namespace of his own.
func (a *arena) monitored() (m monitored, err error) {
	kind, err := a.served("monitoring.coreos.com", "prometheuses", "v1")
	if errors.Is(err, errNoProbe) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	m.operator = true
	list, err := a.dynamic.Resource(kind).List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return m, fmt.Errorf("list the Prometheuses of the operator: %w", err)
	}
	for i, prometheus := range list.Items {
		name := prometheus.GetNamespace() + "/" + prometheus.GetName()
		if i == mostMonitored {
			m.evidence = append(m.evidence, fmt.Sprintf("of %d Prometheuses %d were tried", len(list.Items), i))
			break
		}
		forMonitor, monitorFits := labelsFor(selectorAt(prometheus, "podMonitorSelector"))
		forNamespace, namespaceFits := labelsFor(selectorAt(prometheus, "podMonitorNamespaceSelector"))
		if !monitorFits || !namespaceFits {
			m.evidence = append(m.evidence, fmt.Sprintf("Prometheus %s selects no PodMonitor of a new namespace", name))
			continue
		}
		namespace, err := a.makeNamespace(forNamespace)
		if err != nil {
			return m, err
		}
		if err := a.make(kind.GroupVersion().WithResource("podmonitors"), namespace, map[string]any{
			"apiVersion": kind.GroupVersion().String(), "kind": "PodMonitor",
			"metadata": map[string]any{"name": sampledName, "labels": anyMap(forMonitor)},
			"spec": map[string]any{
				"selector":            map[string]any{"matchLabels": map[string]any{ownerLabel: a.id}},
				"podMetricsEndpoints": []any{map[string]any{"port": metricsPort, "path": inside.MetricsPath, "interval": "5s"}},
			},
		}); err != nil {
			return m, fmt.Errorf("make a PodMonitor: %w", err)
		}
		m.namespaces = append(m.namespaces, namespace)
		m.evidence = append(m.evidence, fmt.Sprintf("a pod with a PodMonitor that Prometheus %s selects", name))
	}
	return m, nil
}

// selectorAt gives a selector of a Prometheus, or nil where there is none, which selects nothing, or only what is where it is itself.
func selectorAt(prometheus unstructured.Unstructured, field string) *metav1.LabelSelector {
	value, there, err := unstructured.NestedMap(prometheus.Object, "spec", field)
	if !there || err != nil {
		return nil
	}
	selector := &metav1.LabelSelector{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(value, selector) != nil {
		return nil
	}
	return selector
}

// labelsFor gives labels that a selector matches, and whether there are some that can be made up: nobody chooses the name of a namespace here.
func labelsFor(selector *metav1.LabelSelector) (map[string]string, bool) {
	if selector == nil {
		return nil, false
	}
	chosen := map[string]string{}
	for _, e := range selector.MatchExpressions {
		switch {
		case e.Operator == metav1.LabelSelectorOpIn && len(e.Values) > 0:
			chosen[e.Key] = e.Values[0]
		case e.Operator == metav1.LabelSelectorOpExists:
			chosen[e.Key] = "kars-probe"
		}
	}
	for key, value := range selector.MatchLabels {
		chosen[key] = value
	}
	if _, named := chosen["kubernetes.io/metadata.name"]; named {
		return nil, false
	}
	matcher, err := metav1.LabelSelectorAsSelector(selector)
	return chosen, err == nil && matcher.Matches(labels.Set(chosen))
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for key, value := range m {
		out[key] = value
	}
	return out
}
