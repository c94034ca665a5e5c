package inside

import (
	"fmt"
	"net/url"
)

// DevicesPath lists the device nodes of the pod, as Devices. What the query asks for by Reach is opened besides: which nodes those are is
// for the caller to say, since there are devices of which opening does something.
const DevicesPath = "/devices"

// mostReached bounds what one query costs.
const mostReached = 64

// Number is by what the kernel knows a device, whatever its nodes are called.
type Number struct {
	Block        bool // and a character device otherwise
	Major, Minor uint32
}

func (n Number) String() string {
	kind := 'c'
	if n.Block {
		kind = 'b'
	}
	return fmt.Sprintf("%c:%d:%d", kind, n.Major, n.Minor)
}

// Device is a device node.
type Device struct {
	Number
	Path string
}

// Access is what came of reaching for a device.
type Access struct {
	Number
	// Path is the node that was opened, and Made says that the process made it, there being none. "" where it could not.
	Path string
	Made bool
	// Refused says that permissions stood against it, of the file or of the control group. Anything else is an answer of the driver.
	Refused bool
	Error   string // "" where the device was opened
}

// Devices are those of a pod.
type Devices struct {
	Nodes  []Device
	Access []Access // in the order in which they were asked for
	Error  string   // why they could not be listed
}

// Reach gives the query of DevicesPath that has the process open these devices.
func Reach(numbers []Number) url.Values {
	query := url.Values{}
	for _, n := range numbers {
		query.Add("open", n.String())
	}
	return query
}

// ReadReach reads what Reach gives.
func ReadReach(query url.Values) ([]Number, error) {
	asked := query["open"]
	if len(asked) > mostReached {
		return nil, fmt.Errorf("%d devices are too many, %d can be opened", len(asked), mostReached)
	}
	var numbers []Number
	for _, text := range asked {
		var n Number
		var kind rune
		if _, err := fmt.Sscanf(text, "%c:%d:%d", &kind, &n.Major, &n.Minor); err != nil || kind != 'b' && kind != 'c' {
			return nil, fmt.Errorf("%q is no device such as c:10:229", text)
		}
		n.Block = kind == 'b'
		numbers = append(numbers, n)
	}
	return numbers, nil
}
