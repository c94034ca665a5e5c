package tool

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

var ourModule = regexp.MustCompile(`(?m)^module github\.com/agentward/terraform-provider-agent$`)

// Root gives the folder of the repository that holds the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && ourModule.Match(mod) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("find the repository: no go.mod of this project in or above the working directory")
		}
		dir = parent
	}
}

// Dir gives the folder of the module that pins the program.
func (t Tool) Dir() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "acctest", "tools", t.module), nil
}

// Version gives the pinned version, such as "v1.37.2".
func (t Tool) Version() (string, error) {
	dir, err := t.Dir()
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("read the pinned version of %s: %w", t.Name, err)
	}
	line := regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(t.pin) + `\s+(v\S+)`)
	found := line.FindSubmatch(mod)
	if found == nil {
		return "", fmt.Errorf("read the pinned version of %s: %s/go.mod does not require %s", t.Name, dir, t.pin)
	}
	return string(found[1]), nil
}

// cachePath is where Build puts the program. The name carries everything that the build depends on, so that a changed pin is a
// different program and an old one is never taken for it.
func (t Tool) cachePath() (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	dir, err := t.Dir()
	if err != nil {
		return "", err
	}
	flags, err := t.buildFlags()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.GOOS, runtime.GOARCH, t.cgo, t.pkg, strings.Join(flags, " "))
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.ToSlash(name), len(content), content)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("hash the module of %s: %w", t.Name, err)
	}
	key := hex.EncodeToString(sum.Sum(nil))[:16]
	return filepath.Join(cache, "tools", t.Name+"-"+key, t.Name), nil
}

// Cache is the folder that keeps what is built or fetched once: $AGENTWARD_CACHE, or "agentward" in the user's cache folder
// ($XDG_CACHE_HOME or ~/.cache).
func Cache() (string, error) {
	if dir := os.Getenv("AGENTWARD_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "agentward"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a cache folder (set AGENTWARD_CACHE to one): %w", err)
	}
	return filepath.Join(home, ".cache", "agentward"), nil
}
