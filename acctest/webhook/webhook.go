// Package webhook serves real admission webhooks on the loopback interface.
package webhook

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Options describe one webhook.
type Options struct {
	Name string // of the configuration
	// Rules say what it is asked about.
	Rules []admissionregistrationv1.RuleWithOperations
	// SideEffects other than None make the API server refuse dry runs.
	SideEffects admissionregistrationv1.SideEffectClass
	// Answer decides; a patch makes it a mutating webhook's answer (RFC 6902).
	Answer func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse
}

// Mutating registers a mutating webhook for the time of the test.
func Mutating(tb testing.TB, config *rest.Config, o Options) {
	tb.Helper()
	server := serve(tb, o)
	hooks := client(tb, config).AdmissionregistrationV1().MutatingWebhookConfigurations()
	_, err := hooks.Create(context.Background(), &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: o.Name},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: o.Name + ".example.org", ClientConfig: clientConfig(server), Rules: o.Rules, SideEffects: &o.SideEffects,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	untilTheEnd(tb, o.Name, err, hooks.Delete)
}

// Validating registers a validating webhook for the time of the test.
func Validating(tb testing.TB, config *rest.Config, o Options) {
	tb.Helper()
	server := serve(tb, o)
	hooks := client(tb, config).AdmissionregistrationV1().ValidatingWebhookConfigurations()
	_, err := hooks.Create(context.Background(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: o.Name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: o.Name + ".example.org", ClientConfig: clientConfig(server), Rules: o.Rules, SideEffects: &o.SideEffects,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	untilTheEnd(tb, o.Name, err, hooks.Delete)
}

// untilTheEnd removes what was created when the test ends.
func untilTheEnd(tb testing.TB, name string, created error, remove func(context.Context, string, metav1.DeleteOptions) error) {
	tb.Helper()
	if created != nil {
		tb.Fatal(created)
	}
	tb.Cleanup(func() {
		if err := remove(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			tb.Error(err)
		}
	})
}

func client(tb testing.TB, config *rest.Config) kubernetes.Interface {
	tb.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func clientConfig(server *httptest.Server) admissionregistrationv1.WebhookClientConfig {
	return admissionregistrationv1.WebhookClientConfig{
		URL:      &server.URL,
		CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	}
}

func serve(tb testing.TB, o Options) *httptest.Server {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
		if err == nil {
			err = json.Unmarshal(body, &review)
		}
		if err != nil || review.Request == nil {
			http.Error(w, "no AdmissionReview", http.StatusBadRequest)
			return
		}
		review.Response = o.Answer(review.Request)
		review.Response.UID = review.Request.UID
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(review); err != nil {
			tb.Log("webhook:", err)
		}
	}))
	tb.Cleanup(server.Close)
	return server
}
