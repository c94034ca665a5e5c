package scenarios_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// Paths of a REST API by which a lax server could be led from the customer that the agent may see to the one that it may not.
func forbiddenPaths(t *testing.T, assistant *agent) {
	t.Helper()
	a := assistant.within(t)
	access := a.token("crm")

	permitted := a.makes(a.with(access, http.MethodGet, a.at("crm/customers/7"), "", nil))
	if permitted.Status != http.StatusOK || !strings.Contains(permitted.Body, `"id": 7`) {
		t.Fatalf("the permitted customer: %+v", permitted)
	}
	a.recorded("the permitted customer", a, func(r audit.Record) bool {
		return r.Target == "crm" && r.Operation == "getCustomer" && r.Decision == "allow" && strings.Join(r.Policies, " ") == "allow.customers.operations"
	})
	// An escape that changes nothing is no attack: it is read, decided on, and passed on in one spelling.
	if same := a.makes(a.with(access, http.MethodGet, a.at("crm/customers/%37"), "", nil)); same.Status != http.StatusOK || !strings.Contains(same.Body, `"id": 7`) {
		t.Errorf("the permitted customer in another spelling: %+v", same)
	}

	const (
		dots    = "a segment of dots alone"
		slashes = "two slashes after each other"
		escapes = "escapes a character that servers read in different ways"
		needs   = "a character that has to be escaped, or a parameter of a segment"
	)
	for name, c := range map[string]struct{ path, why string }{
		"dot segments":                         {"crm/customers/7/../1", dots},
		"dot segments, escaped":                {"crm/customers/7/%2e%2e/1", dots},
		"dot segments, escaped in either case": {"crm/customers/7/%2E%2e/1", dots},
		"dot segments, escaped in half":        {"crm/customers/7/.%2e/1", dots},
		"dot segments, escaped twice":          {"crm/customers/7/%252e%252e/1", escapes},
		"one dot":                              {"crm/customers/%2e/1", dots},
		"dot segments to another target":       {"crm/%2e%2e/everything", dots},
		"an escaped slash":                     {"crm/customers/7%2f..%2f1", escapes},
		"an escaped slash in upper case":       {"crm/customers/7%2F%2e%2E%2f1", escapes},
		"two slashes":                          {"crm/customers//1", slashes},
		"two slashes at the beginning":         {"crm//customers/1", slashes},
		"an escaped backslash":                 {"crm/customers/7%5c..%5c1", escapes},
		"an escaped backslash in upper case":   {"crm/customers/7%5C%2e%2e%5C1", escapes},
		"a parameter of a segment":             {"crm/customers/1;id=7", needs},
		"a parameter of the segment before":    {"crm/customers;x=7/1", needs},
		"an escaped parameter":                 {"crm/customers/1%3bid=7", escapes},
		"an end that C reads":                  {"crm/customers/1%00", escapes},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.within(t)
			fresh := a.fresh()
			answer := a.makes(a.with(access, http.MethodGet, a.at(c.path), "", nil))
			if answer.Status != http.StatusBadRequest || !strings.Contains(answer.Body, c.why) || strings.Contains(answer.Body, "Alice") {
				t.Fatalf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
			}
			a.recorded("the refusal", a, func(r audit.Record) bool {
				return r.Event == audit.Refused && r.Target == "crm" && r.Status == http.StatusBadRequest && fresh(r)
			})
		})
	}

	json := map[string]string{"Content-Type": "application/json"}
	for name, c := range map[string]struct{ method, path, body, operation, decision string }{
		"the other customer":                       {http.MethodGet, "crm/customers/1", "", "getCustomer", "deny"},
		"the other customer, escaped":              {http.MethodGet, "crm/customers/%31", "", "getCustomer", "deny"},
		"more money than is permitted":             {http.MethodPost, "crm/customers/7/refunds", `{"amount": 51}`, "refund", "deny"},
		"money as a text":                          {http.MethodPost, "crm/customers/7/refunds", `{"amount": "50"}`, "refund", "error"},
		"an amount in other letter case beside it": {http.MethodPost, "crm/customers/7/refunds", `{"amount": 50, "Amount": 1000}`, "refund", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.within(t)
			fresh := a.fresh()
			header := json
			if c.body == "" {
				header = nil
			}
			answer := a.makes(a.with(access, c.method, a.at(c.path), c.body, header))
			if answer.Status != http.StatusForbidden || strings.Contains(answer.Body, "Alice") || strings.Contains(answer.Body, "euro") {
				t.Fatalf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
			}
			a.recorded("the refusal", a, func(r audit.Record) bool {
				return r.Target == "crm" && r.Decision == c.decision && r.Enforced && r.Operation == c.operation && fresh(r)
			})
		})
	}
	if paid := a.makes(a.with(access, http.MethodPost, a.at("crm/customers/7/refunds"), `{"amount": 50}`, json)); paid.Status != http.StatusOK || !strings.Contains(paid.Body, "50 euro") {
		t.Errorf("the permitted refund: %+v", paid)
	}
}
