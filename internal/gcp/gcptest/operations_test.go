package gcptest_test

import (
	"testing"

	"google.golang.org/api/networksecurity/v1"
	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestOperationsTakeSeveralPolls(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 3})
	service := networkServices(t, s)
	op, err := service.AgentGateways.Create(parent, egressGateway()).AgentGatewayId("egress").Do()
	if err != nil {
		t.Fatal(err)
	}
	for poll := 1; poll <= 3; poll++ {
		if op.Done {
			t.Fatalf("done before poll %d", poll)
		}
		if op, err = service.Operations.Get(op.Name).Do(); err != nil {
			t.Fatal(err)
		}
	}
	if !op.Done || len(op.Response) == 0 {
		t.Errorf("after three polls: %+v", op)
	}
	if _, err := service.AgentGateways.Get(parent + "/agentGateways/egress").Do(); err != nil {
		t.Error(err)
	}
}

func TestOperationsEndWithoutTheClientThatBeganThem(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 2})
	service := networkServices(t, s)
	create := func() error {
		_, err := service.AgentGateways.Create(parent, egressGateway()).AgentGatewayId("egress").Do()
		return err
	}
	get := func() error {
		_, err := service.AgentGateways.Get(parent + "/agentGateways/egress").Do()
		return err
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	// Another client comes, and knows nothing of the operation.
	checkStatus(t, get(), "NOT_FOUND")
	if err := create(); status(err) != "ALREADY_EXISTS" {
		t.Errorf("by the second look the gateway is there: %v", err)
	}
	if err := get(); err != nil {
		t.Error(err)
	}
}

func TestAGatewayTakesOneChangeAtATime(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	gateways(t, s)
	slow := gcptest.Start(t, gcptest.Options{Polls: 3})
	for _, name := range []string{"egress", "ingress"} {
		body, _ := s.Object("//networkservices.googleapis.com/" + parent + "/agentGateways/" + name)
		if err := slow.Put("//networkservices.googleapis.com/"+parent+"/agentGateways/"+name, body); err != nil {
			t.Fatal(err)
		}
	}
	policies, services := networkSecurity(t, slow), networkServices(t, slow)
	create := func(id, gateway string) error {
		_, err := policies.Create(parent, &networksecurity.AuthzPolicy{Action: "DENY_BY_DEFAULT", Target: on(gateway)}).AuthzPolicyId(id).Do()
		return err
	}
	if err := create("first", "egress"); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, create("second", "egress"), "ABORTED")
	_, err := services.AgentGateways.Patch(parent+"/agentGateways/egress", &networkservices.AgentGateway{Description: "x"}).UpdateMask("description").Do()
	checkStatus(t, err, "ABORTED")
	if err := create("other", "ingress"); err != nil {
		t.Errorf("another gateway is free: %v", err)
	}
	for tries := 0; status(create("second", "egress")) == "ABORTED"; tries++ {
		if tries > 5 {
			t.Fatal("the gateway never becomes free")
		}
	}
}

func TestNewObjectsAreSeenLate(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{HiddenReads: 2, UnknownReferences: 1, ReadsWithoutCard: 1})
	service := networkServices(t, s)
	gateways(t, s)
	const name = parent + "/agentGateways/egress"
	policy := &networksecurity.AuthzPolicy{Action: "DENY_BY_DEFAULT", Target: on("egress")}
	_, err := networkSecurity(t, s).Create(parent, policy).AuthzPolicyId("default").Do()
	checkStatus(t, err, "NOT_FOUND")
	if _, err := networkSecurity(t, s).Create(parent, policy).AuthzPolicyId("default").Do(); err != nil {
		t.Error(err)
	}
	for range 2 {
		_, err := service.AgentGateways.Get(name).Do()
		checkStatus(t, err, "NOT_FOUND")
	}
	for read := range 2 {
		got, err := service.AgentGateways.Get(name).Do()
		if err != nil {
			t.Fatal(err)
		}
		if filled := got.AgentGatewayCard != nil && len(got.AgentGatewayCard.RootCertificates) > 0; filled != (read == 1) {
			t.Errorf("read %d: the card is %+v", read, got.AgentGatewayCard)
		}
	}
}

