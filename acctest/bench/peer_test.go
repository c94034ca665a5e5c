package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindPeer(t *testing.T) {
	dir := t.TempDir()
	program := func(mode os.FileMode, elements ...string) string {
		path := filepath.Join(append([]string{dir}, elements...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const host, platform = "registry.terraform.io", "linux_amd64"
	old := program(0o700, "cache", host, "hashicorp", "kubernetes", "2.9.0", platform, "terraform-provider-kubernetes_v2.9.0_x5")
	newest := program(0o700, "cache", host, "hashicorp", "kubernetes", "2.38.0", platform, "terraform-provider-kubernetes_v2.38.0_x5")
	program(0o700, "cache", host, "hashicorp", "kubernetes", "index", platform, "terraform-provider-kubernetes_v9")
	program(0o700, "cache", host, "gavinbunney", "kubernetes", "3.0.0", platform, "terraform-provider-kubernetes_v3.0.0")
	homes := program(0o700, "home", ".terraform.d", "plugins", host, "hashicorp", "kubernetes", "2.20.0", platform, "terraform-provider-kubernetes_v2.20.0_x5")
	notExecutable := program(0o600, "document")
	cache, home := filepath.Join(dir, "cache"), filepath.Join(dir, "home")

	for name, c := range map[string]struct {
		env  map[string]string
		want string
		why  string
	}{
		"named":                         {map[string]string{peerVariable: old, "TF_PLUGIN_CACHE_DIR": cache}, old, ""},
		"named and not there":           {map[string]string{peerVariable: dir + "/gone", "TF_PLUGIN_CACHE_DIR": cache}, "", "no such file"},
		"named and no program":          {map[string]string{peerVariable: notExecutable}, "", "is no program"},
		"the newest of the cache":       {map[string]string{"TF_PLUGIN_CACHE_DIR": cache}, newest, ""},
		"in the home folder":            {map[string]string{"HOME": home}, homes, ""},
		"the newest of all that exist":  {map[string]string{"TF_PLUGIN_CACHE_DIR": cache, "HOME": home}, newest, ""},
		"nowhere":                       {map[string]string{"HOME": dir}, "", peerVariable},
		"nowhere, and there is no home": {nil, "", peerVariable},
	} {
		t.Run(name, func(t *testing.T) {
			got := findPeer(func(name string) string { return c.env[name] })
			if got.path != c.want || !strings.Contains(got.why, c.why) || (got.path == "") == (got.why == "") {
				t.Errorf("got %+v, want path %q and a reason with %q", got, c.want, c.why)
			}
		})
	}
}
