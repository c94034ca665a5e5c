package spec

import (
	"crypto/x509"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// The limits of a pool, as its schema gives them.
const (
	maxPoolDisplayName = 32
	maxPoolDescription = 256
	maxPoolTrust       = 10
	maxAttestation     = 50
	minRotation        = 50
	maxRotation        = 80
)

var (
	googlePoolID    = regexp.MustCompile(`^[a-z0-9-]{4,32}$`)
	googleManagedID = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	googleCAPool    = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/caPools/[^/]+$`)
	keyAlgorithms   = []string{"RSA_2048", "RSA_3072", "RSA_4096", "ECDSA_P256", "ECDSA_P384"}
)

func (v *googleIdentityValidator) managed(path []any) {
	m := v.g.Managed
	if m == nil {
		v.add(path, "is missing: runtime = %q is an identity of a pool, which gcp.managed.pool names", RuntimeManaged)
		return
	}
	v.managedID(at(path, "namespace"), m.Namespace)
	v.managedID(at(path, "id"), m.ID)
	v.length(at(path, "description"), m.Description, maxPoolDescription)
	if len(m.AttestationRules) > maxAttestation {
		v.add(at(path, "attestation_rules"), "has %d rules, %d are allowed", len(m.AttestationRules), maxAttestation)
	}
	for i, rule := range m.AttestationRules {
		if !strings.HasPrefix(rule, "//") {
			v.add(at(path, "attestation_rules", i), "%q is no full resource name, as //compute.googleapis.com/projects/<number>/uid/zones/<zone>/instances/<number>", rule)
		}
		v.duplicate(at(path, "attestation_rules", i), m.AttestationRules, i)
	}
	v.pool(at(path, "pool"), m.Pool)
}

func (v *googleIdentityValidator) managedID(path []any, id string) {
	switch {
	case !googleManagedID.MatchString(id):
		v.add(path, "%q is no id: up to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends", id)
	case strings.HasPrefix(id, "gcp-"):
		v.add(path, "%q begins with gcp-, which Google keeps for itself", id)
	}
}

func (v *googleIdentityValidator) pool(path []any, p GooglePool) {
	switch {
	case !googlePoolID.MatchString(p.ID):
		v.add(at(path, "id"), "%q is no id of a pool: 4 to 32 lower-case letters, digits and hyphens", p.ID)
	case strings.HasPrefix(p.ID, "gcp-"):
		v.add(at(path, "id"), "%q begins with gcp-, which Google keeps for itself", p.ID)
	}
	if !p.Create {
		const others = "is of a pool that is created here, and this one is expected to exist: set gcp.managed.pool.create, or leave it out"
		for _, field := range []struct {
			name string
			set  bool
		}{
			{"display_name", p.DisplayName != ""},
			{"description", p.Description != ""},
			{"certificate_issuance", p.Issuance != nil},
			{"trust", len(p.Trust) > 0},
		} {
			if field.set {
				v.add(at(path, field.name), others)
			}
		}
		return
	}
	v.length(at(path, "display_name"), p.DisplayName, maxPoolDisplayName)
	v.length(at(path, "description"), p.Description, maxPoolDescription)
	if p.Issuance != nil {
		v.issuance(at(path, "certificate_issuance"), *p.Issuance)
	}
	if len(p.Trust) > maxPoolTrust {
		v.add(at(path, "trust"), "has %d trust domains, %d are allowed", len(p.Trust), maxPoolTrust)
	}
	for _, domain := range sortedKeys(p.Trust) {
		v.trust(at(path, "trust", MapKey(domain)), domain, p.Trust[domain])
	}
}

func (v *googleIdentityValidator) issuance(path []any, c GoogleCertificateIssuance) {
	switch {
	case c.SharedCA && len(c.CAPools) > 0:
		v.add(at(path, "shared_ca"), "excludes ca_pools: Google's own CA signs, or yours do")
	case !c.SharedCA && len(c.CAPools) == 0:
		v.add(at(path, "ca_pools"), "is empty, so that nobody signs: name a CA pool for each region with workloads, or set shared_ca")
	}
	for _, region := range sortedKeys(c.CAPools) {
		path := at(path, "ca_pools", MapKey(region))
		match := googleCAPool.FindStringSubmatch(c.CAPools[region])
		switch {
		case match == nil:
			v.add(path, "%q is no CA pool: write projects/<project>/locations/%s/caPools/<name>", c.CAPools[region], region)
		case match[1] != region:
			v.add(path, "is a CA pool in %q: workloads get certificates from pools of their own region only", match[1])
		}
	}
	if c.KeyAlgorithm != "" && !slices.Contains(keyAlgorithms, c.KeyAlgorithm) {
		v.add(at(path, "key_algorithm"), "%q is no key algorithm: use %s", c.KeyAlgorithm, strings.Join(keyAlgorithms, ", "))
	}
	switch {
	case c.Lifetime == 0:
	case c.Lifetime < MinPoolLifetime || c.Lifetime > MaxPoolLifetime:
		v.add(at(path, "lifetime"), "%s is out of range: 24h to 720h (30 days)", c.Lifetime)
	case c.Lifetime%time.Second != 0:
		v.add(at(path, "lifetime"), "%s is no whole number of seconds", c.Lifetime)
	}
	if c.Rotation != 0 && (c.Rotation < minRotation || c.Rotation > maxRotation) {
		v.add(at(path, "rotation_window_percentage"), "%d is out of range: %d to %d", c.Rotation, minRotation, maxRotation)
	}
}

func (v *googleIdentityValidator) trust(path []any, domain string, t GoogleTrust) {
	if td, err := spiffeid.TrustDomainFromString(domain); err != nil {
		v.add(path, "%q is no trust domain: %v", domain, err)
	} else if td.Name() != domain {
		v.add(path, "%q is a SPIFFE ID; write the trust domain alone: %q", domain, td.Name())
	}
	// TrustStore.trust_anchors is "Required.", also where Google's own CA is trusted (iam/v1).
	if len(t.Anchors) == 0 {
		v.add(at(path, "trust_anchors"), "is empty, which Google refuses also where shared_ca is set: give the root certificates of %q as PEM", domain)
	}
	for i, text := range t.Anchors {
		path := at(path, "trust_anchors", i)
		block, rest := pem.Decode([]byte(text))
		switch {
		case block == nil || block.Type != "CERTIFICATE":
			v.add(path, "is no certificate in PEM: it starts with -----BEGIN CERTIFICATE-----")
		case strings.TrimSpace(string(rest)) != "":
			v.add(path, "has more than one PEM block: give each certificate an element of its own")
		default:
			if _, err := x509.ParseCertificate(block.Bytes); err != nil {
				v.add(path, "is no certificate: %v", err)
			}
		}
	}
}
