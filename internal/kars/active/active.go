// Package active makes objects in a cluster, in a namespace of its own for each requirement, and watches what becomes of them. What it sees
// work is verified; what it sees fail is not detected, whatever the objects of the cluster promise.
package active

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// DefaultImage is that of the pods in which probes look around.
const DefaultImage = "ghcr.io/agentward/kars-probe:latest"

// Options say what a cluster has that a probe cannot know.
type Options struct {
	// Image is that of internal/kars/cmd/kars-probe. Empty: DefaultImage.
	Image string
	// SPIRESocket is the folder of the nodes that holds the socket of the Workload API, where the cluster has no driver csi.spiffe.io.
	// Empty: "/run/spire/agent-sockets".
	SPIRESocket string
	// SPIREClass is the class that the controller manager of SPIRE answers to; "" where it has none.
	SPIREClass string
	// AgentNamespace are labels of namespaces for agents, and Approved are labels of a pod that somebody approved. Nil:
	// workload-type=ai-agent, and agentward.dev/approved=true.
	AgentNamespace, Approved map[string]string
	// GatewayClass is the one that is tried. Empty: all that are accepted, until one routes as it should.
	GatewayClass string
	// GatewayPort is that of the Gateway's listener, where an implementation has few to choose from. 0: 80.
	GatewayPort int
	// GatewayAddress is where its Gateway answers the pods of the cluster, where no status says so.
	GatewayAddress string
	// GatewayPatience is how long a Gateway may take until it is programmed, and as long again until it routes. 0: five minutes; a cloud
	// brings up a load balancer.
	GatewayPatience time.Duration
	// Patience bounds one probe, or each of the projects that it tries, waits for Gateways and for metrics aside. What does not come in a
	// third of it is not there. 0: five minutes.
	Patience time.Duration
}

func (o Options) defaulted() Options {
	if o.Image == "" {
		o.Image = DefaultImage
	}
	if o.SPIRESocket == "" {
		o.SPIRESocket = "/run/spire/agent-sockets"
	}
	if o.AgentNamespace == nil {
		o.AgentNamespace = map[string]string{"workload-type": "ai-agent"}
	}
	if o.Approved == nil {
		o.Approved = map[string]string{"agentward.dev/approved": "true"}
	}
	if o.GatewayPort == 0 {
		o.GatewayPort = 80
	}
	if o.GatewayPatience == 0 {
		o.GatewayPatience = 5 * time.Minute
	}
	if o.Patience == 0 {
		o.Patience = 5 * time.Minute
	}
	return o
}

// patience bounds a probe.
func (o Options) patience(id string) time.Duration {
	switch id {
	case "ai_inference":
		return o.Patience + 2*o.GatewayPatience
	case "ai_service_metrics", "pod_autoscaling":
		return 2 * o.Patience // metrics are collected once in a while, and then somebody looks at them once in a while
	}
	return o.Patience
}

// step bounds the wait for one thing to come about, such as that a pod runs and answers.
func (o Options) step() time.Duration { return o.Patience / 3 }

// errNoProbe says that what the cluster has cannot be tried out here, so that what was found stays.
var errNoProbe = errors.New("no active probe tries this out")

// probe tries a requirement out. An error is that it could not, which leaves what was found before.
type probe func(*arena) (kars.Finding, error)

// probes are there for what takes no special hardware, and for accelerators where a cluster has some.
var probes = map[string]probe{
	"ai_inference":              aiInference,
	"dra_support":               draSupport,
	"gang_scheduling":           anyOf(kueueGang, nativeGang, volcanoGang),
	"ai_service_metrics":        aiServiceMetrics,
	"pod_autoscaling":           podAutoscaling,
	"workload_sandboxing":       workloadSandboxing,
	"secure_accelerator_access": secureAcceleratorAccess,
	"robust_controller":         anyOf(agentSandboxController, kueueController),
	"in_place_pod_resize":       inPlacePodResize,
	"workload_aware_scheduling": nativeGang,
	"agent_identity":            agentIdentity,
	"policy_enforcement":        policyEnforcement,
	"agent_sandbox":             agentSandboxController,
	"long_running_stability":    longRunningStability,
}

