package audit

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// File is a sink that starts a new file when the current one is full: path is the current one, path.1 the one before, and so on.
// It is not safe for concurrent use; a Log writes from one goroutine.
type File struct {
	path    string
	maxSize int64
	keep    int
	file    *os.File
	size    int64
}

// OpenFile opens a file for appending, which only its owner may read. maxSize is in bytes; keep is how many files stay besides the
// current one.
func OpenFile(path string, maxSize int64, keep int) (*File, error) {
	f := &File{path: path, maxSize: maxSize, keep: keep}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the audit log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("open the audit log: %w", errors.Join(err, file.Close()))
	}
	f.file, f.size = file, info.Size()
	return nil
}

// Write writes a line, to a new file if it does not fit the current one. A line larger than maxSize has a file of its own.
func (f *File) Write(line []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	if f.size > 0 && f.size+int64(len(line)) > f.maxSize {
		if err := f.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return n, err
}

// rotate moves every file one further and opens a new one. What fails leaves the log without a file, so that the next line tries again.
func (f *File) rotate() error {
	err := f.file.Close()
	f.file = nil
	if err != nil {
		return fmt.Errorf("close the audit log: %w", err)
	}
	for n := f.keep; n >= 0; n-- {
		from := f.path
		if n > 0 {
			from += "." + strconv.Itoa(n)
		}
		if n == f.keep {
			err = os.Remove(from)
		} else {
			err = os.Rename(from, f.path+"."+strconv.Itoa(n+1))
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("rotate the audit log: %w", err)
		}
	}
	return f.open()
}

// Close closes the current file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
