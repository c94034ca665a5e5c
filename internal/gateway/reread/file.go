// Package reread keeps what was made of files that change while the gateway runs: certificates, keys, secrets.
package reread

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// maxSize is the largest file that is read, in bytes.
const maxSize = 1 << 20

// File is a value made of one or more files. It is made anew when one of them changes; where that fails, as while a pair of files is being
// replaced, the last good value stays. It is safe for concurrent use.
type File[T any] struct {
	paths []string
	parse func(texts [][]byte) (T, error)

	mu   sync.Mutex
	seen []stamp
	last T
	good bool
}

type stamp struct {
	at   time.Time
	size int64
}

// New gives the value that parse makes of the texts of the files, in their order. Nothing is read before Get.
func New[T any](parse func(texts [][]byte) (T, error), paths ...string) *File[T] {
	return &File[T]{paths: paths, parse: parse}
}

// Get gives the value as the files are now. An error says why there never was a good one.
func (f *File[T]) Get() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := f.stamps()
	if err == nil && f.good && same(now, f.seen) {
		return f.last, nil
	}
	var made T
	if err == nil {
		made, err = f.read()
	}
	switch {
	case err == nil:
		f.last, f.seen, f.good = made, now, true
	case !f.good:
		return made, err
	}
	return f.last, nil
}

func (f *File[T]) stamps() ([]stamp, error) {
	found := make([]stamp, len(f.paths))
	for i, path := range f.paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		found[i] = stamp{info.ModTime(), info.Size()}
	}
	return found, nil
}

func same(a, b []stamp) bool {
	for i := range a {
		if !a[i].at.Equal(b[i].at) || a[i].size != b[i].size {
			return false
		}
	}
	return true
}

func (f *File[T]) read() (made T, err error) {
	texts := make([][]byte, len(f.paths))
	for i, path := range f.paths {
		if texts[i], err = read(path); err != nil {
			return made, err
		}
	}
	if made, err = f.parse(texts); err != nil {
		return made, fmt.Errorf("%s: %w", f.paths[0], err)
	}
	return made, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxSize)
	}
	return text, nil
}
