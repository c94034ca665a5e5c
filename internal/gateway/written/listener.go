package written

import "github.com/hashicorp/hcl/v2"

// Listener is an address that agents call.
type Listener struct {
	Name           string    `hcl:"name,label"`
	Address        string    `hcl:"address"`
	AddressAt      hcl.Range `hcl:"address,attr_value_range"`
	URL            string    `hcl:"url,optional"`
	URLAt          hcl.Range `hcl:"url,attr_value_range"`
	MinimumTLS     string    `hcl:"minimum_tls,optional"`
	MinimumTLSAt   hcl.Range `hcl:"minimum_tls,attr_value_range"`
	Plain          bool      `hcl:"plain,optional"`
	PlainAt        hcl.Range `hcl:"plain,attr_value_range"`
	Principal      string    `hcl:"principal,optional"`
	PrincipalAt    hcl.Range `hcl:"principal,attr_value_range"`
	Authenticate   []string  `hcl:"authenticate,optional"`
	AuthenticateAt hcl.Range `hcl:"authenticate,attr_value_range"`
	Nonces         bool      `hcl:"dpop_nonces,optional"`
	Targets        []string  `hcl:"targets,optional"`
	TargetsAt      hcl.Range `hcl:"targets,attr_value_range"`
	Origins        []string  `hcl:"origins,optional"`
	OriginsAt      hcl.Range `hcl:"origins,attr_value_range"`
	Mode           string    `hcl:"mode,optional"`
	ModeAt         hcl.Range `hcl:"mode,attr_value_range"`
	Direction      string    `hcl:"direction,optional"`
	DirectionAt    hcl.Range `hcl:"direction,attr_value_range"`
	At             hcl.Range `hcl:",def_range"`
}
