// Package gateway runs agent-gateway for tests, as the processes that users run: built from this tree, on free addresses of loopback.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// stopTime is how long a process may take to end after it was asked to.
const stopTime = 45 * time.Second

var built = sync.OnceValues(func() (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	cache, err := tool.Cache()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// One a process: two test binaries may run at once, from two states of the tree.
	folder, err := os.MkdirTemp(cache, "gateway-")
	if err != nil {
		return "", err
	}
	folders = append(folders, folder)
	path := filepath.Join(folder, "agent-gateway")
	build := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", path, "./internal/gateway/cmd/agent-gateway")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build agent-gateway: %w\n%s", err, out)
	}
	return path, nil
})

var folders []string

// Main is the TestMain of a package whose tests run the gateway: it takes away what was built for them.
func Main(m *testing.M) {
	status := m.Run()
	for _, folder := range folders {
		_ = os.RemoveAll(folder)
	}
	os.Exit(status)
}

// Program gives the path of agent-gateway, built once a test process.
func Program(tb testing.TB) string {
	tb.Helper()
	path, err := built()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// Gateway is a running `agent-gateway serve`.
type Gateway struct {
	// Config is the path of its configuration, which may be rewritten: it is reloaded.
	Config string
	// Address is what takes the place of ADDRESS in the configuration.
	Address string
	// Audit is its standard output, and Log its standard error.
	Audit, Log *Lines
	// Process is the running program.
	Process *os.Process
	tb      testing.TB
}

// Serve runs a gateway until the test ends. In the configuration ADDRESS stands for an address of its own, and FOLDER for the folder
// that the configuration is in.
func Serve(tb testing.TB, configuration string) *Gateway {
	tb.Helper()
	folder := tb.TempDir()
	g := &Gateway{Config: filepath.Join(folder, "gateway.hcl"), Address: port.Address(tb), tb: tb}
	g.Write(configuration)
	cmd := exec.Command(Program(tb), "serve", "-config", g.Config) //nolint:noctx // it is asked to end, not killed
	g.Audit, g.Log = Start(tb, cmd)
	g.Process = cmd.Process
	g.Log.Wait(tb, "msg=serving")
	return g
}

// Write writes the configuration anew.
func (g *Gateway) Write(configuration string) {
	g.tb.Helper()
	text := strings.NewReplacer("ADDRESS", g.Address, "FOLDER", filepath.Dir(g.Config)).Replace(configuration)
	if err := os.WriteFile(g.Config, []byte(text), 0o600); err != nil {
		g.tb.Fatal(err)
	}
}

var sidecarURL = regexp.MustCompile(`msg=sidecar url=(\S+)`)

// Sidecar runs `agent-gateway sidecar` for an agent until the test ends, and gives the URL of its endpoint. The arguments come after
// those that name the gateway and the agent.
func (g *Gateway) Sidecar(tb testing.TB, agent string, args ...string) string {
	tb.Helper()
	return Sidecar(tb, append([]string{"-config", g.Config, "-agent", agent}, args...)...)
}

// Sidecar runs `agent-gateway sidecar` until the test ends, and gives the URL of its endpoint.
func Sidecar(tb testing.TB, args ...string) string {
	tb.Helper()
	args = append([]string{"sidecar", "-listen", "127.0.0.1:0"}, args...)
	_, log := Start(tb, exec.Command(Program(tb), args...)) //nolint:noctx // it is asked to end, not killed
	return sidecarURL.FindStringSubmatch(log.Wait(tb, "msg=sidecar"))[1]
}

// Start runs a command until the test ends; then it is asked to stop, and fails the test where it does not, or ends with a failure.
func Start(tb testing.TB, cmd *exec.Cmd) (stdout, stderr *Lines) {
	tb.Helper()
	stdout, stderr = newLines(), newLines()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		stdout.end()
		stderr.end()
		done <- err
	}()
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // one that is gone is seen below
		var err error
		select {
		case err = <-done:
		case <-time.After(stopTime):
			_ = cmd.Process.Kill()
			err = errors.Join(fmt.Errorf("does not end within %s", stopTime), <-done)
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM { //nolint:forcetypeassert // it is one on every system that the tests run on
			err = nil // a program that does nothing about being asked
		}
		if err != nil {
			tb.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, stderr.Last(20))
		}
	})
	return stdout, stderr
}
