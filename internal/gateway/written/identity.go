package written

import "github.com/hashicorp/hcl/v2"

// Authority issues identities on one machine.
type Authority struct {
	TrustDomain   string    `hcl:"trust_domain"`
	TrustDomainAt hcl.Range `hcl:"trust_domain,attr_value_range"`
	Directory     string    `hcl:"directory"`
	At            hcl.Range `hcl:",def_range"`
}

// Identity is where the gateway's own certificate comes from.
type Identity struct {
	Certificate   string    `hcl:"certificate,optional"`
	Key           string    `hcl:"key,optional"`
	WorkloadAPI   string    `hcl:"workload_api,optional"`
	WorkloadAPIAt hcl.Range `hcl:"workload_api,attr_value_range"`
	SPIFFEID      string    `hcl:"spiffe_id,optional"`
	SPIFFEIDAt    hcl.Range `hcl:"spiffe_id,attr_value_range"`
	Wait          string    `hcl:"wait,optional"`
	WaitAt        hcl.Range `hcl:"wait,attr_value_range"`
	At            hcl.Range `hcl:",def_range"`
}

// Trust is a trust domain whose workloads may call.
type Trust struct {
	Domain   string    `hcl:"trust_domain,label"`
	Bundle   string    `hcl:"bundle,optional"`
	BundleAt hcl.Range `hcl:"bundle,attr_value_range"`
	Endpoint *Endpoint `hcl:"endpoint,block"`
	At       hcl.Range `hcl:",def_range"`
}

// Endpoint is where a trust domain serves its bundle.
type Endpoint struct {
	URL        string    `hcl:"url"`
	URLAt      hcl.Range `hcl:"url,attr_value_range"`
	Profile    string    `hcl:"profile"`
	ProfileAt  hcl.Range `hcl:"profile,attr_value_range"`
	SPIFFEID   string    `hcl:"spiffe_id,optional"`
	SPIFFEIDAt hcl.Range `hcl:"spiffe_id,attr_value_range"`
	Roots      string    `hcl:"ca_file,optional"`
	RootsAt    hcl.Range `hcl:"ca_file,attr_value_range"`
	MaxAge     string    `hcl:"max_age,optional"`
	MaxAgeAt   hcl.Range `hcl:"max_age,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}
