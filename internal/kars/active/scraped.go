package active

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// otherCollectors are groups of those that collect metrics and cannot be asked for them here.
var otherCollectors = []string{"monitoring.googleapis.com", "operator.victoriametrics.com", "opentelemetry.io"}

// aiServiceMetrics starts pods that publish a number that nobody published before, and asks Prometheus for it until it has it: pods with the
// annotations that are custom, and for each Prometheus of the operator one for which there is a PodMonitor that it selects.
func aiServiceMetrics(a *arena) (kars.Finding, error) {
	monitored, err := a.monitored()
	if err != nil {
		return kars.Finding{}, err
	}
	asked, err := a.prometheusServices()
	if err != nil {
		return kars.Finding{}, err
	}
	if len(asked) == 0 {
		return a.nothingToAsk(monitored.operator)
	}
	sample := strconv.Itoa(100_000_000 + rand.IntN(900_000_000)) // which a float holds exactly
	for _, namespace := range slices.Concat(monitored.namespaces, []string{a.namespace}) {
		if _, err := a.start(namespace, a.sampled(sample)); err != nil {
			return kars.Finding{}, err
		}
	}
	tried := slices.Concat(monitored.evidence, []string{"a pod with the annotations prometheus.io/scrape, port and path"})
	var found string
	answers := map[string]string{}
	err = a.within(a.options.Patience, func(ctx context.Context) (bool, string, error) {
		for _, service := range asked {
			job, err := a.collected(ctx, service, sample)
			switch {
			case apierrors.IsForbidden(err):
				return false, "", err
			case err != nil:
				answers[service.String()] = err.Error()
			case job == "":
				answers[service.String()] = "it does not have the sample of the pod"
			default:
				found = fmt.Sprintf("Prometheus at Service %s collected the sample %s, by its job %s", service, sample, job)
				return true, "", nil
			}
		}
		return false, "", nil
	})
	if found != "" {
		return verified(append(tried, found), "Prometheus finds a pod that publishes metrics, and collects them.")
	}
	if _, late := tooLate(err); !late {
		return kars.Finding{}, err
	}
	for _, service := range slices.Sorted(maps.Keys(answers)) {
		tried = append(tried, "Prometheus at Service "+service+": "+answers[service])
	}
	return failed(tried, "No Prometheus collects what a new pod publishes, by a PodMonitor or by annotations.")
}

// nothingToAsk is what comes of a cluster without a Prometheus that can be asked. The operator by itself collects nothing; others do it unseen.
func (a *arena) nothingToAsk(operator bool) (kars.Finding, error) {
	groups, err := a.discovery.ServerGroupsWithContext(a.ctx)
	if err != nil {
		return kars.Finding{}, fmt.Errorf("list what the API server serves: %w", err)
	}
	others := slices.ContainsFunc(groups.Groups, func(g metav1.APIGroup) bool { return slices.Contains(otherCollectors, g.Name) })
	if !operator || others {
		return kars.Finding{}, errNoProbe
	}
	return failed(nil, "The kinds of the Prometheus Operator are there, and no Prometheus that collects anything.")
}

// scraped are the annotations by which Prometheus finds pods with metrics where it is set up as its own example is.
func scraped() map[string]string {
	return map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": strconv.Itoa(inside.Port), "prometheus.io/path": inside.MetricsPath,
	}
}

const sampledName = "sampled"

// sampled is a pod that publishes a sample.
func (a *arena) sampled(sample string) *corev1.Pod {
	pod := a.pod(sampledName)
	pod.Annotations = scraped()
	c := &pod.Spec.Containers[0]
	c.Env = []corev1.EnvVar{{Name: inside.SampleVariable, Value: sample}}
	c.Ports[0].Name = metricsPort
	return pod
}

// prometheusService is a port of a Service under which Prometheus answers.
type prometheusService struct {
	namespace, name string
	port            corev1.ServicePort
}

func (s prometheusService) String() string { return s.namespace + "/" + s.name }

// prometheusServices gives the ports of Services that are called as those of Prometheus are.
func (a *arena) prometheusServices() (found []prometheusService, err error) {
	list, err := a.kube.CoreV1().Services(metav1.NamespaceAll).List(a.ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list Services: %w", err)
	}
	for _, s := range list.Items {
		if !passive.NamesPrometheus(s.Name, s.Labels) {
			continue
		}
		for _, p := range s.Spec.Ports {
			if p.Protocol == corev1.ProtocolTCP {
				found = append(found, prometheusService{s.Namespace, s.Name, p})
			}
		}
	}
	return found, nil
}

// collected asks Prometheus for a sample, and gives the job that brought it; "" where it does not have it. That of an earlier probe, which it
// may still have, is another number.
func (a *arena) collected(ctx context.Context, service prometheusService, sample string) (job string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	name := fmt.Sprintf("%s:%d", service.name, service.port.Port)
	if strings.HasPrefix(service.port.Name, "https") {
		name = "https:" + name
	}
	text, err := a.kube.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces", service.namespace, "services", name, "proxy/api/v1/query").
		Param("query", inside.SampleMetric).DoRaw(ctx)
	if err != nil {
		return "", err
	}
	var said struct {
		Status string `json:"status"`
		Data   struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Value  []any             `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &said); err != nil || said.Status != "success" {
		return "", fmt.Errorf("it does not answer as Prometheus does")
	}
	for _, series := range said.Data.Result {
		if len(series.Value) == 2 && series.Value[1] == sample {
			return fmt.Sprintf("%q", series.Metric["job"]), nil
		}
	}
	return "", nil
}
