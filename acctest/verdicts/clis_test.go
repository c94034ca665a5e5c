package verdicts

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

// outcome is what an engine said of a pod that it looked at: the messages of the rules that it found broken, none where it lets
// the pod in.
type outcome []string

// kyverno runs the project's own program, once for the whole table.
func kyverno(t *testing.T, p spec.AdmissionPolicy, rows []row, flags ...string) map[string]outcome {
	t.Helper()
	return kyvernoWith(t, p, rows, map[string]any{}, flags...)
}

// kyvernoWith also sets values that the program cannot see in a file, such as the request's operation.
func kyvernoWith(t *testing.T, p spec.AdmissionPolicy, rows []row, global map[string]any, flags ...string) map[string]outcome {
	t.Helper()
	dir := t.TempDir()
	p.Engine = spec.EngineKyverno
	policy, resources, values := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "pods.yaml"), filepath.Join(dir, "values.yaml")
	writeYAML(t, policy, rendered(t, p)...)
	writeYAML(t, resources, objects(rows)...)
	writeYAML(t, values, kyvernoValues(global))

	// The program exits with 0 when it has not understood the policy; but then it reports on no pod, which compare notices.
	args := []string{"apply", policy, "--resource", resources, "--values-file", values, "--policy-report", "--output-format", "json", "--remove-color"}
	out, code := run(t, tool.Require(t, tool.Kyverno), append(args, flags...)...)
	if code > 1 {
		t.Fatalf("kyverno exits with %d:\n%.2000s", code, out)
	}
	outcomes := map[string]outcome{}
	for _, line := range strings.Split(out, "\n") {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var report struct {
			Results []struct {
				Result, Message string
				Resources       []struct{ Namespace, Name string }
			}
		}
		if err := json.Unmarshal([]byte(line), &report); err != nil {
			t.Fatalf("read the report of kyverno: %v", err)
		}
		for _, r := range report.Results {
			for _, pod := range r.Resources {
				key := pod.Namespace + "/" + pod.Name
				if _, twice := outcomes[key]; twice {
					t.Errorf("kyverno reports on %s twice", key)
				}
				switch r.Result {
				case "pass", "skip":
					outcomes[key] = outcome{}
				case "fail", "error":
					outcomes[key] = append(outcomes[key], r.Result+": "+r.Message)
				default:
					t.Errorf("kyverno gives %s the result %q", key, r.Result)
				}
			}
		}
	}
	return outcomes
}

// kyvernoValues are what the program cannot see in files of policies and pods: the labels of namespaces, and the given ones.
func kyvernoValues(global map[string]any) map[string]any {
	var selectors []any
	for _, ns := range namespaces() {
		selectors = append(selectors, map[string]any{"name": ns.Name, "labels": ns.Labels})
	}
	return map[string]any{
		"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Value", "metadata": map[string]any{"name": "values"},
		"namespaceSelector": selectors, "globalValues": global,
	}
}

// gator runs Gatekeeper's own program, once for the whole table. It says nothing of pods that a policy does not select.
func gator(t *testing.T, p spec.AdmissionPolicy, rows []row) map[string]outcome {
	t.Helper()
	dir := t.TempDir()
	p.Engine = spec.EngineGatekeeper
	policy, resources := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "pods.yaml")
	writeYAML(t, policy, rendered(t, p)...)
	all := objects(rows)
	for _, ns := range namespaces() {
		all = append(all, ns)
	}
	writeYAML(t, resources, all...)
	out, code := run(t, tool.Require(t, tool.Gator), "test", "--filename", policy, "--filename", resources, "--output", "json")
	start := strings.IndexAny(out, "[n")
	var violations []struct {
		Msg             string `json:"msg"`
		ViolatingObject struct {
			Metadata struct{ Namespace, Name string }
		} `json:"violatingObject"`
	}
	if start < 0 || code > 1 {
		t.Fatalf("gator exits with %d:\n%.2000s", code, out)
	}
	if err := json.NewDecoder(strings.NewReader(out[start:])).Decode(&violations); err != nil {
		t.Fatalf("read what gator says: %v\n%.2000s", err, out)
	}
	outcomes := map[string]outcome{}
	for _, r := range rows {
		outcomes[r.key()] = outcome{}
	}
	for _, v := range violations {
		key := v.ViolatingObject.Metadata.Namespace + "/" + v.ViolatingObject.Metadata.Name
		outcomes[key] = append(outcomes[key], v.Msg)
	}
	return outcomes
}

func rendered(t *testing.T, p spec.AdmissionPolicy) []any {
	t.Helper()
	desired, err := oss.Admission(p)
	if err != nil {
		t.Fatal(err)
	}
	bodies := make([]any, len(desired))
	for i, o := range desired {
		bodies[i] = o.Body
	}
	return bodies
}

func objects(rows []row) []any {
	list := make([]any, len(rows))
	for i, r := range rows {
		list[i] = r.object.Object
	}
	return list
}

func writeYAML(t *testing.T, path string, documents ...any) {
	t.Helper()
	var all bytes.Buffer
	for _, d := range documents {
		text, err := yaml.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("---\n")
		all.Write(text)
	}
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run gives the output of a program and its exit code.
func run(t *testing.T, program string, args ...string) (string, int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", filepath.Base(program), err)
	}
	if stderr.Len() > 0 {
		t.Logf("%s says: %.2000s", filepath.Base(program), stderr.String())
	}
	return string(out), command.ProcessState.ExitCode()
}
