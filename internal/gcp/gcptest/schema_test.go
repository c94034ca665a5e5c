package gcptest_test

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

// What no generated client can send is refused too.
func TestBodiesAreReadStrictly(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	const collection = "/networkservices/v1/" + parent + "/authzExtensions?authzExtensionId="
	const valid = `{"service":"iap.googleapis.com","timeout":"1.50s","failOpen":false,"description":null,"metadata":{"iapPolicyVersion":"V2"}}`
	if _, err := raw(t, s, "POST", collection+"valid", valid); err != nil {
		t.Fatal(err)
	}
	got, err := raw(t, s, "GET", "/networkservices/v1/"+parent+"/authzExtensions/valid", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, there := got["failOpen"]; there || got["timeout"] != "1.500s" {
		t.Errorf("zero values are left out, and durations have one form: %v", got)
	}
	for _, test := range []struct{ name, from, to, field string }{
		{"a field that does not exist", `"failOpen":false`, `"fail":false`, "authz_extension"},
		{"a field in snake case", `"failOpen":false`, `"fail_open":false`, "authz_extension"},
		{"a text for a truth", `"failOpen":false`, `"failOpen":"false"`, "fail_open"},
		{"a number for a text", `"iap.googleapis.com"`, `1`, "service"},
		{"a list for a text", `"iap.googleapis.com"`, `[]`, "service"},
		{"a text for a list", `"failOpen":false`, `"forwardHeaders":"authorization"`, "forward_headers"},
		{"a list for an object", `{"iapPolicyVersion":"V2"}`, `[]`, "metadata"},
		{"a number for a label", `"failOpen":false`, `"labels":{"a":1}`, `labels["a"]`},
		{"nothing in a list", `"failOpen":false`, `"forwardHeaders":[null]`, "forward_headers[0]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := raw(t, s, "POST", collection+"refused", strings.Replace(valid, test.from, test.to, 1))
			checkRefused(t, err, test.field)
		})
	}
	for name, body := range map[string]string{"no JSON": `{`, "two values": valid + valid, "no object": `1`} {
		t.Run(name, func(t *testing.T) {
			_, err := raw(t, s, "POST", collection+"refused", body)
			checkStatus(t, err, "INVALID_ARGUMENT")
		})
	}
}

func TestPathsAndParametersAreThoseOfTheDescription(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	const gateways = "/networkservices/v1/" + parent + "/agentGateways"
	for name, test := range map[string]struct{ verb, path, body, status string }{
		"an API that the fake does not have":   {"GET", "/storage/v1/b", "", "NOT_FOUND"},
		"a version that does not exist":        {"GET", "/networkservices/v2/" + parent + "/agentGateways", "", "NOT_FOUND"},
		"a collection that does not exist":     {"GET", "/networkservices/v1/" + parent + "/agents", "", "NOT_FOUND"},
		"a method that does not exist":         {"PUT", gateways + "/a", "{}", "NOT_FOUND"},
		"a slash too many":                     {"GET", "/networkservices//v1/" + parent + "/agentGateways", "", "NOT_FOUND"},
		"a parameter that does not exist":      {"GET", gateways + "?requestId=1", "", "INVALID_ARGUMENT"},
		"a parameter in another form":          {"GET", gateways + "?pageSize=many", "", "INVALID_ARGUMENT"},
		"a parameter twice":                    {"GET", gateways + "?pageSize=1&pageSize=2", "", "INVALID_ARGUMENT"},
		"a body of a method that takes none":   {"DELETE", gateways + "/a", `{"etag":"1"}`, "INVALID_ARGUMENT"},
		"a filter that the fake does not know": {"GET", gateways + "?filter=name%3A*", "", "UNIMPLEMENTED"},
		"a method that the fake does not have": {"GET", "/networkservices/v1/" + parent + "/meshes", "", "UNIMPLEMENTED"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := raw(t, s, test.verb, test.path, test.body)
			checkStatus(t, err, test.status)
		})
	}
	if _, err := raw(t, s, "GET", gateways+"?alt=json&prettyPrint=false&fields=agentGateways", ""); err != nil {
		t.Errorf("parameters of all methods: %v", err)
	}
}
