package gcptest_test

import (
	"strings"
	"testing"

	"google.golang.org/api/agentregistry/v1"
	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/container/v1"
	"google.golang.org/api/iap/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const agents = "principalSet://agents.global.org-555555555555.system.id.goog/*"

func TestAllowPolicyOfAProject(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "cloudresourcemanager", cloudresourcemanager.NewService).Projects
	project, err := service.Get("projects/agents-1").Do()
	if err != nil || project.Name != "projects/111111111111" || project.ProjectId != "agents-1" || project.Parent != "organizations/555555555555" {
		t.Fatalf("the project is %+v, %v", project, err)
	}
	get := func(version int64) *cloudresourcemanager.Policy {
		t.Helper()
		got, err := service.GetIamPolicy("projects/agents-1", &cloudresourcemanager.GetIamPolicyRequest{
			Options: &cloudresourcemanager.GetPolicyOptions{RequestedPolicyVersion: version},
		}).Do()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	set := func(p *cloudresourcemanager.Policy) error {
		_, err := service.SetIamPolicy("projects/agents-1", &cloudresourcemanager.SetIamPolicyRequest{Policy: p}).Do()
		return err
	}
	empty := get(3)
	binding := &cloudresourcemanager.Binding{
		Role: "roles/aiplatform.user", Members: []string{agents},
		Condition: &cloudresourcemanager.Expr{Title: "agents", Expression: "true"},
	}
	for _, test := range []struct {
		name   string
		policy *cloudresourcemanager.Policy
		field  string
	}{
		{"a condition in a policy of another version", &cloudresourcemanager.Policy{Version: 1, Bindings: []*cloudresourcemanager.Binding{binding}}, "version"},
		{"a condition without a title", &cloudresourcemanager.Policy{Version: 3, Bindings: []*cloudresourcemanager.Binding{{
			Role: binding.Role, Members: binding.Members, Condition: &cloudresourcemanager.Expr{Expression: "true"},
		}}}, "bindings[0].condition.title"},
		{"a SPIFFE ID", &cloudresourcemanager.Policy{Bindings: []*cloudresourcemanager.Binding{{Role: binding.Role, Members: []string{"spiffe://example.com/agent"}}}}, "bindings[0].members[0]"},
		{"a URN of the registry", &cloudresourcemanager.Policy{Bindings: []*cloudresourcemanager.Binding{{Role: binding.Role, Members: []string{"urn:agent:example.com:a"}}}}, "bindings[0].members[0]"},
		{"nobody", &cloudresourcemanager.Policy{Bindings: []*cloudresourcemanager.Binding{{Role: binding.Role}}}, "bindings[0].members"},
		{"no role", &cloudresourcemanager.Policy{Bindings: []*cloudresourcemanager.Binding{{Members: binding.Members}}}, "bindings[0].role"},
	} {
		t.Run(test.name, func(t *testing.T) { checkRefused(t, set(test.policy), test.field) })
	}
	if err := set(&cloudresourcemanager.Policy{Version: 3, Etag: empty.Etag, Bindings: []*cloudresourcemanager.Binding{binding}}); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, set(&cloudresourcemanager.Policy{Version: 3, Etag: empty.Etag}), "ABORTED")
	if got := get(3); got.Version != 3 || len(got.Bindings) != 1 || got.Bindings[0].Condition == nil {
		t.Errorf("version 3 has the condition: %+v", got)
	}
	if got := get(1); got.Version != 1 || got.Bindings[0].Condition != nil || !strings.HasPrefix(got.Bindings[0].Role, "roles/aiplatform.user_withcond_") {
		t.Errorf("version 1 hides the condition, and says so: %+v", got.Bindings[0])
	}
}

func TestAllowPoliciesOfIAP(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	registry := client(t, s, "agentregistry", agentregistry.NewService).Projects.Locations
	if _, err := registry.Services.Create(parent, mcpServer()).ServiceId("lookup").Do(); err != nil {
		t.Fatal(err)
	}
	entry, err := registry.Services.Get(parent + "/services/lookup").Do()
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(entry.RegistryResource, "/mcpServers/")
	service := client(t, s, "iap", iap.NewService).V1
	set := func(resource string) error {
		_, err := service.SetIamPolicy(resource, &iap.SetIamPolicyRequest{Policy: &iap.Policy{
			Bindings: []*iap.Binding{{Role: "roles/iap.egressor", Members: []string{agents}}},
		}}).Do()
		return err
	}
	if err := set(parentByNumber + "/iap_web/agentRegistry/mcpServers/" + id); err != nil {
		t.Fatal(err)
	}
	// The same resource has the same policy, by the project's ID too.
	got, err := service.GetIamPolicy(parent+"/iap_web/agentRegistry/mcpServers/"+id, &iap.GetIamPolicyRequest{}).Do()
	if err != nil || len(got.Bindings) != 1 {
		t.Errorf("the policy is %+v, %v", got, err)
	}
	checkStatus(t, set(parentByNumber+"/iap_web/agentRegistry/mcpServers/lookup"), "NOT_FOUND") // the service's id is not the entry's
	checkStatus(t, set(parentByNumber+"/mcpServers/"+id), "INVALID_ARGUMENT")
}

func TestClustersAreWhatTestsPutThere(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := client(t, s, "container", container.NewService).Projects.Locations.Clusters
	const name = parent + "/clusters/agents"
	_, err := service.Get(name).Do()
	checkStatus(t, err, "NOT_FOUND")
	if err := s.Put("//container.googleapis.com/"+name, map[string]any{"currentMasterVersion": "1.37.2-gke.1042000"}); err != nil {
		t.Fatal(err)
	}
	got, err := service.Get(name).Do()
	if err != nil || got.Name != "agents" || got.CurrentMasterVersion != "1.37.2-gke.1042000" {
		t.Errorf("the cluster is %+v, %v", got, err)
	}
}
