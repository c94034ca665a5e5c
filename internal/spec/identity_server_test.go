package spec

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func serverIdentity() Identity {
	return Identity{
		Name: "billing", Namespace: "agents", TrustDomain: "agents.example.org", Registration: RegistrationServer,
		Instances: map[string]Instance{
			"a1": {ParentID: "spiffe://agents.example.org/node/lab", Selectors: []string{"unix:uid:5001"}},
			"a2": {ParentID: "spiffe://agents.example.org/node/lab", Selectors: []string{"unix:uid:5002"}},
		},
	}
}

func TestInstancesWithProblems(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*Identity)
		want []string // "path: part of the detail", in order
	}{
		"a good identity has none": {func(*Identity) {}, nil},
		"no instance at all": {
			func(id *Identity) { id.Instances = nil }, []string{`instances: needs at least one instance`},
		},
		"instances beside the controller": {
			func(id *Identity) { id.Registration = RegistrationController }, []string{`instances: set registration = "server"`},
		},
		"the controller without instances": {
			func(id *Identity) {
				id.Registration, id.Instances, id.DNSNames = RegistrationController, nil, []string{"{{ .PodMeta.Name }}"}
			}, nil,
		},
		"a name that is no path segment": {
			func(id *Identity) {
				id.Instances["a/1"] = Instance{ParentID: "spiffe://agents.example.org/x", Selectors: []string{"unix:uid:1"}}
			},
			[]string{`instances["a/1"]: segment of its SPIFFE ID`},
		},
		"a name of dots": {
			func(id *Identity) {
				id.Instances[".."] = Instance{ParentID: "spiffe://agents.example.org/x", Selectors: []string{"unix:uid:1"}}
			},
			[]string{`instances[".."]: segment of its SPIFFE ID`},
		},
		"a name that is too long": {
			func(id *Identity) {
				id.Instances[strings.Repeat("z", 101)] = Instance{ParentID: "spiffe://agents.example.org/x", Selectors: []string{"unix:uid:1"}}
			},
			[]string{`has 101 characters`},
		},
		"no parent": {withInstance(Instance{Selectors: []string{"unix:uid:1"}}), []string{`instances["a1"].parent_id: is empty`}},
		"a parent that is no SPIFFE ID": {
			withInstance(Instance{ParentID: "node/lab", Selectors: []string{"unix:uid:1"}}), []string{`instances["a1"].parent_id: is no SPIFFE ID`},
		},
		"a parent that is a trust domain": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org", Selectors: []string{"unix:uid:1"}}),
			[]string{`instances["a1"].parent_id: names a trust domain`},
		},
		"a parent elsewhere": {
			withInstance(Instance{ParentID: "spiffe://elsewhere.example.org/node", Selectors: []string{"unix:uid:1"}}),
			[]string{`instances["a1"].parent_id: is not in the identity's trust domain`},
		},
		"the server for a parent": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/spire/server", Selectors: []string{"unix:uid:1"}}),
			[]string{`instances["a1"].parent_id: is the server itself`},
		},
		"no selector": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/node/lab"}), []string{`instances["a1"].selectors: at least one selector`},
		},
		"bad selectors": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/node/lab", Selectors: []string{"unix:uid:1", "unix", "unix:uid:1"}}),
			[]string{`instances["a1"].selectors[1]: "type:value"`, `instances["a1"].selectors[2]: listed twice`},
		},
		"two instances that are the same workload": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/node/lab", Selectors: []string{"unix:uid:5002"}}),
			[]string{`instances["a1"].selectors: every workload of instance "a2"`},
		},
		"an instance that includes another": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/node/lab", Selectors: []string{"unix:uid:5002", "unix:gid:7"}}),
			[]string{`instances["a2"].selectors: every workload of instance "a1"`},
		},
		"the same selectors under another parent": {
			withInstance(Instance{ParentID: "spiffe://agents.example.org/node/other", Selectors: []string{"unix:uid:5002"}}), nil,
		},
		"DNS names": {
			func(id *Identity) {
				id.DNSNames = []string{
					"ok.example.org", "{{ .PodMeta.Name }}.example.org", "Upper.example.org", "-x.example.org", "x..org", "*.*.org", "ok.example.org",
					"*.example.net", "under.example.net", "deep.under.example.net",
				}
			},
			[]string{
				`dns_names[1]: is a template`, `dns_names[2]: is no DNS name`, `dns_names[3]: is no DNS name`, `dns_names[4]: is no DNS name`,
				`dns_names[5]: is no DNS name`, `dns_names[6]: listed twice`, `dns_names[8]: is covered by "*.example.net"`,
			},
		},
		"federation with itself": {
			func(id *Identity) {
				id.Federation = []Federation{{TrustDomain: "partner.example.net"}, {TrustDomain: "agents.example.org"}}
			},
			[]string{`federates_with[1].trust_domain: own trust domain`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := serverIdentity()
			test.edit(&id)
			expectProblems(t, id.ValidateInstances(), test.want)
		})
	}
}

