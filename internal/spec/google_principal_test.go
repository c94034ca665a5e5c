package spec

import (
	"strings"
	"testing"
)

func TestPrincipalsOfAgents(t *testing.T) {
	const pool = "iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/"
	for _, c := range []struct{ domain, agent, want string }{
		{"agents.global.org-1.system.id.goog", googleBilling, "principal://" + strings.TrimPrefix(googleBilling, "spiffe://")},
		{"agents.global.proj-42.system.id.goog", "*", "principalSet://agents.global.proj-42.system.id.goog/*"},
		{"acme-agents.svc.id.goog", "spiffe://acme-agents.svc.id.goog/ns/payments/sa/billing", "principal://" + pool + "acme-agents.svc.id.goog/subject/ns/payments/sa/billing"},
		{"acme-agents.svc.id.goog", "ns:payments", "principalSet://" + pool + "acme-agents.svc.id.goog/namespace/payments"},
		{"acme-agents.svc.id.goog", "*", "principalSet://" + pool + "acme-agents.svc.id.goog/*"},
		{"x", "spiffe://agents.global.42.workload.id.goog/ns/a/sa/b", "principal://" + pool + "agents/subject/ns/a/sa/b"},
		{"", "principalSet://agents.global.org-1.system.id.goog/*", "principalSet://agents.global.org-1.system.id.goog/*"},
		{"agents.global.42.workload.id.goog", "ns:a", ""},
		{"other-project.svc.id.goog", "*", ""},
		{"example.org", "*", ""},
		{"", "ns:a", ""},
		{"x", "spiffe://acme-agents.svc.id.goog/ns/payments", ""},
		{"x", "ns:given", "principalSet://given"},
	} {
		g := Gateway{TrustDomain: c.domain, Google: &GoogleGateway{Project: GoogleProject{ID: "acme-agents", Number: "42"}, Principals: map[string]string{"ns:given": "principalSet://given"}}}
		got, err := g.GooglePrincipal(c.agent)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s of %s is %q, %v; want %q", c.agent, c.domain, got, err, c.want)
		}
	}
}

func TestSPIFFEIDsOfPrincipals(t *testing.T) {
	const pool = "principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/"
	for agent, want := range map[string]string{
		googleBilling: googleBilling,
		"principal://" + strings.TrimPrefix(googleBilling, "spiffe://"): googleBilling,
		pool + "acme-agents.svc.id.goog/subject/ns/payments/sa/billing": "spiffe://acme-agents.svc.id.goog/ns/payments/sa/billing",
		pool + "agents/subject/ns/payments/sa/billing":                  "spiffe://agents.global.42.workload.id.goog/ns/payments/sa/billing",
		pool + "agents/subject/alice":                                   "",
		"principalSet://agents.global.org-1.system.id.goog/*":           "",
		"principal://example.org/agent":                                 "",
		"ns:payments":                                                   "",
		"*":                                                             "",
	} {
		if got, ok := GoogleSPIFFEID(agent); ok != (want != "") || ok && got != want {
			t.Errorf("that of %s is %q, %v; want %q", agent, got, ok, want)
		}
	}
}
