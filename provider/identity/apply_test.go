package identity_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/acctest/webhook"
)

func TestCRDAndObjectInOneApply(t *testing.T) {
	plane := controlplane.Start(t, controlplane.Options{})
	ns := terraform.Use(t, plane).Namespace(t, nil)
	config := terraform.Configuration(plane.Kubeconfig(), "", fmt.Sprintf(`
resource "terraform_data" "crds" {
  provisioner "local-exec" {
    command     = %q
    environment = { %s = %q, KUBECONFIG = %q }
  }
}
`, os.Args[0], crdsVariable, crd.Dir(t, crd.SPIRE), plane.Kubeconfig())+identity(ns, `depends_on = [terraform_data.crds]`))
	terraform.Test(t, plans(config,
		plancheck.ExpectKnownValue(address, objects(accountKey(ns)), knownvalue.NotNull()),
		plancheck.ExpectUnknownValue(address, objects(spiffeKey(ns))),
	))
}

func TestMutatingWebhookMakesNoPerpetualDiff(t *testing.T) {
	c := cluster(t)
	c.OnlyOurs(t, "an API server that reaches this machine")
	ns := c.Namespace(t, nil)
	patched := admissionv1.PatchTypeJSONPatch
	webhook.Mutating(t, c.Config(), webhook.Options{
		Name: ns, SideEffects: admissionregistrationv1.SideEffectClassNone,
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{"CREATE", "UPDATE"},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"serviceaccounts"}},
		}},
		Answer: func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response := &admissionv1.AdmissionResponse{Allowed: true}
			if r.Namespace == ns && r.Name == "billing" {
				response.PatchType = &patched
				response.Patch = []byte(`[{"op":"add","path":"/metadata/annotations","value":{"theirs":"added"}},{"op":"replace","path":"/automountServiceAccountToken","value":true}]`)
			}
			return response
		},
	})
	await.True(t, "the webhook answers", func() bool {
		probe := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false}}
		probe.SetName("billing")
		answer, err := c.Resource(terraform.ServiceAccount, ns).Create(t.Context(), probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err == nil && answer.Object["automountServiceAccountToken"] == true
	})
	mutated := knownvalue.StringExact(`{"apiVersion":"v1","automountServiceAccountToken":true,"kind":"ServiceAccount",` +
		`"metadata":{"labels":{"agentward.dev/agent":"billing"},"name":"billing","namespace":"` + ns + `"}}`)
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, ""))
	changed := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `x509_ttl = "30m"`))
	terraform.Test(t,
		plans(config, plancheck.ExpectKnownValue(address, objects(accountKey(ns)), mutated)),
		plans(config, plancheck.ExpectEmptyPlan()),
		plans(changed, plancheck.ExpectKnownValue(address, objects(accountKey(ns)), mutated)),
	)
}

func TestMissingCRDSaysWhatToInstall(t *testing.T) {
	plane := controlplane.Start(t, controlplane.Options{})
	ns := terraform.Use(t, plane).Namespace(t, nil)
	step := plans(terraform.Configuration(plane.Kubeconfig(), "", identity(ns, `timeouts = { create = "3s" }`)))
	step.ExpectError = regexpOf("Install the CustomResourceDefinition of spire.spiffe.io/v1alpha1 ClusterSPIFFEID")
	terraform.Test(t, step)
}

func TestValuesUnknownAtPlan(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	later := func(value string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"later\" {\n  input = %q\n}\n", value)
	}
	t.Run("of the resource", func(t *testing.T) {
		config := terraform.Configuration(c.Kubeconfig(), "", later("30m")+identity(ns, `x509_ttl = terraform_data.later.output`))
		terraform.Test(t, plans(config, plancheck.ExpectUnknownValue(address, objects())), plans(config, plancheck.ExpectEmptyPlan()))
	})
	t.Run("of the provider", func(t *testing.T) {
		config := later(c.Kubeconfig()) + `
provider "agent" {
  trust_domain = "agents.example.org"
  kubernetes   = { config_path = terraform_data.later.output }
}` + identity(ns, "")
		terraform.Test(t, plans(config, plancheck.ExpectUnknownValue(address, objects())), plans(config, plancheck.ExpectEmptyPlan()))
	})
}

func TestDestroyNamesTheFinalizersThatBlock(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(c.Kubeconfig(), "", identity(ns, `timeouts = { delete = "1s" }`))
	finalizers := func(list string) func() {
		return func() {
			c.Edit(t, terraform.ClusterSPIFFE, "", ns+".billing", `{"metadata":{"finalizers":`+list+`}}`)
		}
	}
	blocked := resource.TestStep{Config: config, Destroy: true, ExpectError: regexpOf("is held by the finalizers example.org/guard")}
	finished := resource.TestStep{Config: config, Destroy: true}
	terraform.Test(t, plans(config), after(finalizers(`["example.org/guard"]`), blocked), after(finalizers("null"), finished))
}

func TestPlanNeedsNoCluster(t *testing.T) {
	plane := controlplane.Start(t, controlplane.Options{})
	c := withCRDs(t, plane)
	ns := c.Namespace(t, nil)
	config := terraform.Configuration(plane.Kubeconfig(), "", identity(ns, ""))
	away := resource.TestStep{Config: config, PlanOnly: true, ExpectNonEmptyPlan: true, PreConfig: func() {
		if err := plane.StopAPIServer(); err != nil {
			t.Fatal(err)
		}
	}}
	back := plans(config, plancheck.ExpectEmptyPlan())
	back.PreConfig = func() {
		if err := plane.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	terraform.Test(t, plans(config), away, back)
}

// failing passes requests on to the API server until it is told that the cluster dies at the first real write of a resource.
type failing struct {
	server *httptest.Server
	broken atomic.Bool
}

func (f *failing) kubeconfig(t *testing.T, plane *controlplane.ControlPlane, resourceName string) string {
	t.Helper()
	target, err := url.Parse(plane.Config().Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = transport
	dead := atomic.Bool{}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write := r.Method == http.MethodPatch && r.URL.Query().Get("dryRun") == "" && strings.Contains(r.URL.Path, "/"+resourceName+"/")
		if f.broken.Load() && (write || dead.Load()) {
			dead.Store(true)
			panic(http.ErrAbortHandler)
		}
		dead.Store(false)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.server.Close)
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: f.server.URL}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c"}
	config.CurrentContext = "c"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClusterThatDiesDuringApplyLosesNothing(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	f := &failing{}
	config := func(more string) string {
		return terraform.Configuration(f.kubeconfig(t, c.ControlPlane, "clusterspiffeids"), "", identity(ns, more))
	}
	first, second := config(""), config(`x509_ttl = "30m"`)
	dies := func(configuration string) resource.TestStep {
		return resource.TestStep{
			Config: configuration, PreConfig: func() { f.broken.Store(true) },
			ExpectError: regexpOf("what was applied so far is in state, and the next apply finishes"),
		}
	}
	lives := func(configuration string, checks ...plancheck.PlanCheck) resource.TestStep {
		return after(func() { f.broken.Store(false) }, plans(configuration, checks...))
	}
	terraform.Test(t,
		dies(first),
		lives(first, plancheck.ExpectKnownValue(address, objects(accountKey(ns)), knownvalue.NotNull())),
		dies(second),
		lives(second, action(plancheck.ResourceActionUpdate)),
	)
}
