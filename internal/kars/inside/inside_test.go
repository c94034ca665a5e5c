package inside

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLimitsAreReadOfBothVersionsOfControlGroups(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  Facts
	}{
		"version 2":                {map[string]string{"sys/fs/cgroup/cpu.max": "20000 100000\n", "sys/fs/cgroup/memory.max": "134217728\n"}, Facts{MilliCPU: 200, Memory: 128 << 20}},
		"version 2 without limits": {map[string]string{"sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n"}, Facts{}},
		"version 1": {map[string]string{
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "10000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "67108864\n",
		}, Facts{MilliCPU: 100, Memory: 64 << 20}},
		"version 1 without limits": {map[string]string{
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, Facts{}},
		"what is hidden": {nil, Facts{}},
		"what is told":   {map[string]string{"proc/sys/kernel/osrelease": "6.1\n", "proc/version": "Linux\n", "proc/sys/kernel/random/boot_id": "b\n"}, Facts{Kernel: "6.1", Version: "Linux", BootID: "b"}},
	} {
		root := t.TempDir()
		for path, text := range test.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := look(root, Facts{}); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
