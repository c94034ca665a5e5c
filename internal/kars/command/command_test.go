package command

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

func TestMain(m *testing.M) { controlplane.Main(m) }

// calls runs the command.
func calls(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), args, "agentward test", &out, &complaints)
	return code, out.String(), complaints.String()
}

func TestTheExitCodeSaysWhatIsNotMet(t *testing.T) {
	kubeconfig := controlplane.Shared(t).Kubeconfig()
	for _, test := range []struct {
		name string
		args []string
		code int
		says string // on either stream
	}{
		{"without a word every MUST counts", nil, exitMust, "gang_scheduling (MUST) is required and not met."},
		{"a SHOULD alone", []string{"--require", "workload_sandboxing"}, exitShould, "workload_sandboxing (SHOULD) is required and not met."},
		{"a MUST beside a SHOULD", []string{"--require", "workload_sandboxing,gang_scheduling"}, exitMust, ""},
		{"what the cluster does not tell", []string{"--require", "accelerator_metrics"}, exitMet, "No node shows an accelerator"},
		{"unless that counts", []string{"--require", "accelerator_metrics", "--strict"}, exitMust, ""},
		{"what is met", []string{"--version", "1.35", "--require", "dra_support"}, exitMet, "dra_support"},
		{"a version that is none", []string{"--version", "1.12"}, exitFailed, "there are 1.33, 1.34, 1.35, 1.36, 1.37"},
		{"a requirement that is none", []string{"--require", "dra_support"}, exitFailed, `"dra_support" is no requirement of 1.37`},
		{"a probe that is none", []string{"--probe", "wild"}, exitFailed, `--probe is "wild"`},
		{"a word too many", []string{"now"}, exitFailed, `"now" is no flag`},
		{"a flag that is none", []string{"--what"}, exitFailed, "not defined"},
		{"words with spaces between them", []string{"--require", "must, workload_sandboxing"}, exitMust, ""},
		{"no requirement at all", []string{"--require", ""}, exitFailed, "--require is empty"},
		{"no time", []string{"--timeout", "-5s"}, exitFailed, "--timeout is -5s"},
		{"a port that is none", []string{"--gateway-port", "99999"}, exitFailed, "--gateway-port is 99999"},
		{"a product without a checklist", []string{"--product", "p.yaml"}, exitFailed, "only with --checklist"},
		{"a checklist with nowhere to write", []string{"--checklist", "c.yaml"}, exitFailed, "only with --out"},
		{"a kubeconfig that is not there", []string{"--kubeconfig", "/nowhere"}, exitFailed, "find the cluster"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := calls(t, append([]string{"--kubeconfig", kubeconfig}, test.args...)...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("it exits with %d, want %d and %q\n%s%s", code, test.code, test.says, stdout, stderr)
			}
		})
	}
}

func TestARunWritesItsFilesAndSaysHowFarItIs(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report")
	_, stdout, stderr := calls(t, "--kubeconfig", controlplane.Shared(t).Kubeconfig(), "--out", out)
	for _, name := range []string{"report.json", "junit.xml", "report.html"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "PRODUCT.yaml")); err == nil {
		t.Error("a submission is drafted without a checklist")
	}
	if !strings.Contains(stdout, "In "+out+": report.json, junit.xml, report.html\n") {
		t.Errorf("it does not say where the report is:\n%s", stdout)
	}
	if !strings.Contains(stderr, "[1/21] driver_runtime_management: unknown\n") || !strings.Contains(stderr, "[21/21] ") {
		t.Errorf("the progress is\n%s", stderr)
	}
}

