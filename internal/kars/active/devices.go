package active

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

const (
	// miscMajor is that of Linux for devices that have nothing to do with each other.
	miscMajor = 10
	// ptyMajor and lastPtyMajor are those of pseudo terminals.
	ptyMajor, lastPtyMajor = 136, 143
)

// everybodys are the character devices that the runtime specification of OCI gives each container: null, zero, full, random, urandom, tty,
// console and ptmx.
var everybodys = []inside.Number{
	{Major: 1, Minor: 3}, {Major: 1, Minor: 5}, {Major: 1, Minor: 7}, {Major: 1, Minor: 8}, {Major: 1, Minor: 9}, {Major: 5}, {Major: 5, Minor: 1}, {Major: 5, Minor: 2},
}

func special(d inside.Device) bool {
	return !slices.Contains(everybodys, d.Number) && (d.Block || d.Major < ptyMajor || d.Major > lastPtyMajor)
}

// given are the devices that a pod was given, and one beside it that asks for none was not. seen are accelerators that the latter sees: what
// is called like one, what has the driver of one that was given, and where nothing was given what both see.
func given(asks, asksNot []inside.Device) (given, seen []inside.Device) {
	for _, d := range asks {
		if special(d) && !slices.ContainsFunc(asksNot, func(o inside.Device) bool { return o.Number == d.Number }) {
			given = append(given, d)
		}
	}
	for _, d := range asksNot {
		if !special(d) {
			continue
		}
		same := func(o inside.Device) bool {
			return o.Block == d.Block && o.Major == d.Major && (d.Block || d.Major != miscMajor)
		}
		both := func(o inside.Device) bool { return o.Number == d.Number }
		if passive.LeadsToAccelerator(d.Path) || slices.ContainsFunc(given, same) || len(given) == 0 && slices.ContainsFunc(asks, both) {
			seen = append(seen, d)
		}
	}
	return given, seen
}

// numbers are those of devices, each once.
func numbers(devices []inside.Device) []inside.Number {
	var all []inside.Number
	for _, d := range devices {
		if !slices.Contains(all, d.Number) {
			all = append(all, d.Number)
		}
	}
	return all
}

// names says which devices these are.
func names(devices []inside.Device) string {
	var all []string
	for _, d := range devices {
		all = append(all, fmt.Sprintf("%s (%s)", d.Path, d.Number))
	}
	return strings.Join(all, ", ")
}

// opened gives the path of a device that was opened, or "" and why none was.
func opened(access []inside.Access) (path, why string) {
	var errs []string
	for _, a := range access {
		if a.Error == "" {
			return a.Path, ""
		}
		errs = append(errs, fmt.Sprintf("%s: %s", a.Number, a.Error))
	}
	return "", strings.Join(errs, ", ")
}

// past gives the device to which a pod came that was not given it, whatever its driver answered, or "" and what stood against it.
func past(access []inside.Access) (device, refusal string) {
	var refusals []string
	for _, a := range access {
		if !a.Refused {
			return a.String(), ""
		}
		what := a.Error
		if a.Made {
			what = "made a node, and opening it: " + what
		}
		refusals = append(refusals, what)
	}
	slices.Sort(refusals)
	return "", strings.Join(slices.Compact(refusals), ", ")
}
