package config

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Memory is a Source for a configuration that is not where it will be: its files are in memory, and what is in some folders comes later. Names are
// absolute and have slashes, whatever the machine has.
type Memory struct {
	Texts map[string][]byte // by name
	// Later are folders whose files are taken to be there and to be good, whatever their names: secrets, which only the gateway itself can read.
	Later []string
}

// Read implements Source.
func (m Memory) Read(name string, most int64) ([]byte, error) {
	name = slashed(name)
	text, ok := m.Texts[name]
	switch {
	case ok && int64(len(text)) > most:
		return nil, tooLarge(int64(len(text)), most)
	case ok:
		return text, nil
	case m.later(name):
		return nil, ErrLater
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Check implements Source.
func (m Memory) Check(name string) error {
	name = slashed(name)
	if _, ok := m.Texts[name]; ok || m.later(name) {
		return nil
	}
	return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Folder implements Source. What is not in memory may be a folder of the gateway's image, of which nothing is known.
func (m Memory) Folder(name string) error {
	if _, file := m.Texts[slashed(name)]; file {
		return fmt.Errorf("%s is a file", slashed(name))
	}
	return nil
}

// Glob implements Source. What comes later is not among the names: a pattern that may match it gives ErrLater, beside those that match already.
func (m Memory) Glob(pattern string) ([]string, error) {
	pattern = slashed(pattern)
	var found []string
	for _, name := range slices.Sorted(maps.Keys(m.Texts)) {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, name)
		}
	}
	if m.later(pattern) {
		return found, ErrLater
	}
	return found, nil
}

// Variable implements Source. Nothing is known of the environment of a gateway that does not run yet.
func (m Memory) Variable(string) bool { return true }

func (m Memory) later(name string) bool {
	return slices.ContainsFunc(m.Later, func(folder string) bool { return strings.HasPrefix(name, folder+"/") })
}

// slashed undoes what package path/filepath makes of a name on a machine whose names have no slashes.
func slashed(name string) string { return path.Clean(filepath.ToSlash(name)) }
