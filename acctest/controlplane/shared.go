package controlplane

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

var shared struct {
	sync.Mutex
	plane *ControlPlane
	err   error
}

// Shared gives the control plane, with kube-controller-manager, that all tests of this test binary may use together; the first
// call starts it. Tests keep out of each other's way by namespaces and names of their own, and do not stop it.
//
// Where the environment variable AGENTWARD_KUBECONFIG names a kubeconfig, it is that cluster, seen through Existing, and it may be
// shared with other test binaries.
//
// It ends with the process. A package that uses it should have
//
//	func TestMain(m *testing.M) { controlplane.Main(m) }
//
// without which its files stay in the temporary folder until the next control plane sweeps them.
func Shared(tb testing.TB) *ControlPlane {
	tb.Helper()
	options := Options{ControllerManager: true}
	kubeconfig := os.Getenv(KubeconfigVariable)
	if kubeconfig == "" {
		for _, t := range needed(options) {
			tool.Require(tb, t)
		}
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.plane == nil && shared.err == nil {
		// Not the test's context: the control plane outlives it.
		if kubeconfig == "" {
			shared.plane, shared.err = Run(context.Background(), Config{Options: options})
		} else {
			shared.plane, shared.err = Existing(context.Background(), kubeconfig)
		}
	}
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.plane
}

// AtOnce lets n parallel tests of this test binary go on at once: more than there are processors, where they wait and hardly compute. A TestMain
// calls it before Main, when no flag is parsed yet, so that -parallel has the last word.
func AtOnce(n int) {
	if err := flag.Set("test.parallel", strconv.Itoa(n)); err != nil {
		panic(err) // every test binary has the flag
	}
}

// Main runs the tests, stops the shared control plane and ends the process.
func Main(m *testing.M) {
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the shared control plane:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func stopShared() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.plane == nil {
		return nil
	}
	return shared.plane.Stop()
}
