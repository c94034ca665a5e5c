package active

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// The backends of the route.
const first, second = "first", "second"

// The header that the route looks at.
const (
	routeHeader = "agentward-kars-to"
	toSecond    = "second"
	toFirst     = "first-alone"
)

// Of splitTimes requests, where one in ten is for the second backend, so many go there. Less than once in a thousand million times a
// gateway that draws lots for each request is outside of that, or one that shares them out evenly inside.
const (
	splitTimes            = 300
	splitLeast, splitMost = 4, 74
)

// asker is the pod that sends the requests.
const asker = "asker"

// traffic is who answers them: the backends, by their instances.
type traffic struct{ backends map[string]string }

// startTraffic starts the pods, and gives each backend a Service.
func (a *arena) startTraffic() (*traffic, error) {
	for _, name := range []string{first, second, asker} {
		if _, err := a.kube.CoreV1().Pods(a.namespace).Create(a.ctx, a.pod(name), metav1.CreateOptions{}); err != nil {
			return nil, fmt.Errorf("make pod %s: %w", name, err)
		}
	}
	backends := map[string]string{}
	for _, name := range []string{first, second} {
		service := &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.ServiceSpec{
				Selector: map[string]string{"app": name},
				Ports:    []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromInt32(inside.Port)}},
			},
		}
		if _, err := a.kube.CoreV1().Services(a.namespace).Create(a.ctx, service, metav1.CreateOptions{}); err != nil {
			return nil, fmt.Errorf("make a Service: %w", err)
		}
		facts, err := a.answers(a.namespace, name)
		if err != nil {
			return nil, err
		}
		backends[facts.Instance] = name
	}
	_, err := a.answers(a.namespace, asker)
	return &traffic{backends}, err
}

func (g gateway) gateway() map[string]any {
	return g.object("Gateway", map[string]any{
		"gatewayClassName": g.class.GetName(),
		"listeners":        []any{map[string]any{"name": "http", "protocol": "HTTP", "port": int64(g.options.GatewayPort)}},
	})
}

// route is one for all: by the header to the second backend, or with weights of one and none, and otherwise with weights of nine and one.
func (g gateway) route() map[string]any {
	to := func(name string, weight int64) any {
		return map[string]any{"name": name, "port": int64(80), "weight": weight}
	}
	with := func(value string, backends ...any) any {
		header := map[string]any{"name": routeHeader, "value": value}
		return map[string]any{"matches": []any{map[string]any{"headers": []any{header}}}, "backendRefs": backends}
	}
	return g.object("HTTPRoute", map[string]any{
		"parentRefs": []any{map[string]any{"name": g.name}},
		"rules": []any{
			with(toSecond, to(second, 1)),
			with(toFirst, to(first, 1), to(second, 0)),
			map[string]any{"backendRefs": []any{to(first, 9), to(second, 1)}},
		},
	})
}

func (g gateway) object(kind string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": g.kinds.gateways.GroupVersion().String(), "kind": kind, "metadata": map[string]any{"name": g.name}, "spec": spec,
	}
}

// round is what is sent, and what has to come of it.
type round struct {
	what        string
	header      string // value of routeHeader
	times       int
	least, most int // answers of the second backend
}

var rounds = []round{
	{"requests with a header for the second backend", toSecond, 20, 20, 20},
	{"requests with a header for weights of 1 and 0", toFirst, 20, 0, 0},
	{"requests with a header that no rule names, for weights of 9 and 1", toSecond + "-not", splitTimes, splitLeast, splitMost},
}

// lacks says what a tally has that it should not, or "".
func (r round) lacks(t inside.Tally, backends map[string]string) string {
	counts := map[string]int{}
	var wrong []string
	for instance, n := range t.Answers {
		name, ours := backends[instance]
		if !ours {
			wrong = append(wrong, fmt.Sprintf("%d were answered by neither backend", n))
		}
		counts[name] += n
	}
	for what, n := range t.Failures {
		wrong = append(wrong, fmt.Sprintf("%d failed (%s)", n, what))
	}
	if n := counts[second]; len(wrong) == 0 && (n < r.least || n > r.most || counts[first]+n != r.times) {
		wrong = append(wrong, fmt.Sprintf("%d came to the first backend and %d to the second", counts[first], n))
	}
	if len(wrong) == 0 {
		return ""
	}
	return fmt.Sprintf("of %d %s, %s", r.times, r.what, strings.Join(wrong, ", "))
}

// routes sends requests to the gateway until all are routed as they should be, which takes a while after it is programmed.
func (g gateway) routes(address string) (evidence []string, err error) {
	err = g.within(g.options.GatewayPatience, func(ctx context.Context) (bool, string, error) {
		evidence = nil
		for _, r := range rounds {
			asking := inside.Asking{To: address, Header: routeHeader, Value: r.header, Times: r.times}
			var tally inside.Tally
			if err := g.ask(ctx, g.namespace, asker, inside.AskPath+"?"+asking.Query().Encode(), &tally); err != nil {
				return false, "", unseen{fmt.Errorf("have a pod ask the Gateway: %w", err)}
			}
			if lack := r.lacks(tally, g.backends); lack != "" {
				return false, lack, nil
			}
			evidence = append(evidence, fmt.Sprintf("%d %s: %s", r.times, r.what, g.summary(tally)))
		}
		return true, "", nil
	})
	return evidence, err
}

func (t *traffic) summary(tally inside.Tally) string {
	counts := map[string]int{}
	for instance, n := range tally.Answers {
		counts[t.backends[instance]] += n
	}
	return fmt.Sprintf("%d to the first backend, %d to the second", counts[first], counts[second])
}
