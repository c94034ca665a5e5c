package spec

import (
	"strings"
	"testing"
	"time"
)

func good() Identity {
	return Identity{
		Name: "billing", Namespace: "agents", TrustDomain: "agents.example.org", Registration: RegistrationController,
		ServiceAccount: ServiceAccount{Create: true, Name: "billing"},
	}
}

func TestIdentityProblemsNameTheAttribute(t *testing.T) {
	if problems := good().Validate(); len(problems) > 0 {
		t.Fatalf("a good identity has problems: %v", problems)
	}
	for name, test := range map[string]struct {
		change func(*Identity)
		want   string
	}{
		"name that is no DNS label":     {func(id *Identity) { id.Name = "Billing" }, `name: "Billing" is no DNS label`},
		"name that is too long":         {func(id *Identity) { id.Name = strings.Repeat("a", 64) }, `name: `},
		"empty namespace":               {func(id *Identity) { id.Namespace = "" }, `namespace: "" is no DNS label`},
		"no trust domain":               {func(id *Identity) { id.TrustDomain = "" }, `trust_domain: no trust domain: set trust_domain here or in the provider`},
		"trust domain with upper case":  {func(id *Identity) { id.TrustDomain = "Agents.example.org" }, `trust_domain: "Agents.example.org" is no SPIFFE trust domain`},
		"trust domain written as an ID": {func(id *Identity) { id.TrustDomain = "spiffe://agents.example.org" }, `write the trust domain alone: "agents.example.org"`},
		"unknown registration":          {func(id *Identity) { id.Registration = "magic" }, `registration: "magic" is no way to register`},
		"account name that is none":     {func(id *Identity) { id.ServiceAccount.Name = "a b" }, `service_account.name: "a b" is no ServiceAccount name`},
		"X.509 lifetime over a day":     {func(id *Identity) { id.X509TTL = 25 * time.Hour }, `x509_ttl: 25h0m0s is out of range`},
		"JWT lifetime under a minute":   {func(id *Identity) { id.JWTTL = time.Second }, `jwt_ttl: 1s is out of range`},
		"negative lifetime":             {func(id *Identity) { id.JWTTL = -time.Hour }, `jwt_ttl: -1h0m0s is out of range`},
		"lifetime of a fraction":        {func(id *Identity) { id.JWTTL = 90*time.Second + time.Millisecond }, `jwt_ttl: 1m30.001s is no whole number of seconds`},
		"selector with a bad label":     {func(id *Identity) { id.PodSelector.MatchLabels = map[string]string{"a b": "c"} }, `pod_selector: `},
		"selector with values for Exists": {func(id *Identity) {
			id.PodSelector.MatchExpressions = []LabelRequirement{{"a", "Exists", []string{"b"}}}
		}, `pod_selector: `},
		"DNS name template that does not parse": {func(id *Identity) { id.DNSNames = []string{"{{ .PodMeta.Name"} }, `dns_names[0]: `},
		"instances with the controller":         {func(id *Identity) { id.Instances = map[string]Instance{"a": {}} }, `instances: `},
		"server registration without instances": {func(id *Identity) { id.Registration = RegistrationServer }, `instances: `},
		"pod selector with server registration": {func(id *Identity) {
			id.Registration = RegistrationServer
			id.PodSelector.MatchLabels = map[string]string{"a": "b"}
		}, `pod_selector: spire-controller-manager alone knows this`},
		"automatic DNS names with the server": {func(id *Identity) { id.Registration = RegistrationServer; id.AutoDNSNames = true }, `auto_dns_names: `},
		"class with the server":               {func(id *Identity) { id.Registration = RegistrationServer; id.ClassName = "c" }, `class_name: `},
		"federation with a bad trust domain":  {func(id *Identity) { id.Federation = []Federation{{TrustDomain: "A"}} }, `federates_with[0].trust_domain: `},
		"federation without transport security": {func(id *Identity) {
			id.Federation = []Federation{{TrustDomain: "b.org", BundleEndpointURL: "http://b.org"}}
		}, `federates_with[0].bundle_endpoint_url: `},
	} {
		t.Run(name, func(t *testing.T) {
			id := good()
			test.change(&id)
			var all []string
			for _, p := range id.Validate() {
				all = append(all, p.Error())
			}
			if !strings.Contains(strings.Join(all, "\n"), test.want) {
				t.Errorf("problems are %q, want one with %q", all, test.want)
			}
		})
	}
}

func TestPathsAreWrittenAsInHCL(t *testing.T) {
	for want, path := range map[string][]any{
		"name":                         {"name"},
		"rules.custom[2].expression":   {"rules", "custom", 2, "expression"},
		`instances["a1"].selectors[0]`: {"instances", MapKey("a1"), "selectors", 0},
	} {
		if got := PathString(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Whatever a user writes is either refused or a valid identity; it never panics.
func FuzzIdentityValidate(f *testing.F) {
	f.Add("billing", "agents", "agents.example.org", "spiffe://agents.example.org/node", "unix:uid:1", "https://b.org")
	f.Fuzz(func(_ *testing.T, name, namespace, trustDomain, parent, selector, url string) {
		id := good()
		id.Name, id.Namespace, id.TrustDomain, id.DNSNames = name, namespace, trustDomain, []string{name}
		id.Federation = []Federation{{TrustDomain: trustDomain, BundleEndpointURL: url, EndpointSPIFFEID: parent, TrustDomainBundle: selector}}
		id.PodSelector.MatchLabels = map[string]string{name: namespace}
		id.Validate()
		id.Registration = RegistrationServer
		id.Instances = map[string]Instance{name: {ParentID: parent, Selectors: []string{selector}}}
		id.Validate()
	})
}
