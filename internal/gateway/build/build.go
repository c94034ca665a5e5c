// Package build says what the running program was built from.
package build

import (
	"runtime/debug"
	"sync"
)

// version is set by the release build, with the linker's -X.
var version string

// Version is that of the release, or what the Go toolchain noted, or "dev".
var Version = sync.OnceValue(func() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
})

// Revision is that of the source, "" where the build did not note it. It ends in "+" where the source had been changed since.
var Revision = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
})