func withInstance(a1 Instance) func(*Identity) {
	return func(id *Identity) { id.Instances["a1"] = a1 }
}

const (
	partnerBundle = `{"keys":[{"use":"x509-svid","kty":"EC","crv":"P-256","x":"XbbPue4JySebUuft9l4j24ranufsiTtQTckn_UWcGTI","y":"-5K6U-iYaNs2h4uaOBS1GvkkGKh1mgSY5xM3aClzIPA","x5c":["MIIBXzCCAQWgAwIBAgIBATAKBggqhkjOPQQDAjAAMCAXDTI2MDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXbbPue4JySebUuft9l4j24ranufsiTtQTckn/UWcGTL7krpT6Jho2zaHi5o4FLUa+SQYqHWaBJjnEzdoKXMg8KNuMGwwDgYDVR0PAQH/BAQDAgIEMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFLha8fyIo+h7cys48fnuACQ5mV5rMCoGA1UdEQEB/wQgMB6GHHNwaWZmZTovL3BhcnRuZXIuZXhhbXBsZS5uZXQwCgYIKoZIzj0EAwIDSAAwRQIhAP2S3rwKq/h9KmBSF79/V97gvQ4zb74yr2WQnjI5oHIyAiApQVdj2n0yY5HzU7z57eeWCSV4aSe3hIlSxR3HaFlRIA=="]}]}`
	emptyBundle   = `{"keys":[]}`
)

