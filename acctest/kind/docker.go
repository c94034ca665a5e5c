package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// startTimeout bounds the wait for a Docker daemon that was started here.
const startTimeout = time.Minute

// StartDocker makes sure that a Docker daemon runs. Where none does, as in a container without an init system, and root has dockerd, it
// starts one that outlives this process. Its log is docker.log in the cache.
func StartDocker(ctx context.Context, out io.Writer) error {
	asked := quiet(ctx, askTimeout, "docker", "info")
	if asked == nil {
		return nil
	}
	dockerd, err := exec.LookPath("dockerd")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("docker does not run: %w", asked)
	}
	cache, err := tool.Cache()
	if err != nil {
		return err
	}
	dir := filepath.Join(cache, "docker")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args, err := daemon(ctx, dir)
	if err != nil {
		return fmt.Errorf("start Docker: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "docker.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintf(out, "Docker does not run; starting it (log: %s).\n", log.Name())
	cmd := exec.Command(dockerd, args...) //nolint:noctx // it outlives this process
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start Docker: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if quiet(ctx, askTimeout, "docker", "info") == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("start Docker: dockerd ended (%w): see %s", err, log.Name())
		case <-ctx.Done():
			return fmt.Errorf("start Docker: no answer within %s: see %s", startTimeout, log.Name())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// daemon gives the arguments of dockerd: of a configuration whose default runtime does without a capability that root lacks here.
func daemon(ctx context.Context, dir string) ([]string, error) {
	has, err := capable()
	if err != nil || has {
		return nil, err
	}
	if _, err := os.Stat("/etc/docker/daemon.json"); err == nil {
		return nil, errors.New("root lacks CAP_SYS_RESOURCE, and /etc/docker/daemon.json is not ours to change: make its default runtime acctest/kind/lesser")
	}
	wrapper := filepath.Join(dir, "lesser")
	root, err := tool.Root()
	if err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", wrapper, "./acctest/kind/lesser")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the runtime: %w: %s", err, text)
	}
	text, err := json.Marshal(map[string]any{
		"runtimes": map[string]any{"lesser": map[string]string{"path": wrapper}}, "default-runtime": "lesser",
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "daemon.json")
	return []string{"--config-file", file}, os.WriteFile(file, text, 0o600)
}

// capable says whether root may raise limits: whether CAP_SYS_RESOURCE (bit 24) is in this process's bounding set.
func capable() (bool, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(status)) {
		if set, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			return bits&(1<<24) != 0, err
		}
	}
	return false, errors.New("/proc/self/status names no bounding set")
}
