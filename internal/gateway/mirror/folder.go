package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// Folder is the copy of an object on disk. Its path is a symbolic link to a folder with a name of its own, and the link is exchanged: whoever
// reads a file finds that of one state of the object, never one half written. The copy outlives the process. Nothing is forced to the medium,
// since a copy is of no use once the machine went down. It is not safe for concurrent use.
type Folder struct {
	root   *os.Root
	object Object
	now    string // the name of the folder that the link leads to; "" without a copy of this object
	digest [sha256.Size]byte
}

// OpenFolder finds the copy of an object below root, where an earlier process left one. A copy of another object is none.
func OpenFolder(root *os.Root, o Object) (*Folder, error) {
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	f := &Folder{root: root, object: o}
	if err := f.makeParents(); err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	if target, err := root.Readlink(o.Directory); err == nil && madeFor(o, target) {
		if files, err := f.read(target); err == nil { // what cannot be read is no copy
			f.now, f.digest = target, digest(files)
		}
	}
	return f, nil
}

// makeParents makes the folders that lead to the copy. None of them may be a copy itself.
func (f *Folder) makeParents() error {
	parts := strings.Split(f.object.Directory, "/")
	for i := 1; i < len(parts); i++ {
		at := strings.Join(parts[:i], "/")
		if err := f.root.Mkdir(at, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if info, err := f.root.Lstat(at); err != nil || !info.IsDir() {
			return fmt.Errorf("directory %q: %q is no folder, but the copy of another object", f.object.Directory, at)
		}
	}
	return nil
}

// Has says whether there is a copy.
func (f *Folder) Has() bool { return f.now != "" }

// Replace makes the copy hold these files and no others, and says whether it held something else before. With an error it is as it was, unless it
// changed: then what was there before could not be removed.
func (f *Folder) Replace(files map[string][]byte) (changed bool, err error) {
	if err := checkFiles(files); err != nil {
		return false, err
	}
	sum := digest(files)
	if f.Has() && sum == f.digest {
		return false, nil
	}
	made := generation(f.object)
	if err := f.write(f.sibling(made), files); err != nil {
		return false, errors.Join(err, f.root.RemoveAll(f.sibling(made)))
	}
	link := f.sibling(linkInTheMaking(f.object))
	_ = f.root.Remove(link) // of a process that was killed here
	if err := f.root.Symlink(made, link); err != nil {
		return false, errors.Join(err, f.root.RemoveAll(f.sibling(made)))
	}
	if err := f.root.Rename(link, f.object.Directory); err != nil {
		return false, errors.Join(err, f.root.Remove(link), f.root.RemoveAll(f.sibling(made)))
	}
	f.now, f.digest = made, sum
	return true, f.sweep()
}

// write writes a new folder that the owner alone can read.
func (f *Folder) write(folder string, files map[string][]byte) error {
	if err := f.root.Mkdir(folder, 0o700); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		file, err := f.root.OpenFile(path.Join(folder, key), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
		if err != nil {
			return err
		}
		_, err = file.Write(files[key])
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// read gives the files of a folder that was written here.
func (f *Folder) read(name string) (map[string][]byte, error) {
	entries, err := fs.ReadDir(f.root.FS(), f.sibling(name))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		text, err := f.root.ReadFile(path.Join(f.sibling(name), e.Name()))
		if err != nil {
			return nil, err
		}
		files[e.Name()] = text
	}
	return files, checkFiles(files)
}

// sweep removes what earlier copies left, those of an object that had the folder before included.
func (f *Folder) sweep() error {
	entries, err := fs.ReadDir(f.root.FS(), path.Dir(f.object.Directory))
	if err != nil {
		return err
	}
	var failures []error
	for _, e := range entries {
		if e.Name() != f.now && madeIn(f.object, e.Name()) {
			failures = append(failures, f.root.RemoveAll(f.sibling(e.Name())))
		}
	}
	return errors.Join(failures...)
}

// Prune removes the copies of all objects but these, those that an earlier process left among them.
func Prune(root *os.Root, keep ...Object) error {
	var gone []Folder
	err := fs.WalkDir(root.FS(), ".", func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".."):
			return fs.SkipDir // a copy
		case d.Type()&fs.ModeSymlink == 0 || slices.ContainsFunc(keep, func(o Object) bool { return o.Directory == at }):
			return nil
		}
		of := Object{Directory: at}
		target, err := root.Readlink(at)
		if err == nil && madeIn(of, target) {
			gone = append(gone, Folder{root: root, object: of})
		}
		return err
	})
	failures := []error{err}
	for _, f := range gone {
		failures = append(failures, root.Remove(f.object.Directory), f.sweep())
	}
	return errors.Join(failures...)
}

// sibling is the path of what is beside the link.
func (f *Folder) sibling(name string) string { return path.Join(path.Dir(f.object.Directory), name) }

// digest is the same for the same files.
func digest(files map[string][]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(files)) {
		for _, part := range [][]byte{[]byte(key), files[key]} {
			_ = binary.Write(h, binary.BigEndian, uint64(len(part))) // a hash takes everything
			h.Write(part)
		}
	}
	h.Sum(sum[:0])
	return sum
}

// ReadList gives what the list beside the configuration names, nothing where there is none.
func ReadList(root *os.Root) ([]Object, error) {
	text, err := root.ReadFile(path.Join(Configuration, List))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Parse(bytes.TrimSpace(text))
}
