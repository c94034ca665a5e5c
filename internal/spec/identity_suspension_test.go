package spec

import (
	"strings"
	"testing"
)

func TestSuspensionThatWouldSuspendNobodyIsRefused(t *testing.T) {
	const uid = "0b6f1c1e-8d2a-4c0e-9a53-3f1de1f6c001"
	for name, test := range map[string]struct {
		change func(*Identity)
		want   string // "" for no problem
	}{
		"gateways while nothing is suspended": {func(id *Identity) { id.Gateways = []string{"gateways/edge", "agents/edge"} }, ""},
		"a pod by its UID":                    {func(id *Identity) { id.SuspendedInstances = []string{uid} }, ""},
		"a gateway without namespace":         {func(id *Identity) { id.Gateways = []string{"edge"} }, `gateways[0]: "edge" is no gateway`},
		"a gateway with an empty name":        {func(id *Identity) { id.Gateways = []string{"gateways/"} }, `gateways[0]: `},
		"a gateway by an object's key":        {func(id *Identity) { id.Gateways = []string{"/v1/ConfigMap/a/b"} }, `gateways[0]: `},
		"a gateway that is named twice":       {func(id *Identity) { id.Gateways = []string{"a/b", "a/b"} }, `gateways[1]: "a/b" is listed twice`},
		"a pod by its name":                   {func(id *Identity) { id.SuspendedInstances = []string{"billing-0"} }, `suspended_instances[0]: "billing-0" is no UID of a pod`},
		"a pod by its SPIFFE ID": {func(id *Identity) {
			id.SuspendedInstances = []string{"spiffe://example.org/ns/agents/agent/billing/instance/" + uid}
		}, `suspended_instances[0]: `},
		"a pod that is named twice": {func(id *Identity) { id.SuspendedInstances = []string{uid, uid} }, `suspended_instances[1]: `},
		"pods with the server": {func(id *Identity) {
			id.Registration = RegistrationServer
			id.Instances = map[string]Instance{"a": {ParentID: "spiffe://agents.example.org/node", Selectors: []string{"unix:uid:1"}}}
			id.SuspendedInstances = []string{uid}
		}, `suspended_instances: these are UIDs of pods`},
	} {
		t.Run(name, func(t *testing.T) {
			id := good()
			test.change(&id)
			var all []string
			for _, p := range id.Validate() {
				all = append(all, p.Error())
			}
			text := strings.Join(all, "\n")
			if (test.want == "") != (text == "") || !strings.Contains(text, test.want) {
				t.Errorf("problems are %q, want %q", all, test.want)
			}
		})
	}
}
