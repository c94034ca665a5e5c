package gcptest_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestFaults(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	create := func(id string) error {
		_, err := service.Create(parent, egressGateway()).AgentGatewayId(id).Do()
		return err
	}
	get := func(id string) error {
		_, err := service.Get(parent + "/agentGateways/" + id).Do()
		return err
	}

	t.Run("the second matching request fails, and no other one", func(t *testing.T) {
		s.Inject(gcptest.Fault{Method: "networkservices.*.agentGateways.create", Skip: 1, Status: "ABORTED"})
		if err := create("a"); err != nil {
			t.Fatal(err)
		}
		if err := get("a"); err != nil {
			t.Fatal(err)
		}
		checkStatus(t, create("b"), "ABORTED")
		checkStatus(t, get("b"), "NOT_FOUND")
		if err := create("b"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("statuses of any kind, any number of times", func(t *testing.T) {
		for status, code := range map[string]int{"RESOURCE_EXHAUSTED": 429, "INTERNAL": 500, "UNAVAILABLE": 503} {
			s.Inject(gcptest.Fault{Status: status, Times: 2})
			for range 2 {
				checkStatus(t, get("a"), status)
			}
			if err := get("a"); err != nil {
				t.Fatal(err)
			}
			requests := s.Requests()
			if got := requests[len(requests)-2].Status; got != code {
				t.Errorf("%s is answered as %d", status, got)
			}
		}
	})
	t.Run("an answer says how long to wait", func(t *testing.T) {
		s.Inject(gcptest.Fault{Status: "RESOURCE_EXHAUSTED", RetryAfter: 1500 * time.Millisecond})
		err := get("a")
		checkStatus(t, err, "RESOURCE_EXHAUSTED")
		if !strings.Contains(err.Error(), "1.500s") {
			t.Errorf("the error does not say it: %v", err)
		}
	})
	t.Run("a connection is dropped before the effect", func(t *testing.T) {
		s.Inject(gcptest.Fault{Mutations: true, Drop: gcptest.DropBefore})
		if err := get("a"); err != nil {
			t.Fatalf("a read is no mutation: %v", err)
		}
		if err := create("c"); err == nil || status(err) != "" {
			t.Errorf("the connection is to be dropped: %v", err)
		}
		checkStatus(t, get("c"), "NOT_FOUND")
	})
	t.Run("a connection is dropped after the effect", func(t *testing.T) {
		s.Inject(gcptest.Fault{Mutations: true, Drop: gcptest.DropAfter})
		if err := create("d"); err == nil || status(err) != "" {
			t.Errorf("the connection is to be dropped: %v", err)
		}
		if err := get("d"); err != nil {
			t.Error(err)
		}
	})
	t.Run("an operation fails", func(t *testing.T) {
		s.Inject(gcptest.Fault{Method: "networkservices.*.agentGateways.create", InOperation: true, Status: "INTERNAL", Message: "no capacity"})
		op, err := service.Create(parent, egressGateway()).AgentGatewayId("e").Do()
		if err != nil || !op.Done || op.Error == nil || op.Error.Code != 13 || op.Error.Message != "no capacity" {
			t.Errorf("the operation is %+v, %v", op, err)
		}
		checkStatus(t, get("e"), "NOT_FOUND")
	})
}

func TestStopAfter(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	create := func(id string) error {
		_, err := service.Create(parent, egressGateway()).AgentGatewayId(id).Do()
		return err
	}
	s.StopAfter(1)
	if err := create("a"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := create("b"); err == nil || status(err) != "" {
			t.Errorf("the server is to be gone: %v", err)
		}
	}
	s.Resume()
	if err := create("b"); err != nil {
		t.Error(err)
	}
}

func TestWhoMayCall(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{AccessToken: "fake", Disabled: []string{"networkservices.googleapis.com"}})
	service := networkServices(t, s).AgentGateways
	call := service.Get(parent + "/agentGateways/a")
	_, err := call.Do()
	checkStatus(t, err, "UNAUTHENTICATED")
	call.Header().Set("Authorization", "Bearer fake")
	_, err = call.Do()
	checkStatus(t, err, "PERMISSION_DENIED")
	if !strings.Contains(err.Error(), "console.developers.google.com/apis/api/networkservices.googleapis.com") {
		t.Errorf("the error does not say how to enable the service: %v", err)
	}

	s = gcptest.Start(t, gcptest.Options{})
	_, err = networkServices(t, s).AgentGateways.Get("projects/nobodys/locations/us-central1/agentGateways/a").Do()
	checkStatus(t, err, "PERMISSION_DENIED")
}

func TestObjectsChangeBehindTheClientsBack(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	if _, err := service.Create(parentByNumber, egressGateway()).AgentGatewayId("a").Do(); err != nil {
		t.Fatal(err)
	}
	const name = "//networkservices.googleapis.com/" + parent + "/agentGateways/a"
	if names := s.Names(); len(names) != 1 || names[0] != name {
		t.Errorf("the objects are %q", names)
	}
	if err := s.Remove(name); err != nil {
		t.Fatal(err)
	}
	_, err := service.Get(parent + "/agentGateways/a").Do()
	checkStatus(t, err, "NOT_FOUND")
	if err := s.Change(name, func(map[string]any) {}); err == nil {
		t.Error("what is not there cannot be changed")
	}
	if got := len(s.Mutations()); got != 1 {
		t.Errorf("there was one mutation, not %d", got)
	}
}

func TestListsHavePages(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	for _, id := range []string{"a", "b", "c"} {
		if _, err := service.Create(parent, egressGateway()).AgentGatewayId(id).Do(); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	err := service.List(parent).PageSize(2).Pages(t.Context(), func(page *networkservices.ListAgentGatewaysResponse) error {
		for _, gateway := range page.AgentGateways {
			names = append(names, gateway.Name)
		}
		return nil
	})
	if err != nil || len(names) != 3 {
		t.Errorf("listed: %q, %v", names, err)
	}
	elsewhere, err := service.List("projects/agents-1/locations/europe-west1").Do()
	if err != nil || len(elsewhere.AgentGateways) != 0 {
		t.Errorf("listed elsewhere: %+v, %v", elsewhere, err)
	}
}