func TestUpdateMasks(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	const name = parent + "/agentGateways/egress"
	if _, err := service.Create(parent, egressGateway()).AgentGatewayId("egress").Do(); err != nil {
		t.Fatal(err)
	}
	patch := func(mask string, body *networkservices.AgentGateway) error {
		_, err := service.Patch(name, body).UpdateMask(mask).Do()
		return err
	}
	for _, mask := range []string{"descriptions", "google_managed.path", "createTime", "registries.first", "etag.x"} {
		checkRefused(t, patch(mask, &networkservices.AgentGateway{}), "update_mask")
	}
	for _, mask := range []string{"networkConfig.dnsPeeringConfig.targetProject", "network_config.dns_peering_config.target_project"} {
		err := patch(mask, &networkservices.AgentGateway{Description: "not in the mask", NetworkConfig: &networkservices.AgentGatewayNetworkConfig{
			DnsPeeringConfig: &networkservices.AgentGatewayNetworkConfigDnsPeeringConfig{TargetProject: "by-" + mask[:7]},
		}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := service.Get(name).Do()
		if err != nil {
			t.Fatal(err)
		}
		if config := got.NetworkConfig.DnsPeeringConfig; config.TargetProject != "by-"+mask[:7] || len(config.Domains) != 1 || got.Description != egressGateway().Description {
			t.Errorf("%s changes the one field: %+v, %+v", mask, got, config)
		}
	}
	if err := patch("description,labels", &networkservices.AgentGateway{}); err != nil {
		t.Fatal(err)
	}
	if got, err := service.Get(name).Do(); err != nil || got.Description != "" || len(got.Labels) != 0 || len(got.Registries) != 2 {
		t.Errorf("what is in the mask and not in the body is cleared: %+v, %v", got, err)
	}
	whole := &networkservices.AgentGateway{GoogleManaged: egressGateway().GoogleManaged}
	if err := patch("*", whole); err != nil {
		t.Fatal(err)
	}
	if got, err := service.Get(name).Do(); err != nil || len(got.Registries) != 0 || got.CreateTime == "" {
		t.Errorf("* leaves what the server has made: %+v, %v", got, err)
	}
}

func TestEtags(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AgentGateways
	const name = parent + "/agentGateways/egress"
	if _, err := service.Create(parent, egressGateway()).AgentGatewayId("egress").Do(); err != nil {
		t.Fatal(err)
	}
	read, err := service.Get(name).Do()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Change("//networkservices.googleapis.com/"+name, func(body map[string]any) { body["description"] = "changed elsewhere" }); err != nil {
		t.Fatal(err)
	}
	_, err = service.Patch(name, &networkservices.AgentGateway{Etag: read.Etag, Description: "mine"}).UpdateMask("description").Do()
	checkStatus(t, err, "ABORTED")
	_, err = service.Delete(name).Etag(read.Etag).Do()
	checkStatus(t, err, "ABORTED")
	if read, err = service.Get(name).Do(); err != nil || read.Description != "changed elsewhere" {
		t.Fatalf("%+v, %v", read, err)
	}
	if _, err := service.Patch(name, &networkservices.AgentGateway{Etag: read.Etag, Description: "mine"}).UpdateMask("description").Do(); err != nil {
		t.Error(err)
	}
}

func TestRequestIDsMakeRequestsRepeatable(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	service := networkServices(t, s).AuthzExtensions
	create := func(requestID string) (*networkservices.Operation, error) {
		return service.Create(parent, iapExtension()).AuthzExtensionId("iap").RequestId(requestID).Do()
	}
	const id = "0b6a1c1e-1d5c-4b47-9d1c-1f9a4c1b2a3d"
	first, err := create(id)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := create(id); err != nil || again.Name != first.Name {
		t.Errorf("the same request: %+v, %v", again, err)
	}
	_, err = create("7f1b1c1e-1d5c-4b47-9d1c-1f9a4c1b2a3d")
	checkStatus(t, err, "ALREADY_EXISTS")
	for _, wrong := range []string{"1", "00000000-0000-0000-0000-000000000000"} {
		_, err = create(wrong)
		checkRefused(t, err, "request_id")
	}
}
