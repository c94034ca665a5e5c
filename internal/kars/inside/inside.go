// Package inside is what an active probe sees from inside of a pod: what it is told of the kernel and its limits, whether it is still the
// same process, and which identity it is given.
package inside

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Port is where the pod answers.
const Port = 8080

// The paths that it answers.
const (
	FactsPath = "/facts" // Facts
	HoldPath  = "/hold"  // a line every Beat, until the caller leaves
	SVIDPath  = "/svid"  // SVID
)

// Beat is the time between two lines of HoldPath.
const Beat = 200 * time.Millisecond

// Facts are what the process sees.
type Facts struct {
	// Instance is made anew with every start of the process, and kept in its memory alone.
	Instance string
	Started  time.Time
	// Kernel is the release, Version all that the kernel says of itself, and BootID what it drew at its start; "" where hidden.
	Kernel, Version, BootID string
	// MilliCPU and Memory are the limits in force, in thousandths of a processor and bytes; 0 for none.
	MilliCPU, Memory int64
}

// SVID is an identity that was issued.
type SVID struct {
	ID      string
	Expires time.Time
	Error   string // why there is none
}

// See gives the facts of a process that started then.
func See(instance string, started time.Time) Facts {
	return look("/", Facts{Instance: instance, Started: started})
}

// NewInstance draws a name for a process.
func NewInstance() string { return rand.Text() }

func look(root string, f Facts) Facts {
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return ""
		}
		return string(bytes.TrimSpace(text))
	}
	f.Kernel, f.Version, f.BootID = read("proc/sys/kernel/osrelease"), read("proc/version"), read("proc/sys/kernel/random/boot_id")
	if quota, period, ok := strings.Cut(read("sys/fs/cgroup/cpu.max"), " "); ok { // cgroup v2
		f.MilliCPU = milli(quota, period)
		f.Memory = limit(read("sys/fs/cgroup/memory.max"))
		return f
	}
	f.MilliCPU = milli(read("sys/fs/cgroup/cpu/cpu.cfs_quota_us"), read("sys/fs/cgroup/cpu/cpu.cfs_period_us"))
	f.Memory = limit(read("sys/fs/cgroup/memory/memory.limit_in_bytes"))
	return f
}

// milli gives thousandths of a processor. No quota is "max" or negative.
func milli(quota, period string) int64 {
	q, quotaErr := strconv.ParseInt(quota, 10, 64)
	p, periodErr := strconv.ParseInt(period, 10, 64)
	if quotaErr != nil || periodErr != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q * 1000 / p
}

// limit gives bytes. No limit is "max" or, in cgroup v1, a number near the largest.
func limit(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > 1<<60 {
		return 0
	}
	return n
}
