package audit

import (
	"bytes"
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
	torn    bool // what was written last is not the end of a line
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

// Write writes whole lines: at once where they fit the current file, otherwise one by one, each to a new file if it does not fit. A line larger
// than maxSize has a file of its own.
func (f *File) Write(lines []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	if f.size+int64(len(lines)) <= f.maxSize {
		return f.write(lines)
	}
	written := 0
	for len(lines) > 0 {
		line := lines
		if end := bytes.IndexByte(lines, '\n'); end >= 0 {
			line = lines[:end+1]
		}
		if f.size > 0 && f.size+int64(len(line)) > f.maxSize && !f.torn {
			if err := f.rotate(); err != nil {
				return written, err
			}
		}
		n, err := f.write(line)
		written += n
		if err != nil {
			return written, err
		}
		lines = lines[len(line):]
	}
	return written, nil
}

func (f *File) write(lines []byte) (int, error) {
	n, err := f.file.Write(lines)
	f.size += int64(n)
	if n > 0 {
		f.torn = lines[n-1] != '\n'
	}
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