func TestADraftSaysWhatItLacks(t *testing.T) {
	const checklist = "../../../../shared/kars/AIConformance-1.36.yaml"
	if _, err := os.Stat(checklist); errors.Is(err, os.ErrNotExist) {
		t.Skip("the published checklist of 1.36 is not in ../shared/kars")
	}
	out := t.TempDir()
	stated := filepath.Join(out, "product.yaml")
	if err := os.WriteFile(stated, []byte("metadata: {platformName: Example}\nclaims: {gpu_sharing: {status: Not Implemented}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := calls(t, "--version", "1.36", "--kubeconfig", controlplane.Shared(t).Kubeconfig(), "--out", out, "--checklist", checklist, "--product", stated)
	text, err := os.ReadFile(filepath.Join(out, "PRODUCT.yaml"))
	if err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	if !strings.Contains(string(text), `platformName: "Example"`) || !strings.Contains(string(text), `status: "Not Implemented"`) {
		t.Errorf("the draft is\n%s", text)
	}
	if !strings.Contains(stdout, "metadata: vendorName still is the placeholder [Vendor Name]") || strings.Contains(stdout, "platformName") {
		t.Errorf("it says\n%s", stdout)
	}
}

// What can be wrong with files is said before anybody looks at a cluster, which takes long: here there is none.
func TestFilesAreReadFirst(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	checklist := file("checklist.yaml", "metadata: {kubernetesVersion: v1.36}\nspec: {operator: [{id: robust_controller, description: d, level: MUST}]}\n")
	for _, test := range []struct {
		name string
		args []string
		says string
	}{
		{"a checklist that is not there", []string{"--checklist", filepath.Join(folder, "none.yaml")}, "--checklist: open"},
		{"a checklist of another version", []string{"--checklist", file("old.yaml", "metadata: {kubernetesVersion: v1.35}\nspec: {}\n")}, "not that of 1.36"},
		{"a checklist that is none", []string{"--checklist", file("text.yaml", "- a\n")}, "give the text of a published"},
		{"a product that is not there", []string{"--checklist", checklist, "--product", filepath.Join(folder, "none.yaml")}, "--product: open"},
		{"a product with a word too many", []string{"--checklist", checklist, "--product", file("word.yaml", "metdata: {}\n")}, `unknown field "metdata"`},
		{"metadata by another name", []string{"--checklist", checklist, "--product", file("snake.yaml", "metadata: {platform_name: x}\n")}, `"platform_name" is not in the metadata of a submission; there are contactEmailAddress,`},
		{"a status that is none", []string{"--checklist", checklist, "--product", file("done.yaml", "claims: {robust_controller: {status: Done}}\n")}, `claimed to be "Done"; a claim is one of Implemented`},
		{"a claim of nothing", []string{"--checklist", checklist, "--product", file("claim.yaml", "claims: {robust: {status: Implemented}}\n")}, "robust is claimed, which the checklist of 1.36 does not ask for"},
		{"a folder that cannot be", []string{"--out", filepath.Join(checklist, "report")}, "--out: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := calls(t, append([]string{"--version", "1.36", "--kubeconfig", filepath.Join(folder, "no-kubeconfig"), "--out", filepath.Join(folder, "report")}, test.args...)...)
			if code != exitFailed || !strings.Contains(stderr, test.says) || strings.Contains(stderr, "find the cluster") {
				t.Errorf("it exits with %d and says\n%s%s", code, stdout, stderr)
			}
		})
	}
}

func TestTheListNeedsNoCluster(t *testing.T) {
	code, stdout, _ := calls(t, "--list", "--version", "1.33")
	if code != exitMet || !strings.Contains(stdout, "SHOULD    dra_support") || !strings.Contains(stdout, "KAR-51") || strings.Contains(stdout, "gpu_sharing") || !strings.Contains(stdout, "proposed  agent_identity") {
		t.Errorf("it exits with %d and says\n%s", code, stdout)
	}
}

// clusterRole is what --rbac prints.
type clusterRole struct {
	Kind     string
	Metadata struct{ Name string }
	Rules    []struct{ APIGroups, Resources, Verbs []string }
}

func TestTheRoleOfAnActiveRunHoldsThatOfAPassiveOne(t *testing.T) {
	var looks, tries clusterRole
	for role, args := range map[*clusterRole][]string{&looks: {"--rbac"}, &tries: {"--rbac", "--probe", "active"}} {
		code, stdout, _ := calls(t, args...)
		if err := yaml.Unmarshal([]byte(stdout), role); err != nil || code != exitMet {
			t.Fatalf("%d, %v", code, err)
		}
	}
	if tries.Metadata.Name == looks.Metadata.Name || len(tries.Rules) <= len(looks.Rules) || !reflect.DeepEqual(tries.Rules[:len(looks.Rules)], looks.Rules) {
		t.Errorf("the one is %+v\nand the other %+v", tries, looks)
	}
	for _, rule := range tries.Rules {
		for _, resource := range rule.Resources {
			if strings.Contains(resource, "secret") || strings.Contains(resource, "role") || resource == "*" || slices.Contains(rule.Verbs, "*") {
				t.Errorf("it may %v %s", rule.Verbs, resource)
			}
		}
	}
}

func TestTheRoleIsOneToApply(t *testing.T) {
	code, stdout, _ := calls(t, "--rbac")
	var role clusterRole
	if err := yaml.Unmarshal([]byte(stdout), &role); err != nil || code != exitMet {
		t.Fatalf("%d, %v", code, err)
	}
	for _, rule := range role.Rules {
		for _, verb := range rule.Verbs {
			if verb != "get" && verb != "list" {
				t.Errorf("it may %s %v", verb, rule.Resources)
			}
		}
		for _, resource := range rule.Resources {
			if strings.Contains(resource, "secret") || resource == "*" {
				t.Errorf("it may read %s", resource)
			}
		}
	}
	if role.Kind != "ClusterRole" || len(role.Rules) == 0 {
		t.Errorf("it is %+v", role)
	}
}
