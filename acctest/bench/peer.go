package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/util/version"
)

// peerVariable names the program of hashicorp/kubernetes, 2.3 or later.
const peerVariable = "BENCH_KUBERNETES_PROVIDER"

// peer is the provider to compare with, or why there is none.
type peer struct {
	path string
	why  string
}

// findPeer finds hashicorp/kubernetes where the environment names it, or the newest that Terraform has in its plugin cache.
func findPeer(getenv func(string) string) peer {
	if path := getenv(peerVariable); path != "" {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return peer{why: fmt.Sprintf("%s: %v.", peerVariable, err)}
		case info.IsDir() || info.Mode()&0o111 == 0:
			return peer{why: fmt.Sprintf("%s: %s is no program.", peerVariable, path)}
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return peer{why: fmt.Sprintf("%s: %v.", peerVariable, err)}
		}
		return peer{path: absolute}
	}
	var found []string
	for _, folder := range pluginFolders(getenv) {
		// <host>/hashicorp/kubernetes/<version>/<platform>/terraform-provider-kubernetes_v<version>_x5
		programs, err := filepath.Glob(filepath.Join(folder, "*", "hashicorp", "kubernetes", "*", "*", "terraform-provider-kubernetes*"))
		if err == nil {
			found = append(found, programs...)
		}
	}
	found = slices.DeleteFunc(found, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || info.IsDir() || info.Mode()&0o111 == 0 || versionOf(path) == nil
	})
	if len(found) == 0 {
		return peer{why: fmt.Sprintf("No program of hashicorp/kubernetes is in Terraform's plugin cache (TF_PLUGIN_CACHE_DIR, ~/.terraform.d); %s may name one.", peerVariable)}
	}
	return peer{path: slices.MaxFunc(found, func(a, b string) int {
		if versionOf(a).LessThan(versionOf(b)) {
			return -1
		}
		return 1
	})}
}

// pluginFolders are where Terraform and OpenTofu keep providers that they have downloaded or were given.
func pluginFolders(getenv func(string) string) []string {
	var folders []string
	if cache := getenv("TF_PLUGIN_CACHE_DIR"); cache != "" {
		folders = append(folders, cache)
	}
	if home := getenv("HOME"); home != "" {
		folders = append(folders, filepath.Join(home, ".terraform.d", "plugin-cache"), filepath.Join(home, ".terraform.d", "plugins"))
	}
	return folders
}

// versionOf gives the version of the folder that a program of Terraform's plugin cache lies in, nil where it is none.
func versionOf(program string) *version.Version {
	v, err := version.ParseSemantic(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return nil
	}
	return v
}
