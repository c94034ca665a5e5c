package active

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// Rights are known a moment after they were given: an API server refuses the first request of somebody who was given a role just now.
func TestARoleThatWasGivenJustNow(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path != "/api/v1/namespaces":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`)
		case asked.Add(1) == 1:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}`)
		default:
			fmt.Fprint(w, `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[]}`)
		}
	}))
	defer server.Close()
	c, err := connect(&rest.Config{Host: server.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.sweepOnceAllowed(t.Context(), time.Now()); err != nil || asked.Load() != 2 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

// A kind that nobody can list, because the webhook that converts it is dead, keeps nothing else from being removed and tried.
func TestAKindThatIsOutOfOrderKeepsNobodyElse(t *testing.T) {
	const old = `{"name":"old","labels":{"agentward.dev/kars-probe":"1"},"annotations":{"agentward.dev/expires":"2026-01-01T00:00:00Z"}}`
	var removed []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodDelete:
			removed = append(removed, r.URL.Path)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Success"}`)
		case strings.HasPrefix(r.URL.Path, "/apis/kueue.x-k8s.io/"):
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"InternalError","message":"conversion webhook failed","code":500}`)
		case r.URL.Path == "/api/v1/namespaces":
			fmt.Fprintf(w, `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[{"metadata":%s}]}`, old)
		default:
			fmt.Fprintf(w, `{"kind":"List","apiVersion":"v1","metadata":{},"items":[{"kind":"Any","apiVersion":"v1","metadata":%s}]}`, old)
		}
	}))
	defer server.Close()
	c, err := connect(&rest.Config{Host: server.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.sweep(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/api/v1/namespaces/old", "/apis/spire.spiffe.io/v1alpha1/clusterspiffeids/old",
		"/apis/resource.k8s.io/v1/deviceclasses/old", "/apis/resource.k8s.io/v1beta2/deviceclasses/old",
	}
	if !slices.Equal(removed, want) {
		t.Errorf("removed %q, and not %q", removed, want)
	}
}
