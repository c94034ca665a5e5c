package npm

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Require gives the packages. It skips the test, and says why, where npm is missing or reaches no registry; every other failure fails it.
// With AGENTWARD_NPM=require in the environment those fail it too.
func Require(tb testing.TB) *Packages {
	tb.Helper()
	p, err := Install(tb.Context(), func(status string) { tb.Log("npm packages: " + status) })
	if why, is := IsUnavailable(err); is && os.Getenv("AGENTWARD_NPM") != "require" {
		tb.Skip("not run: it takes software from npm, and " + why)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Node gives the path of a Node.js of at least version 22.
func (p *Packages) Node() string { return p.node }

// Path gives the path of a file of a package, such as "@modelcontextprotocol/conformance/dist/index.js".
func (p *Packages) Path(file string) string {
	return filepath.Join(p.folder, "node_modules", filepath.FromSlash(file))
}

// Command runs a JavaScript file with Node.js, in the folder home, which is also its HOME.
func (p *Packages) Command(ctx context.Context, home, file string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.node, append([]string{file}, args...)...)
	cmd.Dir = home
	// Nothing of the user's Node.js settings, and none of their tokens.
	cmd.Env = []string{"PATH=" + filepath.Dir(p.node) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "NO_UPDATE_NOTIFIER=1"}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Script runs a JavaScript module of the test's own, which may import the packages by name: in a folder of its own, beside them.
func (p *Packages) Script(tb testing.TB, file string, args ...string) *exec.Cmd {
	tb.Helper()
	home := tb.TempDir()
	content, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	to := filepath.Join(home, filepath.Base(file))
	if err := os.WriteFile(to, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Symlink(p.Path(""), filepath.Join(home, "node_modules")); err != nil {
		tb.Fatal(err)
	}
	return p.Command(tb.Context(), home, to, args...)
}
