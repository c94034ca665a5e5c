package config

import "github.com/hashicorp/hcl/v2"

// audits says whether a listener's or target's mode is "audit": calls are decided and recorded, and none is denied.
func (r *reading) audits(mode string, at, block hcl.Range) bool {
	switch mode {
	case "", "enforce":
		return false
	case "audit":
		return true
	}
	r.wrong(at, block, "Mode is not known", "%q: it is \"enforce\" where nothing is said, and may be \"audit\".", mode)
	return false
}
