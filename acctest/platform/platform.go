// Package platform brings into a kind cluster what the acceptance tests need there: a network that enforces NetworkPolicies, SPIRE, Kyverno,
// Redis, and images of the gateway, of an agent, and of what agents call. Released images are used where they can be pulled; otherwise they
// are made of programs from pinned Go modules.
package platform

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/kind"
)

const (
	// TrustDomain is that of the SPIRE server.
	TrustDomain = "example.org"
	// SocketFolder is the folder of the node that holds the socket of the Workload API.
	SocketFolder = "/run/spire/agent-sockets"
	// SocketFile is the socket's name there.
	SocketFile = "spire-agent.sock"
	// RedisURL is where pods find Redis.
	RedisURL = "redis://redis.redis.svc.cluster.local:6379"
	// Variable names the kubeconfig of a cluster with the platform in it. Tests that need one are skipped without it.
	Variable = "AGENTWARD_PLATFORM"
)

// readyTimeout bounds the wait for one part of the platform, on a machine that is busy.
const readyTimeout = 8 * time.Minute

// record is the ConfigMap that says what the cluster has, for the tests, which are processes of their own.
const (
	recordNamespace = "default"
	recordName      = "agentward-platform"
	recordKey       = "images.json"
)

//go:embed manifests
var manifests embed.FS

// Platform is a cluster with everything in it.
type Platform struct {
	*cluster.Cluster
	// Kubeconfig is the administrator's.
	Kubeconfig string
	Images     Images
}

// Options say what is brought where.
type Options struct {
	// Kind is the cluster.
	Kind kind.Cluster
	// Source says where images come from: "released", "built", or "" for released ones where they can be pulled.
	Source string
	// Out is told of progress.
	Out io.Writer
}

// setup is a platform being brought up.
type setup struct {
	Options
	*Platform
	built   bool // images are made here, not pulled
	started time.Time
}

func (s *setup) say(format string, values ...any) {
	fmt.Fprintf(s.Out, "platform: %4.0fs "+format+"\n", append([]any{time.Since(s.started).Seconds()}, values...)...)
}

// Up brings everything in and waits until it is ready. What is there already is brought to the same state.
func Up(ctx context.Context, o Options) (*Platform, error) {
	c, err := cluster.Connect(o.Kind.Kubeconfig)
	if err != nil {
		return nil, err
	}
	s := &setup{Options: o, Platform: &Platform{Cluster: c, Kubeconfig: o.Kind.Kubeconfig}, started: time.Now()}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"images", s.images},
		{"the enforcement of NetworkPolicies", s.network},
		{"SPIRE", s.spire},
		{"Kyverno", s.kyverno},
		{"Redis", s.redis},
		{"the record of what is there", s.record},
	} {
		s.say("%s", step.what)
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("bring %s into the cluster: %w", step.what, err)
		}
	}
	s.say("everything is ready")
	return s.Platform, nil
}

// Attach gives the platform of a cluster that Up has brought it into.
func Attach(ctx context.Context, kubeconfig string) (*Platform, error) {
	c, err := cluster.Connect(kubeconfig)
	if err != nil {
		return nil, err
	}
	p := &Platform{Cluster: c, Kubeconfig: kubeconfig}
	record, err := c.API.CoreV1().ConfigMaps(recordNamespace).Get(ctx, recordName, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("the cluster of %s has no platform: %w", kubeconfig, err)
	}
	if err := json.Unmarshal([]byte(record.Data[recordKey]), &p.Images); err != nil {
		return nil, fmt.Errorf("the cluster of %s: %s: %w", kubeconfig, recordKey, err)
	}
	return p, nil
}

func (s *setup) record(ctx context.Context) error {
	text, err := json.Marshal(s.Images)
	if err != nil {
		return err
	}
	record := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": recordName, "namespace": recordNamespace},
		"data": map[string]any{recordKey: string(text)},
	}}
	return s.Apply(ctx, record)
}

// bring applies a manifest and waits until what it runs is ready.
func (s *setup) bring(ctx context.Context, manifest string) error {
	made, err := objects(manifest, map[string]any{
		"Images": s.Images, "Built": s.built, "TrustDomain": TrustDomain, "SocketFolder": SocketFolder, "SocketFile": SocketFile,
	})
	if err != nil {
		return err
	}
	return s.install(ctx, made)
}

func (s *setup) install(ctx context.Context, objects []*unstructured.Unstructured) error {
	if err := s.Apply(ctx, objects...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready within %s", readyTimeout))
	defer cancel()
	return s.Ready(ctx, objects...)
}

func (s *setup) redis(ctx context.Context) error { return s.bring(ctx, "redis.yaml") }
