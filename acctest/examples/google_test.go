package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

var googleExamples = []string{"gke", "mcp", "agent-runtime", "managed-identity"}

// Google's APIs, as their descriptions have them, take the examples, give them back as they were written, and let them go.
func TestExamplesOnGoogleCloudApply(t *testing.T) {
	kubeconfig := kubeconfig(t)
	dir := checkout(t)
	for _, example := range googleExamples {
		t.Run(example, func(t *testing.T) {
			google := gcptest.Start(t, gcptest.Options{
				Projects: []gcptest.Project{{ID: "acme-agents", Number: "123456789012"}}, AccessToken: "fake", Polls: 1, HiddenReads: 1, ReadsWithoutCard: 1,
			})
			// What the examples expect to be there.
			there := []string{"//binaryauthorization.googleapis.com/projects/acme-agents/attestors/built-by-ci"}
			for _, name := range there {
				if err := google.Put(name, map[string]any{"name": strings.TrimPrefix(name, "//binaryauthorization.googleapis.com/")}); err != nil {
					t.Fatal(err)
				}
			}
			before := google.Names()
			folder := installed(t, filepath.Join(dir, "examples", "gcp", example))
			folder.Environment = append(googleEnvironment(google), "KUBE_CONFIG_PATH="+kubeconfig)
			destroyed := false
			t.Cleanup(func() {
				if !destroyed {
					destroy(t, folder)
				}
			})
			run(t, folder, "apply", "-auto-approve", "-no-color")
			if len(google.Names()) == len(before) {
				t.Error("nothing was made")
			}
			if out := run(t, folder, "plan", "-no-color", "-detailed-exitcode"); !strings.Contains(out, "No changes.") {
				t.Errorf("the second plan is not empty:\n%s", out)
			}
			destroy(t, folder)
			destroyed = true
			if left := google.Names(); !slices.Equal(left, before) {
				t.Errorf("what is left: %q", left)
			}
		})
	}
}

// googleEnvironment has a provider ask the fake in place of Google.
func googleEnvironment(google *gcptest.Server) []string {
	environment := []string{"GOOGLE_OAUTH_ACCESS_TOKEN=fake"}
	for _, service := range gcp.Services {
		if api, _, _ := strings.Cut(service.Host, "."); gcptest.Serves(api) {
			environment = append(environment, service.Variable()+"="+google.Endpoint(api))
		}
	}
	return environment
}

// Validation sees a configuration alone. Rendering finds whatever a plan would, and an example that Google could not carry is none.
func TestExamplesOnGoogleCloudRender(t *testing.T) {
	for _, example := range googleExamples {
		t.Run(example, func(t *testing.T) {
			path := filepath.Join(checkout(t), "examples", "gcp", example)
			write(t, filepath.Join(path, "render_override.tf"), rendering)
			run(t, installed(t, path), "plan", "-no-color")
		})
	}
	// The control: a condition on an argument is more than Google can decide.
	path := filepath.Join(checkout(t), "examples", "gcp", "mcp")
	main := filepath.Join(path, "main.tf")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	write(t, main, strings.Replace(string(text), `      read_only = true`, `      arguments = { account = { like = "acct-*" } }`, 1))
	write(t, filepath.Join(path, "render_override.tf"), rendering)
	out, complaints, err := terraform.At(t, path).Run(t.Context(), "plan", "-no-color")
	if err == nil || !strings.Contains(complaints, "arguments") {
		t.Errorf("an argument that Google does not see is taken: %v\n%s%s", err, out, complaints)
	}
}
