package controlplane_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// orphanMaker, in the environment, makes the test binary start a control plane, say where it is, and wait to be killed.
const orphanMaker = "AGENTWARD_TEST_ORPHAN_MAKER"

func TestMain(m *testing.M) {
	if os.Getenv(orphanMaker) == "" {
		// What is tested here is the control plane that this package starts.
		if err := os.Unsetenv(controlplane.KubeconfigVariable); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		controlplane.Main(m)
	}
	cluster, err := controlplane.Run(context.Background(), controlplane.Config{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(cluster.Dir())
	select {}
}

func TestAdministratorMayDoEverything(t *testing.T) {
	cluster := controlplane.Shared(t)
	version, err := client(t, cluster.Kubeconfig()).Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version.GitVersion, "v1.") {
		t.Errorf("the API server says it is %q, want a Kubernetes version", version.GitVersion)
	}
	namespace(t, cluster, "admin")
}

func TestUserMayDoWhatRBACLetsThem(t *testing.T) {
	cluster := controlplane.Shared(t)
	namespace(t, cluster, "rbac")
	viewer := client(t, cluster.User("vera", "viewers"))
	if _, err := viewer.CoreV1().ConfigMaps("rbac").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("a user without a role lists ConfigMaps: %v, want forbidden", err)
	}
	bind(t, cluster, "rbac", "viewers", "view")
	await.NoError(t, "the role binding to be in force", func() error {
		_, err := viewer.CoreV1().ConfigMaps("rbac").List(t.Context(), metav1.ListOptions{})
		return err
	})
	err := viewer.CoreV1().ConfigMaps("rbac").Delete(t.Context(), "x", metav1.DeleteOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("a viewer deletes a ConfigMap: %v, want forbidden", err)
	}
}

