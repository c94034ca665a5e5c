package inside

import (
	"net/url"
	"os"
	"runtime"
	"slices"
	"testing"
)

func TestTheDevicesToReachAreReadAsTheyWereAsked(t *testing.T) {
	asked := []Number{{false, 10, 229}, {true, 253, 1 << 19}}
	if got, err := ReadReach(Reach(asked)); err != nil || !slices.Equal(got, asked) {
		t.Errorf("%v: %v", got, err)
	}
	for _, text := range []string{"", "c", "c:1", "p:1:3", "c:-1:3", "c:1:99999999999"} {
		if got, err := ReadReach(url.Values{"open": {text}}); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if _, err := ReadReach(Reach(make([]Number, mostReached+1))); err == nil {
		t.Error("there is no limit")
	}
}

// The null device is one that every process has and may open.
func TestADeviceIsSeenAndOpened(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("device nodes of Linux")
	}
	null := Number{false, 1, 3}
	seen := SeeDevices("/dev", []Number{null})
	if seen.Error != "" || !slices.Contains(seen.Nodes, Device{null, os.DevNull}) {
		t.Fatalf("/dev/null is not in %v: %s", seen.Nodes, seen.Error)
	}
	if a := seen.Access[0]; a != (Access{Number: null, Path: a.Path}) || a.Path == "" {
		t.Errorf("%+v", a)
	}
}

// Where there is no node one is made, and where that is refused it is said.
func TestADeviceWithoutANodeIsReachedByOneThatIsMade(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("device nodes of Linux")
	}
	empty := t.TempDir()
	seen := SeeDevices(empty, []Number{{false, 1, 3}})
	if a := seen.Access[0]; len(seen.Nodes) > 0 || a.Made == (a.Path == "") || !a.Made && (!a.Refused || a.Error == "") {
		t.Errorf("%+v", seen)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("the node is left: %v %v", left, err)
	}
}
