package config

import (
	"github.com/hashicorp/hcl/v2"
)

// file is the configuration as it is written, in either syntax. The tags are the schema.
type file struct {
	Authority    *authority    `hcl:"development_authority,block"`
	Identity     *identity     `hcl:"identity,block"`
	Trust        []trust       `hcl:"trust,block"`
	Issuers      []issuer      `hcl:"issuer,block"`
	DIDs         []string      `hcl:"dids,optional"`
	DIDsAt       hcl.Range     `hcl:"dids,attr_value_range"`
	Agents       []agent       `hcl:"agent,block"`
	TokenService *tokenService `hcl:"token_service,block"`
	Listeners    []listener    `hcl:"listener,block"`
	Targets      []target      `hcl:"target,block"`
	AgentCards   *agentCards   `hcl:"agent_cards,block"`
	Policies     []policies    `hcl:"policies,block"`
	Audit        *audit        `hcl:"audit,block"`
	Telemetry    *telemetry    `hcl:"telemetry,block"`
	Store        *store        `hcl:"store,block"`
	Limits       *limits       `hcl:"limits,block"`
	Admin        *admin        `hcl:"admin,block"`
	Suspended    []string      `hcl:"suspended,optional"`
	SuspendedAt  hcl.Range     `hcl:"suspended,attr_value_range"`
}

type admin struct {
	Address   string    `hcl:"address"`
	AddressAt hcl.Range `hcl:"address,attr_value_range"`
	At        hcl.Range `hcl:",def_range"`
}
