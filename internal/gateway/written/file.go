// Package written has the gateway's configuration as it is written: one Go type for each block, whose tags are the schema of both syntaxes of HCL.
//
// The gateway reads a configuration into these types, which say nothing of whether it is a good one; package config does. Who makes a
// configuration fills them and writes them with JSON. Fields of the type hcl.Range are where an attribute or a block stood, and have no say there.
package written

import "github.com/hashicorp/hcl/v2"

// File is a whole configuration. Its zero value says nothing, and is not yet one that the gateway would take.
type File struct {
	Revision string `hcl:"revision,optional"`

	Authority    *Authority    `hcl:"development_authority,block"`
	Identity     *Identity     `hcl:"identity,block"`
	Trust        []Trust       `hcl:"trust,block"`
	Issuers      []Issuer      `hcl:"issuer,block"`
	DIDs         []string      `hcl:"dids,optional"`
	DIDsAt       hcl.Range     `hcl:"dids,attr_value_range"`
	Agents       []Agent       `hcl:"agent,block"`
	TokenService *TokenService `hcl:"token_service,block"`
	Listeners    []Listener    `hcl:"listener,block"`
	Targets      []Target      `hcl:"target,block"`
	AgentCards   *AgentCards   `hcl:"agent_cards,block"`
	Policies     []Policies    `hcl:"policies,block"`
	Audit        *Audit        `hcl:"audit,block"`
	Telemetry    *Telemetry    `hcl:"telemetry,block"`
	Store        *Store        `hcl:"store,block"`
	Limits       *Limits       `hcl:"limits,block"`
	Admin        *Admin        `hcl:"admin,block"`

	Secrets          []string  `hcl:"secret_files,optional"`
	SecretsAt        hcl.Range `hcl:"secret_files,attr_value_range"`
	Suspended        []string  `hcl:"suspended,optional"`
	SuspendedAt      hcl.Range `hcl:"suspended,attr_value_range"`
	SuspendedFiles   []string  `hcl:"suspended_files,optional"`
	SuspendedFilesAt hcl.Range `hcl:"suspended_files,attr_value_range"`
}

// Policies are Cedar policies, in files or as they stand here.
type Policies struct {
	Files   []string  `hcl:"files,optional"`
	FilesAt hcl.Range `hcl:"files,attr_value_range"`
	Text    string    `hcl:"text,optional"`
	TextAt  hcl.Range `hcl:"text,attr_value_range"`
	At      hcl.Range `hcl:",def_range"`
}

// Agent is what is said of one agent, or of all whose SPIFFE IDs begin alike.
type Agent struct {
	ID       string            `hcl:"spiffe_id,label"`
	Labels   map[string]string `hcl:"labels,optional"`
	LabelsAt hcl.Range         `hcl:"labels,attr_value_range"`
	At       hcl.Range         `hcl:",def_range"`
}

// AgentCards is what the cards of agents are signed with.
type AgentCards struct {
	Secret   string    `hcl:"secret_file"`
	SecretAt hcl.Range `hcl:"secret_file,attr_value_range"`
	At       hcl.Range `hcl:",def_range"`
}

// Store is where replicas share their state.
type Store struct {
	Kind       string    `hcl:"kind,label"`
	KindAt     hcl.Range `hcl:"kind,label_range"`
	URL        string    `hcl:"url"`
	URLAt      hcl.Range `hcl:"url,attr_value_range"`
	Password   string    `hcl:"password_file,optional"`
	PasswordAt hcl.Range `hcl:"password_file,attr_value_range"`
	CA         string    `hcl:"ca_file,optional"`
	CAAt       hcl.Range `hcl:"ca_file,attr_value_range"`
	Prefix     *string   `hcl:"prefix,optional"`
	Timeout    string    `hcl:"timeout,optional"`
	TimeoutAt  hcl.Range `hcl:"timeout,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}

// Admin is where operators ask for metrics, readiness and what is in force.
type Admin struct {
	Address   string    `hcl:"address"`
	AddressAt hcl.Range `hcl:"address,attr_value_range"`
	Remote    bool      `hcl:"remote,optional"`
	At        hcl.Range `hcl:",def_range"`
}
