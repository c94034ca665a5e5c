package active

import (
	"context"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// scaler is a Deployment of one pod and the HorizontalPodAutoscaler that follows it.
type scaler struct {
	name   string
	what   string // that it follows, for a person
	metric autoscalingv2.MetricSpec

	stage   stage
	since   time.Time // of its stage
	trouble string    // what it waits for, or why it got no further
}

// stage is how far a scaler has come.
type stage int

const (
	// idle is while the autoscaler has not read its metric of the pod that does nothing. What grows now follows nothing.
	idle stage = iota
	busy
	grown
	stuck
)

// podAutoscaling has HorizontalPodAutoscalers follow a pod, first while it does nothing and then while it is busy: one by its use of
// processor, and one by a metric that the pod publishes, where somebody serves custom metrics. Whether whoever serves them collects those of
// the probe is for its owner to say, so that it proves something only where he does.
func podAutoscaling(a *arena) (kars.Finding, error) {
	metrics, err := a.metricsAPIs()
	if err != nil {
		return kars.Finding{}, err
	}
	var scalers []*scaler
	if metrics.custom {
		scalers = append(scalers, &scaler{name: "custom", what: "a metric that its pods publish", metric: autoscalingv2.MetricSpec{
			Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
				Metric: autoscalingv2.MetricIdentifier{Name: inside.LoadMetric},
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: new(resource.MustParse("500m"))},
			},
		}})
	}
	if metrics.processor {
		scalers = append(scalers, &scaler{name: "processor", what: "the use of processor", metric: autoscalingv2.MetricSpec{
			Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU,
				// A pod of a probe asks for 10m, uses 1m while it does nothing, and has up to 100m.
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(300))},
			},
		}})
	}
	if len(scalers) == 0 {
		return kars.Finding{}, errNoProbe
	}
	for _, s := range scalers {
		if err := a.makeScaled(s); err != nil {
			return kars.Finding{}, err
		}
	}
	for _, s := range scalers {
		if err := a.scaledIsReady(s); err != nil {
			return kars.Finding{}, err
		}
		s.since = time.Now()
	}
	err = a.within(a.options.Patience, func(ctx context.Context) (bool, string, error) {
		over := true
		for _, s := range scalers {
			if err := a.follow(ctx, s); err != nil {
				return false, "", err
			}
			over = over && (s.stage == grown || s.stage == stuck)
		}
		return over, "", nil
	})
	if _, late := tooLate(err); err != nil && !late {
		return kars.Finding{}, err
	}
	return autoscaled(scalers, metrics)
}

// autoscaled says what the scalers came to.
func autoscaled(scalers []*scaler, metrics metricsAPIs) (kars.Finding, error) {
	evidence := []string{"the pods had no accelerator"}
	var followed, not []string
	publishes := false
	for _, s := range scalers {
		if s.stage == grown {
			publishes = publishes || s.metric.Pods != nil
			followed = append(followed, s.what)
			evidence = append(evidence, "by "+s.what+" it made two pods of one when that was busy, and not before")
		} else {
			not = append(not, fmt.Sprintf("by %s: %s", s.what, s.trouble))
		}
	}
	evidence = append(evidence, not...)
	switch {
	case publishes:
		return verified(evidence, "HorizontalPodAutoscalers follow %s.", strings.Join(followed, " and "))
	case len(followed) > 0 && metrics.custom:
		return stillDetected(evidence, "A HorizontalPodAutoscaler follows the use of processor. Custom metrics are served, and those of the probe's pods are not among them, so that none was followed.")
	case len(followed) > 0 && metrics.external:
		return stillDetected(evidence, "A HorizontalPodAutoscaler follows the use of processor. External metrics are served, of which none was followed.")
	case len(followed) > 0:
		return failed(evidence, "A HorizontalPodAutoscaler follows the use of processor, and there are no custom metrics for it to follow.")
	}
	return failed(evidence, "No HorizontalPodAutoscaler follows its pods: %s.", strings.Join(not, "; "))
}

// metricsAPIs are the metrics that are registered with the API server. Whether anybody answers for them shows.
type metricsAPIs struct{ processor, custom, external bool }

var apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}

