package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// patchFile is the patch of a patched program, beside the go.mod that pins it.
const patchFile = "module.patch"

// patchedCopy copies the program's module, as pinned and verified, into a folder, and applies the patch to it. What the program requires
// is what the module's own go.mod and go.sum say.
func (t Tool) patchedCopy(ctx context.Context, into string) error {
	dir, err := t.Dir()
	if err != nil {
		return err
	}
	version, err := t.Version()
	if err != nil {
		return err
	}
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", t.pin+"@"+version)
	download.Dir, download.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := download.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); err != nil || jsonErr != nil || module.Dir == "" {
		return fmt.Errorf("download %s: %s: %w", t.pin, module.Error, err)
	}
	if err := os.CopyFS(into, os.DirFS(module.Dir)); err != nil {
		return fmt.Errorf("copy %s: %w", t.pin, err)
	}
	apply := exec.CommandContext(ctx, "git", "apply", filepath.Join(dir, patchFile))
	// Within a repository git would take the paths from its root.
	apply.Dir, apply.Env = into, append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(into))
	if text, err := apply.CombinedOutput(); err != nil {
		return fmt.Errorf("patch %s: %w: %s", t.pin, err, text)
	}
	return nil
}