// Run tries out what a passive look at the cluster found, and gives the report with what came of it. What was not found is not tried: there
// is nothing to try. What earlier runs left behind, as when they were killed, is removed first. progress, which may be nil, is told of each
// probe before it starts. Where a probe cannot be made, what was found stays, with why it could not be tried.
func Run(ctx context.Context, config *rest.Config, report kars.Report, options Options, progress func(id string)) (kars.Report, error) {
	if progress == nil {
		progress = func(string) {}
	}
	c, err := connect(config, options.defaulted())
	if err != nil {
		return report, err
	}
	if err := c.sweepOnceAllowed(ctx, time.Now()); err != nil {
		return report, fmt.Errorf("remove what earlier probes left behind: %w", err)
	}
	report.Probe = kars.Active
	for _, results := range [][]kars.Result{report.Results, report.Proposed} {
		for i, r := range results {
			try := probes[r.ID]
			if try == nil || r.Status != kars.Detected && r.Status != kars.Unknown || len(r.Unread) > 0 {
				continue
			}
			progress(r.ID)
			results[i] = c.result(ctx, r, try)
			if ctx.Err() != nil {
				report.Interrupted = true
				return report, nil //nolint:nilerr // the report says so, and holds what came of the probes before
			}
		}
	}
	return report, nil
}

// result is what comes of trying out what was found.
func (c *client) result(ctx context.Context, found kars.Result, try probe) kars.Result {
	finding, err := c.try(ctx, found.ID, try)
	switch {
	case errors.Is(err, errNoProbe):
	case err != nil:
		found.Unread = append(found.Unread, "try it out: "+err.Error())
	default:
		found.Finding, found.Probe = finding, kars.Active
	}
	return found
}

// client is the cluster that is tried out.
type client struct {
	options   Options
	kube      kubernetes.Interface
	dynamic   dynamic.Interface
	discovery *discovery.DiscoveryClient
}

func connect(config *rest.Config, options Options) (*client, error) {
	c := &client{options: options}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = 50, 100
	config.WarningHandler = rest.NoWarnings{}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("build HTTP client for the Kubernetes API: %w", err)
	}
	if c.kube, err = kubernetes.NewForConfigAndClient(config, httpClient); err != nil {
		return nil, fmt.Errorf("build Kubernetes client: %w", err)
	}
	if c.dynamic, err = dynamic.NewForConfigAndClient(config, httpClient); err != nil {
		return nil, fmt.Errorf("build Kubernetes client: %w", err)
	}
	if c.discovery, err = discovery.NewDiscoveryClientForConfigAndClient(config, httpClient); err != nil {
		return nil, fmt.Errorf("build Kubernetes discovery client: %w", err)
	}
	return c, nil
}

// verified, failed, stillDetected and unknown are what a probe comes to. Still detected is what was tried in part.
func verified(evidence []string, format string, args ...any) (kars.Finding, error) {
	return kars.Finding{Status: kars.Verified, Reason: fmt.Sprintf(format, args...), Evidence: evidence}, nil
}

func failed(evidence []string, format string, args ...any) (kars.Finding, error) {
	return kars.Finding{Status: kars.NotDetected, Reason: fmt.Sprintf(format, args...), Evidence: evidence}, nil
}

func stillDetected(evidence []string, format string, args ...any) (kars.Finding, error) {
	return kars.Finding{Status: kars.Detected, Reason: fmt.Sprintf(format, args...), Evidence: evidence}, nil
}

func unknown(evidence []string, format string, args ...any) (kars.Finding, error) {
	return kars.Finding{Status: kars.Unknown, Reason: fmt.Sprintf(format, args...), Evidence: evidence}, nil
}
