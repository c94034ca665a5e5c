// Package npm installs the npm packages that tests check the gateway with: programs and libraries of others, each at the version that
// package.json and package-lock.json name, in the cache that package tool keeps its programs in. The lock file holds digests and no
// addresses, so that any registry will do.
package npm

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var locked []byte

// patience is how long an installation may take: it fetches about 100 MB.
const patience = 10 * time.Minute

// Unavailable says why the packages cannot be had on this machine: there is no npm, or no registry answers it. Everything else that
// goes wrong is another error.
type Unavailable struct{ Why string }

// Error implements error.
func (u *Unavailable) Error() string { return u.Why }

// Packages is a folder with the installed packages, and the Node.js that runs them.
type Packages struct{ folder, node string }

// Install gives the packages, and fetches them where the cache does not hold them yet. progress is told what it waits for. Only one
// installation runs at a time, over all processes, and it appears in the cache whole or not at all.
func Install(ctx context.Context, progress func(string)) (*Packages, error) {
	folder, err := folder()
	if err != nil {
		return nil, err
	}
	if !installed(folder) {
		if err := install(ctx, folder, progress); err != nil {
			return nil, err
		}
	}
	node, err := node(ctx, folder)
	if err != nil {
		return nil, err
	}
	return &Packages{folder: folder, node: node}, nil
}

// folder is where this installation belongs: another pin is another folder, and an old one is never taken for it.
func folder() (string, error) {
	cache, err := tool.Cache()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %d\n%s%s", runtime.GOOS, runtime.GOARCH, len(manifest), manifest, locked)
	return filepath.Join(cache, "npm", hex.EncodeToString(sum.Sum(nil))[:16]), nil
}

func installed(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, "node_modules"))
	return err == nil && info.IsDir()
}

func install(ctx context.Context, to string, progress func(string)) error {
	program, err := exec.LookPath("npm")
	if err != nil {
		return &Unavailable{"there is no npm on PATH"}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("install npm packages: %w", err)
	}
	unlock, err := tool.Lock(ctx, to+".lock", func() { progress("another process installs them; waiting for that") })
	if err != nil {
		return fmt.Errorf("install npm packages: %w", err)
	}
	defer unlock()
	if installed(to) {
		return nil
	}
	progress("fetching them once; later runs find them in the cache")
	temporary, err := os.MkdirTemp(filepath.Dir(to), ".new-")
	if err != nil {
		return fmt.Errorf("install npm packages: %w", err)
	}
	defer os.RemoveAll(temporary)
	for name, content := range map[string][]byte{"package.json": manifest, "package-lock.json": locked} {
		if err := os.WriteFile(filepath.Join(temporary, name), content, 0o644); err != nil {
			return fmt.Errorf("install npm packages: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// No script of a package runs: none is needed, and they would run as whoever runs the tests.
	cmd := exec.CommandContext(ctx, program, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
		"--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
	cmd.Dir = temporary
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return failure(err, string(out))
	}
	if err := os.Rename(temporary, to); err != nil {
		return fmt.Errorf("install npm packages: %w", err)
	}
	return nil
}

var code = regexp.MustCompile(`(?m)^npm (?:error|ERR!) code (\S+)`)

// unreachable are npm's codes for a registry that does not answer, or that answers but serves nobody, or not us.
var unreachable = []string{
	"EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT",
	"FETCH_ERROR", "E401", "E403", "E407", "E429", "E500", "E502", "E503", "E504",
}

// failure tells a registry that is away from everything that is a fault of ours, such as a digest that does not match.
func failure(err error, output string) error {
	if said := code.FindStringSubmatch(output); said != nil && slices.Contains(unreachable, said[1]) {
		return &Unavailable{"npm cannot reach a registry (" + said[1] + ")"}
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return fmt.Errorf("install npm packages: npm ci: %w\n%s", err, strings.Join(lines[max(0, len(lines)-20):], "\n"))
}

// node gives a Node.js of at least version 22, which most of the packages ask for: the one that is installed with them, where there is
// one for this machine, else that on PATH.
func node(ctx context.Context, folder string) (string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "node_modules", "node-*", "bin", "node"))
	if err != nil {
		return "", err
	}
	if own, err := exec.LookPath("node"); err == nil {
		found = append(found, own)
	}
	for _, path := range found {
		var major int
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			continue
		}
		if _, err := fmt.Sscanf(string(out), "v%d.", &major); err == nil && major >= 22 {
			return path, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return "", &Unavailable{fmt.Sprintf("there is no Node.js 22 for %s/%s", runtime.GOOS, runtime.GOARCH)}
}

// IsUnavailable says that an error of Install means a machine that cannot have the packages, and why.
func IsUnavailable(err error) (why string, is bool) {
	var u *Unavailable
	if errors.As(err, &u) {
		return u.Why, true
	}
	return "", false
}