func (a *arena) metricsAPIs() (found metricsAPIs, err error) {
	list, err := a.dynamic.Resource(apiServices).List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return found, fmt.Errorf("list APIServices: %w", err)
	}
	for _, service := range list.Items {
		spec, _ := service.Object["spec"].(map[string]any)
		switch spec["group"] {
		case "metrics.k8s.io":
			found.processor = true
		case "custom.metrics.k8s.io":
			found.custom = true
		case "external.metrics.k8s.io":
			found.external = true
		}
	}
	return found, nil
}

func (a *arena) makeScaled(s *scaler) error {
	labels := map[string]string{"app": s.name, ownerLabel: a.id}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: s.name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": s.name}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: scraped()}, Spec: a.podSpec()},
		},
	}
	if _, err := a.kube.AppsV1().Deployments(a.namespace).Create(a.ctx, deployment, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make a Deployment: %w", err)
	}
	autoscaler := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: s.name},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.name},
			MinReplicas:    new(int32(1)), MaxReplicas: 2, Metrics: []autoscalingv2.MetricSpec{s.metric},
		},
	}
	if _, err := a.kube.AutoscalingV2().HorizontalPodAutoscalers(a.namespace).Create(a.ctx, autoscaler, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make a HorizontalPodAutoscaler: %w", err)
	}
	return nil
}

// scaledIsReady waits until the pod of a scaler is ready. One that never is says nothing of autoscaling.
func (a *arena) scaledIsReady(s *scaler) error {
	return a.until(func(ctx context.Context) (bool, string, error) {
		pods, err := a.scaledPods(ctx, s)
		if err != nil || len(pods) == 0 {
			return false, "a Deployment makes a pod", err
		}
		if err := a.imageless(&pods[0]); err != nil {
			return false, "", err
		}
		ready := false
		for _, c := range pods[0].Status.Conditions {
			ready = ready || c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}
		return ready, "pod " + pods[0].Name + " is ready (" + trouble(&pods[0]) + ")", nil
	})
}

func (a *arena) scaledPods(ctx context.Context, s *scaler) ([]corev1.Pod, error) {
	pods, err := a.kube.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + s.name})
	if err != nil {
		return nil, err
	}
	return pods.Items, nil
}

// follow looks at a scaler, and has its pods be busy once the autoscaler has read that they are not.
func (a *arena) follow(ctx context.Context, s *scaler) error {
	if s.stage == grown || s.stage == stuck {
		return nil
	}
	autoscaler, err := a.kube.AutoscalingV2().HorizontalPodAutoscalers(a.namespace).Get(ctx, s.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	pods, err := a.scaledPods(ctx, s)
	if err != nil {
		return err
	}
	s.trouble = unread(autoscaler)
	switch {
	case s.stage == idle && (len(pods) > 1 || autoscaler.Status.DesiredReplicas > 1):
		s.stage, s.trouble = stuck, "it makes more pods of one that does nothing"
	case s.stage == idle && s.trouble == "":
		busied, err := a.open(ctx, a.namespace, pods[0].Name, inside.BurnPath)
		if err != nil {
			s.trouble = "its pod does not answer: " + err.Error()
			break
		}
		_ = busied.Close() // there is nothing to read
		s.stage, s.since = busy, time.Now()
	case s.stage == busy && len(pods) > 1:
		s.stage = grown
	case s.stage == busy && s.trouble == "":
		s.trouble = "it makes no more pods of one that is busy"
	}
	if s.stage != grown && time.Since(s.since) > a.options.Patience/2 {
		s.stage = stuck
	}
	return nil
}

// unread says why an autoscaler has not read its metric, or "".
func unread(autoscaler *autoscalingv2.HorizontalPodAutoscaler) string {
	if len(autoscaler.Status.Conditions) == 0 {
		return "no controller says anything of it"
	}
	for _, c := range autoscaler.Status.Conditions {
		if (c.Type == autoscalingv2.ScalingActive || c.Type == autoscalingv2.AbleToScale) && c.Status != corev1.ConditionTrue {
			return c.Message
		}
	}
	if len(autoscaler.Status.CurrentMetrics) == 0 {
		return "it has not read its metric"
	}
	return ""
}
