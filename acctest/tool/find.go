package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ErrNotFound says that a program is neither given, nor cached, nor on PATH in the pinned version.
var ErrNotFound = errors.New("program not found")

// Find gives the path of the program. It looks, in this order, at
//
//  1. the environment variable EnvVar names (whatever version it is: the user's choice, and an error if it is not there),
//  2. the folder KUBEBUILDER_ASSETS, for etcd, kube-apiserver and kube-controller-manager (the user's choice too),
//  3. the cache that Build fills,
//  4. PATH, where a program counts only if it says that it has the pinned version.
//
// It returns ErrNotFound where none of them has it.
func (t Tool) Find() (string, error) {
	if path := os.Getenv(t.EnvVar()); path != "" {
		if !executable(path) {
			return "", fmt.Errorf("%s is %q, which is no program that can be run", t.EnvVar(), path)
		}
		return path, nil
	}
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" && t.asset {
		if path := filepath.Join(dir, t.Name); executable(path) {
			return path, nil
		}
	}
	cached, err := t.cachePath()
	if err != nil {
		return "", err
	}
	if executable(cached) {
		return cached, nil
	}
	if path, err := exec.LookPath(t.Name); err == nil && t.isPinned(path) {
		return path, nil
	}
	return "", fmt.Errorf("%s: %w", t.Name, ErrNotFound)
}

// Require gives the path of the program, or fails the test with what to do. A test that cannot run is never skipped: it would
// look as if it had passed.
func Require(tb testing.TB, t Tool) string {
	tb.Helper()
	path, err := t.Find()
	if errors.Is(err, ErrNotFound) {
		tb.Fatalf("%s is missing: run `make tools`, or set %s to one", t.Name, t.EnvVar())
	}
	if err != nil {
		tb.Fatalf("find %s: %v", t.Name, err)
	}
	return path
}

// isPinned says whether the program at path prints the version that our go.mod pins.
func (t Tool) isPinned(path string) bool {
	if t.versionArgs == nil {
		return false
	}
	version, err := t.Version()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, t.versionArgs...).CombinedOutput()
	return err == nil && strings.Contains(string(out), strings.TrimPrefix(version, "v"))
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
