package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Source is where the files are that a configuration names: the machine's, or those that a configuration which is yet to be delivered comes with.
type Source interface {
	// Read gives the text of a file, which may have so many bytes at most.
	Read(name string, most int64) ([]byte, error)
	// Check says why a file could not be read, nil where it could.
	Check(name string) error
	// Folder says why a name is none of a folder, nil where it is.
	Folder(name string) error
	// Glob gives the names that match a pattern of package path/filepath, sorted.
	Glob(pattern string) ([]string, error)
	// Variable says whether the environment has a variable that is not empty.
	Variable(name string) bool
}

// ErrLater is what a Source says of a file that is there once the gateway runs, of which nothing can be known before. It is no fault of a
// configuration. What such a file would have been read for is missing in the Config, which then says that it is valid and cannot be served.
var ErrLater = errors.New("it is there when the gateway runs")

// Sizes, in bytes, beyond which nothing is read that has no bound of its own.
const (
	mostPolicies  = 64 << 20 // of one file
	mostSuspended = 16 << 20 // of one file
	mostSecret    = 1 << 20  // of a secret, a bundle, or keys
)

// machine is the Source of a process: its files and its environment.
type machine struct{}

// Read implements Source.
func (machine) Read(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, tooLarge(info.Size(), most)
	}
	return os.ReadFile(name)
}

func tooLarge(size, most int64) error {
	return fmt.Errorf("it has %d bytes, and may have %d", size, most)
}

// Check implements Source.
func (machine) Check(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return f.Close()
}

// Folder implements Source.
func (machine) Folder(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file", name)
	}
	return err
}

// Glob implements Source.
func (machine) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

// Variable implements Source.
func (machine) Variable(name string) bool { return os.Getenv(name) != "" }
