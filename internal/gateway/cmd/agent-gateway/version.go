package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build.
var version = "dev"

// showVersion prints what was built from what, in one line.
func showVersion(_ context.Context, e environment, args []string) error {
	if err := flags(e, "version", func(*flag.FlagSet) {}, args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "agent-gateway %s (%s, %s/%s%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision())
	return err
}

// revision is that of the source, where the build noted it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text += ", revision " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			text += ", changed since"
		}
	}
	return text
}
