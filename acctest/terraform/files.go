package terraform

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Unzipped gives all that is in a saved plan.
func Unzipped(tb testing.TB, file string) string {
	tb.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer archive.Close()
	var all strings.Builder
	for _, member := range archive.File {
		content, err := member.Open()
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.Copy(&all, content); err != nil {
			tb.Fatal(err)
		}
	}
	return all.String()
}

// StateFile gives the state of a folder as it lies on disk, and what the provider keeps in it for itself.
func StateFile(tb testing.TB, dir string) string {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "terraform.tfstate"))
	if err != nil {
		tb.Fatal(err)
	}
	var content struct {
		Resources []struct {
			Instances []struct{ Private string }
		}
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		tb.Fatal(err)
	}
	all := string(raw)
	for _, r := range content.Resources {
		for _, i := range r.Instances {
			private, err := base64.StdEncoding.DecodeString(i.Private)
			if err != nil || len(private) == 0 {
				tb.Fatalf("no private state: %v", err)
			}
			all += string(private)
		}
	}
	return all
}
