package spec

import (
	"strings"
	"text/template"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The range of an SVID's lifetime. SPIRE refuses to go beyond a sixth of its CA's lifetime on its own; a day is the longest that
// still counts as short.
const (
	MinTTL = time.Minute
	MaxTTL = 24 * time.Hour
)

// Validate checks the whole identity. Paths are attribute names of agent_identity.
func (id Identity) Validate() Problems {
	var ps Problems
	dnsLabel(&ps, []any{"name"}, id.Name)
	dnsLabel(&ps, []any{"namespace"}, id.Namespace)
	ValidateTrustDomain(&ps, id.TrustDomain)
	switch id.Registration {
	case RegistrationController, RegistrationServer:
	default:
		ps.Add([]any{"registration"}, "%q is no way to register; use %q (ClusterSPIFFEID objects) or %q (the SPIRE server API)", id.Registration, RegistrationController, RegistrationServer)
	}
	for _, problem := range validation.IsDNS1123Subdomain(id.ServiceAccount.Name) {
		ps.Add([]any{"service_account", "name"}, "%q is no ServiceAccount name: %s", id.ServiceAccount.Name, problem)
	}
	ttl(&ps, "x509_ttl", id.X509TTL)
	ttl(&ps, "jwt_ttl", id.JWTTL)
	if id.Registration == RegistrationController {
		id.validateController(&ps)
	} else {
		id.validateNoController(&ps)
	}
	id.validateSuspension(&ps)
	ps = append(ps, id.ValidateInstances()...)
	return append(ps, ValidateFederation(id.Federation)...)
}

func (id Identity) validateController(ps *Problems) {
	id.PodSelector.validate(ps, []any{"pod_selector"})
	for i, name := range id.DNSNames {
		if _, err := template.New("").Parse(name); err != nil || name == "" {
			ps.Add([]any{"dns_names", i}, "%q is no template of a DNS name: %v", name, err)
		}
	}
}

// validateNoController refuses what only the controller carries out.
func (id Identity) validateNoController(ps *Problems) {
	const only = "spire-controller-manager alone knows this; leave it out with registration = %q"
	if !id.PodSelector.Empty() {
		ps.Add([]any{"pod_selector"}, only, RegistrationServer)
	}
	if id.AutoDNSNames {
		ps.Add([]any{"auto_dns_names"}, only, RegistrationServer)
	}
	if id.ClassName != "" {
		ps.Add([]any{"class_name"}, only, RegistrationServer)
	}
}

// Empty says that the selector names nothing, and so selects everything.
func (s LabelSelector) Empty() bool {
	return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

func (s LabelSelector) validate(ps *Problems, path []any) {
	selector := &metav1.LabelSelector{MatchLabels: s.MatchLabels}
	for _, e := range s.MatchExpressions {
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: e.Key, Operator: metav1.LabelSelectorOperator(e.Operator), Values: e.Values,
		})
	}
	for _, err := range metavalidation.ValidateLabelSelector(selector, metavalidation.LabelSelectorValidationOptions{}, field.NewPath("")) {
		ps.Add(path, "%s", strings.TrimPrefix(err.Error(), "."))
	}
}

func dnsLabel(ps *Problems, path []any, value string) {
	for _, problem := range validation.IsDNS1123Label(value) {
		ps.Add(path, "%q is no DNS label: %s", value, problem)
	}
}

// ValidateTrustDomain adds what is wrong with the attribute trust_domain.
func ValidateTrustDomain(ps *Problems, name string) {
	path := []any{"trust_domain"}
	if name == "" {
		ps.Add(path, "no trust domain: set trust_domain here or in the provider configuration")
		return
	}
	td, err := spiffeid.TrustDomainFromString(name)
	switch {
	case err != nil:
		ps.Add(path, "%q is no SPIFFE trust domain: %v", name, err)
	case td.Name() != name:
		ps.Add(path, "%q is a SPIFFE ID; write the trust domain alone: %q", name, td.Name())
	}
}

func ttl(ps *Problems, attribute string, d time.Duration) {
	switch {
	case d == 0:
	case d < MinTTL || d > MaxTTL:
		ps.Add([]any{attribute}, "%s is out of range: an SVID lives from %s to %s", d, MinTTL, MaxTTL)
	case d%time.Second != 0:
		ps.Add([]any{attribute}, "%s is no whole number of seconds, which is what SPIRE counts in", d)
	}
}
