package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// terraform runs the Terraform (or OpenTofu) of this machine on the example, with the provider that was built here.
type terraform struct {
	program   string
	workspace string
	cliConfig string
	env       []string
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
	return "", errors.New("neither terraform nor tofu is on PATH: install Terraform 1.11 or later (developer.hashicorp.com/terraform/install) " +
		"or OpenTofu 1.11 or later (opentofu.org/docs/intro/install), or set AGENTWARD_TERRAFORM to its path")
}

// prepare builds the provider, points Terraform to it through dev_overrides, and copies the example, so that state and lock files
// stay out of examples/.
func (s *show) prepare(ctx context.Context, program, kubeconfig string) (*terraform, error) {
	t := &terraform{program: program, workspace: filepath.Join(s.dir, "workspace"), cliConfig: filepath.Join(s.dir, "terraform.rc")}
	bin := filepath.Join(s.dir, "bin")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(bin, "terraform-provider-agent"), ".")
	build.Dir = s.root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the provider: %w\n%s", err, out)
	}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"agentward/agent\" = %q\n  }\n  direct {}\n}\n", bin)
	if err := os.WriteFile(t.cliConfig, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("write Terraform's CLI configuration: %w", err)
	}
	if err := os.MkdirAll(t.workspace, 0o700); err != nil {
		return nil, err
	}
	sources, err := filepath.Glob(filepath.Join(s.example, "*.tf"))
	if err != nil || len(sources) == 0 {
		return nil, errors.Join(fmt.Errorf("%s holds no Terraform configuration", s.example), err)
	}
	for _, source := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(t.workspace, filepath.Base(source)), content, 0o600); err != nil {
			return nil, err
		}
	}
	t.env = append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+t.cliConfig,
		"KUBE_CONFIG_PATH="+kubeconfig,
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
		// Neither may point the run at another workspace or add flags of the user's.
		"TF_CLI_ARGS=", "TF_WORKSPACE=", "TF_DATA_DIR=",
	)
	return t, nil
}

// run runs a command, shows its output, and gives it and the exit code.
func (t *terraform) run(ctx context.Context, out io.Writer, args ...string) (string, int, error) {
	cmd := exec.CommandContext(ctx, t.program, append([]string{"-chdir=" + t.workspace}, args...)...)
	cmd.Env = t.env
	// Terraform writes its state before it gives in to an interrupt.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var output bytes.Buffer
	cmd.Stdout = io.MultiWriter(&output, &indented{out: out})
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return output.String(), exit.ExitCode(), nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("run %s %s: %w", filepath.Base(t.program), args[0], err)
	}
	return output.String(), 0, nil
}

func (t *terraform) apply(ctx context.Context, out io.Writer) error {
	_, code, err := t.run(ctx, out, "apply", "-auto-approve", "-no-color")
	if err == nil && code != 0 {
		err = fmt.Errorf("terraform apply ended with exit code %d", code)
	}
	return err
}

// plan says whether the plan holds changes, and gives its text.
func (t *terraform) plan(ctx context.Context, out io.Writer) (changes bool, text string, err error) {
	text, code, err := t.run(ctx, out, "plan", "-detailed-exitcode", "-no-color")
	switch {
	case err != nil:
		return false, "", err
	case code == 0:
		return false, text, nil
	case code == 2:
		return true, text, nil
	default:
		return false, "", fmt.Errorf("terraform plan ended with exit code %d", code)
	}
}

// indented sets what another program prints off from what this one says.
type indented struct {
	out    io.Writer
	inLine bool // the last write ended within a line
}

func (w *indented) Write(p []byte) (int, error) {
	var text bytes.Buffer
	for line := range bytes.Lines(p) {
		if !w.inLine {
			text.WriteString("    | ")
		}
		text.Write(line)
		w.inLine = !bytes.HasSuffix(line, []byte("\n"))
	}
	if _, err := w.out.Write(text.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
