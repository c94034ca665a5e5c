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
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != root || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
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
				name, _ := filepath.Rel(root, path)
				t.Errorf("%s: %s %s", name, found[1], why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("only %d links were found", seen)
	}
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
