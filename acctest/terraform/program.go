package terraform

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/agentward/terraform-provider-agent/provider"
)

const providerBinary = "terraform-provider-agent"

// Folder is a folder with a configuration, in which the program under test runs. It starts this test binary, which Main lets be a
// provider, so there is none to build or to install.
type Folder struct {
	Path string
	// Environment is added to that of the test: "TF_LOG=TRACE".
	Environment []string

	home string
}

// At gives a folder to run the program in.
func At(tb testing.TB, path string) *Folder {
	tb.Helper()
	noteProgram()
	program, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	home := tb.TempDir()
	if err := os.Symlink(program, filepath.Join(home, providerBinary)); err != nil {
		tb.Fatal(err)
	}
	overrides := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"agentward/agent\" = %q\n  }\n  direct {}\n}\n", home)
	if err := os.WriteFile(filepath.Join(home, "terraform.rc"), []byte(overrides), 0o600); err != nil {
		tb.Fatal(err)
	}
	return &Folder{Path: path, home: home}
}

// Command gives the program as it runs in the folder, for who starts and ends it in a way of his own.
func (f *Folder) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Getenv("TF_ACC_TERRAFORM_PATH"), args...)
	cmd.Dir = f.Path
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(f.home, "terraform.rc"), "TF_DATA_DIR="+filepath.Join(f.home, "data"))
	cmd.Env = append(cmd.Env, f.Environment...)
	return cmd
}

// Run runs the program and gives what it printed. The error is not nil where it exited with another status than 0.
func (f *Folder) Run(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	cmd := f.Command(ctx, args...)
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err = cmd.Run()
	return out.String(), complaints.String(), err
}

// serveIfAsked makes this process the provider where Terraform has started it as one.
func serveIfAsked() {
	if filepath.Base(os.Args[0]) != providerBinary {
		return
	}
	options := providerserver.ServeOpts{Address: "registry.terraform.io/agentward/agent"}
	if err := providerserver.Serve(context.Background(), provider.New("test"), options); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
