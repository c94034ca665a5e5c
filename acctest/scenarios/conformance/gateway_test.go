package conformance_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// impostorClass is a GatewayClass of the impostor.
const impostorClass = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kars-impostor}
spec: {controllerName: example.org/impostor}
`

// traefik is Traefik, run by this image, with a class and as little as its documentation gives it.
func traefik(image string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: kars-traefik}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: traefik, namespace: kars-traefik}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kars-traefik}
rules:
- {apiGroups: [""], resources: [namespaces, services, secrets, configmaps], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [pods], verbs: [get]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
- {apiGroups: [gateway.networking.k8s.io], resources: ["*"], verbs: [get, list, watch]}
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses/status, gateways/status, httproutes/status, grpcroutes/status, tcproutes/status, tlsroutes/status, backendtlspolicies/status]
  verbs: [update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kars-traefik}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kars-traefik}
subjects: [{kind: ServiceAccount, name: traefik, namespace: kars-traefik}]
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: kars-traefik}
spec:
  selector: {app: traefik}
  ports: [{name: web, port: 8000}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kars-traefik}
spec: {controllerName: traefik.io/gateway-controller}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: kars-traefik}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec:
      serviceAccountName: traefik
      containers:
      - name: traefik
        image: %q
        imagePullPolicy: IfNotPresent
        args:
        - --global.checknewversion=false
        - --entrypoints.web.address=:8000
        - --entrypoints.health.address=:8081
        - --ping=true
        - --ping.entrypoint=health
        - --providers.kubernetesgateway=true
        - --providers.kubernetesgateway.statusaddress.hostname=traefik.kars-traefik.svc.cluster.local
        readinessProbe: {httpGet: {path: /ping, port: 8081}}
        resources: {requests: {cpu: 10m, memory: 64Mi}}
`, image)
}

// The report follows what is installed and removed: the kinds alone, a class that was accepted by a controller that is gone, a
// controller that says all that it should and lets a header be a header, and a real one.
func TestTheReportFollowsAGateway(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.soon("ai_inference", kars.NotDetected, "does not serve")
	removeKinds := s.bring(s.gatewayKinds())
	s.soon("ai_inference", kars.NotDetected, "no GatewayClass")

	removeImpostor := s.bring(impostorClass)
	s.soon("ai_inference", kars.NotDetected, "no controller has accepted")
	stop := s.impostor()
	report := s.soon("ai_inference", kars.Detected, "has accepted a GatewayClass")
	// What comes to nothing takes all the patience there is: enough for a node that is busy to start the pods and answer.
	s.want(s.try(report, active.Options{GatewayPatience: time.Minute}), kars.NotDetected, "requests with a header for the second backend, 20 came to the first backend and 0 to the second")
	stop()
	report = s.soon("ai_inference", kars.Detected, "has accepted a GatewayClass")
	s.want(s.try(report, active.Options{GatewayPatience: 15 * time.Second}), kars.NotDetected, "a Gateway is accepted (")
	removeImpostor()

	removeTraefik := s.bring(traefik(s.Images.Traefik))
	report = s.soon("ai_inference", kars.Detected, "has accepted a GatewayClass")
	r := s.try(report, active.Options{GatewayPort: 8000, GatewayPatience: patience})
	s.want(r, kars.Verified, "A Gateway of the class kars-traefik splits traffic by weight and routes it by header.")
	t.Log(strings.Join(r.Evidence, "\n"))
	s.nothingIsLeft("ai_inference")
	removeTraefik()
	s.soon("ai_inference", kars.NotDetected, "no GatewayClass")
	removeKinds()
	s.soon("ai_inference", kars.NotDetected, "does not serve")
}

// gatewayKinds are the kinds of the Gateway API as its project ships them.
func (s *stage) gatewayKinds() string {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(crd.Dir(s.T, crd.GatewayAPI), "gateway.networking.k8s.io_*s.yaml"))
	if err != nil {
		s.Fatal(err)
	}
	var all []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.Fatal(err)
		}
		if strings.Contains(string(text), "kind: CustomResourceDefinition") {
			all = append(all, string(text))
		}
	}
	return strings.Join(all, "\n---\n")
}

// impostor is a controller of the Gateway API that accepts and programs everything, and sends all requests to the first backend.
func (s *stage) impostor() (stop func()) {
	s.Helper()
	const by = "example.org/impostor"
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan struct{})
	var trouble error // the last there was: what fails is done again
	of := func(resource string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: resource}
	}
	conditions := func(o *unstructured.Unstructured, kinds ...string) (all []any) {
		for _, kind := range kinds {
			all = append(all, map[string]any{
				"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": o.GetGeneration(),
			})
		}
		return all
	}
	each := func(resource string, status func(*unstructured.Unstructured) map[string]any) {
		list, err := s.Dynamic.Resource(of(resource)).List(ctx, metav1.ListOptions{})
		if err != nil {
			if ctx.Err() == nil {
				trouble = err
			}
			return
		}
		for _, o := range list.Items {
			o.Object["status"] = status(&o)
			_, err := s.Dynamic.Resource(of(resource)).Namespace(o.GetNamespace()).UpdateStatus(ctx, &o, metav1.UpdateOptions{})
			if err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
				trouble = err
			}
		}
	}
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(300 * time.Millisecond) {
			each("gatewayclasses", func(o *unstructured.Unstructured) map[string]any {
				return map[string]any{"conditions": conditions(o, "Accepted")}
			})
			each("gateways", func(o *unstructured.Unstructured) map[string]any {
				way := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "way"}, Spec: corev1.ServiceSpec{
					Selector: map[string]string{"app": "first"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}},
				}}
				_, _ = s.API.CoreV1().Services(o.GetNamespace()).Create(ctx, way, metav1.CreateOptions{}) // there already, or the namespace goes
				address := map[string]any{"type": "Hostname", "value": "way." + o.GetNamespace() + ".svc.cluster.local"}
				return map[string]any{"conditions": conditions(o, "Accepted", "Programmed"), "addresses": []any{address}}
			})
			each("httproutes", func(o *unstructured.Unstructured) map[string]any {
				refs, _, _ := unstructured.NestedSlice(o.Object, "spec", "parentRefs")
				return map[string]any{"parents": []any{map[string]any{
					"controllerName": by, "parentRef": refs[0], "conditions": conditions(o, "Accepted", "ResolvedRefs"),
				}}}
			})
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if trouble != nil {
			s.Logf("the impostor's last trouble: %v", trouble)
		}
	})
	s.Cleanup(stop)
	return stop
}
