package inside

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mostNodes bounds what is listed. A container has some ten of its own.
const mostNodes = 4096

// SeeDevices lists the device nodes below a folder, which is /dev, and reaches for some devices.
func SeeDevices(folder string, reach []Number) Devices {
	var seen Devices
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeDevice == 0 {
			return nil //nolint:nilerr // a folder that is closed to the process holds nothing for it
		}
		if len(seen.Nodes) == mostNodes {
			return fs.SkipAll
		}
		var stat unix.Stat_t
		if unix.Lstat(path, &stat) == nil {
			rdev := uint64(stat.Rdev) //nolint:unconvert // of another type on other processors
			seen.Nodes = append(seen.Nodes, Device{Number{stat.Mode&unix.S_IFMT == unix.S_IFBLK, unix.Major(rdev), unix.Minor(rdev)}, path})
		}
		return nil
	})
	if err != nil {
		seen.Error = err.Error()
	}
	for _, n := range reach {
		seen.Access = append(seen.Access, seen.open(folder, n))
	}
	return seen
}

// open opens a device by a node that there is, or else by one that it makes for that and removes.
func (d Devices) open(folder string, n Number) Access {
	a := Access{Number: n}
	for _, node := range d.Nodes {
		if node.Number == n {
			a.Path = node.Path
		}
	}
	if a.Path == "" {
		path := filepath.Join(folder, fmt.Sprintf("agentward-%d-%d", n.Major, n.Minor))
		kind := uint32(unix.S_IFCHR)
		if n.Block {
			kind = unix.S_IFBLK
		}
		if err := unix.Mknod(path, kind|0o600, int(unix.Mkdev(n.Major, n.Minor))); err != nil {
			a.Refused, a.Error = true, "make a node: "+err.Error()
			return a
		}
		defer os.Remove(path)
		a.Path, a.Made = path, true
	}
	file, err := unix.Open(a.Path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		a.Refused, a.Error = errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES), err.Error()
		return a
	}
	_ = unix.Close(file) // nothing was written
	return a
}
