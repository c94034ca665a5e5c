package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const providerBinary = "terraform-provider-agent"

// plugin is a provider as Terraform is to find it: by its source address, in a folder of its own.
type plugin struct {
	source string // agentward/agent; empty for none
	name   string // of the program
	dir    string
	env    []string // what it needs in its environment
}

// link makes the program available under the name that Terraform looks for.
func (p plugin) link(program string) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	return os.Symlink(program, filepath.Join(p.dir, p.name))
}

func buildProvider(ctx context.Context, root, path string) error {
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the provider: %w\n%s", err, out)
	}
	return nil
}

// findTerraform gives the program named by the environment variable AGENTWARD_TERRAFORM, or terraform or tofu on PATH.
func findTerraform() (string, error) {
	if path := os.Getenv("AGENTWARD_TERRAFORM"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH; install Terraform 1.11 or OpenTofu 1.11, or set AGENTWARD_TERRAFORM to its path")
}

// workspace is a folder in which Terraform runs with one provider.
type workspace struct {
	terraform string
	dir       string
	plugin    plugin
	env       []string
}

// newWorkspace makes the folder and writes the files to it.
func newWorkspace(terraform, dir string, p plugin, files map[string]string) (*workspace, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config := "disable_checkpoint = true\n"
	if p.source != "" {
		config += fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n", p.source, p.dir)
	}
	cliConfig := filepath.Join(dir, "terraform.rc")
	if err := os.WriteFile(cliConfig, []byte(config), 0o600); err != nil {
		return nil, err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	env := append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+cliConfig, "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		// None may point the run elsewhere, add flags, or spend time on logs.
		"TF_CLI_ARGS=", "TF_WORKSPACE=", "TF_DATA_DIR=", "TF_LOG=", "TF_LOG_PROVIDER=", "TF_LOG_CORE=", "KUBE_CONFIG_PATH=", "KUBE_CONFIG_PATHS=",
	)
	return &workspace{terraform: terraform, dir: dir, plugin: p, env: append(env, p.env...)}, nil
}

// usage is what a run took of the machine.
type usage struct {
	wall time.Duration
	// providerCPU and terraformCPU are CPU time; a provider that ends between two samples takes its last 50 ms with it.
	providerCPU, terraformCPU time.Duration
	providerPeak              int64 // bytes that the largest of the provider's processes held at once
}

// run runs a command of Terraform, which must end with exit code 0, and gives its output.
func (w *workspace) run(ctx context.Context, args ...string) ([]byte, usage, error) {
	cmd := exec.CommandContext(ctx, w.terraform, append([]string{"-chdir=" + w.dir}, args...)...)
	cmd.Env = w.env
	// Terraform ends its provider before it gives in to an interrupt.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var output, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &complaints
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, usage{}, fmt.Errorf("run terraform %s: %w", args[0], err)
	}
	watch := watchChildren(cmd.Process.Pid, w.plugin.name)
	err := cmd.Wait()
	u := usage{wall: time.Since(start)}
	u.providerCPU, u.providerPeak = watch.stop()
	if err != nil {
		return nil, usage{}, fmt.Errorf("terraform %s: %w\n%s%s", strings.Join(args, " "), err, lastLines(output.String()), lastLines(complaints.String()))
	}
	// What the system counts for Terraform holds the children that it waited for.
	u.terraformCPU = max(0, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()-u.providerCPU)
	return output.Bytes(), u, nil
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n") + "\n"
}
