package mirror

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var keys = Object{Kind: Secret, Namespace: "agents", Name: "gw-keys", Directory: "secrets/keys"}

func open(t *testing.T, at string, o Object) *Folder {
	t.Helper()
	root, err := os.OpenRoot(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	f, err := OpenFolder(root, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func replace(t *testing.T, f *Folder, files map[string]string) bool {
	t.Helper()
	made := map[string][]byte{}
	for key, text := range files {
		made[key] = []byte(text)
	}
	changed, err := f.Replace(made)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// holds says that a folder has these files and no others, and that only its owner can read them.
func holds(t *testing.T, folder string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
	for key, text := range want {
		got, err := os.ReadFile(filepath.Join(folder, key))
		if err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", key, got, err)
		}
		if info, err := os.Stat(filepath.Join(folder, key)); err != nil || info.Mode() != 0o400 {
			t.Errorf("%s: mode %v, %v", key, info.Mode(), err)
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("the folder: mode %v, %v", info.Mode(), err)
	}
}

// alone says that nothing of earlier copies is beside that which is there.
func alone(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 { // the link and what it leads to
		t.Errorf("%v", entries)
	}
}

func TestACopyIsWhatTheObjectIs(t *testing.T) {
	at := t.TempDir()
	f := open(t, at, keys)
	if f.Has() {
		t.Error("there is a copy before there was one")
	}
	for _, files := range []map[string]string{{"a": "1", "b.pem": "2"}, {"a": "3"}, {}, {"c": ""}} {
		if !replace(t, f, files) {
			t.Errorf("%v is no change", files)
		}
		holds(t, filepath.Join(at, "secrets/keys"), files)
		alone(t, filepath.Join(at, "secrets"))
		if replace(t, f, files) {
			t.Errorf("%v again is a change", files)
		}
	}
}

func TestTheSameBytesInOtherKeysAreAChange(t *testing.T) {
	f := open(t, t.TempDir(), keys)
	replace(t, f, map[string]string{"ab": "c"})
	if !replace(t, f, map[string]string{"a": "bc"}) {
		t.Error("it is none")
	}
}

func TestACopyOutlivesTheProcess(t *testing.T) {
	at := t.TempDir()
	files := map[string]string{"a": "1"}
	replace(t, open(t, at, keys), files)
	f := open(t, at, keys)
	if !f.Has() || replace(t, f, files) {
		t.Error("it is not found")
	}
	other := keys
	other.Name = "another"
	if g := open(t, at, other); g.Has() {
		t.Error("it is taken for that of another object")
	} else if !replace(t, g, map[string]string{"b": "2"}) {
		t.Error("another object does not take its place")
	}
	holds(t, filepath.Join(at, "secrets/keys"), map[string]string{"b": "2"})
	alone(t, filepath.Join(at, "secrets"))
}

func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	at := t.TempDir()
	f := open(t, at, keys)
	left := filepath.Join(at, "secrets", generation(keys))
	for _, err := range []error{os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, "a"), nil, 0o400), os.Symlink("nowhere", filepath.Join(at, "secrets", linkInTheMaking(keys)))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	replace(t, f, map[string]string{"a": "1"})
	alone(t, filepath.Join(at, "secrets"))
}

func TestAFolderWhoseNameAnotherBeginsWithKeepsItsCopy(t *testing.T) {
	at := t.TempDir()
	near := keys
	near.Name, near.Directory = "other", "secrets/keys.more"
	replace(t, open(t, at, near), map[string]string{"a": "1"})
	f := open(t, at, keys)
	replace(t, f, map[string]string{"a": "2"})
	if err := Prune(f.root, near); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(at, "secrets/keys.more"), map[string]string{"a": "1"})
	alone(t, filepath.Join(at, "secrets"))
}

func TestCopiesThatAreNotKeptGo(t *testing.T) {
	at, elsewhere := t.TempDir(), t.TempDir()
	f := open(t, at, keys)
	replace(t, f, map[string]string{"a": "1"})
	own := filepath.Join(at, "own") // nobody's copy
	if err := errors.Join(os.WriteFile(own, nil, 0o600), os.Symlink(elsewhere, filepath.Join(at, "link"))); err != nil {
		t.Fatal(err)
	}
	if err := Prune(f.root, keys); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(at, "secrets/keys"), map[string]string{"a": "1"})
	for range 2 {
		if err := Prune(f.root); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(at, "secrets")); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if entries, err := os.ReadDir(at); err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestWhatCannotBeCopiedLeavesTheLastCopy(t *testing.T) {
	at := t.TempDir()
	f := open(t, at, keys)
	good := map[string]string{"a": "1"}
	replace(t, f, good)
	many := map[string][]byte{}
	for i := range MaxKeys + 1 {
		many[strings.Repeat("k", 1+i%250)+"."+strings.Repeat("k", 1+i/250)] = nil
	}
	for name, files := range map[string]map[string][]byte{
		"a key that leads out":  {"../x": nil},
		"the folder itself":     {".": nil},
		"a name kept for links": {"..data": nil},
		"a folder in it":        {"a/b": nil},
		"no name":               {"": nil},
		"a NUL":                 {"a\x00": nil},
		"too much":              {"a": make([]byte, MaxSize), "b": {1}},
		"too many":              many,
	} {
		if changed, err := f.Replace(files); err == nil || changed {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
		holds(t, filepath.Join(at, "secrets/keys"), good)
		alone(t, filepath.Join(at, "secrets"))
	}
}

func TestAFolderInsideACopyIsRefused(t *testing.T) {
	at := t.TempDir()
	outer := keys
	outer.Directory = "secrets"
	replace(t, open(t, at, outer), nil)
	root, err := os.OpenRoot(at)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := OpenFolder(root, keys); err == nil || !strings.Contains(err.Error(), "the copy of another object") {
		t.Error(err)
	}
}

func TestALinkToElsewhereIsNoCopy(t *testing.T) {
	at, elsewhere := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(at, "secrets"), 0o700), os.Symlink(elsewhere, filepath.Join(at, "secrets/keys"))); err != nil {
		t.Fatal(err)
	}
	f := open(t, at, keys)
	if f.Has() {
		t.Error("it is taken for one")
	}
	replace(t, f, map[string]string{"a": "1"})
	holds(t, filepath.Join(at, "secrets/keys"), map[string]string{"a": "1"})
	if entries, _ := os.ReadDir(elsewhere); len(entries) != 0 {
		t.Errorf("written elsewhere: %v", entries)
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"gateway.json", "..data", "../x", ".", "a/b", "a\x00", "..", "-", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckKey(name) != nil {
			return
		}
		at := filepath.Join("folder", name)
		if filepath.Dir(at) != "folder" || filepath.Base(at) != name || strings.HasPrefix(name, "..") || len(name) > 255 {
			t.Errorf("%q is taken", name)
		}
	})
}
