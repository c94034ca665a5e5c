//go:build !linux

package inside

// SeeDevices says that it cannot: pods with device nodes are Linux's.
func SeeDevices(string, []Number) Devices {
	return Devices{Error: "device nodes are looked for on Linux alone"}
}
