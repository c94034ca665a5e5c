package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// describe says which processes make up the control plane, without starting any. find gives the path of a program.
func (c *ControlPlane) describe(find func(tool.Tool) (string, error)) error {
	describe := func(t tool.Tool, args []string) (*component, error) {
		program, err := find(t)
		if err != nil {
			return nil, fmt.Errorf("start a control plane (`make tools` builds what it needs): %w", err)
		}
		return &component{name: t.Name, program: program, args: args, log: c.path(t.Name + ".log"), background: c.config.Background}, nil
	}
	var err error
	if c.etcd, err = describe(tool.Etcd, c.etcdArgs()); err != nil {
		return err
	}
	if c.apiServer, err = describe(tool.KubeAPIServer, c.apiServerArgs()); err != nil {
		return err
	}
	if c.config.ControllerManager {
		if c.controllerManager, err = describe(tool.KubeControllerManager, c.controllerManagerArgs()); err != nil {
			return err
		}
	}
	if c.config.Scheduler {
		c.scheduler, err = describe(tool.KubeScheduler, c.schedulerArgs())
	}
	return err
}

// components are those that this control plane has, in the order in which they start.
func (c *ControlPlane) components() []*component {
	var present []*component
	for _, p := range []*component{c.etcd, c.apiServer, c.controllerManager, c.scheduler} {
		if p != nil {
			present = append(present, p)
		}
	}
	return present
}

func (c *ControlPlane) etcdArgs() []string {
	client, peer := "https://127.0.0.1:"+strconv.Itoa(c.ports.Etcd), "http://127.0.0.1:"+strconv.Itoa(c.ports.EtcdPeer)
	return []string{
		"--name=default",
		"--data-dir=" + c.path("etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--cert-file=" + c.certs.file("etcd.crt"),
		"--key-file=" + c.certs.file("etcd.key"),
		"--trusted-ca-file=" + c.certs.file("ca.crt"),
		"--client-cert-auth",
		// What a crash of the machine would lose is of no use after it.
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

func (c *ControlPlane) apiServerArgs() []string {
	args := []string{
		"--etcd-servers=https://127.0.0.1:" + strconv.Itoa(c.ports.Etcd),
		"--etcd-cafile=" + c.certs.file("ca.crt"),
		"--etcd-certfile=" + c.certs.file("etcd-client.crt"),
		"--etcd-keyfile=" + c.certs.file("etcd-client.key"),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(c.ports.APIServer),
		// A loopback address is no valid endpoint of the kubernetes Service, and nobody here asks for that Service.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--cert-dir=" + c.path("pki"),
		"--tls-cert-file=" + c.certs.file("apiserver.crt"),
		"--tls-private-key-file=" + c.certs.file("apiserver.key"),
		"--client-ca-file=" + c.certs.file("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.certs.file("service-accounts.key"),
		"--service-account-signing-key-file=" + c.certs.file("service-accounts.key"),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--audit-policy-file=" + c.path("audit-policy.yaml"),
		"--audit-log-path=" + c.path(auditLog),
		"--audit-log-format=json",
		// A rotated log would lose requests to those who count them.
		"--audit-log-maxsize=0",
	}
	if len(c.config.RuntimeConfig) > 0 {
		args = append(args, "--runtime-config="+flagList(c.config.RuntimeConfig))
	}
	return append(c.withFeatureGates(args), c.config.APIServerArgs...)
}

func (c *ControlPlane) controllerManagerArgs() []string {
	kubeconfig := c.path("controller-manager.kubeconfig")
	args := c.withFeatureGates([]string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(c.ports.ControllerManager),
		"--cert-dir=" + c.path("pki", "controller-manager"),
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file=" + c.certs.file("service-accounts.key"),
		"--root-ca-file=" + c.certs.file("ca.crt"),
	})
	return append(args, c.config.ControllerManagerArgs...)
}

func (c *ControlPlane) schedulerArgs() []string {
	kubeconfig := c.path("scheduler.kubeconfig")
	args := []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(c.ports.Scheduler),
		"--cert-dir=" + c.path("pki", "scheduler"),
		"--leader-elect=false",
	}
	if c.config.SchedulerFeatureGates != nil {
		return append(args, "--feature-gates="+flagList(c.config.SchedulerFeatureGates))
	}
	return c.withFeatureGates(args)
}

func (c *ControlPlane) withFeatureGates(args []string) []string {
	if len(c.config.FeatureGates) == 0 {
		return args
	}
	return append(args, "--feature-gates="+flagList(c.config.FeatureGates))
}

// ready says whether the API server answers and has made the namespaces that every cluster has.
func (c *ControlPlane) ready(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return err
	}
	var status int
	if err := client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).StatusCode(&status).Error(); err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("/readyz answers %d", status)
	}
	for _, namespace := range []string{metav1.NamespaceDefault, metav1.NamespaceSystem} {
		if _, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// waitForDefaultServiceAccount takes the first thing that kube-controller-manager makes as the sign that it works.
func (c *ControlPlane) waitForDefaultServiceAccount(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return fmt.Errorf("wait for kube-controller-manager: %w", err)
	}
	return c.controllerManager.watch(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("it has not made the default ServiceAccount yet: %w", err)
		}
		return err
	})
}
