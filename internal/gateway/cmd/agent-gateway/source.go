package main

import (
	"context"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// source is where serve has its configuration from.
type source interface {
	// first gives the configuration to begin with, and waits for it where it may yet come.
	first(ctx context.Context, e environment) (*config.Config, error)
	// load gives the configuration as it is now, and says everything that is wrong with it. An error that is an errLacking may pass by itself.
	load(e environment) (*config.Config, error)
	// changed is told that load may give something else, besides what a look at the files of a configuration shows; nil where there is no such case.
	changed() <-chan struct{}
	// taken says that what load gave last is in force.
	taken() error
	// stale says which parts of the source may have changed without a word, and why.
	stale() []error
}

// errLacking is what a configuration lacks that may be on its way.
type errLacking struct{ error }

// Unwrap gives what is lacking.
func (e errLacking) Unwrap() error { return e.error }

// file is a configuration in a file of this machine.
type file string

func (f file) first(_ context.Context, e environment) (*config.Config, error) { return f.load(e) }
func (f file) load(e environment) (*config.Config, error)                     { return load(e, string(f)) }
func (f file) changed() <-chan struct{}                                       { return nil }
func (f file) taken() error                                                   { return nil }
func (f file) stale() []error                                                 { return nil }
