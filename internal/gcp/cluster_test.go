package gcp

import (
	"errors"
	"reflect"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const cluster = "projects/agents-1/locations/us-central1/clusters/prod"

func TestCluster(t *testing.T) {
	for name, test := range map[string]struct {
		there string
		want  Cluster
	}{
		"with everything": {
			`{"name":"prod","location":"us-central1","status":"RUNNING","currentMasterVersion":"1.37.2-gke.1042000","releaseChannel":{"channel":"RAPID"},
				"autopilot":{"enabled":true},"workloadIdentityConfig":{"workloadPool":"agents-1.svc.id.goog"},"binaryAuthorization":{"evaluationMode":"PROJECT_SINGLETON_POLICY_ENFORCE"},
				"meshCertificates":{"enableCertificates":true},"fleet":{"membership":"//gkehub.googleapis.com/projects/1/locations/us-central1/memberships/prod"},
				"addonsConfig":{"agentSandboxConfig":{"enabled":true}},"enableK8sBetaApis":{"enabledApis":["resource.k8s.io/v1beta1/deviceclasses"]},
				"networkConfig":{"ambientNetworkingConfig":{"enabled":true},"gatewayApiConfig":{"channel":"CHANNEL_STANDARD"},"datapathProvider":"ADVANCED_DATAPATH","enableFqdnNetworkPolicy":true},
				"autoscaling":{"enableNodeAutoprovisioning":true},"verticalPodAutoscaling":{"enabled":true},
				"monitoringConfig":{"managedPrometheusConfig":{"enabled":true},"componentConfig":{"enableComponents":["DCGM"]}},
				"nodePools":[{"name":"gpu","version":"1.37.2-gke.1042000","autoscaling":{"enabled":true},"config":{"sandboxConfig":{"type":"GVISOR"},"workloadMetadataConfig":{"mode":"GKE_METADATA"},
					"accelerators":[{"acceleratorType":"nvidia-l4","acceleratorCount":"2","gpuSharingConfig":{"gpuSharingStrategy":"TIME_SHARING"},"gpuDriverInstallationConfig":{"gpuDriverVersion":"LATEST"}}]}}]}`,
			Cluster{
				Name: "prod", Location: "us-central1", Status: "RUNNING", Version: "1.37.2-gke.1042000", ReleaseChannel: "RAPID", Autopilot: true,
				WorkloadPool: "agents-1.svc.id.goog", BinaryAuthorization: "PROJECT_SINGLETON_POLICY_ENFORCE", MeshCertificates: true,
				Fleet: "//gkehub.googleapis.com/projects/1/locations/us-central1/memberships/prod", AgentSandbox: true, Ambient: true, GatewayAPI: "CHANNEL_STANDARD",
				DataplaneV2: true, FQDNNetworkPolicy: true, BetaAPIs: []string{"resource.k8s.io/v1beta1/deviceclasses"}, NodeProvisioning: true, VerticalAutoscaler: true,
				ManagedPrometheus: true, MonitoredParts: []string{"DCGM"},
				NodePools: []NodePool{{
					Name: "gpu", Version: "1.37.2-gke.1042000", Sandbox: "GVISOR", Metadata: "GKE_METADATA", Autoscaling: true,
					Accelerators: []Accelerator{{Type: "nvidia-l4", Count: 2, Sharing: "TIME_SHARING", DriverVersion: "LATEST"}},
				}},
			},
		},
		"with nothing": {
			`{"name":"prod","location":"us-central1","releaseChannel":{"channel":"UNSPECIFIED"},"networkConfig":{"gatewayApiConfig":{"channel":"CHANNEL_DISABLED"}},"nodePools":[{"name":"default"}]}`,
			Cluster{Name: "prod", Location: "us-central1", NodePools: []NodePool{{Name: "default"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, gcptest.Options{})
			if err := b.Put("//"+Container+"/"+cluster, body(t, test.there)); err != nil {
				t.Fatal(err)
			}
			b.Inject(gcptest.Fault{Status: "UNAVAILABLE"})
			got, err := b.Cluster(deadline(t), cluster)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("it is\n  %+v, want\n  %+v", *got, test.want)
			}
		})
	}
}

func TestAClusterThatCannotBeRead(t *testing.T) {
	b := newBench(t, gcptest.Options{})
	if _, err := b.Cluster(deadline(t), cluster); !errors.Is(err, stack.ErrNotFound) {
		t.Errorf("of a cluster that is not there it says %v", err)
	}
	b.Inject(gcptest.Fault{Status: "PERMISSION_DENIED", Times: -1})
	if _, err := b.Cluster(deadline(t), cluster); !errors.Is(err, stack.ErrForbidden) {
		t.Errorf("of a cluster that may not be read it says %v", err)
	}
	b.Close()
	var unknown *stack.UnknownError
	if _, err := b.Cluster(deadline(t), cluster); !errors.As(err, &unknown) || !unknown.Unreachable {
		t.Errorf("where nobody answers it says %v", err)
	}
}