func TestFederationWithProblems(t *testing.T) {
	const endpoint = "https://partner.example.net:8443"
	for name, test := range map[string]struct {
		federation Federation
		want       []string
	}{
		"a trust domain alone": {Federation{TrustDomain: "partner.example.net"}, nil},
		"a web endpoint":       {Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint}, nil},
		"a SPIFFE endpoint with its first bundle": {
			Federation{
				TrustDomain: "partner.example.net", BundleEndpointURL: endpoint,
				EndpointSPIFFEID: "spiffe://partner.example.net/spire/server", TrustDomainBundle: partnerBundle,
			}, nil,
		},
		"a SPIFFE endpoint that another domain authenticates": {
			Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint, EndpointSPIFFEID: "spiffe://hub.example.com/bundles"}, nil,
		},
		"an ID for a trust domain":   {Federation{TrustDomain: "spiffe://partner.example.net"}, []string{`federates_with[0].trust_domain: write the trust domain alone: "partner.example.net"`}},
		"no trust domain":            {Federation{}, []string{`federates_with[0].trust_domain: is no SPIFFE trust domain`}},
		"a malformed trust domain":   {Federation{TrustDomain: "Partner Example"}, []string{`federates_with[0].trust_domain: is no SPIFFE trust domain`}},
		"an endpoint in the clear":   {Federation{TrustDomain: "partner.example.net", BundleEndpointURL: "http://partner.example.net"}, []string{`federates_with[0].bundle_endpoint_url: does not use https`}},
		"an endpoint without host":   {Federation{TrustDomain: "partner.example.net", BundleEndpointURL: "https:///bundle"}, []string{`federates_with[0].bundle_endpoint_url: names no host`}},
		"an endpoint with a user":    {Federation{TrustDomain: "partner.example.net", BundleEndpointURL: "https://me:secret@partner.example.net"}, []string{`federates_with[0].bundle_endpoint_url: user information`}},
		"an endpoint that is no URL": {Federation{TrustDomain: "partner.example.net", BundleEndpointURL: "https://[::1"}, []string{`federates_with[0].bundle_endpoint_url: it is no URL`}},
		"an endpoint's ID without an endpoint": {
			Federation{TrustDomain: "partner.example.net", EndpointSPIFFEID: "spiffe://partner.example.net/spire/server"},
			[]string{`federates_with[0].endpoint_spiffe_id: without bundle_endpoint_url`},
		},
		"a bundle without an endpoint": {
			Federation{TrustDomain: "partner.example.net", TrustDomainBundle: partnerBundle},
			[]string{`federates_with[0].trust_domain_bundle: set bundle_endpoint_url`},
		},
		"an endpoint's ID that is none": {
			Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint, EndpointSPIFFEID: "partner"},
			[]string{`federates_with[0].endpoint_spiffe_id: is no SPIFFE ID`},
		},
		"a SPIFFE endpoint that nothing authenticates yet": {
			Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint, EndpointSPIFFEID: "spiffe://partner.example.net/spire/server"},
			[]string{`federates_with[0].trust_domain_bundle: the first one has to be given`},
		},
		"a bundle that is none": {
			Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint, TrustDomainBundle: "-----BEGIN CERTIFICATE-----"},
			[]string{`federates_with[0].trust_domain_bundle: not a SPIFFE bundle`},
		},
		"a bundle that verifies nothing": {
			Federation{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint, TrustDomainBundle: emptyBundle},
			[]string{`federates_with[0].trust_domain_bundle: no X.509 authority`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectProblems(t, ValidateFederation([]Federation{test.federation}), test.want)
		})
	}
	t.Run("a trust domain that is listed twice", func(t *testing.T) {
		fs := []Federation{{TrustDomain: "a.example.net"}, {TrustDomain: "b.example.net"}, {TrustDomain: "a.example.net"}}
		expectProblems(t, ValidateFederation(fs), []string{`federates_with[2].trust_domain: first as federates_with[0]`})
	})
}

// expectProblems checks the problems in order: the path is given whole (unless it is empty), of the detail a part.
func expectProblems(t *testing.T, got Problems, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d: %v", len(got), len(want), got)
	}
	for i, problem := range got {
		path, detail, found := strings.Cut(want[i], ": ")
		if !found {
			path, detail = PathString(problem.Path), want[i]
		}
		if PathString(problem.Path) != path || !strings.Contains(problem.Detail, detail) {
			t.Errorf("problem %d is\n%v\nwant\n%s", i, problem, want[i])
		}
	}
}

func TestProblemsDoNotRepeatSecrets(t *testing.T) {
	for _, endpoint := range []string{"https://me:hunter2@partner.example.net", "http://me:hunter2@partner.example.net", "https://me:hunter2@[::1", "https://me:hunter2@x:port"} {
		problems := ValidateFederation([]Federation{{TrustDomain: "partner.example.net", BundleEndpointURL: endpoint}})
		if len(problems) != 1 || strings.Contains(problems[0].Error(), "hunter2") {
			t.Errorf("%s: %v", endpoint, problems)
		}
	}
}

func FuzzParseSelector(f *testing.F) {
	for _, seed := range []string{"unix:uid:5000", "k8s:pod-label:app:x", ":", "a:", ":b", " a:b", "a: b", "a\n:b", "", strings.Repeat("x", 300) + ":y", "\xff:\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, value, err := ParseSelector(text)
		if err != nil {
			if kind != "" || value != "" {
				t.Errorf("%q: an error and yet %q, %q", text, kind, value)
			}
			return
		}
		// What is accepted is what the server accepts, and reads back as the same text.
		if kind+":"+value != text || strings.Contains(kind, ":") || kind == "" || value == "" || len(kind) > 255 || len(value) > 255 || !utf8.ValidString(text) {
			t.Errorf("%q became %q, %q", text, kind, value)
		}
	})
}
