package controlplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/agentward/terraform-provider-agent/acctest/port"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// temporaryPrefix begins the name of a temporary folder; the process id of its owner follows.
const temporaryPrefix = "agentward-controlplane-"

// saved is what another process needs to know to use and stop the control plane.
type saved struct {
	Options Options
	Ports   ports
	// Processes are the components by name.
	Processes map[string]process
}

type process struct {
	PID     int
	Program string // path
}

func (c *ControlPlane) save() error {
	state := saved{Options: c.config.Options, Ports: c.ports, Processes: map[string]process{}}
	for _, component := range c.components() {
		state.Processes[component.name] = process{PID: component.pid, Program: component.program}
	}
	content, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return fmt.Errorf("save the state of the control plane: %w", err)
	}
	if err := os.WriteFile(c.path("state.json"), content, 0o600); err != nil {
		return fmt.Errorf("save the state of the control plane: %w", err)
	}
	return nil
}

// Load finds the control plane that Run left in the background in this folder. Where there is none, the error is
// fs.ErrNotExist; whether its processes still run is Running's answer.
func Load(dir string) (*ControlPlane, error) {
	c := &ControlPlane{dir: dir, config: Config{Dir: dir, Background: true}}
	content, err := os.ReadFile(c.path("state.json"))
	if err != nil {
		return nil, fmt.Errorf("load the control plane: %w", err)
	}
	var state saved
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, fmt.Errorf("load the control plane: %s: %w", c.path("state.json"), err)
	}
	c.config.Options, c.ports = state.Options, state.Ports
	if c.certs, err = loadAuthority(c.path("pki")); err != nil {
		return nil, err
	}
	users, err := filepath.Glob(c.path("user-*.kubeconfig"))
	if err != nil {
		return nil, fmt.Errorf("load the control plane: %w", err)
	}
	c.count = len(users)
	// The programs that run are those that were found then, whatever could be found now.
	err = c.describe(func(t tool.Tool) (string, error) { return state.Processes[t.Name].Program, nil })
	if err != nil {
		return nil, err
	}
	for _, component := range c.components() {
		component.pid = state.Processes[component.name].PID
	}
	return c, nil
}

// Running says whether every process of the control plane runs.
func (c *ControlPlane) Running() bool {
	for _, component := range c.components() {
		if !component.running() {
			return false
		}
	}
	return true
}

// alive says whether the process runs this program: a process id is given out again after a while.
func alive(pid int, program string) bool {
	return pid > 0 && commandOf(pid) == program
}

// sweep removes what control planes left in the temporary folder whose owner was killed before it could stop them.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), temporaryPrefix+"*-*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), temporaryPrefix), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		c, err := Load(dir)
		if err == nil {
			err = c.Stop()
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if err == nil {
			_ = os.RemoveAll(dir)
		}
	}
}

func freePorts() (chosen ports, err error) {
	for _, number := range []*int{&chosen.Etcd, &chosen.EtcdPeer, &chosen.APIServer, &chosen.ControllerManager, &chosen.Scheduler} {
		if *number, err = port.Free(); err != nil {
			return ports{}, err
		}
	}
	return chosen, nil
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
