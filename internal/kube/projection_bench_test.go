package kube_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/kube"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// The benchmarks measure this side alone: the API server answers each request once, and that answer is then repeated.

func BenchmarkPlan(b *testing.B) {
	s := newReplay(b)
	for b.Loop() {
		if _, err := s.client.Plan(b.Context(), s.object, s.prior); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := newReplay(b)
	for b.Loop() {
		if _, err := s.client.Read(b.Context(), s.object.Key, s.prior); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstRead includes what each process does once: discovery, and the types of the core group, the largest that there is.
func BenchmarkFirstRead(b *testing.B) {
	s := newReplay(b)
	for b.Loop() {
		client, err := kube.New(s.config, fieldOwner)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := client.Read(b.Context(), s.object.Key, s.prior); err != nil {
			b.Fatal(err)
		}
	}
}

// replay is an agent's ServiceAccount as it was applied, and a client to which every answer about it is known.
type replay struct {
	config *rest.Config
	client *kube.Client
	object stack.Object
	prior  string
}

func newReplay(b *testing.B) replay {
	b.Helper()
	c := terraform.Use(b, controlplane.Shared(b))
	s := replay{config: rest.CopyConfig(c.Config())}
	s.object = stack.Object{Key: stack.Key{Version: "v1", Kind: "ServiceAccount", Namespace: c.Namespace(b, nil), Name: "billing"}}
	s.object.Body = map[string]any{
		"apiVersion":                   "v1",
		"kind":                         "ServiceAccount",
		"metadata":                     map[string]any{"name": "billing", "namespace": s.object.Key.Namespace, "labels": map[string]any{"agentward.dev/agent": "billing"}},
		"automountServiceAccountToken": false,
	}
	live, err := newClient(b, s.config).Apply(b.Context(), s.object, none)
	if err != nil {
		b.Fatal(err)
	}
	s.prior = live.Projection
	answers := &answers{known: map[string]answer{}}
	s.config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) { return answers.roundTrip(next, r) })
	})
	s.client = newClient(b, s.config)
	// From here on everything is known.
	if _, err := s.client.Plan(b.Context(), s.object, s.prior); err != nil {
		b.Fatal(err)
	}
	if _, err := s.client.Read(b.Context(), s.object.Key, s.prior); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	return s
}

func newClient(b *testing.B, config *rest.Config) *kube.Client {
	b.Helper()
	client, err := kube.New(config, fieldOwner)
	if err != nil {
		b.Fatal(err)
	}
	return client
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answers keeps the answer to each method and URL.
type answers struct {
	mu    sync.Mutex
	known map[string]answer
}

type answer struct {
	response http.Response
	body     []byte
}

func (a *answers) roundTrip(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := r.Method + " " + r.URL.String()
	found, ok := a.known[key]
	if !ok {
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		if err := response.Body.Close(); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		found = answer{*response, body}
		a.known[key] = found
	}
	again := found.response
	again.Body, again.Request = io.NopCloser(bytes.NewReader(found.body)), r
	return &again, nil
}