func TestControllerManagerRemovesNamespaces(t *testing.T) {
	cluster := controlplane.Shared(t)
	api := client(t, cluster.Kubeconfig())
	namespace(t, cluster, "doomed")
	await.NoError(t, "the default service account", func() error {
		_, err := api.CoreV1().ServiceAccounts("doomed").Get(t.Context(), "default", metav1.GetOptions{})
		return err
	})
	if err := api.CoreV1().Namespaces().Delete(t.Context(), "doomed", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await.NoError(t, "the namespace to be gone", func() error {
		_, err := api.CoreV1().Namespaces().Get(t.Context(), "doomed", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("the namespace is still there"), err)
	})
}

func TestInstalledCRDsAreServedAndDescribed(t *testing.T) {
	cluster := controlplane.Shared(t)
	for _, set := range []struct {
		crds          crd.Set
		group, served string
	}{
		{crd.SPIRE, "spire.spiffe.io/v1alpha1", "ClusterSPIFFEID"},
		{crd.Kyverno, "policies.kyverno.io/v1", "ValidatingPolicy"},
		{crd.PolicyReports, "wgpolicyk8s.io/v1alpha2", "PolicyReport"},
		{crd.OpenReports, "openreports.io/v1alpha1", "Report"},
		{crd.Gatekeeper, "templates.gatekeeper.sh/v1", "ConstraintTemplate"},
	} {
		t.Run(set.served, func(t *testing.T) {
			if err := cluster.InstallCRDs(t.Context(), crd.Dir(t, set.crds)); err != nil {
				t.Fatal(err)
			}
			discovery := client(t, cluster.Kubeconfig()).Discovery()
			list, err := discovery.ServerResourcesForGroupVersion(set.group)
			if err != nil {
				t.Fatal(err)
			}
			for _, resource := range list.APIResources {
				if resource.Kind == set.served {
					return
				}
			}
			t.Errorf("%s does not serve %s", set.group, set.served)
		})
	}
}

func TestInstallCRDsRefusesAFolderWithoutAny(t *testing.T) {
	cluster := controlplane.Shared(t)
	if err := cluster.InstallCRDs(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder was installed, want an error")
	}
}

func TestAuditLogTellsEveryRequest(t *testing.T) {
	cluster := controlplane.Shared(t)
	namespace(t, cluster, "audit")
	api := client(t, cluster.User("counter", "system:masters"))
	mark, err := cluster.Mark()
	if err != nil {
		t.Fatal(err)
	}
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}}
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	if _, err := api.CoreV1().ConfigMaps("audit").Create(t.Context(), settings, dryRun); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CoreV1().ConfigMaps("audit").Create(t.Context(), settings, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CoreV1().ConfigMaps("audit").Get(t.Context(), "absent", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	requests, err := cluster.Requests(t.Context(), mark, func(r controlplane.Request) bool { return r.User == "counter" })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, request := range requests {
		got = append(got, request.String())
	}
	want := []string{
		"create v1/configmaps audit/settings (dry run): 201",
		"create v1/configmaps audit/settings: 201",
		"get v1/configmaps audit/absent: 404",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The control plane of its own is the smallest there is: without kube-controller-manager.
func TestClusterDiesAndComesBackWithItsData(t *testing.T) {
	cluster := controlplane.Start(t, controlplane.Options{})
	namespace(t, cluster, "survivor")
	api := client(t, cluster.Kubeconfig())

	if err := cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CoreV1().Namespaces().Get(t.Context(), "survivor", metav1.GetOptions{}); err == nil {
		t.Fatal("a stopped API server answered")
	}
	if err := cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CoreV1().Namespaces().Get(t.Context(), "survivor", metav1.GetOptions{}); err != nil {
		t.Fatalf("after the restart, with the same address and credentials: %v", err)
	}

	if err := cluster.PauseAPIServer(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := api.CoreV1().Namespaces().Get(ctx, "survivor", metav1.GetOptions{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused API server: %v, want no answer before the deadline", err)
	}
	if err := cluster.ResumeAPIServer(); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CoreV1().Namespaces().Get(t.Context(), "survivor", metav1.GetOptions{}); err != nil {
		t.Fatalf("after the pause: %v", err)
	}
}

func TestBackgroundControlPlaneIsFoundAndStoppedByItsFolder(t *testing.T) {
	dir := t.TempDir()
	started, err := controlplane.Run(t.Context(), controlplane.Config{Dir: dir, Background: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = started.Stop() })
	found, err := controlplane.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !found.Running() {
		t.Error("the control plane that was found does not run")
	}
	namespace(t, found, "found")
	if err := found.Stop(); err != nil {
		t.Fatal(err)
	}
	if found.Alive() {
		t.Error("a process still runs after Stop")
	}
	// This process is told of the end of its children a moment later.
	await.True(t, "the one who started the control plane to know of its end", func() bool { return !started.Alive() })
}

func TestControlPlaneOfAKilledProcessEndsAndItsFilesAreSwept(t *testing.T) {
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), orphanMaker+"=1")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	dir = strings.TrimSpace(dir)
	if err := errors.Join(err, owner.Process.Kill()); err != nil {
		t.Fatalf("%v: %s", err, dir)
	}
	_ = owner.Wait()
	orphan, err := controlplane.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		await.True(t, "the end of a process whose owner is gone", func() bool { return !orphan.Alive() })
	}
	controlplane.Sweep()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || orphan.Alive() {
		t.Errorf("after the sweep: %v, a process runs: %t", err, orphan.Alive())
	}
}

func TestComponentThatCannotStartShowsItsLog(t *testing.T) {
	options := controlplane.Options{APIServerArgs: []string{"--no-such-flag"}}
	dir := t.TempDir()
	_, err := controlplane.Run(t.Context(), controlplane.Config{Options: options, Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --no-such-flag") {
		t.Errorf("got %v, want what kube-apiserver said", err)
	}
}

func TestLoadSaysThatThereIsNone(t *testing.T) {
	if _, err := controlplane.Load(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}

func client(t *testing.T, kubeconfig string) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func namespace(t *testing.T, cluster *controlplane.ControlPlane, name string) {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client(t, cluster.Kubeconfig()).CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func bind(t *testing.T, cluster *controlplane.ControlPlane, namespace, group, role string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: group + "-" + role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}},
	}
	if _, err := client(t, cluster.Kubeconfig()).RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
