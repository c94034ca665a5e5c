package verdicts

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	webhooks "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// The end of an exception is compared with a pod's creation timestamp. That is safe only as long as the API server writes it
// before validating admission, over whatever a client sent, and shows it to webhooks as it shows it to its own policies.

func TestClientCannotForgeTheTimeOfItsRequest(t *testing.T) {
	c := newCluster(t)
	c.enforce(t, withUpdates(), table(t))
	// "lapsed" has an exception that ended in 2020.
	forged := podCase{podName: "forged", namespace: "lapsed", pod: podMutations[0].pod}.row(t).object
	forged.SetCreationTimestamp(metav1.NewTime(longPast.AddDate(-1, 0, 0)))
	pods := c.dynamic.Resource(podResource).Namespace("lapsed")

	_, err := pods.Create(t.Context(), forged, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	expectRefusal(t, err, "approval-label")

	_, err = pods.Apply(t.Context(), "forged", forged, metav1.ApplyOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: "test"})
	expectRefusal(t, err, "approval-label")
}

func TestExceptionForAPrefixCoversGeneratedNames(t *testing.T) {
	c := newCluster(t)
	c.enforce(t, withUpdates(), table(t))
	for prefix, refused := range map[string]bool{"batch-": false, "my-batch-": true} {
		pod := podCase{podName: "unnamed", namespace: "legacy", pod: podMutations[0].pod}.row(t).object
		pod.SetName("")
		pod.SetGenerateName(prefix)
		_, err := c.dynamic.Resource(podResource).Namespace("legacy").Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if refused {
			expectRefusal(t, err, "approval-label")
		} else if err != nil {
			t.Errorf("generateName %q: %v", prefix, err)
		}
	}
}

func TestWebhooksSeeTheServersTimestampAndName(t *testing.T) {
	c := newCluster(t)
	var lock sync.Mutex
	var seen []*unstructured.Unstructured
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pod := &unstructured.Unstructured{}
		if err := pod.UnmarshalJSON(review.Request.Object.Raw); err == nil {
			lock.Lock()
			seen = append(seen, pod)
			lock.Unlock()
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		_ = json.NewEncoder(w).Encode(review)
	}))
	defer server.Close()
	name := "sees-pods"
	_, err := c.typed.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), &webhooks.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Webhooks: []webhooks.ValidatingWebhook{{
			Name: "pods.example.org", AdmissionReviewVersions: []string{"v1"},
			SideEffects:   new(webhooks.SideEffectClassNone),
			FailurePolicy: new(webhooks.Fail),
			ClientConfig: webhooks.WebhookClientConfig{
				URL: &server.URL, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "plain"}},
			Rules: []webhooks.RuleWithOperations{{
				Operations: []webhooks.OperationType{webhooks.Create},
				Rule:       webhooks.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.typed.AdmissionregistrationV1().ValidatingWebhookConfigurations().Delete(context.Background(), name, metav1.DeleteOptions{})
	})

	c.eventually(t, "the webhook to be called", func(ctx context.Context) (bool, error) {
		pod := podCase{podName: "unnamed", namespace: "plain"}.row(t).object
		pod.SetName("")
		pod.SetGenerateName("generated-")
		pod.SetCreationTimestamp(metav1.NewTime(longPast))
		_, err := c.dynamic.Resource(podResource).Namespace("plain").Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		lock.Lock()
		defer lock.Unlock()
		return len(seen) > 0, err
	})
	if stamp := seen[0].GetCreationTimestamp(); time.Since(stamp.Time) > time.Hour {
		t.Errorf("the webhook saw the client's timestamp %s", stamp)
	}
	if name := seen[0].GetName(); !strings.HasPrefix(name, "generated-") || name == "generated-" {
		t.Errorf("the webhook saw the name %q", name)
	}
}

func TestActionsOtherThanDenyLetPodsIn(t *testing.T) {
	c := newCluster(t)
	p := baseline()
	p.Name = "advice"
	p.Actions = []spec.Action{spec.ActionAudit, spec.ActionWarn}
	c.install(t, p)
	t.Cleanup(func() { c.uninstall(t, p) })

	warnings := &warnings{}
	config := c.plane.Config()
	config.WarningHandler = warnings
	client := dynamic.NewForConfigOrDie(config)
	bad := podCase{podName: "bad", namespace: agents, pod: podMutations[0].pod}.row(t).object
	c.eventually(t, "a warning", func(ctx context.Context) (bool, error) {
		_, err := client.Resource(podResource).Namespace(agents).Create(ctx, bad, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return warnings.mentions("approval-label: "), err
	})
}

// The API server type-checks policies against its own schema of a pod; what it doubts stands in the status for all to see.
func TestAPIServerHasNoDoubtsAboutTheExpressions(t *testing.T) {
	c := newCluster(t)
	for _, p := range append(policies(), withSidecar()) {
		t.Run(p.Name, func(t *testing.T) {
			p.Name += "-typed"
			// Let nobody in or out meanwhile.
			p.ObjectSelector = spec.LabelSelector{MatchLabels: map[string]string{"example.org/nobody": "true"}}
			c.install(t, p)
			t.Cleanup(func() { c.uninstall(t, p) })
			c.eventually(t, "the policy to be type-checked", func(ctx context.Context) (bool, error) {
				policy, err := c.typed.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, p.Name, metav1.GetOptions{})
				if err != nil || policy.Status.ObservedGeneration == 0 {
					return false, err
				}
				if checking := policy.Status.TypeChecking; checking != nil {
					for _, w := range checking.ExpressionWarnings {
						t.Errorf("%s: %s", w.FieldRef, w.Warning)
					}
				}
				return true, nil
			})
		})
	}
}

// warnings keeps what an API server warns of.
type warnings struct {
	lock sync.Mutex
	all  []string
}

var _ rest.WarningHandler = (*warnings)(nil)

func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.all = append(w.all, text)
}

func (w *warnings) mentions(text string) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	return strings.Contains(strings.Join(w.all, "\n"), text)
}

func expectRefusal(t *testing.T, err error, rule string) {
	t.Helper()
	said, err := refusal(err)
	if err != nil {
		t.Fatal(err)
	}
	if !mentions(said, rule) {
		t.Errorf("the answer is %q, should be a refusal for %s", said, rule)
	}
}
