package npm

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheLockFile(t *testing.T) {
	if found := regexp.MustCompile(`"resolved"|\.tgz`).Find(locked); found != nil {
		t.Errorf("it names an address: %s", found)
	}
	packages, digests := strings.Count(string(locked), `    "node_modules/`), strings.Count(string(locked), `"integrity": "sha512-`)
	if packages == 0 || packages != digests {
		t.Errorf("%d packages have %d digests", packages, digests)
	}
}

// Only a registry that is away is a reason to skip; what is wrong with the packages themselves is not.
func TestWhatIsNoReasonToSkip(t *testing.T) {
	for output, skipped := range map[string]bool{
		"npm error code ECONNREFUSED\nnpm error syscall connect": true,
		"npm ERR! code EAI_AGAIN":                                true,
		"npm warn something\nnpm error code E503":                true,
		"npm error code EINTEGRITY":                              false,
		"npm error code E404":                                    false,
		"npm error code EUSAGE":                                  false,
		"killed, without ECONNREFUSED being the code":            false,
		"": false,
	} {
		if why, is := IsUnavailable(failure(errors.New("exit status 1"), output)); is != skipped {
			t.Errorf("%q: %v %q", output, is, why)
		}
	}
}

func TestARegistryThatIsAway(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("not run: there is no npm on PATH")
	}
	t.Setenv("npm_config_registry", "http://127.0.0.1:1/")
	t.Setenv("npm_config_cache", t.TempDir())
	to := filepath.Join(t.TempDir(), "packages")
	err := install(t.Context(), to, func(string) {})
	if why, is := IsUnavailable(err); !is {
		t.Fatalf("%q %v", why, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(to), "*")); err != nil || len(left) != 1 {
		t.Errorf("%v is left beside the lock, %v", left, err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("half an installation is in the cache")
	}
}

func TestAScriptFindsThePackages(t *testing.T) {
	p := Require(t)
	file := filepath.Join(t.TempDir(), "imports.mjs")
	script := "import * as oauth from 'oauth4webapi'\nconsole.log(typeof oauth.DPoP, process.argv[2], process.versions.node.split('.')[0] >= 22)\n"
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := p.Script(t, file, "given").CombinedOutput()
	if err != nil || string(out) != "function given true\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
