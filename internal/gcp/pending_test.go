package gcp

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func TestAGatewayIsThereOnceAgentsCanVerifyIt(t *testing.T) {
	b := newBench(t, gcptest.Options{ReadsWithoutCard: 5})
	created := b.mustApply(t, gateway(t, egress), "")
	if certificates, _ := at(created.Body, "agentGatewayCard.rootCertificates").([]any); len(certificates) == 0 {
		t.Errorf("it came out as %v", created.Body)
	}
}

func TestAGatewayWhoseCardDoesNotComeIsNoFailure(t *testing.T) {
	b := newBench(t, gcptest.Options{ReadsWithoutCard: 1 << 20})
	created := b.mustApply(t, gateway(t, egress), "")
	if at(created.Body, "agentGatewayCard") != (missing{}) {
		t.Errorf("it came out as %v", created.Body)
	}
	if b.paused < b.config.Pace.Settle {
		t.Errorf("the card was waited for %s", b.paused)
	}
}
