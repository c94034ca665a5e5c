package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every page that another one points to is there, and so is what it points to in it.
func TestLinksLeadSomewhere(t *testing.T) {
	seen := 0
	for path, text := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			to, fragment, _ := strings.Cut(found[1], "#")
			if strings.Contains(to, ":") { // a URL
				continue
			}
			seen++
			target := path
			if to != "" {
				target = filepath.Join(filepath.Dir(path), to)
			}
			if why := dead(target, fragment); why != "" {
				t.Errorf("%s: %s %s", path, found[1], why)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d links were found", seen)
	}
}

var (
	// code is what a page shows as code: a block, or words of a line.
	code = regexp.MustCompile("(?ms)^ *```[^\n]*\n.*?^ *```|`[^`\n]+`")
	// made is a target that make is asked for.
	made = regexp.MustCompile(`(?:^|[\s;&(` + "`" + `])make ([a-z][a-z-]*)`)
	// placed is a path in this repository. One of somebody else's goes on with <.
	placed = regexp.MustCompile(`(?:^|[^\w./-])((?:acctest|docs|examples|internal|modules|provider|templates)/[\w./-]*\w)(?:[^<\w/-]|$)`)
	// written is a file that a command makes.
	written = regexp.MustCompile(`>+ *[\w./-]+`)
)

// What pages say to run and to look at is there: targets of make, files and folders.
func TestPagesNameWhatIsThere(t *testing.T) {
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "GNUmakefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets, files := 0, 0
	for path, text := range pages(t) {
		for _, shown := range code.FindAllString(text, -1) {
			for _, found := range made.FindAllStringSubmatch(shown, -1) {
				targets++
				if !strings.Contains(string(makefile), "\n.PHONY: "+found[1]+"\n") {
					t.Errorf("%s: there is no target %q of make", path, found[1])
				}
			}
			for _, found := range placed.FindAllStringSubmatch(written.ReplaceAllString(shown, ""), -1) {
				if files++; strings.HasSuffix(found[1], ".log") { // what a program writes that the page starts
					continue
				}
				_, fromRoot := os.Stat(filepath.Join(root, found[1]))
				if _, fromPage := os.Stat(filepath.Join(filepath.Dir(path), found[1])); fromRoot != nil && fromPage != nil {
					t.Errorf("%s: there is no %s", path, found[1])
				}
			}
		}
	}
	if targets < 10 || files < 10 {
		t.Errorf("only %d targets of make and %d paths were found", targets, files)
	}
}

// pages gives the text of every page, by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != root || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			text, err := os.ReadFile(path)
			all[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// dead says why a link leads nowhere, "" where it does not.
func dead(target, fragment string) string {
	text, err := os.ReadFile(target)
	if info, is := os.Stat(target); is == nil && info.IsDir() {
		return ""
	}
	if err != nil {
		return "is not there"
	}
	if fragment == "" || !strings.HasSuffix(target, ".md") {
		return ""
	}
	if strings.Contains(string(text), `id="`+fragment+`"`) {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") && anchor(line) == fragment {
			return ""
		}
	}
	return "has no such heading"
}

// anchor is what a heading is called in a link, as common renderers make it.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#"))) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
			b.WriteRune(r)
		}
	}
	return b.String()
}
