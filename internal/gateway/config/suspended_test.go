package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// folder gives a new folder with files by name, and a configuration in it that names them.
func folder(t *testing.T, more string, files map[string]string) (path string, text []byte) {
	t.Helper()
	at := t.TempDir()
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(at, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(at, "g.hcl"), []byte(more + "\n" + whole)
}

func TestEachLineOfAFileIsASuspension(t *testing.T) {
	path, text := folder(t, `
suspended       = ["spiffe://example.org/ns/a/agent/1"]
suspended_files = ["suspended/*", "more"]`, map[string]string{
		"suspended/a.1":              "spiffe://example.org/ns/a/agent/2\n\n  # all of a's\n\tspiffe://example.org/ns/a/agent/3 # until Monday\r\n#spiffe://example.org/ns/a/agent/4\n",
		"suspended/b.1":              "alice#1@example.org", // the # is hers, and no line break is at its end
		"suspended/c":                "",
		"suspended/..2026_11_26/a.1": "spiffe://example.org/ns/a/agent/5", // as mounted folders keep what they swap
		"more":                       "bob\n",
	})
	if err := os.Symlink("..2026_11_26", filepath.Join(filepath.Dir(path), "suspended", "..data")); err != nil {
		t.Fatal(err)
	}
	c, diagnostics := Parse(path, text)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	want := []string{
		"spiffe://example.org/ns/a/agent/1", "spiffe://example.org/ns/a/agent/2", "spiffe://example.org/ns/a/agent/3", "alice#1@example.org", "bob",
	}
	if !slices.Equal(c.Suspended, want) {
		t.Errorf("suspended %q", c.Suspended)
	}
	for _, name := range []string{"suspended/*", "suspended/a.1", "suspended/c", "more"} {
		if !slices.Contains(c.Files, filepath.Join(filepath.Dir(path), name)) {
			t.Errorf("%s is not watched: %q", name, c.Files)
		}
	}
}

func TestNobodyNeedBeSuspendedInAFile(t *testing.T) {
	path, text := folder(t, `suspended_files = ["suspended/*"]`, nil)
	c, diagnostics := Parse(path, text)
	if diagnostics.HasErrors() || len(c.Suspended) != 0 {
		t.Fatalf("%v, %v", diagnostics, c)
	}
	if !slices.Contains(c.Files, filepath.Join(filepath.Dir(path), "suspended", "*")) {
		t.Errorf("a file that comes would not be seen: %q", c.Files)
	}
}

func TestASuspensionOfNobodyIsToldWithItsPlaceInTheFile(t *testing.T) {
	for name, c := range map[string]struct{ text, place, want string }{
		"an ID that is none":      {"# mine\nspiffe://example.org/ns/a/agent/1\n  spiffe://example org/x\n", ":3:3: ", "Use a SPIFFE ID"},
		"an ID with one slash":    {"spiffe:/example.org/x", ":1:1: ", "Use a SPIFFE ID"},
		"an ID with a slash last": {"\n\nspiffe://example.org/ns/a/", ":3:1: ", "without a slash at the end"},
	} {
		t.Run(name, func(t *testing.T) {
			path, text := folder(t, `suspended_files = ["suspended/*"]`, map[string]string{"suspended/a": c.text})
			_, diagnostics := Parse(path, text)
			if got := first(diagnostics); !strings.HasPrefix(got, filepath.Join(filepath.Dir(path), "suspended", "a")+c.place) || !strings.Contains(got, c.want) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestSuspensionsThatCannotBeReadAreAnError(t *testing.T) {
	path, text := folder(t, `suspended_files = ["suspended/*"]`, map[string]string{"suspended/folder/a": ""})
	if _, diagnostics := Parse(path, text); !strings.Contains(first(diagnostics), "Suspensions cannot be read") {
		t.Errorf("got %v", diagnostics)
	}
	path, text = folder(t, `suspended_files = ["[*"]`, nil)
	if _, diagnostics := Parse(path, text); !strings.Contains(first(diagnostics), ":1:19: Not a pattern of files") {
		t.Errorf("got %v", first(diagnostics))
	}
}

func TestSharedSecretsKeepTheirOrder(t *testing.T) {
	secret := strings.Repeat("s", 32)
	path, text := folder(t, `secret_files = ["keys/2", "keys/*"]`, map[string]string{"keys/1": secret, "keys/2": secret, "keys/3": secret, "keys/..data": "x"})
	c, diagnostics := Parse(path, text)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	var names []string
	for _, file := range c.SecretFiles {
		names = append(names, filepath.Base(file))
	}
	if !slices.Equal(names, []string{"2", "1", "3"}) {
		t.Errorf("got %q", names)
	}
	for _, file := range append(slices.Clone(c.SecretFiles), filepath.Join(filepath.Dir(path), "keys", "*")) {
		if !slices.Contains(c.Files, file) {
			t.Errorf("%s is not watched: %q", file, c.Files)
		}
	}
}

func TestSharedSecretsThatCannotBeUsed(t *testing.T) {
	for attribute, want := range map[string]string{
		`secret_files = ["keys/*"]`:  "has 5 bytes, and needs 32",
		`secret_files = ["other/*"]`: "No file matches",
		`secret_files = ["keys/b"]`:  "No file matches",
		`secret_files = ["[*"]`:      "Not a pattern of files",
		`secret_files = []`:          "No secret is shared",
	} {
		path, text := folder(t, attribute, map[string]string{"keys/a": "short"})
		_, diagnostics := Parse(path, text)
		if got := first(diagnostics); !strings.HasPrefix(got, path+":1:16: ") || !strings.Contains(got, want) {
			t.Errorf("%s: got %s", attribute, got)
		}
	}
}

func TestAnAdminAddressBeyondThisMachineIsMeantToBeOne(t *testing.T) {
	for text, good := range map[string]bool{
		"admin {\naddress = \"0.0.0.0:9901\"\n}":                   false,
		"admin {\naddress = \"0.0.0.0:9901\"\nremote = false\n}":   false,
		"admin {\naddress = \"0.0.0.0:9901\"\nremote = true\n}":    true,
		"admin {\naddress = \"127.0.0.1:9901\"\nremote = true\n}":  true,
		"revision = \"abc\"\nadmin {\naddress = \"[::1]:9901\"\n}": true,
	} {
		c, diagnostics := Parse("g.hcl", []byte(whole+text))
		if diagnostics.HasErrors() == good {
			t.Errorf("%s: %v", text, diagnostics)
		}
		if good && c.Admin == "" || c != nil && strings.Contains(text, "abc") != (c.Revision == "abc") {
			t.Errorf("%s: %+v", text, c)
		}
	}
}

func FuzzSuspended(f *testing.F) {
	for _, text := range []string{"", "a\nb", "spiffe://example.org/x # y", "#", " #", "a#b\r\n\x00\xff", "spiffe:\n/\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := Memory{Texts: map[string][]byte{"/s/a": []byte(text)}}
		c, diagnostics := ParseFrom(m, "/g.hcl", []byte("suspended_files = [\"/s/*\"]\n"+whole))
		if c == nil {
			for _, d := range diagnostics {
				place(t, text, d)
			}
			return
		}
		for _, id := range c.Suspended {
			if id != strings.TrimSpace(id) || id == "" || strings.HasPrefix(id, "#") || strings.Contains(id, "\n") || !strings.Contains(text, id) {
				t.Errorf("%q is suspended by %q", id, text)
			}
		}
	})
}

// place checks that an error points at what it is about.
func place(t *testing.T, text string, d *hcl.Diagnostic) {
	t.Helper()
	at := d.Subject
	if at.Filename != "/s/a" || !strings.HasPrefix(d.Detail, fmt.Sprintf("%q: ", text[at.Start.Byte:at.End.Byte])) {
		t.Errorf("%s: %s points at %s of %q", d.Summary, d.Detail, at, text)
	}
}

func TestWhoIsSuspendedNowIsKnownWhateverElseIsWrong(t *testing.T) {
	path, text := folder(t, `suspended_files = ["suspended/*"]`, map[string]string{"suspended/a": "alice"})
	c, diagnostics := Parse(path, text)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	at := filepath.Join(filepath.Dir(path), "suspended")
	for name, content := range map[string]string{"a": "", "b": "spiffe://misspelt/\nspiffe://example.org/ns/a/agent/1 # now\n"} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(at, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if now := c.SuspendedNow(); !slices.Equal(now, []string{"spiffe://example.org/ns/a/agent/1"}) {
		t.Errorf("suspended now %q", now)
	}
	if !slices.Equal(c.Suspended, []string{"alice"}) {
		t.Errorf("the configuration itself suspends %q", c.Suspended)
	}
}
