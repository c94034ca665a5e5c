package spec

import "time"

// GoogleManagedIdentity is a managed workload identity: of a pool, in one of its namespaces.
type GoogleManagedIdentity struct {
	Pool GooglePool

	Namespace string // its id; the agent's namespace where nothing else is configured
	// CreateNamespace makes the namespace this identity's own, which goes with it.
	CreateNamespace bool
	ID              string // the agent's name where nothing else is configured
	Description     string
	// AttestationRules say which workloads may have the identity: "//compute.googleapis.com/projects/1/uid/zones/z/instances/2".
	AttestationRules []string
}

// GooglePool is a workload identity pool in TRUST_DOMAIN mode.
type GooglePool struct {
	ID string
	// Create makes the pool this identity's own, which goes with it. Where it is false the pool is expected to be there, and
	// what follows is empty.
	Create      bool
	DisplayName string
	Description string
	Issuance    *GoogleCertificateIssuance
	// Trust are the trust domains whose certificates are accepted beside the pool's own.
	Trust map[string]GoogleTrust
}

// GoogleCertificateIssuance says who signs the pool's certificates and for how long.
type GoogleCertificateIssuance struct {
	CAPools      map[string]string // region -> "projects/p/locations/<region>/caPools/c"
	SharedCA     bool              // Google's own CA; excludes CAPools
	KeyAlgorithm string            // "" for ECDSA_P256
	Lifetime     time.Duration     // 0 for a day
	Rotation     int64             // percentage of the lifetime; 0 for 50
}

// GoogleTrust is what certificates of a trust domain are verified with.
type GoogleTrust struct {
	Anchors []string // PEM, one certificate each, at least one
	// SharedCA trusts the CA that Google provides for managed identities as well.
	SharedCA bool
}

// The range and the default of the lifetime of a pool's certificates.
const (
	MinPoolLifetime     = 24 * time.Hour
	MaxPoolLifetime     = 30 * 24 * time.Hour
	DefaultPoolLifetime = 24 * time.Hour
)
